"""Rows about gift cards and store credit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.finance_scenarios.grammar import Row
from tests.finance_scenarios.play import Play
from tests.finance_scenarios.steps import drawers

_SCOPES = ("gift_cards.write", "gift_cards.grant", "gift_cards.read", "finance.write", "channel.web", "channel.store")
# After so long a card that nobody uses is dormant.
_DORMANT = timedelta(days=731)


@dataclass(slots=True)
class Card:
    """An issued card, and what is left of it as far as this scenario spends it."""

    id: str
    kind: str
    currency: str
    left: int
    sold: bool = False
    issuer: str | None = None


def sold(play: Play, row: Row) -> Mapping[str, Any]:
    """A card is sold at a till; cash goes into its drawer."""
    paid = {kind: play.amount(row, kind) for kind in ("cash", "card") if play.amount(row, kind)}
    paid = paid or {row.get("tender") or "cash": play.amount(row)}
    tenders = [_tender(row, kind, amount) for kind, amount in paid.items()]
    amount = play.amount(row, default=sum(one["amount"] for one in tenders))
    body: dict[str, Any] = {
        "kind": "gift_card",
        "reason": "sold",
        "amount": amount,
        "currency": play.currency(row),
        "selling_node": play.store(row),
        "channel": "store",
        "tenders": tenders,
    }
    issuer = row.get("issuer")
    if issuer and issuer != play.retailer.stores[body["selling_node"]]:
        body["issuer_node"] = play.retailer.site(issuer)
    if any(one["tender"] == "cash" for one in tenders):
        body["session_id"] = drawers.session(play, row).id
        body["business_date"] = drawers.business_date(play, row)
    expiry = _expiry(play, row)
    if expiry:
        body["expires_on"] = expiry
    answer = play.post(play.api("gift_cards", *_SCOPES), "/v1/gift-cards", body)
    if not any(one.id == answer["id"] for one in _cards(play)):
        _cards(play).append(Card(str(answer["id"]), "gift_card", play.currency(row), amount, True, issuer))
    return dict(answer)


def breakage(play: Play, row: Row) -> Mapping[str, Any]:
    """What is left of a card that nobody uses any more; without a date, when it has become dormant."""
    amount, currency = play.amount(row), play.currency(row)
    before = play.clock.now()
    kind = row.get("tender") or "gift_card"
    found = [one for one in _cards(play) if one.left >= amount and (one.kind, one.currency) == (kind, currency)]
    card = found[-1] if found else issued(play, row, kind, currency, amount)
    try:
        reason = "expired" if _expiry(play, row) and row.get("date") else "dormant"
        if reason == "dormant" and not row.get("date"):
            play.clock.instant = before + _DORMANT
        elif not found:
            reason = "dormant"
            play.clock.instant = before + _DORMANT
        body = {"reason": reason, "amount": amount}
        answer = play.post(play.api("gift_cards", *_SCOPES), f"/v1/gift-cards/{card.id}/breakage", body)
        play.collect()
    finally:
        play.clock.instant = before
    card.left -= amount
    return dict(answer)


def goodwill(play: Play, row: Row, kind: str) -> Mapping[str, Any]:
    """Credit that is given without an order."""
    body = _granted(play, row, kind, play.currency(row), play.amount(row))
    answer: Mapping[str, Any] = play.post(play.api("gift_cards", *_SCOPES), "/v1/gift-cards", body)
    return answer


def issued(play: Play, row: Row, kind: str, currency: str, amount: int) -> Card:
    """A card that was issued before the scenario begins."""
    with play.quietly():
        body = _granted(play, row, kind, currency, amount)
        answer = play.post(play.api("gift_cards", *_SCOPES), "/v1/gift-cards", body)
    card = Card(str(answer["id"]), kind, currency, amount, issuer=row.get("issuer"))
    _cards(play).append(card)
    return card


def spendable(play: Play, row: Row, kind: str, currency: str, amount: int) -> Card:
    """A card for a tender: one that the scenario has sold, if it has enough and is of the issuer that the row names."""
    sold_before = [one for one in _cards(play) if one.sold and (one.kind, one.currency) == (kind, currency)]
    wanted = row.get("issuer")
    own = [one for one in sold_before if wanted is None or one.issuer in (None, wanted)]
    card = next((one for one in own if one.left >= amount), None)
    if card is None:
        card = issued(play, row, kind, currency, amount)
    card.left -= amount
    return card


def _granted(play: Play, row: Row, kind: str, currency: str, amount: int) -> dict[str, Any]:
    return {
        "kind": kind,
        "reason": "goodwill",
        "amount": amount,
        "currency": currency,
        "selling_node": play.retailer.site(row.get("issuer") or play.entity(row)),
        "channel": "web",
    }


def _tender(row: Row, kind: str, amount: int) -> dict[str, Any]:
    if kind == "cash":
        return {"tender": "cash", "amount": amount}
    return {"tender": kind, "amount": amount, "provider": "strict", "reference": f"psp-{row.name}"}


def _cards(play: Play) -> list[Card]:
    cards: list[Card] = play.book.setdefault("cards", [])
    return cards


def _expiry(play: Play, row: Row) -> str | None:
    """The last day of a card whose breakage comes on a day that the scenario names."""
    dated = [one.get("date") for one in play.scenario.rows if one.verb == "gift_card.breakage" and one.get("date")]
    try:
        return (date.fromisoformat(str(dated[0])) - timedelta(days=1)).isoformat() if dated else None
    except ValueError:
        return None


STEPS = {"gift_card.sold": sold, "gift_card.breakage": breakage}

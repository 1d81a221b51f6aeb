"""INV24 stored value: balances add up and never go below zero; what tenders did to them is told like any provider's.

At quiet the holds and movements of cards are read as a provider's own journal, so that settlement checks them as it
checks the payment provider: every effect has one posting, and orders note nothing that did not happen there. What was
spent at a till is in the entry of its sale, and a card that was made for a refund is what the refund paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from tests.simulation.checker.evidence import Item, Report
from tests.simulation.checker.ledger import entries, net
from tests.simulation.checker.picture import Commit, Partition, Picture, is_count, parsed, tenant_of
from tests.simulation.checker.provider import AMOUNTS, Held, Provider

ACCOUNTS = {"gift_card": "2020", "store_credit": "2030"}
EFFECTS = {"held": "authorized", "redeemed": "captured", "released": "voided", "credited": "refunded"}
# What a movement adds to what is free and to what is held.
SIGNS = {
    "issued": (1, 0),
    "held": (-1, 1),
    "redeemed": (0, -1),
    "released": (1, -1),
    "credited": (1, 0),
    "breakage": (-1, 0),
}
# Postings that are matched here, by the name of the card or of the movement.
OF_CARDS = ("gift_card_issued", "gift_card_breakage")


def check_stored_value_of_commit(commit: Commit, report: Report) -> None:
    """What is free and what is held are whole and never below zero; movements are added and never changed."""
    for change in commit.ledger:
        if "#STOREDVALUE#" not in change.pk:
            continue
        where = f"{change.pk} {change.sk}"
        if change.sk.startswith("MOVEMENT#") and (change.before is not None or change.after is None):
            report.note("INV24", where, "was recorded before and was changed")
        if change.sk == "ACCOUNT":
            amounts = [(change.after or {}).get(name) for name in ("available", "held")]
            if not all(is_count(amount) and amount >= 0 for amount in amounts):
                report.note("INV24", where, f"free and held are {amounts}")


def check_stored_value(picture: Picture, report: Report) -> None:
    """Every account against its movements, its holds and the ledger."""
    posted = {
        (tenant, entry["rule"], entry["reference"]): net(entry)
        for tenant, entry in entries(picture)
        if entry["rule"] in OF_CARDS
    }
    for pk, rows in _cards(picture):
        account, movements = rows["ACCOUNT"], _movements(rows)
        for position, name in enumerate(("available", "held")):
            expected = sum(SIGNS[one["kind"]][position] * one["amount"] for one in movements)
            if account[name] != expected:
                report.note("INV24", pk, f"{name} is {account[name]}, its movements come to {expected}")
        open_ = sum(one["amount"] - one["redeemed"] - one["released"] for one in _holds(rows))
        if account["held"] != open_:
            report.note("INV24", pk, f"{account['held']} are held, its holds come to {open_}")
        liability = ACCOUNTS[parsed(account["body"])["kind"]]
        for one in movements:
            if one["kind"] in ("issued", "breakage"):
                name = pk.rsplit("#", 1)[1] if one["kind"] == "issued" else one["id"]
                rule = "gift_card_issued" if one["kind"] == "issued" else "gift_card_breakage"
                sign = -1 if one["kind"] == "issued" else 1
                lines = posted.pop((str(tenant_of(pk)), rule, name), {})
                if lines.get(liability) != sign * one["amount"] and _is_posted(rows, one):
                    report.note("INV24", pk, f"{one['kind']} {one['amount']} is posted as {lines}")
    for name, lines in posted.items():
        report.note("INV24", f"ledger {name}", f"posted, but never happened: {lines}")


def with_stored_value(picture: Picture, provider: Provider) -> Provider:
    """The provider's journal together with what the accounts of stored value say."""
    both = Provider()
    both.payments, both.seen = dict(provider.payments), provider.seen
    at_tills = {
        (order.tenant, order.id, payment["id"])
        for order in picture.orders()
        for payment in order.payments.values()
        if payment.get("by_channel")
    }
    for pk, rows in _cards(picture):
        movements = _movements(rows)
        _made_for_a_refund(pk, rows, movements, both)
        for hold in _holds(rows):
            reference = f"{hold['account_id']}.{hold['id']}"
            tender = {"tenant": tenant_of(pk), "order_id": hold["order_id"], "payment_id": hold["payment_id"]}
            amounts = {**dict.fromkeys(AMOUNTS, 0), "authorized": hold["amount"], "captured": hold["redeemed"]}
            amounts |= {"released": hold["released"], "refunded": hold["credited"]}
            own = [one for one in movements if one.get("reference") == reference]
            posted = ("credited",) if tuple(tender.values()) in at_tills else tuple(EFFECTS)
            effects = [_effect(one) for one in own if one["kind"] in posted]
            both.payments[reference] = Held(reference, hold["currency"], tender, amounts, effects)
    return both


def _made_for_a_refund(pk: str, rows: Partition, movements: list[dict[str, Any]], both: Provider) -> None:
    """A card that was made for a refund gave that much back, whatever the money was taken with."""
    body = parsed(rows["ACCOUNT"]["body"])
    issued = [one for one in movements if one["kind"] == "issued"]
    if body["reason"] == "refund":
        amounts = {**dict.fromkeys(AMOUNTS, 0), "refunded": sum(one["amount"] for one in issued)}
        owner = {"tenant": str(tenant_of(pk)), "order_id": order_of(str(issued[0]["reference"])), "payment_id": ""}
        effects = [{**_effect(one), "effect": "refunded"} for one in issued]
        both.payments[body["id"]] = Held(body["id"], body["currency"], owner, amounts, effects)


def order_of(refund_id: str) -> str:
    """The order that a refund belongs to, by its name: that of the order and a number."""
    return f"ord_{refund_id.split('_')[1]}"


def _effect(movement: dict[str, Any]) -> dict[str, Any]:
    return {
        "effect": EFFECTS.get(movement["kind"]),
        "amount": movement["amount"],
        "reference": None if movement["kind"] == "held" else movement["id"],
        "at": datetime.fromisoformat(movement["at"].replace("Z", "+00:00")).timestamp(),
    }


def _is_posted(rows: Partition, movement: dict[str, Any]) -> bool:
    """Whether the card's own fact is posted; for a refund, an appeasement or a shipment that fact is."""
    alone = parsed(rows["ACCOUNT"]["body"])["reason"] in ("goodwill", "sold")
    return movement["kind"] == "breakage" or (alone and movement.get("reference") is None)


def cards(picture: Picture) -> Iterator[tuple[str, dict[str, Any], Item]]:
    """Every card with its tenant, what was settled when it was issued, and its amounts."""
    for pk, rows in _cards(picture):
        yield str(tenant_of(pk)), parsed(rows["ACCOUNT"]["body"]), rows["ACCOUNT"]


def _cards(picture: Picture) -> list[tuple[str, Partition]]:
    return [(pk, rows) for pk, rows in picture.table("ledger").items() if "#STOREDVALUE#" in pk and "ACCOUNT" in rows]


def _movements(rows: Partition) -> list[dict[str, Any]]:
    return [parsed(row["body"]) for sk, row in rows.items() if sk.startswith("MOVEMENT#")]


def _holds(rows: Partition) -> list[dict[str, Any]]:
    return [parsed(row["body"]) for sk, row in rows.items() if sk.startswith("HOLD#")]

"""Messages of Adyen: each item is signed by itself, noted in our books, and a hint like any other."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from oms.payments.adapters.adyen_books import AUTHORISATION, EVENTS, HELD, PROVIDER, Books, Change
from oms.payments.adapters.messages import part, text
from oms.payments.adapters.minor_units import ADYEN, NotPayable, amount_from
from oms.payments.events import DisputeReported, PayoutReported
from oms.payments.hints import About, Hint
from oms.payments.news import MessageUnreadable, News, Told, news_for
from oms.payments.webhooks import SignatureRefused
from oms.platform.dynamodb import Database
from oms.platform.intake import read_json

_SECOND, _REVERSED, _REPORT = "SECOND_CHARGEBACK", "CHARGEBACK_REVERSED", "REPORT_AVAILABLE"
_WARNINGS = frozenset({"NOTIFICATION_OF_CHARGEBACK", "REQUEST_FOR_INFORMATION"})
_NEWS = frozenset({"CHARGEBACK", _SECOND, _REVERSED, _REPORT}) | _WARNINGS
_LOST = frozenset({"Lost", "Accepted", "Expired"})
# What was paid out stands in a file that a person fetches.
REPORT = "report_to_be_read"
_ABOUT: Mapping[str, About] = {"capture": "payment", "void": "expired", "expire": "expired"}


def items_of(raw: bytes, keys: str | Sequence[str], merchant_account: str) -> tuple[Mapping[str, Any], ...]:
    """The items of a message, if each is signed with one of our keys (hex) and of our account; else none is believed.

    A body that is no JSON is refused, and so is one without items. Raises SignatureRefused.
    """
    rows = part(read_json(raw)).get("notificationItems")
    items = [part(row, "NotificationRequestItem") for row in rows] if isinstance(rows, list) else []
    # A single key is a str, and so a sequence too: its letters must never be taken for keys.
    active = [keys] if isinstance(keys, str) else list(keys)
    # No early exit, and an empty message is not signed by anybody.
    believed = [is_signed(item, active) and text(item, "merchantAccountCode") == merchant_account for item in items]
    if not items or not all(believed):
        raise SignatureRefused()
    return tuple(items)


def is_signed(item: Mapping[str, Any], keys: Sequence[str]) -> bool:
    """Whether the signature of an item is one of ours over its eight fields."""
    shown = text(part(item, "additionalData"), "hmacSignature").encode(errors="replace")
    amount = part(item, "amount")
    fields = (
        *(item.get(name, "") for name in ("pspReference", "originalReference", "merchantAccountCode")),
        *(item.get("merchantReference", ""), amount.get("value", ""), amount.get("currency", "")),
        *(item.get("eventCode", ""), item.get("success", "")),
    )
    message = ":".join(map(_plain, fields)).encode(errors="replace")
    believed = False
    for key in keys:
        try:
            secret = binascii.unhexlify(key)
        except (binascii.Error, ValueError):
            raise ValueError("an HMAC key of Adyen is written in hex") from None
        if not secret:
            raise ValueError("an empty HMAC key would let everybody in")
        believed |= hmac.compare_digest(base64.b64encode(hmac.new(secret, message, hashlib.sha256).digest()), shown)
    return believed


def news_of(item: Mapping[str, Any], legal_entity: str) -> News:
    """What an item says of a dispute or of a report of payouts; without what is needed it raises MessageUnreadable.

    Adyen books the fees of disputes with its payouts.
    """
    event, made, original = text(item, "eventCode"), text(item, "pspReference"), text(item, "originalReference")
    if event == _REPORT:
        return PayoutReported(
            provider=PROVIDER,
            message_id=f"{event}:{made}",
            payout_id=made,
            legal_entity=legal_entity,
            listed=False,
            problem=REPORT,
        )
    amount, currency = _amount(item)
    if not made or not original or "#" in made + original or amount <= 0:
        raise MessageUnreadable(f"{event} without a reference or an amount")
    status = text(part(item, "additionalData"), "disputeStatus")
    reason = text(item, "reason") or text(part(item, "additionalData"), "chargebackReasonCode")
    lost = event == "CHARGEBACK" and status in _LOST
    return DisputeReported(
        provider=PROVIDER,
        message_id=f"{event}:{made}:{status}" if status else f"{event}:{made}",
        # The bank may take the money a second time, from a dispute that was won.
        dispute_id=f"{made}-2" if event == _SECOND else made,
        reference=original,
        payment=original,
        legal_entity=legal_entity,
        amount=amount,
        currency=currency,
        withdrawn=event not in _WARNINGS,
        outcome="lost" if lost else "won" if event == _REVERSED else None,
        reason=reason[:200] or None,
    )


def is_news(item: Mapping[str, Any]) -> bool:
    """Whether an item is about a dispute or a report of payouts that took place."""
    return text(item, "eventCode") in _NEWS and _succeeded(item)


def told_by(database: Database, item: Mapping[str, Any], account: Mapping[str, Any]) -> tuple[Hint | Told, ...]:
    """What an item says: news of a dispute or of a report, or a hint about a payment, which is noted in our books."""
    if is_news(item):
        return news_for(account, text(item, "eventCode"), lambda legal_entity: news_of(item, legal_entity))
    hint = note(database, item)
    return () if hint is None else (hint,)


def note(database: Database, item: Mapping[str, Any]) -> Hint | None:
    """Write an item of ours into our books; the hint that it is, None where it is about nothing of ours."""
    event, name = text(item, "eventCode"), text(item, "merchantReference")
    made, original = text(item, "pspReference"), text(item, "originalReference")
    tenant = name.partition(".")[0]
    if not tenant or not made or "#" in made + original:
        return None
    books = Books(database, tenant)
    amount, currency = _amount(item)
    if event == AUTHORISATION:
        return _authorised(books, item, amount, currency)
    verb, always_failed = EVENTS.get(event, ("", False))
    told = books.payment(original) if verb and original else None
    if told is None:
        return None
    failed = always_failed or not _succeeded(item)
    # A reference of the payment itself, as Adyen tells where a modification had none, names no modification.
    own = "" if name == told.payment["our_reference"] else name
    status, reason = ("failed", text(item, "reason")) if failed else ("succeeded", None)
    books.told(original, event, Change(made, verb, own, amount, status, reason))
    about = _ABOUT.get(verb, "refund_failed" if failed else "refund")
    order_id, payment_id = str(told.payment["order_id"]), str(told.payment["payment_id"])
    return Hint(PROVIDER, about, original, tenant, order_id, payment_id)


def _authorised(books: Books, item: Mapping[str, Any], amount: int, currency: str) -> Hint | None:
    name, reference = text(item, "merchantReference"), text(item, "pspReference")
    owner = books.owner(name)
    if owner is None:
        return None
    held = _succeeded(item)
    books.answered(
        name,
        reference,
        {
            **{"status": HELD if held else "failed", "held": amount if held else 0},
            **{"currency": currency, "reason": text(item, "reason")},
        },
    )
    return Hint(PROVIDER, "payment", reference, books.tenant, *owner)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _succeeded(item: Mapping[str, Any]) -> bool:
    return item.get("success") in (True, "true")


def _amount(item: Mapping[str, Any]) -> tuple[int, str]:
    """The amount in our minor units; nothing where the item has none that we know."""
    amount = part(item, "amount")
    value, currency = amount.get("value"), text(amount, "currency")
    if type(value) is not int:
        return 0, currency
    try:
        return amount_from(ADYEN, value, currency), currency
    except NotPayable:
        return 0, currency

"""What Stripe tells of disputes and payouts, in our words. Pure.

A dispute carries its own balance transactions: what was taken with it, and what came back. They decide, and not the
type of the event, so events may come in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oms.payments.adapters.messages import part, text
from oms.payments.adapters.minor_units import STRIPE, NotPayable, amount_from
from oms.payments.events import DisputeReported, PayoutReported
from oms.payments.news import MessageUnreadable, News
from oms.platform.clock import format_instant, instant_of

PROVIDER = "stripe"
_DISPUTES = frozenset(
    f"charge.dispute.{step}" for step in ("created", "updated", "funds_withdrawn", "funds_reinstated", "closed")
)
_PAYOUTS = frozenset({"payout.paid", "payout.reconciliation_completed", "payout.failed"})
# Money of a dispute in another currency than the charge has: its amount and fee do not go together.
OTHER_CURRENCY = "dispute_in_other_currency"
FAILED = "payout_failed"
MANUAL = "payout_is_manual"
_LOST = frozenset({"lost"})
_WON = frozenset({"won", "warning_closed", "prevented"})


def news_of_event(event: Mapping[str, Any], legal_entity: str) -> News:
    """What an event says of a dispute or a payout; one that lacks what is needed raises MessageUnreadable."""
    kind, about = text(event, "type"), part(event, "data", "object")
    if kind in _PAYOUTS:
        return _payout(kind, text(event, "id"), about, legal_entity)
    return _dispute(text(event, "id"), about, legal_entity)


def is_news(event: Mapping[str, Any]) -> bool:
    """Whether an event is about a dispute or a payout."""
    return text(event, "type") in _DISPUTES | _PAYOUTS


def _payout(kind: str, message_id: str, payout: Mapping[str, Any], legal_entity: str) -> PayoutReported:
    payout_id = text(payout, "id")
    if not payout_id or not message_id:
        raise MessageUnreadable("a payout without an id")
    problem = FAILED if kind == "payout.failed" else MANUAL if payout.get("automatic") is False else None
    listed = kind == "payout.reconciliation_completed" or text(payout, "reconciliation_status") == "completed"
    return PayoutReported(
        provider=PROVIDER,
        message_id=message_id,
        payout_id=payout_id,
        legal_entity=legal_entity,
        listed=listed,
        problem=problem,
    )


def _dispute(message_id: str, dispute: Mapping[str, Any], legal_entity: str) -> DisputeReported:
    currency, status = text(dispute, "currency").upper(), text(dispute, "status")
    named = (message_id, text(dispute, "id"), text(dispute, "charge"))
    amount, rows = dispute.get("amount"), dispute.get("balance_transactions") or []
    if not all(named) or type(amount) is not int or not isinstance(rows, list):
        raise MessageUnreadable("a dispute without an id, a charge or an amount")
    moved = [(_whole(part(row), "amount"), _whole(part(row), "fee")) for row in rows]
    taken, back = [fee for value, fee in moved if value < 0], [fee for value, fee in moved if value > 0]
    withdrawn, reinstated = bool(taken), bool(back)
    strange = any(text(part(row), "currency").upper() != currency for row in rows)
    won = status in _WON and (reinstated or not withdrawn)
    opened = dispute.get("created")
    try:
        ours = [amount_from(STRIPE, value, currency) for value in (amount, sum(taken), -sum(back))]
        opened_at = format_instant(instant_of(opened)) if type(opened) is int else None
    except NotPayable as error:
        raise MessageUnreadable(f"an amount that we cannot hold: {error}") from error
    except ValueError as error:
        raise MessageUnreadable(f"a time that we cannot hold: {error}") from error
    return DisputeReported(
        provider=PROVIDER,
        message_id=message_id,
        dispute_id=named[1],
        reference=named[2],
        payment=text(dispute, "payment_intent"),
        legal_entity=legal_entity,
        amount=ours[0],
        fee=ours[1],
        currency=currency,
        withdrawn=withdrawn,
        outcome="lost" if status in _LOST else "won" if won else None,
        fee_returned=ours[2] if won else 0,
        reason=text(dispute, "reason") or None,
        opened_at=opened_at,
        problem=OTHER_CURRENCY if strange else None,
    )


def _whole(row: Mapping[str, Any], name: str) -> int:
    value = row.get(name)
    if type(value) is not int:
        raise MessageUnreadable(f"a balance transaction without {name}")
    return value

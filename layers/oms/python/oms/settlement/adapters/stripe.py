"""Payouts as Stripe tells them: its balance transactions by reporting category, in our words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from oms.payments.adapters.minor_units import STRIPE, NotPayable, amount_from
from oms.platform.intake import validate
from oms.platform.money import EXPONENTS
from oms.platform.problems import FieldError, InvalidRequest
from oms.settlement.model import ItemKind
from oms.settlement.requests import PayoutRequest

PROVIDER = "stripe"
# By reporting category and not by type, as Stripe advises; what is not listed here was adjusted.
_KINDS: Mapping[str, ItemKind] = {
    "charge": ItemKind.CHARGE,
    "refund": ItemKind.REFUND,
    "refund_failure": ItemKind.REFUND,
    "partial_capture_reversal": ItemKind.REFUND,
    "fee": ItemKind.FEE,
    "network_cost": ItemKind.FEE,
    "tax": ItemKind.FEE,
    "dispute": ItemKind.DISPUTE,
    "dispute_reversal": ItemKind.DISPUTE,
}
# The payout itself stands in the same list, as money that leaves the balance.
_PAYOUTS = frozenset({"payout", "payout_reversal"})


def payout_of(payout: Mapping[str, Any], transactions: Mapping[str, Any], pointer: str = "") -> PayoutRequest:
    """A payout with its balance transactions, in our words.

    A list that Stripe has not told whole, and one of another shape, raise InvalidRequest.
    """
    if transactions.get("has_more"):
        raise _wrong(f"{pointer}/balance_transactions/has_more", "the list is not whole: send all of its pages")
    rows = transactions.get("data")
    if not isinstance(rows, list) or not all(_is_row(row) for row in rows):
        raise _wrong(f"{pointer}/balance_transactions/data", "a list of balance transactions")
    seconds = payout.get("arrival_date")
    if not isinstance(seconds, int) or not 0 < seconds < 2**35:
        raise _wrong(f"{pointer}/payout/arrival_date", "seconds since 1970")
    currency = str(payout.get("currency", "")).upper()
    if any(str(row.get("currency", "")).upper() != currency for row in rows):
        raise _wrong(f"{pointer}/balance_transactions/data", "a payout and its transactions have one currency")
    items = [_item(row) for row in rows if row.get("reporting_category") not in _PAYOUTS]
    try:
        net = _ours(payout.get("amount"), currency)
        items = [{**one, "amount": _ours(one["amount"], currency), "fee": _ours(one["fee"], currency)} for one in items]
    except NotPayable as error:
        raise _wrong(f"{pointer}/payout/amount", f"a part of the smallest coin: {error}") from error
    document = {
        "provider": PROVIDER,
        "payout_id": payout.get("id"),
        "currency": currency,
        "business_date": datetime.fromtimestamp(seconds, UTC).date().isoformat(),
        "net": net,
        "items": items,
        "end_to_end_id": _trace(payout),
    }
    try:
        return validate(PayoutRequest, document)
    except InvalidRequest as refusal:
        raise InvalidRequest(
            refusal.detail,
            errors=[FieldError(f"{pointer}{one.pointer}", one.code, one.detail) for one in refusal.errors],
        ) from refusal


def _is_row(row: Any) -> bool:
    return isinstance(row, dict) and isinstance(row.get("reporting_category", ""), str)


def _ours(amount: Any, currency: str) -> Any:
    """Stripe's minor units as ours; what is no whole number of a known currency is left for the shape to refuse."""
    return amount_from(STRIPE, amount, currency) if type(amount) is int and currency in EXPONENTS else amount


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = _KINDS.get(str(row.get("reporting_category")), ItemKind.ADJUSTMENT)
    return {
        "kind": kind.value,
        "reference": row.get("source") or row.get("id"),
        "amount": row.get("amount"),
        "fee": row.get("fee", 0),
    }


def _trace(payout: Mapping[str, Any]) -> str | None:
    """What the bank will show of it, where Stripe knows."""
    trace = payout.get("trace_id")
    value = trace.get("value") if isinstance(trace, dict) else None
    return value if isinstance(value, str) and value else None


def _wrong(pointer: str, detail: str) -> InvalidRequest:
    return InvalidRequest(errors=[FieldError(pointer, "invalid_value", detail)])

"""Payouts as the strict provider lists them: its balance transactions by category, in our words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from oms.payments.port import SettlementList
from oms.platform.intake import validate
from oms.platform.problems import FieldError, InvalidRequest
from oms.settlement.model import ItemKind
from oms.settlement.requests import PayoutRequest

PROVIDER = "strict"
# What is not listed here was adjusted.
_KINDS: Mapping[str, ItemKind] = {
    "charge": ItemKind.CHARGE,
    "refund": ItemKind.REFUND,
    "refund_failure": ItemKind.REFUND,
    "dispute": ItemKind.DISPUTE,
    "dispute_reversal": ItemKind.DISPUTE,
}


def payout_of(told: SettlementList) -> PayoutRequest:
    """A payout with its balance transactions, in our words; one of another shape raises InvalidRequest."""
    payout = told.payout
    seconds = payout.get("arrival_date")
    if type(seconds) is not int or not 0 < seconds < 2**35:
        raise InvalidRequest(errors=[FieldError("/payout/arrival_date", "invalid_value", "seconds since 1970")])
    document = {
        "provider": PROVIDER,
        "payout_id": payout.get("id"),
        "currency": payout.get("currency"),
        "business_date": datetime.fromtimestamp(seconds, UTC).date().isoformat(),
        "net": payout.get("amount"),
        "items": [_item(row) for row in told.transactions],
        "end_to_end_id": payout.get("end_to_end_id"),
    }
    return validate(PayoutRequest, document)


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = _KINDS.get(str(row.get("category")), ItemKind.ADJUSTMENT)
    return {"kind": kind.value, "reference": row.get("source"), "amount": row.get("amount"), "fee": row.get("fee", 0)}

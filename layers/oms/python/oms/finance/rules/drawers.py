"""How the cash of drawers is posted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from oms.finance.facts.drawers import DrawerClosed, DrawerMovementRecorded, DrawerOpened, DrawerRestated
from oms.finance.model import Line, credit, debit
from oms.finance.rules.rule import Rule

# The debited and the credited account of a movement of cash that is no sale.
_DRAWER_ACCOUNTS: Mapping[str, tuple[str, str]] = {
    "cash_refund": ("2050", "1010"),
    "drop": ("1020", "1010"),
    "paid_in": ("1010", "1020"),
    "paid_out": ("6060", "1010"),
}


def _drawer_opened(fact: DrawerOpened) -> list[Line]:
    return [debit("1010", fact.opening_float, fact.currency), credit("1020", fact.opening_float, fact.currency)]


def _drawer_moved(fact: DrawerMovementRecorded) -> list[Line]:
    amount, currency = fact.amount, fact.currency
    if fact.sale_id is not None or fact.refund_id is not None:
        # SaleRecorded and RefundExecuted say the same of the order, and are posted instead.
        return []
    if fact.kind == "cash_sale":
        sold = [credit("4010", amount - fact.tax, currency), credit("2040", fact.tax, currency)]
        return [debit("1010", amount, currency), *sold]
    into, out_of = _DRAWER_ACCOUNTS[fact.kind]
    return [debit(into, amount, currency), credit(out_of, amount, currency)]


def _drawer_closed(fact: DrawerClosed) -> list[Line]:
    return [*_over_short(fact.variance, fact.currency), *_to_the_safe(fact.counted, fact.currency)]


def _drawer_restated(fact: DrawerRestated) -> list[Line]:
    """Only what differs from the statement before. A late movement itself is posted as every movement."""
    over = _over_short(fact.variance - fact.variance_before, fact.currency)
    return [*over, *_to_the_safe(fact.counted - fact.counted_before, fact.currency)]


def _over_short(variance: int, currency: str) -> list[Line]:
    into, out_of = ("1010", "6030") if variance > 0 else ("6030", "1010")
    return [debit(into, abs(variance), currency), credit(out_of, abs(variance), currency)]


def _to_the_safe(counted: int, currency: str) -> list[Line]:
    into, out_of = ("1020", "1010") if counted > 0 else ("1010", "1020")
    return [debit(into, abs(counted), currency), credit(out_of, abs(counted), currency)]


RULES: tuple[Rule[Any], ...] = (
    Rule("drawer_opened", 1, DrawerOpened, lambda f: (f.session_id,), _drawer_opened),
    Rule("drawer_moved", 1, DrawerMovementRecorded, lambda f: (f.movement_id,), _drawer_moved),
    Rule("drawer_closed", 1, DrawerClosed, lambda f: (f.session_id,), _drawer_closed),
    Rule("drawer_restated", 1, DrawerRestated, lambda f: (f.name,), _drawer_restated),
)

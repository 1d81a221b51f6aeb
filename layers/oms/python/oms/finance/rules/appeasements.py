"""How goodwill is posted: less revenue where it is on an order, an expense where it is a gift."""

from __future__ import annotations

from typing import Any

from oms.finance.facts.appeasements import AppeasementGranted
from oms.finance.model import Line, credit, debit
from oms.finance.rules.rule import TENDER_ACCOUNTS, Rule, tax_given_back


def _granted(fact: AppeasementGranted) -> list[Line]:
    currency = fact.currency
    if fact.order_id is None and fact.tender is not None:
        return [debit("6050", fact.total, currency), credit(TENDER_ACCOUNTS[fact.tender], fact.total, currency)]
    return [
        debit("4091", fact.goods + fact.shipping, currency),
        *tax_given_back(fact.tax, fact.taxes, currency),
        credit("2050", fact.total, currency),
    ]


RULES: tuple[Rule[Any], ...] = (
    Rule("appeasement_granted", 1, AppeasementGranted, lambda f: (f.appeasement_id,), _granted),
)

"""How sales at tills are posted: one entry for a sale, whatever paid it."""

from __future__ import annotations

from typing import Any

from oms.finance.facts.pos import SaleRecorded
from oms.finance.model import Line, credit, debit
from oms.finance.rules.rule import TENDER_ACCOUNTS, Rule, tax_charged


def _sold(fact: SaleRecorded) -> list[Line]:
    currency = fact.currency
    return [
        *(debit(TENDER_ACCOUNTS[one.tender], one.amount, currency) for one in fact.tenders),
        debit("4092", fact.discount, currency),
        debit("2050", fact.exchange_credit, currency),
        credit("4010", fact.goods, currency),
        *tax_charged(fact.tax, fact.taxes, currency),
        credit("2010", fact.deposit, currency),
        credit("1010", fact.cash_back, currency),
        *([credit("6070", fact.rounding, currency)] if fact.rounding > 0 else []),
        *([debit("6070", -fact.rounding, currency)] if fact.rounding < 0 else []),
    ]


RULES: tuple[Rule[Any], ...] = (Rule("sale_recorded", 1, SaleRecorded, lambda f: (f.sale_id,), _sold),)

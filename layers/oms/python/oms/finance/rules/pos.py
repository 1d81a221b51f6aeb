"""How sales at tills are posted: one entry for a sale, whatever paid it."""

from __future__ import annotations

from typing import Any

from oms.finance.facts.base import Tender
from oms.finance.facts.pos import SaleCredit, SalePaid, SaleRecorded
from oms.finance.model import Line, credit, debit
from oms.finance.rules.rule import TENDER_ACCOUNTS, Rule, Share, lent, tax_charged


def _sold(fact: SaleRecorded) -> list[Line]:
    currency = fact.currency
    away = [one for one in fact.tenders if _at_another_store(fact, one)]
    lent_credit = sum(one.amount for one in fact.exchange_credits if _with_another(fact, one))
    # Only cash is rounded, and where it lies.
    rounding = 0 if any(one.tender is Tender.CASH for one in away) else fact.rounding
    return [
        *(debit(_account(fact, one), one.amount, currency) for one in fact.tenders if one not in away),
        debit("4092", fact.discount, currency),
        debit("1310", lent_credit, currency),
        debit("2050", fact.exchange_credit - lent_credit, currency),
        credit("4010", fact.goods, currency),
        *tax_charged(fact.tax, fact.taxes, currency),
        credit("2010", fact.deposit - sum(_deposit(fact, one) for one in away), currency),
        credit("1010", fact.cash_back, currency),
        *_rounded(rounding, currency),
    ]


def _rounded(rounding: int, currency: str) -> list[Line]:
    return [credit("6070", max(rounding, 0), currency), debit("6070", max(-rounding, 0), currency)]


def _deposit(fact: SaleRecorded, paid: SalePaid) -> int:
    """What a tender has paid of what leaves later."""
    return paid.amount - (fact.rounding if paid.tender is Tender.CASH else 0)


def _account(fact: SaleRecorded, paid: SalePaid) -> str:
    return "1310" if _with_another(fact, paid) else TENDER_ACCOUNTS[paid.tender]


def _with_another(fact: SaleRecorded, paid: SalePaid | SaleCredit) -> bool:
    """Whether another legal entity issued the card that paid, has the money, or owed what paid."""
    return paid.tender_entity not in (None, fact.legal_entity)


def _at_another_store(fact: SaleRecorded, paid: SalePaid) -> bool:
    """Whether another store of the same legal entity took it."""
    return not _with_another(fact, paid) and paid.tender_store not in (None, fact.store)


def _sold_elsewhere(fact: SaleRecorded) -> list[Share]:
    """What others post that have the money, or owed what paid: another legal entity owes that now to the seller."""
    lines: dict[tuple[str, str], list[Line]] = {}
    for one in fact.tenders:
        place = (one.tender_entity or fact.legal_entity, one.tender_store or fact.store)
        account = TENDER_ACCOUNTS[one.tender]
        if _with_another(fact, one):
            lines.setdefault(place, []).extend(lent(account, one.amount, fact.currency))
        elif _at_another_store(fact, one):
            paid = _deposit(fact, one)
            deposit = [debit(account, one.amount, fact.currency), credit("2010", paid, fact.currency)]
            lines.setdefault(place, []).extend([*deposit, *_rounded(one.amount - paid, fact.currency)])
    for credit_used in fact.exchange_credits:
        if _with_another(fact, credit_used):
            place = (credit_used.tender_entity or fact.legal_entity, credit_used.tender_store or fact.store)
            lines.setdefault(place, []).extend(lent("2050", credit_used.amount, fact.currency))
    return [Share(*place, own) for place, own in lines.items()]


RULES: tuple[Rule[Any], ...] = (Rule("sale_recorded", 1, SaleRecorded, lambda f: (f.sale_id,), _sold, _sold_elsewhere),)

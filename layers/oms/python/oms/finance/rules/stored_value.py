"""How gift cards and store credit are posted; what is spent of them is posted as every captured payment."""

from __future__ import annotations

from typing import Any

from oms.finance.facts.stored_value import GiftCardBreakageRecognized, GiftCardIssued, IssueReason
from oms.finance.model import Line, credit, debit
from oms.finance.rules.rule import TENDER_ACCOUNTS, Rule, Share


def _issued(fact: GiftCardIssued) -> list[Line]:
    liability = credit(TENDER_ACCOUNTS[fact.kind], fact.amount, fact.currency)
    if fact.reason is IssueReason.SOLD and fact.cause_id is None:
        if _sold_by_another(fact):
            return [debit("1310", fact.amount, fact.currency), liability]
        return [*(debit(TENDER_ACCOUNTS[one.tender], one.amount, fact.currency) for one in fact.tenders), liability]
    # A refund posts what it pays with a new card, an appeasement what it grants, and a shipment what it delivers.
    if fact.reason is IssueReason.REFUND or fact.cause_id is not None:
        return []
    return [debit("6050", fact.amount, fact.currency), liability]


def _sold_elsewhere(fact: GiftCardIssued) -> list[Share]:
    """Another legal entity than the issuer took the money, and owes it."""
    if not _sold_by_another(fact):
        return []
    taken = [debit(TENDER_ACCOUNTS[one.tender], one.amount, fact.currency) for one in fact.tenders]
    place = (fact.tender_entity or fact.legal_entity, fact.tender_store or fact.store)
    return [Share(*place, [*taken, credit("2310", fact.amount, fact.currency)])]


def _sold_by_another(fact: GiftCardIssued) -> bool:
    return fact.reason is IssueReason.SOLD and fact.tender_entity not in (None, fact.legal_entity)


def _broken(fact: GiftCardBreakageRecognized) -> list[Line]:
    return [debit(TENDER_ACCOUNTS[fact.kind], fact.amount, fact.currency), credit("4030", fact.amount, fact.currency)]


RULES: tuple[Rule[Any], ...] = (
    Rule("gift_card_issued", 1, GiftCardIssued, lambda f: (f.card_id,), _issued, _sold_elsewhere),
    Rule("gift_card_breakage", 1, GiftCardBreakageRecognized, lambda f: (f.breakage_id,), _broken),
)

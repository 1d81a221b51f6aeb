"""How gift cards and store credit are posted; what is spent of them is posted as every captured payment."""

from __future__ import annotations

from typing import Any

from oms.finance.facts.stored_value import GiftCardBreakageRecognized, GiftCardIssued, IssueReason
from oms.finance.model import Line, credit, debit
from oms.finance.rules.rule import TENDER_ACCOUNTS, Rule


def _issued(fact: GiftCardIssued) -> list[Line]:
    liability = credit(TENDER_ACCOUNTS[fact.kind], fact.amount, fact.currency)
    if fact.reason is IssueReason.SOLD:
        return [*(debit(TENDER_ACCOUNTS[one.tender], one.amount, fact.currency) for one in fact.tenders), liability]
    # A refund posts what it pays with a new card, and an appeasement what it grants.
    if fact.reason is IssueReason.REFUND or fact.cause_id is not None:
        return []
    return [debit("6050", fact.amount, fact.currency), liability]


def _broken(fact: GiftCardBreakageRecognized) -> list[Line]:
    return [debit(TENDER_ACCOUNTS[fact.kind], fact.amount, fact.currency), credit("4030", fact.amount, fact.currency)]


RULES: tuple[Rule[Any], ...] = (
    Rule("gift_card_issued", 1, GiftCardIssued, lambda f: (f.card_id,), _issued),
    Rule("gift_card_breakage", 1, GiftCardBreakageRecognized, lambda f: (f.breakage_id,), _broken),
)

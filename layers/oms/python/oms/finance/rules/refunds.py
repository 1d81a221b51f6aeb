"""How refunds and returns are posted: what is owed stands on 2050 until it is paid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from oms.finance.facts.refunds import RefundExecuted, RefundFailed, RefundOwed, ReturnAccepted
from oms.finance.model import Line, credit, debit
from oms.finance.rules.rule import TENDER_ACCOUNTS, Rule, Share, tax_given_back


def _owed(fact: RefundOwed) -> list[Line]:
    if fact.cause != "cancellation":
        return []
    return [debit("2010", fact.amount, fact.currency), credit("2050", fact.amount, fact.currency)]


def _executed(fact: RefundExecuted) -> list[Line]:
    if _paid_by_another_entity(fact):
        return [debit("2050", fact.amount, fact.currency), credit("2310", fact.amount, fact.currency)]
    return [] if _paid_at_another_store(fact) else [debit("2050", fact.amount, fact.currency), *_paid(fact)]


def _executed_elsewhere(fact: RefundExecuted) -> Sequence[Share]:
    """What the payer posts: another legal entity lent the money; another store of the same one settles the debt."""
    place = (fact.payer_entity or fact.legal_entity, fact.payer_store or fact.store)
    if _paid_by_another_entity(fact):
        return [Share(*place, [debit("1310", fact.amount, fact.currency), *_paid(fact)])]
    if _paid_at_another_store(fact):
        return [Share(*place, [debit("2050", fact.amount, fact.currency), *_paid(fact)])]
    return []


def _paid(fact: RefundExecuted) -> list[Line]:
    more = max(fact.rounding, 0)
    return [
        debit("6070", more, fact.currency),
        credit("6070", more - fact.rounding, fact.currency),
        credit(TENDER_ACCOUNTS[fact.tender], fact.paid, fact.currency),
    ]


def _paid_by_another_entity(fact: RefundExecuted) -> bool:
    return fact.payer_entity not in (None, fact.legal_entity)


def _paid_at_another_store(fact: RefundExecuted) -> bool:
    return fact.payer_store not in (None, fact.store)


def _failed(fact: RefundFailed) -> list[Line]:
    account = TENDER_ACCOUNTS[fact.tender]
    return [debit(account, fact.executed, fact.currency), credit("2050", fact.executed, fact.currency)]


def _returned(fact: ReturnAccepted) -> list[Line]:
    return [
        debit("4090", fact.goods, fact.currency),
        debit("4020", fact.shipping, fact.currency),
        *tax_given_back(fact.tax - fact.appeased_tax, fact.taxes, fact.currency),
        credit("4091", fact.appeased_goods, fact.currency),
        credit("4040", fact.fee, fact.currency),
        credit("2050", fact.owed, fact.currency),
    ]


RULES: tuple[Rule[Any], ...] = (
    Rule("refund_owed", 1, RefundOwed, lambda f: (f.refund_id,), _owed),
    Rule("refund_executed", 1, RefundExecuted, lambda f: f.payer, _executed, _executed_elsewhere),
    Rule("refund_failed", 1, RefundFailed, lambda f: (f.provider or f.store, f.movement_id or f.refund_id), _failed),
    Rule("return_accepted", 1, ReturnAccepted, lambda f: (f.return_id,), _returned),
)

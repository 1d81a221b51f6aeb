"""How money on its way to the bank is posted: payouts, deposits, bank lines, disputes, write-offs, intercompany."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oms.finance.facts.settlement import (
    BankCredited,
    BankDebited,
    DepositPrepared,
    DisputeFundsWithdrawn,
    DisputeLost,
    DisputeWon,
    IntercompanyNetted,
    IntercompanySettled,
    PayoutRecorded,
    SuspenseResolved,
    WriteOffPosted,
)
from oms.finance.model import LedgerFault, Line, credit, debit
from oms.finance.rules.rule import Rule, Share, tax_given_back

# Where what a bank line was matched with has waited. A transfer between entities was posted to the bank at once.
_IN_TRANSIT: Mapping[str, str] = {"deposit": "1030", "payout": "1035", "intercompany": "1040"}
# What a suspended amount can turn out to be. The chart has one account for what banks and providers charge.
_RESOLUTIONS: Mapping[str, str] = {
    "CASH_SHORT": "6030",
    "CASH_OVER": "6030",
    "BANK_FEE": "6010",
    "PSP_FEE": "6010",
    "PSP_CLEARING": "1110",
    "DEPOSIT": "1030",
    "PAYOUT": "1035",
    "INTERCOMPANY": "1040",
    "WRITE_OFF": "6040",
}


def signed(account: str, amount: int, currency: str) -> Line:
    """A line that debits a positive amount and credits a negative one."""
    return debit(account, amount, currency) if amount > 0 else credit(account, -amount, currency)


def _payout(fact: PayoutRecorded) -> list[Line]:
    """A payout in another currency passes through currency exchange, which balances in neither of the two alone."""
    same = fact.currency == fact.paid_currency
    cleared = fact.charges - fact.refunds - fact.disputes
    into_transit = [signed("1035", fact.paid_amount, fact.paid_currency)]
    return [
        *(into_transit if same else [signed("1190", fact.net, fact.currency)]),
        signed("6010", fact.fees, fact.currency),
        signed("1110", -cleared, fact.currency),
        signed("1090", -fact.adjustments, fact.currency),
        *([] if same else [*into_transit, signed("1190", -fact.paid_amount, fact.paid_currency)]),
    ]


def _deposit(fact: DepositPrepared) -> list[Line]:
    return [debit("1030", fact.amount, fact.currency), credit("1020", fact.amount, fact.currency)]


def _bank(fact: BankCredited) -> list[Line]:
    transit = _account(_IN_TRANSIT, fact.matched) if fact.matched else "1090"
    difference = fact.in_transit - fact.signed
    if transit == "1040":
        return [signed("1040", -difference, fact.currency), signed("1090", difference, fact.currency)]
    return [
        signed("1040", fact.signed, fact.currency),
        signed(transit, -fact.in_transit, fact.currency),
        signed("1090", difference, fact.currency),
    ]


def _resolved(fact: SuspenseResolved) -> list[Line]:
    account = _account(_RESOLUTIONS, fact.resolution)
    return [signed(account, fact.amount, fact.currency), signed("1090", -fact.amount, fact.currency)]


def _withdrawn(fact: DisputeFundsWithdrawn) -> list[Line]:
    return [
        debit("1120", fact.amount, fact.currency),
        debit("6021", fact.fee, fact.currency),
        credit("1110", fact.amount + fact.fee, fact.currency),
    ]


def _lost(fact: DisputeLost) -> list[Line]:
    return [debit("6020", fact.amount, fact.currency), credit("1120", fact.amount, fact.currency)]


def _won(fact: DisputeWon) -> list[Line]:
    return [
        debit("1110", fact.amount + fact.fee_returned, fact.currency),
        debit("6020", fact.lost, fact.currency),
        credit("1120", fact.amount + fact.lost, fact.currency),
        credit("6021", fact.fee_returned, fact.currency),
    ]


def _written_off(fact: WriteOffPosted) -> list[Line]:
    return [
        debit("6040", fact.amount - fact.tax, fact.currency),
        *tax_given_back(fact.tax, fact.taxes, fact.currency),
        credit("2010", fact.amount, fact.currency),
    ]


def _settled(fact: IntercompanySettled) -> list[Line]:
    return [debit("2310", fact.amount, fact.currency), credit("1040", fact.amount, fact.currency)]


def _received(fact: IntercompanySettled) -> Sequence[Share]:
    lines = [debit("1040", fact.amount, fact.currency), credit("1310", fact.amount, fact.currency)]
    return [Share(fact.to_entity, fact.store, lines)]


def _netted(fact: IntercompanyNetted) -> list[Line]:
    return _set_off(fact.gross, fact.gross_back, fact.currency)


def _netted_back(fact: IntercompanyNetted) -> Sequence[Share]:
    return [Share(fact.to_entity, fact.store, _set_off(fact.gross_back, fact.gross, fact.currency))]


def _set_off(owes: int, is_owed: int, currency: str) -> list[Line]:
    """What an entity owes and what it is owed end together; the difference goes through its bank."""
    return [debit("2310", owes, currency), credit("1310", is_owed, currency), signed("1040", is_owed - owes, currency)]


def _account(accounts: Mapping[str, str], name: str) -> str:
    if name not in accounts:
        raise LedgerFault(f"no account for {name}")
    return accounts[name]


RULES: tuple[Rule[Any], ...] = (
    Rule("payout_recorded", 1, PayoutRecorded, lambda f: (f.provider, f.payout_id), _payout),
    Rule("deposit_prepared", 1, DepositPrepared, lambda f: (f.bag_id,), _deposit),
    Rule("bank_credited", 1, BankCredited, lambda f: (f.bank_line_id,), _bank),
    Rule("bank_debited", 1, BankDebited, lambda f: (f.bank_line_id,), _bank),
    Rule("suspense_resolved", 1, SuspenseResolved, lambda f: (f.name,), _resolved),
    Rule("dispute_withdrawn", 1, DisputeFundsWithdrawn, lambda f: (f.provider, f.dispute_id), _withdrawn),
    Rule("dispute_lost", 1, DisputeLost, lambda f: (f.provider, f.dispute_id), _lost),
    Rule("dispute_won", 1, DisputeWon, lambda f: (f.provider, f.dispute_id), _won),
    Rule("write_off_posted", 1, WriteOffPosted, lambda f: (f.write_off_id,), _written_off),
    Rule("intercompany_settled", 1, IntercompanySettled, lambda f: (f.transfer_id,), _settled, _received),
    Rule("intercompany_netted", 1, IntercompanyNetted, lambda f: (f.transfer_id,), _netted, _netted_back),
)

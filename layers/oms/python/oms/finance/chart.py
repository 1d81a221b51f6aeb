"""The chart of accounts, as data.

Accounts 9010 and 9020 are a memorandum pair: they count open authorisations, are exported apart and never meet the
general ledger. Every other account belongs to the general ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """The side on which an account normally stands."""

    DEBIT = "debit"
    CREDIT = "credit"
    EITHER = "either"


class Kind(StrEnum):
    """What an account measures; outside bookkeeping programs name their accounts by it."""

    ASSET = "asset"
    LIABILITY = "liability"
    REVENUE = "revenue"
    EXPENSE = "expense"
    MEMORANDUM = "memorandum"


@dataclass(frozen=True, slots=True)
class Account:
    """One account: its code, its name, its kind and its normal side."""

    code: str
    name: str
    kind: Kind
    side: Side

    @property
    def is_memorandum(self) -> bool:
        return self.kind is Kind.MEMORANDUM


# The one account that has jurisdictions.
SALES_TAX = "2040"
_TABLE = """
1010 asset      debit  cash in drawer
1020 asset      debit  store safe
1030 asset      debit  cash deposits in transit
1035 asset      either PSP payouts in transit
1040 asset      debit  bank
1090 asset      either suspense
1110 asset      debit  card clearing
1120 asset      debit  disputes withheld
1190 asset      either currency exchange
1210 asset      debit  inventory
1310 asset      debit  due from other entity
2010 liability  credit customer deposits
2020 liability  credit gift cards outstanding
2030 liability  credit store credit
2040 liability  credit sales tax payable
2050 liability  credit refunds payable
2210 liability  credit supplier payable
2310 liability  credit due to other entity
4010 revenue    credit goods revenue, gross
4020 revenue    credit shipping income
4030 revenue    credit gift card breakage
4040 revenue    credit restocking fees
4050 revenue    credit supplier commission
4090 revenue    debit  returns
4091 revenue    debit  appeasements
4092 revenue    debit  discounts
5010 expense    debit  cost of goods
6010 expense    debit  PSP fees
6020 expense    debit  chargeback loss
6021 expense    debit  dispute fees
6030 expense    either cash over and short
6040 expense    debit  write-offs
6050 expense    debit  goodwill
6060 expense    debit  store petty expense
6070 expense    either cash rounding
9010 memorandum debit  open authorisations
9020 memorandum credit open authorisations, contra
"""


def _read_table(text: str) -> Mapping[str, Account]:
    accounts = {}
    for row in text.strip().splitlines():
        code, kind, side, name = row.split(maxsplit=3)
        accounts[code] = Account(code, name, Kind(kind), Side(side))
    return accounts


CHART: Mapping[str, Account] = _read_table(_TABLE)

"""Two bookkeeping programs that know nothing of us judge the exported journal: beancount and hledger.

The journal is made from the CSV of an export, and that export from facts that went through the ledger. Both programs
must accept it with the balances that an accountant expects, and must refuse it when one cent is changed.
"""

# ruff: noqa: F811 - fixtures are imported by name

import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from functions.finance_export import handler as export_function
from functions.post_ledger import handler as post_function
from oms.finance.chart import CHART, Kind
from oms.finance.commands import Books
from tests.programs import require_program
from tests.unit.finance import exported, world
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)

# What happened, and the lines an accountant writes for it: account, debit, credit, in major units.
Step = tuple[dict[str, Any], list[tuple[str, str, str]]]
SHIP_COMPLETE: list[Step] = [
    (world.authorized("O1", 11325), [("9010", "113.25", ""), ("9020", "", "113.25")]),
    (
        world.shipped("O1", 10000, shipping=500, tax=825),
        [("2010", "113.25", ""), ("4010", "", "100.00"), ("4020", "", "5.00"), ("2040", "", "8.25")],
    ),
    (
        world.captured("O1", 11325),
        [("1110", "113.25", ""), ("2010", "", "113.25"), ("9020", "113.25", ""), ("9010", "", "113.25")],
    ),
]
SPLIT_SHIPMENT: list[Step] = [
    (world.authorized("O2", 11325), [("9010", "113.25", ""), ("9020", "", "113.25")]),
    (
        world.shipped("O2", 6000, shipping=500, tax=495, shipment="1"),
        [("2010", "69.95", ""), ("4010", "", "60.00"), ("4020", "", "5.00"), ("2040", "", "4.95")],
    ),
    (
        world.captured("O2", 6995, capture="1", final=False),
        [("1110", "69.95", ""), ("2010", "", "69.95"), ("9020", "69.95", ""), ("9010", "", "69.95")],
    ),
    (
        world.shipped("O2", 4000, tax=330, shipment="2"),
        [("2010", "43.30", ""), ("4010", "", "40.00"), ("2040", "", "3.30")],
    ),
    (
        world.captured("O2", 4330, capture="2", final=True),
        [("1110", "43.30", ""), ("2010", "", "43.30"), ("9020", "43.30", ""), ("9010", "", "43.30")],
    ),
]
BALANCES = {"1110": "113.25", "2040": "-8.25", "4010": "-100.00", "4020": "-5.00"}
SCENARIOS = [pytest.param(SHIP_COMPLETE, id="F01"), pytest.param(SPLIT_SHIPMENT, id="F02")]


@dataclass(frozen=True)
class Leg:
    account: str
    amount: Decimal
    currency: str


Journal = list[tuple[str, str, list[Leg]]]  # date, text, legs


def _run(books: Books, scenario: list[Step]) -> None:
    """Take the facts through the ledger, one message at a time, and the ledger through an export."""
    post_function.books = books
    for fact, _ in scenario:
        assert post_function.handler(world.queue(fact), None) == {"batchItemFailures": []}
    assert exported.run(export_function, books, exported.wish("exp_1", "close")) == []


def _all_lines() -> list[dict[str, str]]:
    lines = exported.all_rows("journal_lines") + exported.all_rows("memo_lines")
    return sorted(lines, key=lambda line: (int(line["posted_seq"]), int(line["line_no"])))


def _journal() -> Journal:
    return [
        (legs[0]["business_date"], f"{legs[0]['rule']} {entry_id}", [_leg(line) for line in legs])
        for entry_id, group in groupby(_all_lines(), key=lambda line: line["entry_id"])
        if (legs := list(group))
    ]


def _leg(line: Mapping[str, str]) -> Leg:
    minor = int(line["debit_minor"]) - int(line["credit_minor"])
    return Leg(line["account"], Decimal(minor).scaleb(-int(line["exponent"])), line["currency"])


_ROOTS = {
    Kind.ASSET: "Assets",
    Kind.LIABILITY: "Liabilities",
    Kind.REVENUE: "Income",
    Kind.EXPENSE: "Expenses",
    Kind.MEMORANDUM: "Equity",
}


def _name(account: str) -> str:
    return f"{_ROOTS[CHART[account].kind]}:{account}"


def as_beancount(journal: Journal) -> str:
    """The journal in beancount's language, with the expected balances asserted on the day after."""
    text = [f"2026-01-01 open {_name(account)} USD" for account in CHART]
    for on, title, legs in journal:
        text.append(f'{on} * "{title}"')
        text += [f"  {_name(leg.account)}  {leg.amount} {leg.currency}" for leg in legs]
    # Without a tolerance of its own, beancount lets an asserted balance be one cent off.
    text += [f"2026-11-21 balance {_name(account)} {BALANCES.get(account, '0.00')} ~ 0.00 USD" for account in CHART]
    return "\n".join(text) + "\n"


def as_hledger(journal: Journal) -> str:
    """The journal in hledger's language, with the expected balances asserted by a last, empty transaction."""
    text = ["commodity 1000.00 USD"] + [f"account {_name(account)}" for account in CHART]
    for on, title, legs in journal:
        text.append(f"{on} * {title}")
        text += [f"    {_name(leg.account)}  {leg.amount} {leg.currency}" for leg in legs]
    text.append("2026-11-21 * balances")
    text += [f"    {_name(account)}  0.00 USD = {BALANCES.get(account, '0.00')} USD" for account in CHART]
    return "\n".join(text) + "\n"


def bean_check(path: Path) -> subprocess.CompletedProcess[str]:
    return _call([sys.executable, "-m", "beancount.scripts.check", str(path)])


def hledger_check(path: Path) -> subprocess.CompletedProcess[str]:
    return _call([require_program("hledger"), "check", "--strict", "-f", str(path)])


def _call(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


Judge = tuple[Callable[[Journal], str], Callable[[Path], subprocess.CompletedProcess[str]]]
JUDGES = [
    pytest.param((as_beancount, bean_check), id="beancount"),
    pytest.param((as_hledger, hledger_check), id="hledger"),
]


def _verdict(judge: Judge, text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "journal.txt"
    path.write_text(text, encoding="utf-8")
    return judge[1](path)


@pytest.mark.capability("N1", "N6", "N7")
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_each_fact_is_exported_as_the_lines_an_accountant_writes(books: Books, scenario: list[Step]) -> None:
    _run(books, scenario)
    found: dict[str, list[tuple[str, str, str]]] = {}
    for line in _all_lines():
        places = int(line["exponent"])
        debit, credit = (
            f"{Decimal(line[side]).scaleb(-places):.2f}" if line[side] != "0" else ""
            for side in ("debit_minor", "credit_minor")
        )
        found.setdefault(line["source_event"], []).append((line["account"], debit, credit))
    assert found == {fact["detail"]["meta"]["id"]: expected for fact, expected in scenario}


@pytest.mark.capability("N1", "N7")
@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_exported_journal_is_accepted(books: Books, scenario: list[Step], judge: Judge, tmp_path: Path) -> None:
    _run(books, scenario)
    verdict = _verdict(judge, judge[0](_journal()), tmp_path)
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr


@pytest.mark.capability("N1", "N7")
@pytest.mark.parametrize("judge", JUDGES)
def test_a_journal_with_one_cent_changed_is_refused(books: Books, judge: Judge, tmp_path: Path) -> None:
    _run(books, SPLIT_SHIPMENT)
    text = judge[0](_journal())
    assert _verdict(judge, text, tmp_path).returncode == 0
    one_side, changes = re.subn(r"(Income:4010 +)-40\.00", r"\g<1>-40.01", text)
    assert changes == 1
    assert _verdict(judge, one_side, tmp_path).returncode != 0
    # On both sides of the entry the entry balances, and the asserted balances give it away.
    both_sides, changes = re.subn(r"(Liabilities:2010 +)43\.30", r"\g<1>43.31", one_side)
    assert changes == 1
    assert _verdict(judge, both_sides, tmp_path).returncode != 0

"""The checker about money on its way to the bank: silent about good days, and not about those that break a rule."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.simulation import settlement_stories
from tests.simulation.checked_run import Run
from tests.simulation.checker import Evidence
from tests.simulation.telling import simulated_for, tell

assert settlement_stories
STORIES = {
    "bank": "the bank credits too little",
    "payout": "a payment is paid out and disputed",
    "write-off": "what is never paid is written off",
}


@cache
def days(name: str) -> Evidence:
    """A bag of 409.40 credited with 404.40, or a payment that is paid out and charged back, or one that never comes."""
    simulation = simulated_for(STORIES[name])
    tell(STORIES[name], simulation)
    assert simulation.violations == []
    return simulation.evidence()


def key(run: Run, sk: str, begins: str = "") -> tuple[str, str]:
    """The first row of the ledger with this sort key, or beginning with it where its partition has a text."""
    rows = sorted(run.evidence.tables["ledger"])
    return next(row for row in rows if (row[1].startswith(sk) and begins in row[0] if begins else row[1] == sk))


def entry(run: Run, rule: str) -> tuple[str, str]:
    rows = run.evidence.tables["ledger"]
    return next(name for name, row in sorted(rows.items()) if f'"rule":"{rule}"' in str(row.get("body")))


def edit(run: Run, sk: str, **fields: Any) -> None:
    run.rewrite("ledger", key(run, sk), **fields)


def drop(run: Run, name: tuple[str, str]) -> None:
    run.put("ledger", name, None)


SPOILED: tuple[tuple[str, Callable[[Run], None]], ...] = (
    ("bank", lambda run: edit(run, "DEPOSIT", amount=40_939)),
    ("bank", lambda run: edit(run, "BANKLINE", amount=40_439)),
    ("bank", lambda run: edit(run, "SUSPENSE", open=1)),
    ("bank", lambda run: edit(run, "TRANSFER", gross=4_329)),
    ("bank", lambda run: drop(run, entry(run, "deposit_prepared"))),
    ("bank", lambda run: drop(run, entry(run, "suspense_resolved"))),
    ("bank", lambda run: drop(run, entry(run, "intercompany_settled"))),
    ("bank", lambda run: drop(run, key(run, "intercompany#", "TRANSIT"))),
    ("bank", lambda run: drop(run, key(run, "SUSPENSE"))),
    ("payout", lambda run: edit(run, "PAYOUT", paid_amount=1_228)),
    ("payout", lambda run: edit(run, "DISPUTE", state="OPEN")),
    ("payout", lambda run: drop(run, entry(run, "dispute_lost"))),
    ("payout", lambda run: drop(run, key(run, "payout#", "TRANSIT"))),
    ("write-off", lambda run: drop(run, entry(run, "write_off_posted"))),
)


@pytest.mark.parametrize(("day", "spoil"), SPOILED)
def test_each_rule_is_found_broken(day: str, spoil: Callable[[Run], None]):
    run = Run(copy.deepcopy(days(day)))
    spoil(run)
    assert run.broken("INV25")


@pytest.mark.parametrize("sk", ["DEPOSIT", "BANKLINE", "TRANSFER"])
def test_what_was_told_once_is_never_changed_or_removed(sk: str):
    run = Run(copy.deepcopy(days("bank")))
    changed = run.rewrite("ledger", key(run, sk), currency="EUR")
    assert run.broken_by(changed, invariant="INV25")
    removed = run.put("ledger", key(run, sk), None)
    assert run.broken_by(removed, invariant="INV25")


@pytest.mark.parametrize("day", sorted(STORIES))
def test_money_in_order_is_not_blamed(day: str):
    run = Run(copy.deepcopy(days(day)))
    assert run.broken("INV25") == run.broken("INV3") == run.broken("INV4") == []

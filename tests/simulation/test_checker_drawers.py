"""The checker about cash drawers: silent about a day with one, and not about one that breaks a rule."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.simulation import cash_stories  # noqa: F401 - it tells its stories
from tests.simulation.checked_run import Run
from tests.simulation.checker import Evidence
from tests.simulation.telling import simulated_for, tell


@cache
def days_with_drawers() -> Evidence:
    """A drawer that was approved short by another person, and stated anew twice."""
    simulation = simulated_for("a store tells of its drawer")
    tell("a store tells of its drawer", simulation)
    assert simulation.violations == []
    return simulation.evidence()


@pytest.fixture
def run() -> Run:
    return Run(copy.deepcopy(days_with_drawers()))


def key(run: Run, name: str) -> tuple[str, str]:
    """The first row with this sort key, or one that begins so where it ends in #."""
    rows = run.evidence.tables["ledger"]
    return next(row for row in rows if row[1] == name or (name[-1] in "#1234567890" and row[1].startswith(name)))


def edit(run: Run, begins: str, **fields: Any) -> None:
    run.rewrite("ledger", key(run, begins), **fields)


def a_movement_that_is_lost(run: Run) -> None:
    run.put("ledger", key(run, "MOVEMENT#"), None)


def another_amount(run: Run) -> None:
    edit(run, "MOVEMENT#", amount=501)


def a_wrong_sum(run: Run) -> None:
    totals = json.loads(run.evidence.tables["ledger"][key(run, "SESSION")]["body"])["totals"]
    edit(run, "SESSION", totals={**totals, "cash_sale": totals["cash_sale"] + 1})


def a_statement_that_does_not_add_up(run: Run) -> None:
    edit(run, "STATEMENT#000001", variance=0)


def a_statement_that_is_gone(run: Run) -> None:
    run.put("ledger", key(run, "STATEMENT#000003"), None)


def open_all_the_same(run: Run) -> None:
    edit(run, "SESSION", state="OPEN")


def a_drawer_that_is_open_in_nothing(run: Run) -> None:
    edit(run, "DRAWER", open_session="drw_none")


def a_number_that_never_came(run: Run) -> None:
    edit(run, "TILL", runs=[[1, 3]])


def counted_too_often(run: Run) -> None:
    counts = json.loads(run.evidence.tables["ledger"][key(run, "SESSION")]["body"])["counts"]
    edit(run, "SESSION", counts=counts * 4)


def the_variance_is_not_posted(run: Run) -> None:
    rows = run.evidence.tables["ledger"]
    closed = next(name for name, row in rows.items() if '"rule":"drawer_closed"' in str(row.get("body")))
    run.put("ledger", closed, None)


def cash_of_no_session(run: Run) -> None:
    run.put("ledger", key(run, "SESSION"), None)


SPOILED: tuple[Callable[[Run], None], ...] = (
    a_movement_that_is_lost,
    another_amount,
    a_wrong_sum,
    a_statement_that_does_not_add_up,
    a_statement_that_is_gone,
    open_all_the_same,
    a_drawer_that_is_open_in_nothing,
    a_number_that_never_came,
    counted_too_often,
    the_variance_is_not_posted,
    cash_of_no_session,
)


@pytest.mark.parametrize("spoil", SPOILED)
def test_each_rule_is_found_broken(run: Run, spoil: Callable[[Run], None]):
    spoil(run)
    assert run.broken("INV10")


def test_a_drawer_that_adds_up_is_not_blamed(run: Run):
    assert run.broken("INV10") == []


@pytest.mark.parametrize("begins", ["MOVEMENT#", "STATEMENT#"])
def test_what_was_recorded_is_never_changed_or_removed(run: Run, begins: str):
    changed = run.rewrite("ledger", key(run, begins), reason="other")
    assert run.broken_by(changed, invariant="INV10")
    removed = run.put("ledger", key(run, begins), None)
    assert run.broken_by(removed, invariant="INV10")


def test_a_session_goes_forward_only(run: Run):
    back = run.rewrite("ledger", key(run, "SESSION"), state="CLOSED")
    assert run.broken_by(back, invariant="INV10")
    assert run.broken_by(run.put("ledger", key(run, "SESSION"), None), invariant="INV10")

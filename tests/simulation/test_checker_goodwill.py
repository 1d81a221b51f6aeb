"""The checker about goodwill: silent about days with some, and not about those that break a rule."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.simulation import goodwill_stories  # noqa: F401 - it tells its stories
from tests.simulation.checked_run import Run
from tests.simulation.checker import Evidence
from tests.simulation.telling import simulated_for, tell

STORY = "goodwill within and above the limits"


@cache
def days_with_goodwill() -> Evidence:
    """9.00 at once, 2.00 that somebody approved, 2.00 that were rejected, and a coupon of 1.00, on goods of 99.00."""
    simulation = simulated_for(STORY)
    tell(STORY, simulation)
    assert simulation.violations == []
    return simulation.evidence()


@pytest.fixture
def run() -> Run:
    return Run(copy.deepcopy(days_with_goodwill()))


def key(run: Run, begins: str) -> tuple[str, str]:
    """The first row of goodwill with such a sort key, or of such a counter."""
    rows = [row for row in run.evidence.tables["orders"] if "#APPEASEMENTS#" in row[0] or "#GOODWILL#" in row[0]]
    return next(row for row in rows if row[1].startswith(begins) or begins in row[0])


def edit(run: Run, begins: str, **fields: Any) -> None:
    run.rewrite("orders", key(run, begins), **fields)


def more_than_the_order_takes(run: Run) -> None:
    edit(run, "REQUEST#000001", parts=[{"line_no": 1, "net": 2500, "tax": 0}])


def another_amount_than_was_posted(run: Run) -> None:
    edit(run, "REQUEST#000001", parts=[{"line_no": 1, "net": 899, "tax": 1}])


def a_grant_that_was_rejected(run: Run) -> None:
    edit(run, "RULING#000002", approved=False)


def a_rejection_that_is_gone(run: Run) -> None:
    edit(run, "RULING#000003", approved=True)


def a_grant_that_is_gone(run: Run) -> None:
    run.put("orders", key(run, "REQUEST#000001"), None)


def a_coupon_without_a_code(run: Run) -> None:
    edit(run, "REQUEST#000004", coupon_code=None)


def a_coupon_that_gives_tax(run: Run) -> None:
    edit(run, "REQUEST#000004", parts=[{"line_no": 1, "net": 92, "tax": 8}])


def a_coupon_that_the_ledger_should_have(run: Run) -> None:
    edit(run, "REQUEST#000004", paid_to="original")


def nobody_counts_it_for_the_customer(run: Run) -> None:
    while True:
        try:
            edit(run, "#GOODWILL#customer#", grants=[])
            run.put("orders", key(run, "#GOODWILL#customer#"), None)
        except StopIteration:
            return


def nobody_counts_it_for_the_actor(run: Run) -> None:
    edit(run, "#GOODWILL#actor#", grants=[])


def it_is_not_posted(run: Run) -> None:
    rows = run.evidence.tables["ledger"]
    posted = next(name for name, row in rows.items() if '"rule":"appeasement_granted"' in str(row.get("body")))
    run.put("ledger", posted, None)


SPOILED: tuple[Callable[[Run], None], ...] = (
    more_than_the_order_takes,
    another_amount_than_was_posted,
    a_grant_that_was_rejected,
    a_rejection_that_is_gone,
    a_grant_that_is_gone,
    a_coupon_without_a_code,
    a_coupon_that_gives_tax,
    a_coupon_that_the_ledger_should_have,
    nobody_counts_it_for_the_customer,
    nobody_counts_it_for_the_actor,
    it_is_not_posted,
)


@pytest.mark.parametrize("spoil", SPOILED)
def test_each_rule_is_found_broken(run: Run, spoil: Callable[[Run], None]):
    spoil(run)
    assert run.broken("INV23")


def test_goodwill_in_order_is_not_blamed(run: Run):
    assert run.broken("INV23") == []
    assert run.broken("INV4") == []


@pytest.mark.parametrize("begins", ["REQUEST#", "RULING#"])
def test_what_was_recorded_is_never_changed_or_removed(run: Run, begins: str):
    changed = run.rewrite("orders", key(run, begins), text="other")
    assert run.broken_by(changed, invariant="INV23")
    removed = run.put("orders", key(run, begins), None)
    assert run.broken_by(removed, invariant="INV23")


def test_a_counter_is_never_removed(run: Run):
    assert run.broken_by(run.put("orders", key(run, "#GOODWILL#actor#"), None), invariant="INV23")

"""The checker about documents: silent about good series, and not about a gap, a change or a wrong counter."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import cache

import pytest

from tests.simulation import refund_stories
from tests.simulation.checked_run import Run
from tests.simulation.checker import Evidence
from tests.simulation.telling import simulated_for, tell

assert refund_stories
STORY = "units come back and their money goes back"


@cache
def days() -> Evidence:
    """An order that is shipped and comes back in three returns."""
    simulation = simulated_for(STORY)
    tell(STORY, simulation)
    assert simulation.violations == []
    return simulation.evidence()


def key(run: Run, partition: str, begins: str) -> tuple[str, str]:
    """The first row of the ledger in such a partition whose sort key begins so."""
    rows = sorted(run.evidence.tables["ledger"])
    return next(row for row in rows if f"#{partition}#" in row[0] and row[1].startswith(begins))


SPOILED: tuple[Callable[[Run], None], ...] = (
    lambda run: run.put("ledger", key(run, "DOCUMENTS", "invoice#"), None),
    lambda run: run.put("ledger", key(run, "DOCUMENTS", "credit_memo#"), None),
    lambda run: run.rewrite("ledger", key(run, "DOCUMENTS", "credit_memo#"), number=9),
    lambda run: run.put("ledger", key(run, "DOCUMENTNUMBERS", "invoice"), {"last": 7}),
    lambda run: run.put("ledger", key(run, "DOCUMENTNUMBERS", "credit_memo"), None),
)


def test_good_series_are_passed():
    run = Run(copy.deepcopy(days()))
    kinds = [name[1].split("#")[0] for name in run.evidence.tables["ledger"] if "#DOCUMENTS#" in name[0]]
    assert sorted(kinds) == ["credit_memo", "credit_memo", "credit_memo", "invoice"]
    assert run.broken("INV27") == []


@pytest.mark.parametrize("spoil", SPOILED)
def test_what_is_wrong_is_told(spoil: Callable[[Run], None]):
    run = Run(copy.deepcopy(days()))
    spoil(run)
    assert run.broken("INV27")

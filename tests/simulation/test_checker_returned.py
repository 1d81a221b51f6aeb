"""The checker about returns by post: silent about days with some, not about a broken rule."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.simulation import return_stories  # noqa: F401 - its stories
from tests.simulation.checked_run import Run
from tests.simulation.checker import Evidence
from tests.simulation.telling import simulated_for, tell

STORY = "units come back by post"


@cache
def days() -> Evidence:
    simulation = simulated_for(STORY)
    tell(STORY, simulation)
    assert simulation.violations == []
    return simulation.evidence()


def run_of() -> Run:
    return Run(copy.deepcopy(days()))


def _rma(run: Run) -> tuple[tuple[str, str], dict[str, Any]]:
    rows = run.evidence.tables["orders"]
    key = next(key for key in rows if key[1].startswith("RMA#"))
    return key, json.loads(rows[key]["body"])


def _with_line(run: Run, **changes: Any) -> None:
    key, rma = _rma(run)
    run.rewrite("orders", key, lines=[{**rma["lines"][0], **changes}])


SPOILED: tuple[tuple[str, Callable[[Run], None]], ...] = (
    ("3 units came, 2 wait or were inspected", lambda run: _with_line(run, received=3)),
    ("2 units came and 2 left it, of 3", lambda run: _with_line(run, missing=1)),
    ("1 units are owed, its returns are of 2", lambda run: _with_line(run, owed=1)),
)


def test_returns_that_add_up_are_not_blamed() -> None:
    assert run_of().broken("INV36") == []


@pytest.mark.parametrize(("says", "spoil"), SPOILED)
def test_each_rule_is_found_broken(says: str, spoil: Callable[[Run], None]) -> None:
    run = run_of()
    spoil(run)
    assert [what for what in run.broken("INV36") if says in what]


def test_a_step_that_is_not_in_the_graph_is_found() -> None:
    run = run_of()
    key, _ = _rma(run)
    assert run.broken_by(run.rewrite("orders", key, state="DECLINED"), invariant="INV36")

"""The checker about refunds: silent about a day with some, and not about one that breaks a rule."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from tests.simulation import refund_stories  # noqa: F401 - it tells its stories
from tests.simulation.checked_run import Run
from tests.simulation.checker import Evidence
from tests.simulation.telling import simulated_for, tell

STORY = "units come back and their money goes back"


@cache
def a_day_with_refunds() -> Evidence:
    simulation = simulated_for(STORY)
    tell(STORY, simulation)
    assert simulation.violations == []
    return simulation.evidence()


@pytest.fixture
def run() -> Run:
    return Run(copy.deepcopy(a_day_with_refunds()))


def key(run: Run, begins: str) -> tuple[str, str]:
    return next(row for row in run.evidence.tables["orders"] if row[1].startswith(begins))


def body(run: Run, begins: str) -> dict[str, Any]:
    return dict(json.loads(run.evidence.tables["orders"][key(run, begins)]["body"]))


def more_given_back_than_the_refunds_say(run: Run) -> None:
    run.rewrite("orders", key(run, "PAYMENT#"), refunded=body(run, "PAYMENT#")["refunded"] + 1)


def a_refund_that_its_tender_does_not_know(run: Run) -> None:
    run.rewrite("orders", key(run, "PAYMENT#"), refunded=0)


def parts_that_do_not_add_up(run: Run) -> None:
    run.rewrite("orders", key(run, "REFUND#"), amount=body(run, "REFUND#")["amount"] + 1)


def a_unit_that_comes_back_twice(run: Run) -> None:
    lines = body(run, "RETURN#")["lines"]
    run.rewrite("orders", key(run, "RETURN#"), lines=[{**lines[0], "quantity": 2}])


def a_return_that_is_not_posted(run: Run) -> None:
    rows = run.evidence.tables["ledger"]
    name = next(k for k, row in rows.items() if k[1] == "MARK" and '"rule":"return_accepted"' in row["body"])
    run.put("ledger", name, None)


def money_that_the_provider_did_not_give_back(run: Run) -> None:
    for entry in run.evidence.psp:
        entry["after"]["refunded"] = 0


SPOILED: tuple[tuple[str, Callable[[Run], None]], ...] = (
    ("its refunds", more_given_back_than_the_refunds_say),
    ("its refunds", a_refund_that_its_tender_does_not_know),
    ("is not the sum of its parts", parts_that_do_not_add_up),
    ("units more came back than had left", a_unit_that_comes_back_twice),
    ("account 2050 has", a_return_that_is_not_posted),
    ("gave back 0, its order knows of", money_that_the_provider_did_not_give_back),
)


def test_refunds_that_add_up_are_not_blamed(run: Run) -> None:
    assert run.broken("INV26") == []


@pytest.mark.parametrize(("says", "spoil"), SPOILED)
def test_each_rule_is_found_broken(run: Run, says: str, spoil: Callable[[Run], None]) -> None:
    spoil(run)
    assert [what for what in run.broken("INV26") if says in str(what)]

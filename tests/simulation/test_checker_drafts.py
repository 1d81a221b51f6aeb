"""The checker about drafts: silent about a healthy day of them, and not about one that breaks a rule."""

import copy
import json
from functools import cache

import pytest

from tests.simulation import intake_stories  # noqa: F401 - it tells its stories
from tests.simulation.checked_run import Run
from tests.simulation.telling import simulated_for, tell


@cache
def day_of_drafts():
    simulation = simulated_for("drafts")
    tell("drafts", simulation)
    assert simulation.violations == []
    return simulation.evidence()


def place(run):
    """A draft that was placed: its key, its row and what it says."""
    rows = run.evidence.tables["orders"]
    key = next(key for key in rows if "#DRAFT#" in key[0])
    return key, rows[key], json.loads(rows[key]["body"])


def changed_after_it_was_placed(run):
    key, row, body = place(run)
    body["version"] += 1
    return run.put("orders", key, {**row, "version": body["version"], "body": json.dumps(body)})


def removed(run):
    return run.put("orders", place(run)[0], None)


def placed_without_an_order(run):
    key, row, body = place(run)
    return run.put("orders", (key[0] + "X", key[1]), {**row, "version": 1, "body": json.dumps({**body, "version": 1})})


@pytest.mark.parametrize("spoil", [changed_after_it_was_placed, removed, placed_without_an_order])
def test_each_rule_is_found_broken(spoil):
    run = Run(copy.deepcopy(day_of_drafts()))
    change = spoil(run)
    assert run.broken_by(change, invariant="INV38")

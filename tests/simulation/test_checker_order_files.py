"""The checker about files of orders: silent about a healthy day of them, and not about one that breaks a rule."""

import copy
import json
from functools import cache

import pytest

from tests.simulation import intake_stories  # noqa: F401 - it tells its stories
from tests.simulation.checked_run import Run
from tests.simulation.telling import simulated_for, tell

FOLDER = "results/acme/orders/day.jsonl/v1"
PART = f"{FOLDER}/part-00001.csv"


@cache
def day_of_files():
    simulation = simulated_for("files of orders")
    tell("files of orders", simulation)
    assert simulation.violations == []
    return simulation.evidence()


def past(run):
    """The partition of an order of the past."""
    rows = run.evidence.tables["orders"]
    return next(pk for pk, sk in rows if sk == "AGREED" and json.loads(rows[pk, sk]["body"]).get("history"))


def a_row_without_a_result(run):
    run.evidence.intake["orders/acme/day.jsonl"][0] += b"{}\n"


def other_bytes_than_the_manifest_says(run):
    run.evidence.intake[PART][0] += b"\n"


def sums_that_are_not_those_of_the_results(run):
    found = json.loads(run.evidence.intake[f"{FOLDER}/manifest.json"][0])
    run.evidence.intake[f"{FOLDER}/manifest.json"] = [json.dumps({**found, "imported": 9}).encode()]


def an_order_that_is_not_that_of_its_row(run):
    pk = past(run)
    run.put("orders", (pk, "ORDER"), {**run.evidence.tables["orders"][pk, "ORDER"], "external_id": "another"})


def an_order_of_the_past_that_is_unfinished(run):
    run.put("orders", (past(run), "OPEN"), {"version": 1, "looks": 0})


def an_order_of_the_past_that_changed(run):
    pk = past(run)
    run.put("orders", (pk, "ORDER"), {**run.evidence.tables["orders"][pk, "ORDER"], "version": 2})


def an_order_of_the_past_in_the_ledger(run):
    rows = run.evidence.tables["ledger"]
    key = next(key for key, row in rows.items() if "#ORDER#" in str(row.get("gsi1pk")))
    run.set("ledger", key, gsi1pk=f"T#acme#ORDER#{past(run).rpartition('#')[2]}")


def an_event_too_few(run):
    events = run.evidence.tables["events"]
    run.put("events", next(key for key in events if "#ORDERFILE#" in key[0]), None)


def a_file_that_nobody_took(run):
    run.evidence.intake["orders/acme/late.jsonl"] = [b"x"]


SPOILED = {
    "INV38": (
        a_row_without_a_result,
        other_bytes_than_the_manifest_says,
        sums_that_are_not_those_of_the_results,
        an_order_that_is_not_that_of_its_row,
        an_order_of_the_past_that_is_unfinished,
        an_order_of_the_past_that_changed,
        an_order_of_the_past_in_the_ledger,
        an_event_too_few,
    ),
    "INV5": (a_file_that_nobody_took,),
}


def test_the_day_has_rows_of_every_outcome():
    found = json.loads(day_of_files().intake[f"{FOLDER}/manifest.json"][0])
    assert [found[name] for name in ("rows", "placed", "imported", "refused")] == [7, 2, 2, 3]


@pytest.mark.parametrize(("invariant", "spoil"), [(name, one) for name, all_of in SPOILED.items() for one in all_of])
def test_each_rule_is_found_broken(invariant, spoil):
    run = Run(copy.deepcopy(day_of_files()))
    assert run.broken(invariant) == []
    spoil(run)
    assert run.broken(invariant)

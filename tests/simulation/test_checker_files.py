"""The checker about files of stock: silent about a healthy day of them, and not about one that breaks a rule."""

import copy
import json
from functools import cache

import pytest

from tests.simulation import house_stories  # noqa: F401 - it tells its stories
from tests.simulation.checked_run import Run
from tests.simulation.telling import simulated_for, tell

FOLDER = "results/acme/nightly/v1"
PART = f"{FOLDER}/part-00001.csv"


@cache
def day_of_files():
    simulation = simulated_for("files of stock")
    tell("files of stock", simulation)
    assert simulation.violations == []
    return simulation.evidence()


def manifest(run, **changed):
    found = json.loads(run.evidence.intake[f"{FOLDER}/manifest.json"][0])
    run.evidence.intake[f"{FOLDER}/manifest.json"] = [json.dumps({**found, **changed}).encode()]


def a_row_without_a_result(run):
    run.evidence.intake["stock/acme/nightly.csv"][0] += b"albany,MUG,1,2026-11-23T12:00:00Z,till,9\n"


def other_bytes_than_the_manifest_says(run):
    run.evidence.intake[PART][0] += b"\n"


def sums_that_are_not_those_of_the_results(run):
    manifest(run, recorded=9)


def a_result_over_another(run):
    run.evidence.intake[PART].append(b"")


def recorded_and_not_in_the_ledger(run):
    lines = run.evidence.tables["stock"]
    for key in [key for key in lines if key[0].startswith("T#acme#MOVES#MUG#albany")]:
        run.put("stock", key, None)


def an_event_too_few(run):
    events = run.evidence.tables["events"]
    run.put("events", next(key for key in events if "#STOCKFILE#" in key[0]), None)


def a_file_that_nobody_took(run):
    run.evidence.intake["stock/acme/late.csv"] = [b"x"]


SPOILED = {
    "INV19": (
        a_row_without_a_result,
        other_bytes_than_the_manifest_says,
        sums_that_are_not_those_of_the_results,
        a_result_over_another,
        recorded_and_not_in_the_ledger,
        an_event_too_few,
    ),
    "INV5": (a_file_that_nobody_took,),
}


def test_the_day_has_rows_of_every_outcome():
    found = json.loads(day_of_files().intake[f"{FOLDER}/manifest.json"][0])
    assert [found[name] for name in ("rows", "recorded", "ignored", "refused")] == [6, 3, 1, 2]


@pytest.mark.parametrize(("invariant", "spoil"), [(name, one) for name, all_of in SPOILED.items() for one in all_of])
def test_each_rule_is_found_broken(invariant, spoil):
    run = Run(copy.deepcopy(day_of_files()))
    assert run.broken(invariant) == []
    spoil(run)
    assert run.broken(invariant)

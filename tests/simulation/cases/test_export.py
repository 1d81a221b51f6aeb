"""Case 35: an export that is killed midway and asked for again writes every row once."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from io import StringIO

import pytest

from tests.simulation.cases.steps import later, placed, released, rested, ship
from tests.simulation.world import line, order, simulated

DAY = "2026-11-23"
MOMENTS = range(1, 83)


def close(simulation, key):
    wish = {"entity": "100", "business_date": DAY, "kind": "close"}
    answer = simulation.http("POST", "/v1/finance/exports", wish, key=key, client="acme-finance")
    assert answer.status == 202
    # Longer than a message that a dead worker had is hidden from the others.
    later(simulation, 2_000)


def sold(simulation):
    """A day with one order, shipped and paid for, that is over."""
    placed(simulation, order("o-1", line("MUG", 2), line("LAMP")))
    ship(simulation, *released(simulation))
    later(simulation, 40 * 3600)


def test_case_35_how_many_calls_an_export_makes():
    simulation = simulated(faults=False)
    sold(simulation)
    close(simulation, "e-1")
    assert simulation.calls("finance_export") == MOMENTS[-1], "every call of it is struck below"


@pytest.mark.parametrize("nth", MOMENTS)
def test_case_35_an_export_killed_midway_and_run_again_twice(nth):
    simulation = simulated(faults=False)
    sold(simulation)
    simulation.before_call("finance_export", nth, ("crash_before", "crash_after")[nth % 2])
    for number in range(3):
        close(simulation, f"e-{number}")
    rested(simulation)
    files = simulation.objects.stored
    manifests = [key for key in files if "/manifests/" in key]
    assert manifests == [f"finance/v1/tenant=acme/manifests/entity=100/business_date={DAY}/batch=0001.json"]
    manifest = json.loads(files[manifests[0]])
    beside = {key for key in files if "/links/" in key or "/snapshots/" in key}
    assert {record["key"] for record in manifest["files"]} == set(files) - set(manifests) - beside
    assert sorted(files[key].decode().strip().split("/", 3)[3] for key in beside if "/links/" in key) == sorted(
        record["key"] for record in manifest["files"] if record["format"] == "parquet"
    )
    rows = [
        row for record in manifest["files"] if record["key"].endswith("csv.gz") for row in read(files[record["key"]])
    ]
    posted = Counter(
        (entry["entry_id"], number)
        for (_, sk), row in simulation.rows("ledger").items()
        if sk == "MARK"
        for entry in [json.loads(row["body"])]
        for number, _ in enumerate(entry["lines"], start=1)
    )
    assert Counter((row["entry_id"], int(row["line_no"])) for row in rows if "line_no" in row) == posted
    totals = manifest["control_totals"]
    assert totals["lines"] + totals["memo_lines"] == len(posted)
    for sums in (*totals["currencies"], *totals["memo_currencies"]):
        assert sums["debit_minor"] == sums["credit_minor"]


def read(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(gzip.decompress(content).decode())))

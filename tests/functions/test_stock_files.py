"""stock_files: a file of counts is taken in row by row, and answered row by row."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest

from oms.inventory import file_rows
from oms.platform.observability import logger
from tests.intake_doors import KEY, NOON, RESULTS, Intake, count, dropped, intake
from tests.order_doors import doors
from tests.order_world import STOCK, TENANT, document, line, world

__all__ = ["doors", "intake", "world"]

pytestmark = pytest.mark.capability("O4")


def test_each_row_has_its_result_and_the_good_ones_are_taken_in(intake: Intake):
    far = (intake.doors.world.clock.now() + timedelta(days=2)).isoformat()
    intake.drop(
        count(units=7),
        count("S1", units=0),
        count("S9"),
        count(sku="NONE"),
        "DC1,A,1",
        count("S2", units=-1),
        count("S2", at=far),
        "S2,A,1,2026-11-23T12:00:00Z,4242424242424242,1",
        "",
        count("S2", "B", units=9),
        count(units=8),
    )
    intake.until_empty()
    assert intake.results() == [
        "row,outcome,code,detail",
        "2,recorded,,",
        "3,recorded,,",
        "4,refused,unknown_node,node_id: There is no node S9.",
        "5,refused,unknown_sku,sku: There is no item NONE.",
        '6,refused,malformed_row,"A row has 7 columns, none for the reason, or 5 more for a segment; this one has 3."',
        "7,refused,greater_than_equal,quantity: Input should be greater than or equal to 0",
        "8,refused,in_the_future,as_of: A count cannot lie in the future.",
        "9,refused,card_number_found,source: A field holds what looks like a card number.",
        "11,recorded,,",
        "12,ignored,,",
    ]
    assert intake.on_hand() == {"DC1": 7, "S1": 0, "S2": 5}
    assert intake.on_hand("B") == {"DC1": 10, "S1": 5, "S2": 9}
    counts = {"rows": 10, "recorded": 3, "ignored": 1, "refused": 6}
    about = {"object_version": "v1", "file": KEY}
    (part,) = intake.manifest().pop("parts")
    assert {name: part[name] for name in ("key", *counts)} == {"key": f"{RESULTS}/part-00001.csv", **counts}
    assert {name: intake.manifest()[name] for name in ("tenant", *about, *counts)} == {
        "tenant": TENANT,
        **about,
        **counts,
    }
    assert intake.told() == [{**about, **counts, "manifest": f"{RESULTS}/manifest.json"}]
    assert "4242424242424242" not in json.dumps(list(intake.doors.world.tables().values()))
    intake.settle()


def test_it_means_what_the_same_snapshots_mean_over_http(intake: Intake):
    intake.drop(count(units=7), count("S1", units=3))
    intake.until_empty()
    by_file = [intake.row(node) for node in ("DC1", "S1")]
    told = [
        {
            "node_id": node,
            "sku": "B",
            "quantity": units,
            "as_of": NOON,
            "source": "wms",
            "sequence": 1,
            "reason": "count",
        }
        for node, units in (("DC1", 7), ("S1", 3))
    ]
    assert intake.doors.api("inventory").post("/v1/inventory/snapshots", {"snapshots": told}).status == 200
    for row, node in zip(by_file, ("DC1", "S1"), strict=True):
        by_http = intake.row(node, "B")
        buckets = ("on_hand", "available", "reserved", "version", "told_at")
        assert [getattr(row, name) for name in buckets] == [getattr(by_http, name) for name in buckets]
    intake.settle()


def test_late_rows_change_nothing(intake: Intake):
    intake.drop(count(units=7, number=5))
    intake.until_empty()
    before = intake.row("DC1")
    intake.drop(count(units=99, number=5), count(units=98, number=4), count("S1", units=1, number=1))
    intake.until_empty()
    assert intake.results(folder="results/acme/nightly/v2")[1:] == ["2,ignored,,", "3,ignored,,", "4,recorded,,"]
    assert intake.row("DC1") == before
    assert intake.row("S1").on_hand == 1
    intake.settle()


def test_claims_that_are_newer_than_a_count_stay(intake: Intake):
    early = (intake.doors.world.clock.now() - timedelta(hours=1)).isoformat()
    intake.doors.place(document(line("A", 5)))
    claimed = intake.row("DC1").reserved
    assert claimed == 5
    intake.drop(count(units=50, at=early))
    intake.until_empty()
    assert (intake.row("DC1").on_hand, intake.row("DC1").reserved, intake.row("DC1").available) == (50, 5, 45)
    intake.settle()


def test_a_count_that_leaves_less_than_nothing_is_refused_alone(intake: Intake):
    early = (intake.doors.world.clock.now() - timedelta(hours=1)).isoformat()
    gone = {"sku": "A", "node_id": "DC1", "kind": "adjusted", "quantity": -8, "reason": "theft"}
    assert intake.doors.api("inventory").post("/v1/inventory/movements", {"movements": [gone]}).status == 200
    intake.drop(count(units=3, at=early), count("S1", units=3))
    intake.until_empty()
    assert intake.results()[1:] == [
        "2,refused,out_of_stock,quantity: A at DC1: 5 units too few on hand.",
        "3,recorded,,",
    ]
    assert intake.on_hand() == {"DC1": 2, "S1": 3, "S2": 5}
    intake.settle()


@pytest.mark.parametrize(
    ("header", "detail"),
    [
        ("node_id,sku,quantity", f'"header_needed","The first line must be {file_rows.HEADER}."'),
        ("x" * 5_000, '"line_too_long","A line has at most 4096 bytes."'),
    ],
)
def test_a_file_that_is_none_is_refused_as_a_whole(intake: Intake, header: str, detail: str):
    stock = [intake.row(node) for node in STOCK]
    intake.drop(count(), header=header)
    intake.until_empty()
    code, sentence = json.loads(f"[{detail}]")
    shown = f'"{sentence}"' if "," in sentence else sentence
    assert intake.results() == ["row,outcome,code,detail", f"1,refused,{code},{shown}"]
    (told,) = intake.told()
    assert (told["rows"], told["recorded"], told["refused"]) == (1, 0, 1)
    assert [intake.row(node) for node in STOCK] == stock
    assert intake.told("StockMoved") == []


def test_a_file_without_rows_is_loaded(intake: Intake):
    intake.drop()
    intake.until_empty()
    assert intake.manifest()["parts"] == []
    assert [told["rows"] for told in intake.told()] == [0]


@pytest.mark.parametrize("key", ["stock/nightly.csv", "stock/acme/a/b.csv", "stock/acme/b.txt", "stock/a#b/c.csv"])
def test_what_is_not_named_as_a_file_of_a_tenant_is_left_to_a_person(intake: Intake, key: str):
    intake.drop(count(), key=key)
    before = intake.objects.stored
    with intake.doors.world.unchanged():
        assert intake.work_off(*intake.waiting) == ["m0"]
    assert intake.objects.stored == before


def test_the_mark_of_a_folder_is_no_file(intake: Intake):
    intake.objects.drop("stock/acme/", b"")
    with intake.doors.world.unchanged():
        assert intake.work_off(dropped("stock/acme/", "v1")) == []
    assert list(intake.objects.stored) == ["stock/acme/"]


def test_the_tenant_is_that_of_the_prefix_and_sees_nothing_of_another(intake: Intake):
    stock = [intake.row(node) for node in STOCK]
    intake.drop(count(), key="stock/other/nightly.csv")
    intake.until_empty()
    assert intake.results(folder="results/other/nightly/v1")[1:] == ["2,refused,unknown_sku,sku: There is no item A."]
    assert [intake.row(node) for node in STOCK] == stock
    assert not [key for _, key in intake.doors.world.database.rows if key.pk.startswith("T#acme#COMMAND#load_stock")]


def test_nothing_of_a_row_is_logged(intake: Intake):
    said = StringIO()
    logger().registered_handler.setStream(said)
    intake.drop("S2,A,1,2026-11-23T12:00:00Z,4242424242424242,1", "SECRET,1")
    intake.until_empty()
    assert "4242" not in said.getvalue()
    assert "SECRET" not in said.getvalue()

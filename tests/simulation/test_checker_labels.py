"""The checker about carriers: labels go along their graph on their drafts, and news of parcels never go back."""

from __future__ import annotations

import json

import pytest

from tests.simulation.checked_run import Run
from tests.simulation.checker.labels import has_come_further, is_about_label

PK = "T#acme#ORDER#ord_9"
WORK, DRAFT, SHIPMENT = (PK, "WORK#ful_9_1"), (PK, "DRAFT#lbl_9_1"), (PK, "SHIPMENT#shp_9_1")
LISTED = ("T#acme#OPENLABELS", "LABEL#lbl_9_1")
TRACKED = ("T#acme#TRACKING#TRACK1", "SHIPMENT#shp_9_1")
WISH = {"id": "lbl_9_1", "provider": "easypost", "package_no": 1}
ON_A = {"reference": "shp_a", "rate": "rate_a"}


def work(*labels: dict[str, object]) -> dict[str, object]:
    return {"body": json.dumps({"status": "OPEN", "labels": [WISH | one for one in labels]})}


def sent(status: str, at: str) -> dict[str, object]:
    return {"body": json.dumps({"parcels": [{"tracking_number": "TRACK1", "status": status, "status_at": at}]})}


def noted(told_at: str) -> dict[str, object]:
    return {"shipped_at": "2026-11-23T12", "told_at": told_at}


def waited(told_at: str, silent_at: str, *, listed: bool = True) -> dict[str, object]:
    place = {"gsi1pk": "T#acme#SILENT", "gsi1sk": f"{silent_at}#shp_9_1#TRACK1"} if listed else {}
    return noted(told_at) | {"silent_days": 5, "silent_at": silent_at} | place


TASK = ("T#acme#TASK#tsk_9", "TASK")
SUBJECTS = {"order_id": "ord_9", "shipment_id": "shp_9_1", "tracking_number": "track 1"}
SILENT = {"version": 1, "body": json.dumps({"kind": "PARCEL_SILENT", "subjects": SUBJECTS}), "gsi1pk": "x"}


def lost(*units: int, resolution: str = "refund") -> dict[str, object]:
    """A shipment of three units, of which so many were claimed by each claim."""
    lines = [{"line_no": 1, "sku": "MUG", "quantity": 3}]
    claims = [
        {"id": f"clm_9_{n}", "resolution": resolution, "lines": [{"line_no": 1, "sku": "MUG", "quantity": quantity}]}
        for n, quantity in enumerate(units, start=1)
    ]
    return {"body": json.dumps({"lines": lines, "claims": claims})}


REQUESTED, BOUGHT = work({"status": "REQUESTED"}), work({"status": "BOUGHT", "reference": "shp_a"})
WAITS, VOIDED = (
    work({"status": "VOID_REQUESTED", "reference": "shp_a"}),
    work({"status": "VOIDED", "reference": "shp_a"}),
)
RIGHT = [
    *((DRAFT, ON_A), (WORK, REQUESTED), (WORK, BOUGHT), (WORK, WAITS), (WORK, BOUGHT), (WORK, WAITS), (WORK, VOIDED)),
    *((LISTED, {"since": "x"}), (LISTED, None), (TRACKED, noted("")), (TRACKED, noted("13")), (TRACKED, noted("14"))),
    *((SHIPMENT, sent("IN_TRANSIT", "13")), (SHIPMENT, sent("EXCEPTION", "14")), (SHIPMENT, sent("DELIVERED", "15"))),
]
WRONG = {
    "bought from the start": [(DRAFT, ON_A), (WORK, BOUGHT)],
    "bought without a draft": [(WORK, REQUESTED), (WORK, BOUGHT)],
    "bought on another draft": [(DRAFT, {"reference": "shp_b"}), (WORK, REQUESTED), (WORK, BOUGHT)],
    "given back unasked": [(DRAFT, ON_A), (WORK, REQUESTED), (WORK, BOUGHT), (WORK, VOIDED)],
    "used again": [(DRAFT, ON_A), (WORK, REQUESTED), (WORK, BOUGHT), (WORK, WAITS), (WORK, VOIDED), (WORK, BOUGHT)],
    "of another package": [(WORK, REQUESTED), (WORK, work({"status": "REQUESTED", "package_no": 2}))],
    "label removed": [(WORK, REQUESTED), (WORK, work())],
    "draft changed": [(DRAFT, ON_A), (DRAFT, {"reference": "shp_b"})],
    "draft removed": [(DRAFT, ON_A), (DRAFT, None)],
    "listed twice": [(LISTED, {"since": "x"}), (LISTED, {"since": "y"})],
    "number forgotten": [(TRACKED, noted("")), (TRACKED, None)],
    "older news": [(TRACKED, noted("14")), (TRACKED, noted("13"))],
    "the same news": [(TRACKED, noted("14")), (TRACKED, noted("14") | {"shipped_at": "2026-11-24T12"})],
    "waited for otherwise": [(TRACKED, waited("", "28")), (TRACKED, waited("", "29"))],
    "silent and then not": [(TRACKED, waited("", "28", listed=False)), (TRACKED, waited("", "28"))],
    "waited for no more": [(TRACKED, waited("", "28")), (TRACKED, waited("23", "28", listed=False))],
    "of other days": [(TRACKED, waited("", "28")), (TRACKED, waited("23", "29") | {"silent_days": 6})],
    "parcel removed": [(SHIPMENT, sent("IN_TRANSIT", "13")), (SHIPMENT, {"body": json.dumps({"parcels": []})})],
    "back from the door": [(SHIPMENT, sent("DELIVERED", "13")), (SHIPMENT, sent("IN_TRANSIT", "14"))],
    "claimed twice": [(SHIPMENT, lost(2)), (SHIPMENT, lost(2, 2))],
    "more claimed than left": [(SHIPMENT, lost(4))],
    "sent again too often": [(SHIPMENT, lost(3, 1, resolution="reship"))],
    "claim changed": [(SHIPMENT, lost(2)), (SHIPMENT, lost(1))],
    "claim removed": [(SHIPMENT, lost(2)), (SHIPMENT, lost())],
    "claimed and waited for": [
        (TRACKED, waited("", "28")),
        (TRACKED, {n: value for n, value in waited("", "28").items() if n != "silent_days"}),
    ],
    "back in time": [(SHIPMENT, sent("IN_TRANSIT", "14")), (SHIPMENT, sent("ATTEMPTED", "13"))],
}


def test_what_goes_its_way_is_nothing_to_tell():
    run = Run.healthy()
    for key, item in RIGHT:
        assert run.broken_by(run.put("orders", key, item), invariant="INV30") == []


def test_what_is_claimed_once_is_nothing_to_tell_and_nobody_waits_for_it():
    run = Run.healthy()
    steps = [(SHIPMENT, lost()), (SHIPMENT, lost(1)), (SHIPMENT, lost(1, 2)), (TRACKED, waited("", "28"))]
    for key, item in [*steps, (TRACKED, noted(""))]:
        assert run.broken_by(run.put("orders", key, item), invariant="INV30") == []


def test_a_parcel_that_is_silent_has_its_task_and_the_next_news_are_waited_for_anew():
    run = Run.healthy()
    steps = [(TRACKED, waited("", "28")), (TRACKED, waited("", "28", listed=False)), (TRACKED, waited("29", "34"))]
    for key, item in steps:
        assert run.broken_by(run.put("orders", key, item), invariant="INV30") == []
    run.put("orders", TRACKED, waited("29", "34", listed=False))
    assert [text for text in run.broken("INV30") if "silent" in text]
    run.put("orders", TASK, SILENT)
    assert run.broken("INV30") == []


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_another_way_is_told(name):
    run = Run.healthy()
    *before, (key, item) = WRONG[name]
    for earlier in before:
        run.put("orders", *earlier)
    assert run.broken_by(run.put("orders", key, item), invariant="INV30")


def test_an_answer_may_be_further_than_what_was_stored_and_never_back_or_of_another_label():
    first = {**WISH, "version": 3, "status": "REQUESTED", "tracking_number": None}
    bought = {**first, "version": 4, "status": "BOUGHT", "tracking_number": "TRACK1"}
    assert has_come_further(first, first)
    assert has_come_further(first, bought)
    assert has_come_further(first, {**first, "version": 5})
    assert not has_come_further(first, {**first, "version": 2})
    assert not has_come_further(first, {**first, "version": 5, "tracking_number": "TRACK1"})
    assert not has_come_further(bought, first)
    assert not has_come_further(first, {**bought, "id": "lbl_9_2"})
    assert not has_come_further(first, {**bought, "package_no": 2})
    asked = ("/v1/fulfillment-orders/ful_1/labels", "/v1/labels/lbl_1/void")
    assert [path for path in (*asked, "/v1/orders", "/v1/labels/lbl_1") if is_about_label(path)] == list(asked)

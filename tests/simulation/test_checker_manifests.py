"""The checker about manifests: a label stands in one at most, and is not given back while it does."""

from __future__ import annotations

import json

import pytest

from tests.simulation.checked_run import Run

MANIFEST, OTHER = ("T#acme#MANIFEST#mft_9", "MANIFEST"), ("T#acme#MANIFEST#mft_8", "MANIFEST")
LABEL, OPEN = ("T#acme#LABEL#lbl_9_1", "LABEL"), ("T#acme#OPENMANIFESTS", "MANIFEST#mft_9")
OWN = {"label_id": "lbl_9_1", "tracking_number": "TRACK1", "reference": "shp_1"}
PLACE = "T#acme#UNMANIFESTED#albany#easypost#USPS"
ROW = {"body": json.dumps(OWN), "place": PLACE, "day": "2026-11-23#"}
WAITS, HAD = (
    ROW | {"gsi1pk": PLACE, "gsi1sk": "2026-11-23#lbl_9_1"},
    (ROW | {"manifest_id": "mft_9", "gsi1pk": PLACE.replace("UN", "", 1), "gsi1sk": "2026-11-23#lbl_9_1"}),
)


def manifest(status: str, name: str = "mft_9", **more: object) -> dict[str, object]:
    return {"version": 1, "body": json.dumps({"id": name, "status": status, "labels": [OWN], **more})}


REQUESTED, CLOSED, REFUSED = manifest("REQUESTED"), manifest("CLOSED", url="x"), manifest("REFUSED", refused="no")
LISTED = {"since": "12"}
PICKUP, DRAFT = (("T#acme#CARRIERPICKUP#cpu_9", sk) for sk in ("PICKUP", "DRAFT"))
OPEN_PICKUP = ("T#acme#OPENPICKUPS", "PICKUP#cpu_9")


def pickup(status: str, **more: object) -> dict[str, object]:
    return {"version": 1, "body": json.dumps({"id": "cpu_9", "status": status, "label": "shp_1", **more})}


RIGHT = {
    "closed": [(LABEL, WAITS), (LABEL, HAD), (OPEN, LISTED), (MANIFEST, REQUESTED), (MANIFEST, CLOSED), (OPEN, None)],
    "refused": [
        *((LABEL, WAITS), (LABEL, HAD), (OPEN, LISTED), (MANIFEST, REQUESTED), (MANIFEST, REFUSED), (OPEN, None)),
        *((LABEL, WAITS), (LABEL, None)),
    ],
}
RIGHT["booked and cancelled"] = [
    *((DRAFT, {"reference": "p"}), (PICKUP, pickup("REQUESTED")), (OPEN_PICKUP, LISTED), (OPEN_PICKUP, None)),
    *((PICKUP, pickup("SCHEDULED", cost=1)), (PICKUP, pickup("CANCEL_REQUESTED")), (PICKUP, pickup("SCHEDULED"))),
    *((PICKUP, pickup("CANCEL_REQUESTED")), (PICKUP, pickup("CANCELLED"))),
]
WRONG = {
    "cancelled from the start": [(PICKUP, pickup("CANCELLED"))],
    "cancelled unasked": [(PICKUP, pickup("REQUESTED")), (PICKUP, pickup("SCHEDULED")), (PICKUP, pickup("CANCELLED"))],
    "for other parcels": [(PICKUP, pickup("REQUESTED")), (PICKUP, pickup("SCHEDULED", label="shp_2"))],
    "another draft": [(DRAFT, {"reference": "p"}), (DRAFT, {"reference": "q"})],
    "closed from the start": [(MANIFEST, CLOSED)],
    "refused after all": [(MANIFEST, REQUESTED), (MANIFEST, CLOSED), (MANIFEST, REFUSED)],
    "removed": [(MANIFEST, REQUESTED), (MANIFEST, None)],
    "of other labels": [(MANIFEST, REQUESTED), (MANIFEST, manifest("CLOSED", labels=[]))],
    "given back": [(LABEL, HAD), (LABEL, None)],
    "taken over": [(LABEL, HAD), (LABEL, HAD | {"manifest_id": "mft_8"})],
    "had and waiting": [(LABEL, WAITS), (LABEL, HAD | WAITS)],
    "another label": [(LABEL, WAITS), (LABEL, WAITS | {"body": json.dumps({**OWN, "reference": "shp_2"})})],
    "listed twice": [(OPEN, LISTED), (OPEN, {"since": "13"})],
}
LEFT = {
    "wanted and not listed": [(PICKUP, pickup("REQUESTED"))],
    "points to nothing": [(LABEL, HAD)],
    "does not point": [(LABEL, WAITS), (MANIFEST, CLOSED)],
    "points to a refused one": [(LABEL, HAD), (MANIFEST, REFUSED)],
    "in two": [(LABEL, HAD), (MANIFEST, CLOSED), (OTHER, manifest("CLOSED", "mft_8"))],
    "open and not listed": [(LABEL, HAD), (MANIFEST, REQUESTED)],
    "listed and not open": [(LABEL, HAD), (MANIFEST, CLOSED), (OPEN, LISTED)],
}


@pytest.mark.parametrize("name", RIGHT)
def test_what_goes_its_way_is_nothing_to_tell(name):
    run = Run.healthy()
    for key, item in RIGHT[name]:
        assert run.broken_by(run.put("orders", key, item), invariant="INV32") == []
    assert run.broken("INV32") == []


@pytest.mark.parametrize("name", WRONG)
def test_what_goes_another_way_is_told(name):
    run = Run.healthy()
    *before, (key, item) = WRONG[name]
    for earlier in before:
        run.put("orders", *earlier)
    assert run.broken_by(run.put("orders", key, item), invariant="INV32")


@pytest.mark.parametrize("name", LEFT)
def test_what_does_not_agree_at_the_end_is_told(name):
    run = Run.healthy()
    for key, item in LEFT[name]:
        run.put("orders", key, item)
    assert run.broken("INV32")

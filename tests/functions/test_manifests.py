"""Manifests of nodes: each label in one, closed once whatever is lost, and none of its labels is given back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_easypost import FakeEasyPost
from tests.functions.conftest import Answer
from tests.functions.test_labels import ASKED, ask, carrier_fixture, sweep, void
from tests.functions.test_packages import open_work
from tests.interruptions import before_commit
from tests.order_doors import Doors, doors
from tests.order_world import line, world

__all__ = ["carrier_fixture", "doors", "world"]

DAY = {"carrier": "USPS", "date": "2026-11-23"}
FORM = "https://labels.example/sf_1.pdf"


def close(doors: Doors, body: dict[str, Any] | None = None, node: str = "DC1", **more: Any) -> Answer:
    return doors.api("fulfillment").post(f"/v1/nodes/{node}/manifests", body or DAY, **more)


def see(doors: Doors, manifest_id: str, node: str = "DC1", **more: Any) -> Answer:
    with doors.world.unchanged():
        return doors.api("fulfillment").get(f"/v1/nodes/{node}/manifests/{manifest_id}", **more)


def two_labels(doors: Doors) -> tuple[str, str]:
    """The labels of two packages of some work."""
    _, work = open_work(doors, line("A", 2))
    one, two = (ask(doors, work, {**ASKED, "package_no": number}).body["id"] for number in (1, 2))
    return one, two


def told(doors: Doors) -> list[dict[str, Any]]:
    kinds = ("ManifestRequested", "ManifestClosed", "ManifestRefused")
    return [{"type": one["detail-type"], **one["detail"]["data"]} for one in doors.told(*kinds)]


@pytest.mark.capability("H4")
def test_the_labels_of_a_day_are_handed_over_by_one_manifest(doors: Doors, at: FakeEasyPost):
    labels = two_labels(doors)
    made = close(doors, key="once")
    assert made.status == 201, made.body
    assert made.body == {
        "id": made.body["id"],
        "version": 2,
        "node_id": "DC1",
        "provider": "easypost",
        **DAY,
        "status": "CLOSED",
        "labels": [
            {"label_id": label, "tracking_number": f"TRACK{n}", "reference": f"shp_{n}"}
            for n, label in enumerate(labels, start=1)
        ],
        "requested_at": "2026-11-23T12:00:00.000Z",
        "requested_by": "client-1",
        "closed_at": "2026-11-23T12:00:00.000Z",
        "url": FORM,
        "refused": None,
    }
    assert at.manifests == [["shp_1", "shp_2"]]
    assert see(doors, made.body["id"]).body == made.body
    common = {"manifest_id": made.body["id"], "node_id": "DC1", "provider": "easypost", **DAY}
    assert told(doors) == [
        {"type": "ManifestRequested", **common, "label_ids": list(labels)},
        {"type": "ManifestClosed", **common, "label_ids": list(labels), "reference": "sf_1", "url": FORM},
    ]
    repeat = close(doors, key="once")
    assert (repeat.body, repeat.headers["Idempotency-Replayed"]) == (made.body, "true")
    with doors.world.unchanged():
        again = close(doors)
        assert (again.status, again.body["code"]) == (409, "nothing_to_manifest")
        kept = void(doors, labels[0])
        assert (kept.status, kept.body["code"]) == (409, "label_manifested")
    assert (at.manifests, at.returned) == ([["shp_1", "shp_2"]], [])


LOST = {
    "found at once": ({"manifest": ["lost_after"]}, "CLOSED"),
    "never came": ({"manifest": ["lost_before"]}, "REQUESTED"),
    "nor did the look-up": ({"manifest": ["lost_after"], "find": ["lost_before"]}, "REQUESTED"),
    "is being made": ({"manifest": ["late"], "find": ["lost_before"]}, "REQUESTED"),
}


@pytest.mark.capability("H4")
@pytest.mark.parametrize("case", LOST)
@pytest.mark.parametrize("by", ["recovery", "repeat"])
def test_whatever_answer_is_lost_a_manifest_is_closed_once(doors: Doors, at: FakeEasyPost, case: str, by: str):
    labels = two_labels(doors)
    script, status = LOST[case]
    at.script.update({kind: list(steps) for kind, steps in script.items()})
    first = close(doors, key="once")
    assert (first.status, first.body["status"]) == (201, status)
    with doors.world.unchanged():
        assert void(doors, labels[0]).body["code"] == "label_manifested"
    if by == "recovery":
        sweep(doors)
    else:
        assert close(doors, key="once").body["status"] == "CLOSED"
    closed = see(doors, first.body["id"]).body
    assert (closed["status"], closed["url"], at.manifests) == ("CLOSED", FORM, [["shp_1", "shp_2"]])
    sweep(doors)
    assert [one["type"] for one in told(doors)] == ["ManifestRequested", "ManifestClosed"]


@pytest.mark.capability("H4")
@pytest.mark.parametrize(("step", "code"), [("declined", "ADDRESS.VERIFY.FAILURE"), ("failed", "scan_form_failed")])
def test_the_labels_of_a_manifest_that_is_refused_are_free_again(doors: Doors, at: FakeEasyPost, step: str, code: str):
    labels = two_labels(doors)
    at.script["manifest"] = [step]
    refused = close(doors).body
    assert (refused["status"], refused["refused"], refused["closed_at"]) == ("REFUSED", code, None)
    assert void(doors, labels[0]).body["status"] == "VOIDED"
    assert [one["label_id"] for one in close(doors).body["labels"]] == [labels[1]]
    assert at.manifests == [["shp_2"]]
    assert [one["type"] for one in told(doors)][:2] == ["ManifestRequested", "ManifestRefused"]


@pytest.mark.capability("H4")
def test_a_label_that_is_given_back_stands_in_no_manifest_unless_its_carrier_keeps_it(doors: Doors, at: FakeEasyPost):
    one, two = two_labels(doors)
    at.script["refund"] = ["rejected"]
    assert void(doors, one).body["status"] == "BOUGHT"
    assert void(doors, two).body["status"] == "VOIDED"
    assert [row["label_id"] for row in close(doors).body["labels"]] == [one]


@pytest.mark.capability("H4")
def test_a_label_is_taken_by_a_manifest_or_given_back_and_never_both(doors: Doors, at: FakeEasyPost):
    one, two = two_labels(doors)
    taken: list[Answer] = []
    before_commit(doors, 1, lambda: taken.append(close(doors)))
    late = void(doors, one)
    assert (late.status, late.body["code"]) == (409, "label_manifested")
    assert [row["label_id"] for row in taken[0].body["labels"]] == [one, two]
    assert (at.manifests, at.returned) == ([["shp_1", "shp_2"]], [])


OTHERS = {
    "another day": {**DAY, "date": "2026-11-22"},
    "another carrier": {**DAY, "carrier": "UPS"},
}


@pytest.mark.capability("H4")
@pytest.mark.parametrize("case", OTHERS)
def test_labels_of_another_day_or_carrier_wait_for_their_own(doors: Doors, at: FakeEasyPost, case: str):
    two_labels(doors)
    with doors.world.unchanged():
        refused = close(doors, OTHERS[case])
        assert (refused.status, refused.body["code"]) == (409, "nothing_to_manifest")
        assert close(doors, {"carrier": "USPS", "date": "2026-13-01"}).pointers == ["/date"]
        assert close(doors, {**DAY, "provider": "nobody"}).status == 404
    assert at.manifests == []


@pytest.mark.capability("H4")
def test_a_manifest_is_its_own_nodes(doors: Doors, at: FakeEasyPost):
    two_labels(doors)
    other = {"scopes": ("fulfillment.write", "fulfillment.read", "node.S1")}
    with doors.world.unchanged():
        assert close(doors, **other).status == 404
        assert close(doors, node="S1").body["code"] == "nothing_to_manifest"
        assert close(doors, node="NOWHERE").status == 404
    made = close(doors).body["id"]
    assert see(doors, made, **other).status == 404
    assert see(doors, made, node="S1").status == 404
    assert see(doors, made, tenant="other").status == 404

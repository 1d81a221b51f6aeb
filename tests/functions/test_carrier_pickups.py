"""Pick-ups of carriers: booked once whatever is lost, for parcels that have labels, and cancelled once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fake_easypost import FakeEasyPost
from tests.functions.conftest import Answer
from tests.functions.test_labels import carrier_fixture, sweep
from tests.functions.test_manifests import close, two_labels
from tests.order_doors import Doors, doors
from tests.order_world import world

__all__ = ["carrier_fixture", "doors", "world"]

WINDOW = {"starts_at": "2026-11-23T15:00:00Z", "ends_at": "2026-11-23T17:00:00Z"}
ASKED = {"carrier": "USPS", "window": WINDOW}


def book(doors: Doors, body: dict[str, Any] | None = None, node: str = "DC1", **more: Any) -> Answer:
    return doors.api("fulfillment").post(f"/v1/nodes/{node}/carrier-pickups", body or ASKED, **more)


def cancel(doors: Doors, pickup_id: str, **more: Any) -> Answer:
    return doors.api("fulfillment").post(f"/v1/nodes/DC1/carrier-pickups/{pickup_id}/cancel", None, **more)


def see(doors: Doors, pickup_id: str, node: str = "DC1", **more: Any) -> Answer:
    with doors.world.unchanged():
        return doors.api("fulfillment").get(f"/v1/nodes/{node}/carrier-pickups/{pickup_id}", **more)


def told(doors: Doors) -> list[str]:
    kinds = ("Requested", "Scheduled", "Refused", "CancelRequested", "Cancelled", "CancelRefused")
    return [one["detail-type"] for one in doors.told(*(f"Pickup{kind}" for kind in kinds))]


@pytest.mark.capability("H4")
@pytest.mark.parametrize("manifested", [False, True], ids=["labels wait", "in a manifest"])
def test_a_carrier_comes_for_the_parcels_of_a_day(doors: Doors, at: FakeEasyPost, manifested: bool):
    two_labels(doors)
    if manifested:
        assert close(doors).body["status"] == "CLOSED"
    made = book(doors, key="once")
    assert made.status == 201, made.body
    assert made.body == {
        "id": made.body["id"],
        "version": 2,
        "node_id": "DC1",
        "provider": "easypost",
        "carrier": "USPS",
        "starts_at": "2026-11-23T15:00:00.000Z",
        "ends_at": "2026-11-23T17:00:00.000Z",
        "parcels": 2,
        "status": "SCHEDULED",
        "requested_at": "2026-11-23T12:00:00.000Z",
        "requested_by": "client-1",
        "confirmation": "WTC1",
        "cost": 0,
        "currency": "USD",
        "refused": None,
    }
    asked = {name: at.pickups["pickup_1"][name] for name in ("reference", "shipment", "min_datetime", "instructions")}
    assert asked == {
        "reference": f"acme/{made.body['id']}",
        "shipment": {"id": "shp_1"},
        "min_datetime": "2026-11-23T15:00:00.000Z",
        "instructions": "2 parcels",
    }
    # The cheapest of the carrier's rates.
    bought = next(body for _, path, body in at.calls if path.endswith("pickup_1/buy"))
    assert bought == {"carrier": "USPS", "service": "NextDay"}
    assert see(doors, made.body["id"]).body == made.body
    repeat = book(doors, key="once")
    assert (repeat.body, repeat.headers["Idempotency-Replayed"]) == (made.body, "true")
    gone = cancel(doors, made.body["id"], key="c")
    assert (gone.status, gone.body) == (200, {**made.body, "version": 4, "status": "CANCELLED"})
    assert cancel(doors, made.body["id"], key="c").body == gone.body
    with doors.world.unchanged():
        again = cancel(doors, made.body["id"])
        assert (again.status, again.body["code"]) == (409, "action_not_available")
    assert (at.booked, at.pickups["pickup_1"]["status"]) == (["pickup_1"], "canceled")
    assert told(doors) == ["PickupRequested", "PickupScheduled", "PickupCancelRequested", "PickupCancelled"]


LOST = {
    "draft": ({"draft": ["lost_after"]}, "REQUESTED"),
    "found at once": ({"buy": ["lost_after"]}, "SCHEDULED"),
    "never came": ({"buy": ["lost_before"]}, "REQUESTED"),
    "nor did the look-up": ({"buy": ["lost_after"], "find": ["lost_before"]}, "REQUESTED"),
}


@pytest.mark.capability("H4")
@pytest.mark.parametrize("case", LOST)
@pytest.mark.parametrize("by", ["recovery", "repeat"])
def test_whatever_answer_is_lost_a_pick_up_is_booked_once(doors: Doors, at: FakeEasyPost, case: str, by: str):
    two_labels(doors)
    script, status = LOST[case]
    at.script.update({kind: list(steps) for kind, steps in script.items()})
    first = book(doors, key="once")
    assert (first.status, first.body["status"]) == (201, status)
    if by == "recovery":
        sweep(doors)
    else:
        assert book(doors, key="once").body["status"] == "SCHEDULED"
    sweep(doors)
    assert see(doors, first.body["id"]).body["status"] == "SCHEDULED"
    assert (len(at.booked), told(doors)) == (1, ["PickupRequested", "PickupScheduled"])


@pytest.mark.capability("H4")
def test_a_lost_cancellation_is_finished_and_one_that_is_refused_lets_the_carrier_come(doors: Doors, at: FakeEasyPost):
    two_labels(doors)
    made = book(doors).body["id"]
    at.script["cancel"] = ["rejected"]
    kept = cancel(doors, made).body
    assert (kept["status"], kept["refused"]) == ("SCHEDULED", "PICKUP.CANCEL.FAILED")
    at.script.update({"cancel": ["lost_after"], "find": ["lost_before"]})
    assert cancel(doors, made).body["status"] == "CANCEL_REQUESTED"
    sweep(doors)
    assert see(doors, made).body["status"] == "CANCELLED"
    assert told(doors)[2:] == [
        "PickupCancelRequested",
        "PickupCancelRefused",
        "PickupCancelRequested",
        "PickupCancelled",
    ]


@pytest.mark.capability("H4")
def test_a_carrier_that_does_not_come_is_told_and_nobody_is_sent_for_when_the_window_is_over(
    doors: Doors, at: FakeEasyPost
):
    two_labels(doors)
    at.script["buy"] = ["declined"]
    refused = book(doors).body
    assert (refused["status"], refused["refused"]) == ("REFUSED", "ADDRESS.VERIFY.FAILURE")
    at.script["buy"] = ["lost_before"]
    late = book(doors).body["id"]
    doors.world.clock.advance(minutes=5 * 60)
    sweep(doors)
    ended = see(doors, late).body
    assert (ended["status"], ended["refused"], at.booked) == ("REFUSED", "window_is_over", [])


@pytest.mark.capability("H4")
def test_what_no_carrier_can_come_for_is_refused(doors: Doors, at: FakeEasyPost):
    with doors.world.unchanged():
        assert (book(doors).status, book(doors).body["code"]) == (409, "nothing_to_pick_up")
    two_labels(doors)
    other = {"scopes": ("fulfillment.write", "fulfillment.read", "node.S1")}
    with doors.world.unchanged():
        assert book(doors, {**ASKED, "carrier": "UPS"}).body["code"] == "nothing_to_pick_up"
        over = book(doors, {**ASKED, "window": {**WINDOW, "starts_at": "2026-11-23T10:00:00Z", "ends_at": NOON}})
        assert (over.status, over.pointers) == (422, ["/window/ends_at"])
        for starts_at in ("2026-11-23T18:00:00Z", "2026-11-22T16:00:00Z"):
            assert book(doors, {**ASKED, "window": {**WINDOW, "starts_at": starts_at}}).pointers == ["/window"]
        assert book(doors, {**ASKED, "provider": "nobody"}).status == 404
        assert (book(doors, node="NOWHERE").status, book(doors, **other).status) == (404, 404)
    made = book(doors).body["id"]
    assert (see(doors, made, **other).status, see(doors, made, node="S1").status) == (404, 404)
    with doors.world.unchanged():
        assert cancel(doors, made, **other).status == 404
    assert at.booked == ["pickup_1"]


NOON = "2026-11-23T12:00:00Z"

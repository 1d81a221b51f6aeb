"""A node whose clock is far ahead: what it says has happened by now, so nothing is late, or newest, for years."""

from __future__ import annotations

import pytest

from tests.carrier_messages import easypost, hear, scan, shipped, tracker
from tests.functions.test_packages import open_work
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]
NOW, EARLIER, MUCH_LATER = "2026-11-23T12:00:00.000Z", "2026-11-23T11:00:00.000Z", "2999-12-31T23:59:59.000Z"


def ship(doors: Doors, work: str, at: str, number: str) -> None:
    said = {"occurred_at": at, "shipment": {"carrier": "USPS", "tracking_number": number}}
    assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", said).status == 200


@pytest.mark.capability("F7", "H4")
@pytest.mark.parametrize(
    ("said", "taken"),
    [
        (MUCH_LATER, NOW),
        ("2026-11-23T12:15:00.001Z", NOW),
        ("2026-11-23T12:15:00.000Z", "2026-11-23T12:15:00.000Z"),
        (EARLIER, EARLIER),
    ],
)
def test_what_leaves_has_left_by_now_whatever_its_node_says(doors: Doors, said: str, taken: str):
    order_id, work = open_work(doors, line("A", 1))
    ship(doors, work, said, "1Z1")
    (shipment,) = doors.see(order_id)["shipments"]
    assert shipment["shipped_at"] == taken


@pytest.mark.capability("F7", "H4")
def test_a_number_that_is_used_again_is_of_what_left_last_whatever_clock_it_left_by(doors: Doors):
    left = []
    for name, at in (("o-1", MUCH_LATER), ("o-2", "2027-02-21T12:00:00.000Z")):
        order_id = doors.place(document(line("A", 1), external_id=name))
        (work,) = doors.run_order_workflow(order_id)
        shipped(doors, work, {"carrier": "USPS", "tracking_number": "1Z1"}, occurred_at=at)
        left.append(order_id)
        doors.world.clock.advance(days=90)
    easypost(doors, tracker("1Z1", scan("delivered", "2027-02-22T10:00:00Z")))
    assert hear(doors) == []
    assert [doors.see(one)["lines"][0]["quantities"] for one in left] == [{"shipped": 1}, {"delivered": 1}]

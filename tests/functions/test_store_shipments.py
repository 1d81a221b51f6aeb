"""A store ships parcels in its hours and within its limits, in parts, and each part takes exactly its own money."""

from __future__ import annotations

import pytest

from tests.functions.test_capacity import left
from tests.functions.test_moving_work import changed
from tests.functions.test_offers import say
from tests.functions.test_rerouting import begun
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


@pytest.mark.capability("F3")
def test_a_store_ships_a_parcel_in_its_hours_and_within_its_limits(doors: Doors):
    hours = {day: [["10:00", "18:00"]] for day in ("monday", "tuesday")}
    changed(doors, "S1", 2, hours=hours, capacity=[{"of": "orders", "per": "day", "most": 1}])
    doors.world.add_item("D", {"S1": 5})
    order_id, work = begun(doors, line("D", 2))
    seen = doors.see(order_id)["fulfillment_orders"][0]
    # It is seven in the morning there: eight open hours end at six in the evening.
    assert (seen["node_id"], seen["method"], seen["respond_by"]) == ("S1", "ship", "2026-11-23T23:00:00.000Z")
    assert left(doors, "S1") == [("orders", "day", 1, 0)]
    full = doors.api("place_order").post("/v1/orders", document(line("D", 1), external_id="one-too-many"))
    # Nobody else has it, and the store takes no more on today: a person looks at it.
    assert (full.status, full.body["status"]) == (201, "PENDING_REVIEW")
    assert doors.world.order(full.body["id"]).fulfillment_orders == ()
    assert left(doors, "S1") == [("orders", "day", 1, 0)]
    for verb in ("accept", "pick", "pack"):
        assert say(doors, work, verb, "S1").status == 200
    parcel = {"carrier": "ups", "tracking_number": "1Z1"}
    assert say(doors, work, "ship", "S1", shipment=parcel).body["status"] == "COMPLETED"
    doors.world.capture(work)
    order = doors.see(order_id)
    assert (order["status"], order["payment_status"]) == ("COMPLETED", "CAPTURED")
    (shipment,) = order["shipments"]
    assert (shipment["mode"], shipment["tracking_number"], shipment["total"]) == ("ship", "1Z1", 2000)
    row = doors.world.stock("D", "S1")
    # The unit of the other order is claimed there, should the person accept it.
    assert (row.on_hand, row.allocated, row.reserved, row.available) == (3, 0, 1, 2)


@pytest.mark.capability("H6", whole=True)
def test_two_of_five_leave_with_their_share_and_the_last_cent_goes_with_the_last_parcel(doors: Doors):
    # 5 x 3.33, 0.07 tax and a freight of 1.01 with 0.10 tax: none of it divides by five.
    order_id, work = begun(doors, line("A", 5, 333, tax=7, freight=101))
    paid = []
    for units, rest in ((2, {"released": 3, "shipped": 2}), (2, {"released": 1, "shipped": 4}), (1, {"shipped": 5})):
        assert say(doors, work, "ship", "DC1", lines=[{"line_no": 1, "quantity": units}]).status == 200
        assert doors.see(order_id)["lines"][0]["quantities"] == rest
        doors.world.capture(work)
        shipment = doors.see(order_id)["shipments"][-1]
        paid.append(tuple(shipment[name] for name in ("goods", "shipping", "tax", "total")))
        assert [(one["amount"], one["captured"]) for one in shipment["captures"]] == [(shipment["total"], True)]
    assert paid == [(666, 40, 7, 713), (666, 41, 7, 714), (333, 20, 3, 356)]
    assert [sum(column) for column in zip(*paid, strict=True)] == [1665, 101, 17, 1783]
    order = doors.see(order_id)
    assert (order["status"], order["payment_status"]) == ("COMPLETED", "CAPTURED")

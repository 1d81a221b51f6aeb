"""Kits that may be split: whole from one node where one has all, else each component from where it is."""

from __future__ import annotations

from typing import Any

import pytest

from oms.orders.kits import worth_of_parts
from tests.functions.test_kits import available, claimed, ordered
from tests.functions.test_rerouting import act, at, begun, cancel, reroute
from tests.kits import add_kit
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


@pytest.fixture
def shop(doors: Doors) -> Doors:
    """The doors to a retailer with DUO, two of X and one of Y, of which DC1 has both, S1 only X and S2 only Y."""
    doors.world.add_item("X", {"DC1": 2, "S1": 6})
    doors.world.add_item("Y", {"DC1": 2, "S2": 5})
    add_kit(doors.world, "DUO", {"X": 2, "Y": 1}, "split")
    return doors


def cancelled(shop: Doors, order_id: str, line_no: int, quantity: int) -> Any:
    body = {"reason": "late", "lines": [{"line_no": line_no, "quantity": quantity}]}
    return shop.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", body)


def states(shop: Doors, order_id: str) -> list[dict[str, int]]:
    return [one["quantities"] for one in shop.see(order_id)["lines"]]


@pytest.mark.capability("D13")
def test_a_node_that_has_all_of_a_kit_sends_it_whole(shop: Doors):
    order_id, _ = begun(shop, line("DUO", 1, 900), line("A", 1))
    order = shop.see(order_id)
    assert order["line_count"] == 2
    assert [(one["line_no"], one["sku"], one["quantity"], one["total"], one["part_of"]) for one in order["lines"]] == [
        (1, "DUO", 1, 900, None),
        (2, "A", 1, 1000, None),
        (3, "X", 2, 0, 1),
        (4, "Y", 1, 0, 1),
    ]
    assert order["lines"][0]["components"] == [{"sku": "X", "quantity": 2}, {"sku": "Y", "quantity": 1}]
    assert at(shop, order_id) == [("DC1", "OPEN", [(2, 1), (3, 2), (4, 1)])]
    told = shop.stored_event(order_id, "FulfillmentOrderReleased")["detail"]["data"]["lines"]
    assert [(one["sku"], one["part_of"]) for one in told] == [("A", None), ("X", 1), ("Y", 1)]
    placed = shop.stored_event(order_id, "OrderPlaced")["detail"]["data"]
    assert [one["sku"] for one in placed["lines"]] == ["DUO", "A"]
    assert (placed["line_count"], placed["total"]) == (2, 1900)


@pytest.mark.capability("D13")
def test_what_no_node_has_whole_comes_from_several_and_is_paid_when_it_is_complete(shop: Doors):
    # Only one DUO is whole, at DC1; three take six X and three Y.
    assert available(shop, "DUO")["DUO"] == (1, {"DC1": 1})
    order_id = shop.place(document(line("DUO", 3, 333, tax=100)))
    assert (claimed(shop, "X", "S1"), claimed(shop, "Y", "S2")) == ((0, 6, 0), (2, 3, 0))
    works = shop.run_order_workflow(order_id)
    assert at(shop, order_id) == [("S1", "OPEN", [(2, 6)]), ("S2", "OPEN", [(3, 3)])]
    assert states(shop, order_id) == [{"released": 3}, {"released": 6}, {"released": 3}]
    act(shop, works[0], "ship", lines=[{"line_no": 2, "quantity": 5}])
    act(shop, works[1], "pick", lines=[{"line_no": 3, "quantity": 2}])
    order = shop.see(order_id)
    assert (order["status"], order["fulfillment_status"]) == ("IN_PROGRESS", "PARTIALLY_FULFILLED")
    # Two kits have all of their X under way, and as many Y are picked; of the third one a Y waits.
    assert states(shop, order_id) == [
        {"picked": 2, "released": 1},
        {"shipped": 5, "released": 1},
        {"picked": 2, "released": 1},
    ]
    assert order["shipments"][0]["total"] == 0
    act(shop, works[1], "ship", lines=[{"line_no": 3, "quantity": 2}])
    act(shop, works[1], "ship")
    assert states(shop, order_id)[0] == {"shipped": 2, "released": 1}
    act(shop, works[0], "ship")
    order = shop.see(order_id)
    assert (order["status"], states(shop, order_id)[0]) == ("COMPLETED", {"shipped": 3})
    # 10.99 in all: two kits with the second parcel, the third with the last X.
    assert [one["total"] for one in order["shipments"]] == [0, 733, 0, 366]
    assert sum(one["tax"] for one in order["shipments"]) == 100


@pytest.mark.capability("E8")
@pytest.mark.capability("D13", whole=True)
def test_only_the_component_that_is_short_is_sourced_again(shop: Doors):
    shop.world.receive("Y", "S1", 1)
    order_id, first = begun(shop, line("DUO", 1))
    assert at(shop, order_id) == [("DC1", "OPEN", [(2, 2), (3, 1)])]
    act(shop, first, "accept")
    act(shop, first, "ship", lines=[{"line_no": 2, "quantity": 2}])
    act(shop, first, "close", reason="damaged")
    y = shop.world.stock("Y", "DC1")
    assert (y.available, y.allocated, y.damaged) == (1, 0, 1)
    assert states(shop, order_id)[0] == {"open": 1}
    assert reroute(shop, order_id, first, "INCOMPLETE")
    assert at(shop, order_id)[1] == ("S1", "SCHEDULED", [(3, 1)])
    (second,) = shop.run_order_workflow(order_id)
    act(shop, second, "ship")
    order = shop.see(order_id)
    assert (order["status"], [one["total"] for one in order["shipments"]]) == ("COMPLETED", [0, 1000])


@pytest.mark.capability("D13", "E8")
def test_a_rejected_kit_goes_whole_to_another_node_or_in_parts(shop: Doors):
    order_id, first = begun(shop, line("DUO", 1))
    act(shop, first, "reject", reason="too_busy")
    assert (claimed(shop, "X"), claimed(shop, "Y")) == ((2, 0, 0), (2, 0, 0))
    assert reroute(shop, order_id, first)
    assert at(shop, order_id)[1:] == [("S1", "SCHEDULED", [(2, 2)]), ("S2", "SCHEDULED", [(3, 1)])]
    assert (claimed(shop, "X", "S1"), claimed(shop, "Y", "S2")) == ((4, 0, 2), (4, 0, 1))


@pytest.mark.capability("D13", "C5")
def test_kits_are_cancelled_whole_until_a_node_has_taken_a_part(shop: Doors):
    order_id = shop.place(document(line("DUO", 3)))
    assert (claimed(shop, "X", "S1"), claimed(shop, "Y", "S2")) == ((0, 6, 0), (2, 3, 0))
    with shop.world.unchanged():
        refused = cancelled(shop, order_id, 2, 1)
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "part_of_kit")
    assert cancelled(shop, order_id, 1, 1).status == 200
    assert (claimed(shop, "X", "S1"), claimed(shop, "Y", "S2")) == ((2, 4, 0), (3, 2, 0))
    first, _ = shop.run_order_workflow(order_id)
    # For two of them DC1 has the Y, which is nearer.
    assert at(shop, order_id) == [("DC1", "OPEN", [(3, 2)]), ("S1", "OPEN", [(2, 4)])]
    assert cancelled(shop, order_id, 1, 1).status == 200
    assert (claimed(shop, "X", "S1"), claimed(shop, "Y")) == ((4, 0, 2), (1, 0, 1))
    assert states(shop, order_id) == [
        {"released": 1, "cancelled": 2},
        {"released": 2, "cancelled": 4},
        {"released": 1, "cancelled": 2},
    ]
    act(shop, first, "accept")
    with shop.world.unchanged():
        late = cancelled(shop, order_id, 1, 1)
    assert (late.status, late.body["code"]) == (409, "action_not_available")
    act(shop, first, "reject", reason="too_busy")
    cancel(shop, order_id)
    order = shop.see(order_id)
    assert (order["status"], order["lines"][0]["quantities"]) == ("CANCELLED", {"cancelled": 3})
    assert (claimed(shop, "X", "S1"), claimed(shop, "Y"), claimed(shop, "Y", "S2")) == ((6, 0, 0), (2, 0, 0), (5, 0, 0))


@pytest.mark.capability("D13", "D4")
def test_what_is_missing_is_said_of_the_kit(shop: Doors):
    with shop.world.unchanged():
        refused = ordered(shop, line("A", 1), line("DUO", 5))
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    assert [(one["pointer"], one["detail"]) for one in refused.body["errors"]] == [
        ("/lines/1/quantity", "2 of X are missing")
    ]
    with shop.world.unchanged():
        huge = ordered(shop, line("DUO", 600_000))
    assert (huge.status, huge.pointers) == (422, ["/lines/0/quantity"])


@pytest.mark.capability("D13", "D10")
def test_the_worth_of_a_kit_is_shared_out_to_the_nodes_of_its_components(shop: Doors):
    assert worth_of_parts(1000, [2, 1]) == [666, 334]
    order_id = shop.place(document(line("DUO", 3, 1000)))
    assert [one.worth for one in shop.world.order(order_id).lines] == [None, 2000, 1000]


@pytest.mark.capability("D13", "A1")
def test_an_order_of_too_many_kits_is_refused_as_too_large(doors: Doors):
    parts = {f"P{number}": 1 for number in range(10)}
    for sku in parts:
        doors.world.add_item(sku, {"DC1": 400})
    add_kit(doors.world, "CRATE", parts, "split")
    scopes = ("orders.write", "channel.web", "lines.1500")
    with doors.world.unchanged():
        kits = document(*(line("CRATE", 1) for _ in range(330)))
        refused = doors.api("place_order").post("/v1/orders", kits, scopes=scopes)
        assert (refused.status, refused.body["code"], refused.pointers) == (413, "too_large", ["/lines"])

"""Work goes to a node that an operator names: its stock, its room and the work itself in one transaction."""

from __future__ import annotations

from typing import Any

import pytest

from oms.fulfillment.model import Outcome
from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.functions.test_capacity import left, limited, pause
from tests.functions.test_rerouting import act, at, begun, rows
from tests.functions.test_reshaping import done, reshape, resume, seen
from tests.order_doors import Doors, doors
from tests.order_nodes import PLACES, node
from tests.order_world import TENANT, line, world

__all__ = ["doors", "world"]


def changed(doors: Doors, node_id: str, version: int, **details: Any) -> None:
    """A node as it is from now on."""
    made = node(node_id, *PLACES[node_id], **details).model_copy(update={"version": version})
    doors.world.database.commit([node_write(TENANT, made)])
    registry.forget()


@pytest.mark.capability("H3", "D4", "D10")
def test_work_moves_with_its_stock_its_room_and_its_holds(doors: Doors):
    limited(doors, "DC1", ("orders", "day", 5), ("units", "day", 9))
    limited(doors, "S1", ("orders", "day", 1), ("units", "day", 4))
    order_id, first = begun(doors, line("A", 3), line("B", 1))
    act(doors, first, "accept")
    done(doors, first, "hold", reason="stock_check", released_by="operator")
    assert left(doors, "DC1") == [("orders", "day", 1, 4), ("units", "day", 4, 5)]
    answer = reshape(doors, first, "move", key="once", node_id="S1", reason="flooded")
    second = str(answer.body["id"])
    assert (answer.status, answer.body["node_id"], answer.body["replaces"]) == (200, "S1", first)
    assert at(doors, order_id) == [("DC1", "REPLACED", [(1, 0), (2, 0)]), ("S1", "ON_HOLD", [(1, 3), (2, 1)])]
    assert rows(doors, "A") == {"DC1": (10, 0), "S1": (2, 3), "S2": (5, 0)}
    assert rows(doors, "B") == {"DC1": (10, 0), "S1": (4, 1), "S2": (5, 0)}
    assert left(doors, "DC1") == [("orders", "day", 0, 5), ("units", "day", 0, 9)]
    assert left(doors, "S1") == [("orders", "day", 1, 0), ("units", "day", 4, 0)]
    with doors.world.unchanged():
        again = reshape(doors, first, "move", key="once", node_id="S1", reason="flooded")
        assert (again.status, again.body) == (200, answer.body)
        refused = reshape(doors, first, "move", node_id="S1")
        assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    # The node before is told, its workflow ends, and the new work has one of its own.
    resume(doors, order_id, "FulfillmentOrderWithdrawn")
    assert doors.world.continued == [(f"token-{first}", Outcome.CANCELLED)]
    moved = doors.stored_event(order_id, "OrderRerouted")["detail"]["data"]
    assert (moved["reason"], moved["fulfillment_order_ids"], moved["missing"]) == ("MOVED", [second], 0)
    assert doors.run_order_workflow(order_id) == [second]
    assert seen(doors, first)["replaced_reason"] == "MOVED"
    assert done(doors, second, "release-hold")["status"] == "OPEN"
    act(doors, second, "ship")
    doors.world.capture(second)
    order = doors.world.view(order_id)
    assert (order.status, order.payment_status) == ("COMPLETED", "CAPTURED")


@pytest.mark.capability("H3")
def test_only_what_nobody_has_picked_moves(doors: Doors):
    order_id, first = begun(doors, line("A", 4))
    act(doors, first, "pick", lines=[{"line_no": 1, "quantity": 1}])
    some = done(doors, first, "move", node_id="S1", lines=[{"line_no": 1, "quantity": 1}])
    assert at(doors, order_id) == [("DC1", "PICKING", [(1, 3)]), ("S1", "SCHEDULED", [(1, 1)])]
    told = doors.stored_event(order_id, "FulfillmentOrderSplit")["detail"]["data"]
    assert (told["into"], told["to_node"], told["lines"][0]["quantity"]) == (some["id"], "S1", 1)
    rest = done(doors, first, "move", node_id="S2")
    assert at(doors, order_id) == [
        ("DC1", "PICKING", [(1, 1)]),
        ("S1", "SCHEDULED", [(1, 1)]),
        ("S2", "SCHEDULED", [(1, 2)]),
    ]
    assert rows(doors, "A") == {"DC1": (9, 1), "S1": (4, 1), "S2": (3, 2)}
    with doors.world.unchanged():
        refused = reshape(doors, first, "move", node_id="S1")
        assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    assert doors.run_order_workflow(order_id) == [some["id"], rest["id"]]
    # What has moved may move on, and back; nothing leaves twice.
    back = done(doors, rest["id"], "move", node_id="DC1")
    assert doors.run_order_workflow(order_id) == [back["id"]]
    for work in (first, some["id"], back["id"]):
        act(doors, work, "ship")
    assert [reshape(doors, work, "ship").status for work in (first, rest["id"], back["id"])] == [409, 409, 409]
    assert doors.see(order_id)["lines"][0]["quantities"] == {"shipped": 4}
    assert rows(doors, "A") == {"DC1": (7, 0), "S1": (4, 0), "S2": (5, 0)}


@pytest.mark.capability("H3")
def test_work_whose_rest_has_left_is_over_when_it_moves(doors: Doors):
    order_id, first = begun(doors, line("A", 3))
    act(doors, first, "ship", lines=[{"line_no": 1, "quantity": 2}])
    moved = done(doors, first, "move", node_id="S1")
    assert at(doors, order_id) == [("DC1", "COMPLETED", [(1, 2)]), ("S1", "SCHEDULED", [(1, 1)])]
    resume(doors, order_id, "FulfillmentOrderSplit")
    assert doors.world.continued == [(f"token-{first}", Outcome.SHIPPED)]
    assert doors.run_order_workflow(order_id) == [moved["id"]]


@pytest.mark.capability("H3", "D4")
def test_a_node_that_cannot_take_work_is_refused_and_nothing_changes(doors: Doors):
    order_id, work = begun(doors, line("A", 5))
    pickup = begun(doors, line("A", 1, method="pickup", pickup_node="S1"), external_id="pickup")[1]
    pause(doors, "S2")

    def refused(target: str, **body: Any) -> tuple[int, str, list[tuple[str, str]]]:
        with doors.world.unchanged():
            answer = reshape(doors, target, "move", **body)
        return answer.status, answer.body["code"], [(one["pointer"], one["code"]) for one in answer.body["errors"]]

    assert refused(work, node_id="S9") == (422, "invalid_request", [("/node_id", "unknown_node")])
    assert refused(work, node_id="DC1") == (422, "invalid_request", [("/node_id", "same_node")])
    assert refused(work, node_id="S2") == (409, "node_unfit", [("/node_id", "node_paused")])
    # One unit of A at the store is promised to the pick-up.
    assert refused(work, node_id="S1") == (409, "out_of_stock", [("/node_id", "out_of_stock")])
    assert refused(pickup, node_id="DC1") == (409, "action_not_available", [])
    assert refused(work) == (422, "invalid_request", [("/node_id", "required")])
    changed(doors, "S1", 2, journeys=["pickup"])
    assert refused(work, node_id="S1") == (409, "node_unfit", [("/node_id", "journey_missing")])
    changed(doors, "S1", 3, status="closed")
    assert refused(work, node_id="S1") == (409, "node_unfit", [("/node_id", "node_closed")])
    changed(doors, "S1", 4, capacity=[{"of": "units", "per": "day", "most": 4}])
    # The pick-up was allocated before there was a limit: four of five units would have room.
    assert refused(work, node_id="S1") == (409, "node_unfit", [("/node_id", "node_full")])
    assert at(doors, order_id) == [("DC1", "OPEN", [(1, 5)])]

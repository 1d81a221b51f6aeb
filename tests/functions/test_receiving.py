"""A store receives a transfer: what is lost, damaged or too many is recorded, its stock is right, somebody looks."""

from __future__ import annotations

from typing import Any

import pytest

from oms.tasks.reads import open_tasks
from tests.functions.conftest import Answer
from tests.functions.test_consolidation import receive, sent
from tests.functions.test_rerouting import act, at, reroute
from tests.order_doors import Doors, doors, message
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]


def to_store(doors: Doors, quantity: int = 4) -> tuple[str, str]:
    """An order of units of P that only S2 has, on their way to S1, where the customer collects."""
    doors.world.add_item("P", {"S2": 6})
    order_id = doors.place(document(line("P", quantity, method="ship_to_store", pickup_node="S1")))
    (leg,) = doors.run_order_workflow(order_id)
    sent(doors, leg)
    return order_id, leg


def counts(doors: Doors, node_id: str) -> tuple[int, int, int, int]:
    row = doors.world.stock("P", node_id)
    return row.on_hand, row.allocated, row.damaged, row.available


def some(units: int, **more: Any) -> list[dict[str, Any]]:
    return [{"line_no": 1, "quantity": units, **more}]


def errors(answer: Answer) -> list[tuple[str, str]]:
    return [(one["pointer"], one["code"]) for one in answer.body["errors"]]


@pytest.mark.capability("G7", whole=True)
def test_a_transfer_that_is_short_damaged_and_over_is_received_with_reasons_and_lets_the_order_go_on(doors: Doors):
    order_id, leg = to_store(doors)
    first = receive(
        doors,
        leg,
        "S1",
        lost=some(1, reason="missing_in_box"),
        damaged=some(1, reason="crushed"),
    )
    part = first.body["lines"][0]
    assert (first.body["status"], part["received"], part["given_up"], part["in_transit"]) == ("INCOMPLETE", 2, 2, 0)
    # Three came: two for the customer, and one that nobody can sell.
    assert counts(doors, "S1") == (3, 2, 1, 0)
    assert counts(doors, "S2") == (2, 0, 0, 2)
    assert doors.see(order_id)["lines"][0]["quantities"]["open"] == 2
    told = doors.stored_event(order_id, "FulfillmentOrderReceived")["detail"]["data"]
    assert [told[name] for name in ("lost", "damaged", "over")] == [
        [{"line_no": 1, "sku": "P", "quantity": 1}],
        [{"line_no": 1, "sku": "P", "quantity": 1}],
        [],
    ]
    (task,) = open_tasks(doors.world.database, TENANT, "S2")
    assert (task.kind.value, task.reason) == ("TRANSFER_DISCREPANCY", "lost_damaged")
    assert task.subjects == {
        "order_id": order_id,
        "fulfillment_order_id": leg,
        "destination_node": "S1",
        "lost": "missing_in_box",
        "damaged": "crushed",
    }
    # The two that are missing come again, and the customer's work at the store begins.
    assert not reroute(doors, order_id, leg, "INCOMPLETE")
    doors.world.receive("P", "DC1", 2)
    assert reroute(doors, order_id, leg, "INCOMPLETE")
    for work in doors.run_order_workflow(order_id):
        if doors.world.work(work).is_leg:
            sent(doors, work)
            assert receive(doors, work, "S1", over=some(1, reason="one_too_many")).body["status"] == "COMPLETED"
    # The one too many is for sale there; the box of the sender is to be looked at.
    assert counts(doors, "S1") == (6, 4, 1, 1)
    (second,) = open_tasks(doors.world.database, TENANT, "DC1")
    assert (second.reason, second.subjects["over"]) == ("over", "one_too_many")
    final = [one for one in doors.world.order(order_id).fulfillment_orders if one.node_id == "S1"]
    assert [(one.status.value, one.lines[0].held) for one in final] == [("OPEN", 4)]
    act(doors, final[0].id, "stage")
    act(doors, final[0].id, "hand-over")
    assert counts(doors, "S1") == (2, 0, 1, 1)
    assert doors.see(order_id)["status"] == "COMPLETED"
    doors.world.check()


@pytest.mark.capability("G7")
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"damaged": some(1)}, ("/damaged/0/reason", "required")),
        ({"over": some(1)}, ("/over/0/reason", "required")),
        ({"lost": some(1)}, ("/reason", "required")),
        ({"damaged": some(5, reason="crushed")}, ("/damaged", "quantity_too_large")),
        ({"damaged": some(3), "lost": some(2), "reason": "crushed"}, ("/lost", "quantity_too_large")),
        ({"lines": some(2), "over": some(1, reason="x")}, ("/over", "not_over")),
        ({"over": [{"line_no": 2, "quantity": 1, "reason": "x"}]}, ("/lines", "unknown_line")),
    ],
)
def test_what_cannot_have_arrived_so_is_refused_and_changes_nothing(
    doors: Doors, body: dict[str, Any], error: tuple[str, str]
):
    _, leg = to_store(doors)
    with doors.world.unchanged():
        refused = receive(doors, leg, "S1", **body)
    assert (refused.status, errors(refused)) == (422, [error])


@pytest.mark.capability("G7")
def test_units_that_were_cancelled_on_their_way_are_the_first_to_be_damaged(doors: Doors):
    order_id, leg = to_store(doors, 3)
    cancelled = {"reason": "changed_mind", "lines": some(1)}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", cancelled).status == 200
    answer = receive(doors, leg, "S1", damaged=some(1, reason="wet"))
    part = answer.body["lines"][0]
    assert (answer.body["status"], part["received"], part["given_up"], part["recalled"]) == ("COMPLETED", 2, 0, 0)
    assert counts(doors, "S1") == (3, 2, 1, 0)
    doors.world.check()


@pytest.mark.capability("G7", "H2")
def test_the_store_bus_receives_once(doors: Doors):
    order_id, leg = to_store(doors)
    said = {"fulfillment_order_id": leg, "damaged": some(1, reason="crushed")}
    told = message("store.S1", "ReceiveFulfillmentOrder", "m-1", **said)
    assert doors.queue("node_messages", told, told) == []
    with doors.world.unchanged():
        # Another device of the store says the same, later.
        assert doors.queue("node_messages", message("store.S1", "ReceiveFulfillmentOrder", "m-2", **said)) == []
    assert counts(doors, "S1") == (4, 3, 1, 0)
    assert [one[1] for one in at(doors, order_id)] == ["INCOMPLETE", "ON_HOLD"]
    assert len(open_tasks(doors.world.database, TENANT, "S2")) == 1

"""A node that cannot go on closes its work: what has not left is open again, or held back with the goods."""

from __future__ import annotations

import pytest

from oms.inventory.store import movements_of
from oms.platform.problems import ActionNotAvailable, InvalidRequest
from tests.order_taken import stock, taken
from tests.order_world import TENANT, World, line, world

__all__ = ["world"]


@pytest.mark.capability("H2", "B1")
def test_closing_opens_what_has_not_left_again(world: World):
    order_id, work = taken(world)
    world.act(work, "ship", {1: 2})
    with world.unchanged(), pytest.raises(InvalidRequest) as refused:
        world.act(work, "close")
    assert [error.pointer for error in refused.value.errors] == ["/reason"]
    body = world.act(work, "close", reason="flooded").body
    assert (body["status"], body["closed_reason"], body["available_actions"]) == ("INCOMPLETE", "flooded", [])
    view = world.view(order_id)
    assert (view.status, view.lines[0].quantities) == ("IN_PROGRESS", {"open": 3, "shipped": 2})
    assert stock(world) == (8, 0, 0, 8)
    row = world.timeline(order_id)[-1]
    assert (row["event"], row["reason"]) == ("FulfillmentOrderClosed", "flooded")
    assert row["data"]["lines"] == [{"line_no": 1, "sku": "A", "quantity": 3}]
    assert world.resume(work) == "INCOMPLETE"
    with world.unchanged():
        for verb in ("close", "ship", "pick"):
            with pytest.raises(ActionNotAvailable):
                world.act(work, verb, reason="again")


@pytest.mark.capability("H2", "D4")
@pytest.mark.parametrize(
    ("reason", "kind"), [("damaged", "damaged"), ("not_found", "blocked"), ("recalled", "blocked")]
)
def test_a_reason_about_the_goods_holds_them_back(world: World, reason: str, kind: str):
    _, work = taken(world, line("A", 2), line("A", 3), line("GIFT", 1, 500, type="non_stock"))
    world.act(work, "close", reason=reason)
    assert stock(world) == (10, 0, 5, 5)
    *_, movement = movements_of(world.database, TENANT, "A", "DC1")
    assert (movement.kind.value, movement.quantity, movement.cause, movement.reason) == (kind, 5, work, reason)
    assert movement.changes == {"allocated": -5, kind: 5}


@pytest.mark.capability("H2")
def test_the_order_of_closed_work_can_be_brought_to_its_end(world: World):
    order_id, work = taken(world, line("A", 5), postage=500)
    world.act(work, "ship", {1: 2})
    world.capture(work)
    world.act(work, "close", reason="flooded")
    answer = world.cancel(order_id)
    assert (answer.status, answer.body["status"]) == (200, "COMPLETED")
    assert world.view(order_id).lines[0].quantities == {"shipped": 2, "cancelled": 3}
    world.release_payment(order_id)
    (payment,) = world.view(order_id).payments
    assert (payment.captured, payment.released) == (2550, 3000)


def test_work_that_nobody_has_taken_is_rejected_and_not_closed(world: World):
    order_id = world.placed(line("A", 5))
    (work,) = world.released(order_id)
    with world.unchanged(), pytest.raises(ActionNotAvailable):
        world.act(work, "close", reason="flooded")
    assert "close" not in world.view(order_id).fulfillment_orders[0].available_actions

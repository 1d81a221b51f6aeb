"""A node is asked before units that it holds are cancelled, by each way to it: who wins a race."""

from __future__ import annotations

from typing import Any

import pytest

from oms.platform.problems import ActionNotAvailable, InvalidRequest
from tests.crashes import crash_points
from tests.order_taken import stock, taken, tell
from tests.order_world import World, line, world

__all__ = ["world"]


@pytest.mark.capability("H2")
def test_a_node_that_has_taken_the_work_is_asked(world: World):
    order_id, _ = taken(world)
    before = stock(world)
    answer = world.cancel(order_id, {1: 2})
    assert (answer.status, answer.body["status"]) == (202, "IN_PROGRESS")
    view = world.view(order_id)
    assert (view.lines[0].quantities, view.cancellations, stock(world)) == ({"released": 5}, [], before)
    (seen,) = view.fulfillment_orders
    assert seen.cancel_request is not None
    assert seen.cancel_request.model_dump() == {
        "lines": ({"line_no": 1, "quantity": 2},),
        "reason": "customer_changed_mind",
        "answer": None,
        "reclaim": False,
        "answer_by": None,
    }
    assert seen.available_actions == ["reject", "pick", "pack", "ship", "close", "cancel-response"]
    row = world.timeline(order_id)[-1]
    assert (row["event"], row["reason"]) == ("FulfillmentOrderCancellationRequested", "customer_changed_mind")
    assert row["data"]["lines"] == [{"line_no": 1, "sku": "A", "quantity": 2}]


@pytest.mark.capability("H2", "B1")
@pytest.mark.parametrize("before", ["accept", "pick", "pack"])
def test_what_a_node_lets_go_of_is_cancelled(world: World, before: str):
    order_id, work = taken(world)
    if before != "accept":
        world.act(work, before)
    world.cancel(order_id, {1: 2})
    world.act(work, "cancel-response", accepted=True)
    state = {"accept": "released", "pick": "picked", "pack": "packed"}[before]
    view = world.view(order_id)
    assert view.lines[0].quantities == {state: 3, "cancelled": 2}
    assert view.cancellations == [{"line_no": 1, "quantity": 2, "reason": "customer_changed_mind"}]
    assert stock(world) == (10, 3, 0, 7)
    assert world.events(order_id)[-2:] == ["FulfillmentOrderCancellationAccepted", "OrderLinesCancelled"]
    assert world.resume(work) is None
    world.act(work, "ship")
    assert world.capture(work) == 3000
    assert world.view(order_id).status == "COMPLETED"


@pytest.mark.capability("H2")
def test_letting_go_of_everything_ends_the_order_with_its_postage(world: World):
    order_id, work = taken(world, line("A", 5), line("POST", 1, 500, type="non_stock"))
    assert world.cancel(order_id).status == 202
    assert world.view(order_id).lines[1].quantities == {"open": 1}
    world.act(work, "cancel-response", accepted=True)
    view = world.view(order_id)
    assert (view.status, [one.quantities for one in view.lines]) == ("CANCELLED", [{"cancelled": 5}, {"cancelled": 1}])
    assert world.events(order_id)[-3:] == [
        "FulfillmentOrderCancellationAccepted",
        "OrderLinesCancelled",
        "OrderCancelled",
    ]
    assert (world.resume(work), stock(world)) == ("CANCELLED", (10, 0, 0, 10))


@pytest.mark.capability("H2")
def test_what_a_node_refuses_goes_on(world: World):
    order_id, work = taken(world)
    world.cancel(order_id)
    with world.unchanged():
        with pytest.raises(InvalidRequest) as refused:
            world.act(work, "cancel-response")
        assert [error.pointer for error in refused.value.errors] == ["/accepted"]
        with pytest.raises(InvalidRequest) as refused:
            world.act(work, "cancel-response", accepted=False)
        assert [error.pointer for error in refused.value.errors] == ["/reason"]
    before = stock(world)
    world.act(work, "cancel-response", accepted=False, reason="on_the_truck")
    view = world.view(order_id)
    assert (view.lines[0].quantities, view.cancellations, stock(world)) == ({"released": 5}, [], before)
    assert view.fulfillment_orders[0].cancel_request.answer == "REJECTED"
    row = world.timeline(order_id)[-1]
    assert (row["event"], row["reason"]) == ("FulfillmentOrderCancellationRejected", "on_the_truck")
    world.act(work, "ship")
    assert world.capture(work) == 5000


def test_a_node_may_let_go_of_a_part_and_says_so_of_the_rest(world: World):
    order_id, work = taken(world)
    world.cancel(order_id, {1: 4})
    world.act(work, "cancel-response", {1: 1}, accepted=True, reason="packed")
    assert world.view(order_id).lines[0].quantities == {"released": 4, "cancelled": 1}
    accepted, rejected = world.timeline(order_id)[-3:-1]
    assert (accepted["event"], accepted["data"]["lines"][0]["quantity"]) == ("FulfillmentOrderCancellationAccepted", 1)
    assert (rejected["event"], rejected["data"]["lines"][0]["quantity"]) == ("FulfillmentOrderCancellationRejected", 3)
    assert rejected["reason"] == "packed"


@pytest.mark.capability("H2")
def test_units_that_leave_while_their_node_is_asked_are_not_cancelled(world: World):
    order_id, work = taken(world)
    world.cancel(order_id, {1: 3})
    world.act(work, "ship", {1: 4})
    row = world.timeline(order_id)[-1]
    assert (row["event"], row["reason"]) == ("FulfillmentOrderCancellationRejected", "shipped")
    assert row["data"]["lines"] == [{"line_no": 1, "sku": "A", "quantity": 2}]
    assert world.work(work).asked == {1: 1}
    world.act(work, "cancel-response", accepted=True)
    assert world.view(order_id).lines[0].quantities == {"shipped": 4, "cancelled": 1}
    assert world.view(order_id).status == "COMPLETED"
    assert world.capture(work) == 4000


@pytest.mark.capability("H2", "D4")
@pytest.mark.parametrize("answer", [{"accepted": True}, {"accepted": False, "reason": "late"}])
def test_an_answer_that_comes_after_the_parcel_changes_nothing(world: World, answer: dict[str, Any]):
    order_id, work = taken(world)
    world.cancel(order_id)
    world.act(work, "ship")
    assert world.events(order_id)[-3:] == [
        "ShipmentShipped",
        "FulfillmentOrderCancellationRejected",
        "OrderCompleted",
    ]
    with world.unchanged():
        with pytest.raises(ActionNotAvailable) as refused:
            world.act(work, "cancel-response", **answer)
        assert refused.value.code == "already_done"
        tell(world, "CancelResponseFulfillmentOrder", work, "late", **answer)


@pytest.mark.capability("H2", "D4")
@pytest.mark.parametrize("first", ["ship", "cancel-response"])
def test_the_parcel_and_the_answer_at_once(world: World, first: str):
    """The units leave or they are cancelled; never both, whichever commits first."""
    order_id, work = taken(world)
    world.cancel(order_id)
    second = {"ship": "cancel-response", "cancel-response": "ship"}[first]
    content: dict[str, dict[str, Any]] = {"ship": {}, "cancel-response": {"accepted": True}}

    def first_comes_between(name: str, go_on: Any) -> Any:
        if name == "commit":
            world.database.around = lambda name, go_on: go_on()
            world.act(work, first, **content[first])
        return go_on()

    world.database.around = first_comes_between
    with pytest.raises(ActionNotAvailable):
        world.act(work, second, **content[second])
    expected = {"ship": ({"shipped": 5}, (5, 0, 0, 5)), "cancel-response": ({"cancelled": 5}, (10, 0, 0, 10))}[first]
    assert (world.view(order_id).lines[0].quantities, stock(world)) == expected


@pytest.mark.capability("H2")
@pytest.mark.parametrize("verb", ["reject", "close"])
def test_a_node_that_gives_up_while_it_is_asked_lets_go_of_those_units(world: World, verb: str):
    order_id, work = taken(world)
    world.cancel(order_id, {1: 2})
    world.act(work, verb, reason="flooded")
    assert world.view(order_id).lines[0].quantities == {"open": 3, "cancelled": 2}
    told = {"reject": "FulfillmentOrderRejected", "close": "FulfillmentOrderClosed"}[verb]
    assert world.events(order_id)[-3:] == ["FulfillmentOrderCancellationAccepted", "OrderLinesCancelled", told]
    assert stock(world) == (10, 0, 0, 10)


@pytest.mark.parametrize("verb", ["reject", "close"])
def test_giving_up_all_that_is_asked_for_is_a_cancellation(world: World, verb: str):
    order_id, work = taken(world)
    world.cancel(order_id)
    world.act(work, verb, reason="damaged")
    assert world.view(order_id).status == "CANCELLED"
    assert world.work(work).status.value == "CANCELLED"
    assert world.resume(work) == "CANCELLED"
    assert stock(world) == ((10, 0, 5, 5) if verb == "close" else (10, 0, 0, 10))


@pytest.mark.capability("A1")
def test_asking_again_asks_for_nothing_twice(world: World):
    order_id, work = taken(world)
    world.cancel(order_id, {1: 2})
    with world.unchanged(), pytest.raises(ActionNotAvailable, match="Only 3 units of line 1"):
        world.cancel(order_id, {1: 4})
    assert world.cancel(order_id).status == 202
    assert world.work(work).asked == {1: 5}
    version = world.view(order_id).version
    assert world.cancel(order_id).status == 202
    assert world.view(order_id).version == version
    assert world.events(order_id).count("FulfillmentOrderCancellationRequested") == 2


def test_one_cancellation_may_be_both_at_once_and_asked_for(world: World):
    """Units with nobody, units at a node that has not begun, and units that a node must be asked for, in this order."""
    order_id = world.placed(line("A", 18))
    first, second, third = world.released(order_id)
    world.act(first, "reject", reason="flooded")
    world.act(second, "accept")
    units = [sum(part.quantity for part in world.work(work).lines) for work in (first, second, third)]
    assert world.cancel(order_id, {1: units[0] + units[2] + 1}).status == 202
    assert world.work(third).status.value == "CANCELLED"
    assert world.work(second).asked == {1: 1}
    assert world.view(order_id).lines[0].quantities == {"released": units[1], "cancelled": units[0] + units[2]}


@pytest.mark.capability("H2")
def test_the_store_bus_says_the_same(world: World):
    order_id, work = taken(world)
    world.cancel(order_id, {1: 2})
    for _ in range(3):
        tell(world, "CancelResponseFulfillmentOrder", work, "m1", accepted=True)
    with world.unchanged():
        tell(world, "CancelResponseFulfillmentOrder", work, "m2", accepted=True)
    for _ in range(3):
        tell(world, "CloseFulfillmentOrder", work, "m3", reason="not_found")
    assert world.view(order_id).lines[0].quantities == {"open": 3, "cancelled": 2}
    rows = {row["event"]: (row["command"], row["actor"]) for row in world.timeline(order_id)}
    assert rows["FulfillmentOrderCancellationAccepted"] == ("cancel_response_fulfillment_order", "node:DC1")
    assert rows["FulfillmentOrderClosed"] == ("close_fulfillment_order", "node:DC1")
    with world.unchanged(), pytest.raises(ActionNotAvailable):
        tell(world, "CloseFulfillmentOrder", work, "m4", reason="not_found")


def test_an_answer_to_what_nobody_asked_is_refused(world: World):
    _, work = taken(world)
    with world.unchanged(), pytest.raises(ActionNotAvailable) as refused:
        tell(world, "CancelResponseFulfillmentOrder", work, "m1", accepted=True)
    assert refused.value.code == "action_not_available"


@pytest.mark.parametrize("verb", ["close", "cancel-response"])
def test_a_crash_anywhere_takes_the_verb_once(verb: str):
    def asked() -> World:
        made = World()
        order_id, _ = taken(made)
        made.cancel(order_id, {1: 2})
        return made

    def step(world: World) -> object:
        (order_id,) = world.order_ids()
        content = {"reason": "damaged"} if verb == "close" else {"accepted": True}
        return world.act(f"ful_{order_id.removeprefix('ord_')}_1", verb, key="k", **content)

    points = 0
    for point in crash_points(asked, step):
        points += 1
        step(point.world)
        point.world.check()
        (order_id,) = point.world.order_ids()
        rest = "open" if verb == "close" else "released"
        assert point.world.view(order_id).lines[0].quantities == {rest: 3, "cancelled": 2}
    assert points == 3  # the read, and the commit before and after

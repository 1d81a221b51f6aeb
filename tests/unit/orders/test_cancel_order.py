"""Cancelling at any grain until units are packed: claims go back at once, money is never taken."""

from __future__ import annotations

from typing import Any

import pytest

from oms.orders.cancelling import cancellable
from oms.orders.changing import cancel_order
from oms.orders.request import CancellationRequest
from oms.platform.problems import ActionNotAvailable, InvalidRequest, NotFound
from tests.crashes import crash_points
from tests.order_world import World, line, world

__all__ = ["world"]


@pytest.mark.capability("B1")
def test_a_part_of_a_line_before_sourcing(world: World):
    order_id = world.placed(line("A", 5), line("B", 2))
    body = world.cancel(order_id, {1: 2}).body
    assert (body["status"], body["version"]) == ("CONFIRMED", 2)
    assert world.view(order_id).lines[0].quantities == {"open": 3, "cancelled": 2}
    assert (world.stock("A", "DC1").reserved, world.stock("A", "DC1").available) == (3, 7)
    assert world.view(order_id).cancellations == [{"line_no": 1, "quantity": 2, "reason": "customer_changed_mind"}]
    row = world.timeline(order_id)[-1]
    assert (row["event"], row["reason"], row["actor"]) == ("OrderLinesCancelled", "customer_changed_mind", "shop")


@pytest.mark.capability("B4")
def test_what_has_left_cannot_be_cancelled(world: World):
    order_id = world.placed(line("A", 5))
    (work,) = world.released(order_id)
    world.act(work, "ship")
    assert world.view(order_id).available_actions == []
    assert cancellable(world.order(order_id), world.order(order_id).line(1)) == 0
    for lines in (None, {1: 1}):
        with world.unchanged(), pytest.raises(ActionNotAvailable):
            world.cancel(order_id, lines)


def test_the_last_goods_take_their_postage_along(world: World):
    order_id = world.placed(line("A", 1), line("POST", 1, 500, type="non_stock"), postage=250)
    assert world.cancel(order_id, {1: 1}).body["status"] == "CANCELLED"
    assert [one.quantities for one in world.view(order_id).lines] == [{"cancelled": 1}, {"cancelled": 1}]
    assert world.events(order_id)[-1] == "OrderCancelled"


def test_postage_stays_when_goods_have_left(world: World):
    order_id = world.placed(line("A", 2), line("POST", 1, 500, type="non_stock"), postage=250)
    (work,) = world.released(order_id)
    world.act(work, "ship", {1: 1})
    assert world.cancel(order_id).status == 202
    world.act(work, "cancel-response", accepted=True)
    view = world.view(order_id)
    assert view.status == "COMPLETED"
    assert [one.quantities for one in view.lines] == [{"shipped": 1, "cancelled": 1}, {"delivered": 1}]
    assert world.capture(work) == 1000 + 500 + 250 + 25


def test_a_line_that_is_named_twice_counts_twice(world: World):
    order_id = world.placed(line("A", 3))
    lines = [{"line_no": 1, "quantity": 2}, {"line_no": 1, "quantity": 2}]
    request = CancellationRequest.model_validate({"reason": "x", "lines": lines})
    with world.unchanged(), pytest.raises(ActionNotAvailable) as refused:
        cancel_order(world.runtime, world.call("cancel_order", lines), order_id, request)
    assert [error.pointer for error in refused.value.errors] == ["/lines/1/quantity"]


def test_what_does_not_exist_is_refused(world: World):
    order_id = world.placed(line("A", 3))
    with world.unchanged():
        with pytest.raises(InvalidRequest) as refused:
            world.cancel(order_id, {2: 1})
        with pytest.raises(NotFound):
            world.cancel("ord_none")
    assert [error.pointer for error in refused.value.errors] == ["/lines/0/line_no"]


def test_cancelling_twice_at_once_cancels_once(world: World):
    order_id = world.placed(line("A", 3))

    def other_first(name: str, act: Any) -> Any:
        if name == "commit":
            world.database.around = lambda name, act: act()
            world.cancel(order_id, {1: 2})
        return act()

    world.database.around = other_first
    with pytest.raises(ActionNotAvailable):
        world.cancel(order_id, {1: 2})
    assert world.view(order_id).lines[0].quantities == {"open": 1, "cancelled": 2}


@pytest.mark.capability("A1")
def test_a_crash_anywhere_cancels_once():
    def placed() -> World:
        made = World()
        made.placed(line("A", 3))
        return made

    points = 0
    for point in crash_points(placed, lambda w: w.cancel(w.order_ids()[0], {1: 2}, key="c1")):
        points += 1
        outcome = point.world.cancel(point.world.order_ids()[0], {1: 2}, key="c1")
        assert outcome.body["version"] == 2
        point.world.check()
        assert point.world.stock("A", "DC1").reserved == 1
    assert points == 4  # reads of the order and of a step, and the commit before and after


def test_units_leave_the_last_node_first(world: World):
    order_id = world.placed(line("A", 12))
    before = [(c.node_id, c.quantity) for c in world.order(order_id).lines[0].claims]
    world.cancel(order_id, {1: before[-1][1]})
    assert world.stock("A", before[-1][0]).reserved == 0
    assert world.stock("A", before[0][0]).reserved == before[0][1]

"""source_order: claims become work, at a better node where one has become possible, and never twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from oms.orders.model import status
from oms.orders.quantities import quantities
from oms.platform.problems import NotFound
from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.order_nodes import PLACES, node
from tests.order_world import NEW_YORK, TENANT, World, line, world

__all__ = ["world"]


def work_of(world: World, order_id: str) -> list[tuple[str, str, dict[int, int]]]:
    return [
        (work.node_id, work.method, {part.line_no: part.quantity for part in work.lines})
        for work in world.order(order_id).fulfillment_orders
    ]


def close(world: World, node_id: str) -> None:
    kind, latitude, longitude = PLACES[node_id]
    closed = node(node_id, kind, latitude, longitude, status="closed")
    world.database.commit([node_write(TENANT, closed.model_copy(update={"version": 2}))])
    registry.forget()


def test_claims_become_work_where_they_are(world: World):
    order_id = world.placed(line("A", 3), line("B", 1))
    body = world.source(order_id).body
    assert body == {"order_id": order_id, "sourced": True}
    assert work_of(world, order_id) == [("DC1", "ship", {1: 3, 2: 1})]
    assert (world.stock("A", "DC1").reserved, world.stock("A", "DC1").allocated) == (0, 3)
    (work,) = world.order(order_id).fulfillment_orders
    assert work.respond_by == "2026-11-24T12:00:00.000Z"
    assert [quantities(world.order(order_id), one) for one in world.order(order_id).lines] == [
        {"allocated": 3},
        {"allocated": 1},
    ]


def test_a_second_run_changes_nothing(world: World):
    order_id = world.sourced(line("A", 3))
    with world.unchanged():
        assert world.source(order_id).body == {"order_id": order_id, "sourced": True}


def test_an_unknown_order_is_not_found(world: World):
    with pytest.raises(NotFound):
        world.source("ord_none")


@pytest.mark.capability("A6")
def test_each_group_and_node_has_work_of_its_own(world: World):
    other = {**NEW_YORK, "postal_code": "90001"}
    order_id = world.sourced(
        line("A", 1),
        line("A", 2, ship_to=other),
        line("B", 1, method="pickup", pickup_node="S1"),
        line("B", 2, method="ship_to_store", pickup_node="S2"),
        line("C", 1, method="delivery"),
        line("CARD", 1, 2500, type="non_stock", method="digital"),
    )
    assert work_of(world, order_id) == [
        ("DC1", "ship", {1: 1}),
        ("S2", "ship", {2: 2}),
        ("S1", "pickup", {3: 1}),
        ("S2", "ship_to_store", {4: 2}),
        ("DC1", "delivery", {5: 1}),
        ("WEB", "digital", {6: 1}),
    ]


def test_stock_that_came_in_since_makes_one_parcel_of_two(world: World):
    order_id = world.placed(line("A", 8), line("B", 8))
    for sku in ("A", "B"):
        world.receive(sku, "S1", 20)
    # The order was split because no node had both lines whole.
    first = {claim.node_id for one in world.order(order_id).lines for claim in one.claims}
    assert first == {"DC1"}
    split = world.placed(line("C", 9), line("A", 3), external_id="split")
    claims = {(c.node_id, c.quantity) for one in world.order(split).lines for c in one.claims}
    assert claims == {("DC1", 9), ("S1", 3)}
    world.receive("C", "S1", 9)
    world.source(split)
    assert work_of(world, split) == [("S1", "ship", {1: 9, 2: 3})]
    assert (world.stock("C", "DC1").reserved, world.stock("C", "DC1").available) == (0, 10)
    assert world.stock("C", "S1").allocated == 9


def test_somebody_taking_the_better_place_first_leaves_the_plan_as_it_was(world: World):
    order_id = world.placed(line("A", 12))
    world.receive("A", "DC1", 2)

    def taken(name: str, act: Any) -> Any:
        if name == "commit":
            world.database.around = lambda name, act: act()
            world.placed(line("A", 2), external_id="quicker")
        return act()

    world.database.around = taken
    world.source(order_id)
    assert sum(sum(lines.values()) for _, _, lines in work_of(world, order_id)) == 12
    assert len(work_of(world, order_id)) == 2


def test_units_at_a_node_that_closed_go_elsewhere_if_all_of_them_can(world: World):
    order_id = world.placed(line("A", 12))
    world.receive("A", "S1", 12)
    close(world, "DC1")
    world.source(order_id)
    assert work_of(world, order_id) == [("S1", "ship", {1: 12})]
    assert (world.stock("A", "DC1").reserved, world.stock("A", "DC1").available) == (0, 10)


def test_units_at_a_node_that_closed_stay_if_nobody_else_has_them_all(world: World):
    """A plan that loses units is never better: every claim becomes work somewhere."""
    order_id = world.placed(line("A", 18))
    close(world, "DC1")
    world.source(order_id)
    assert sum(sum(lines.values()) for _, _, lines in work_of(world, order_id)) == 18
    world.check()


def test_a_better_plan_that_does_not_fit_one_transaction_is_left(world: World):
    """Forty claims that would all move, to many nodes, are more writes than one transaction takes."""
    skus = [f"S-{n}" for n in range(40)]
    for number, sku in enumerate(skus):
        world.add_item(sku, {"DC1": 1, f"X{number % 12}": 1})
    order_id = world.placed(*[line(sku, 1, 10) for sku in skus])
    close(world, "DC1")
    for number in range(12):
        made = node(f"X{number}", "store", 40 + number / 10, -74)
        world.database.commit([node_write(TENANT, made)])
    registry.forget()
    world.source(order_id)
    assert world.order(order_id).header.sourced
    assert sum(sum(lines.values()) for _, _, lines in work_of(world, order_id)) == 40


@pytest.mark.capability("B4")
def test_a_cancellation_and_the_sourcing_at_once(world: World):
    """Whichever commits first wins; the other sees it."""
    order_id = world.placed(line("A", 3))

    def cancelled_first(name: str, act: Any) -> Any:
        if name == "commit":
            world.database.around = lambda name, act: act()
            world.cancel(order_id)
        return act()

    world.database.around = cancelled_first
    world.source(order_id)
    assert status(world.order(order_id)).value == "CANCELLED"
    assert (world.stock("A", "DC1").reserved, world.stock("A", "DC1").allocated) == (0, 0)

    other = world.placed(line("A", 3), external_id="2")

    def sourced_first(name: str, act: Any) -> Any:
        if name == "commit":
            world.database.around = lambda name, act: act()
            world.source(other)
        return act()

    world.database.around = sourced_first
    world.cancel(other)
    assert status(world.order(other)).value == "CANCELLED"
    assert [work.status.value for work in world.order(other).fulfillment_orders] == ["CANCELLED"]


def test_units_cancelled_before_sourcing_never_become_work(world: World):
    order_id = world.placed(line("A", 5), line("B", 2))
    world.cancel(order_id, {1: 2, 2: 2})
    world.source(order_id)
    assert work_of(world, order_id) == [("DC1", "ship", {1: 3})]


def test_postage_goes_with_the_goods_and_is_work_only_alone(world: World):
    together = world.sourced(line("A", 1), line("POST", 1, 500, type="non_stock"))
    assert work_of(world, together) == [("DC1", "ship", {1: 1})]
    alone = world.sourced(line("POST", 1, 500, type="non_stock"))
    assert work_of(world, alone) == [("WEB", "digital", {1: 1})]


def test_a_better_plan_of_more_moves_than_one_transaction_takes_is_left(world: World):
    """Its second part would be read from claims whose first part has already moved, and claim them again."""
    skus = [f"L{number:02}" for number in range(21)]
    for number, sku in enumerate(skus):
        world.add_item(sku, {"S1": 1, "S2": 1} if number < 12 else {"S2": 2})
    order_id = world.placed(*[line(sku, 2) for sku in skus])
    for number, sku in enumerate(skus):
        world.receive(sku, "DC1", 1)
        if number >= 12:
            world.receive(sku, "S1", 1)
    assert world.source(order_id).body == {"order_id": order_id, "sourced": True}
    units = dict.fromkeys(("S1", "S2", "DC1"), 0)
    for work in world.order(order_id).fulfillment_orders:
        units[work.node_id] += sum(part.quantity for part in work.lines)
    assert units == {"S1": 12, "S2": 30, "DC1": 0}
    world.check()


STORE_HOURS = {day: [["09:00", "17:00"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}


@pytest.mark.capability("R7")
@pytest.mark.parametrize(
    ("now", "respond_by", "seconds"),
    [
        # Friday noon in New York: five hours of that day, three of Monday, and two nights.
        ("2026-11-20T17:00:00+00:00", "2026-11-23T17:00:00.000Z", 259_200),
        # Friday noon before the clocks go forward, and before they go back: Monday noon is an hour earlier, or later.
        ("2026-03-06T17:00:00+00:00", "2026-03-09T16:00:00.000Z", 255_600),
        ("2026-10-30T16:00:00+00:00", "2026-11-02T17:00:00.000Z", 262_800),
        # Thanksgiving is a holiday of this store.
        ("2026-11-25T22:30:00+00:00", "2026-11-27T22:00:00.000Z", 171_000),
    ],
)
def test_a_store_has_its_own_open_hours_to_answer(world: World, now: str, respond_by: str, seconds: int):
    world.clock.instant = datetime.fromisoformat(now)
    holidays = [{"date": "2026-11-26"}]
    shop = node("S1", "store", 42.6, -73.7, hours=STORE_HOURS, holidays=holidays).model_copy(update={"version": 2})
    world.database.commit([node_write(TENANT, shop)])
    registry.forget()
    order_id = world.sourced(line("A", 1, method="pickup", pickup_node="S1"), line("B", 1))
    at_store, at_dc = sorted(world.order(order_id).fulfillment_orders, key=lambda work: work.node_id, reverse=True)
    assert (at_store.node_id, at_store.respond_by, at_store.timeout_seconds) == ("S1", respond_by, seconds)
    assert (at_dc.node_id, at_dc.timeout_seconds) == ("DC1", 86_400)

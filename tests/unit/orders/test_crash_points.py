"""Death at every point of placing and sourcing an order: a repeat ends with one order and exactly its claims."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oms.orders.large import CLAIMS_PER_CHUNK
from oms.orders.recovery import recover_sagas
from oms.platform.problems import Busy, OutOfStock, StillRunning
from oms.platform.saga import LEASE
from tests.crashes import crash_points
from tests.order_world import CHANNEL, TENANT, World, document, line, world

__all__ = ["world"]

# More SKUs than one transaction takes: three chunks of claims.
MANY = [f"SKU-{number:03}" for number in range(170)]


def big_world() -> World:
    made = World()
    for sku in MANY:
        made.add_item(sku, {"DC1": 2})
    return made


def big_order(**changes: Any) -> dict[str, Any]:
    return document(*[line(sku, 1, 10) for sku in MANY], **changes)


def chunks(claims: int) -> int:
    return -(-claims // CLAIMS_PER_CHUNK)


def one_order_with_its_claims(world: World, units: int) -> None:
    world.check()
    (order_id,) = world.order_ids()
    assert world.events(order_id)[0] == "OrderPlaced"
    rows = [row for (table, key), row in world.database.rows.items() if table == "stock" and key.sk.startswith("NODE#")]
    assert sum(int(str(row.get("reserved", 0))) for row in rows) == units
    assert not [key for _, key in world.database.rows if key.pk.endswith("#SAGA")]


@pytest.mark.capability("A1")
def test_placing_a_small_order():
    points = 0
    for point in crash_points(World, lambda w: w.place(document(line("A", 3), line("B", 1)), "k1")):
        points += 1
        point.world.check()
        committed = point.when == "after" and point.call == "commit"
        outcome = point.world.place(document(line("A", 3), line("B", 1)), "k1")
        assert (outcome.status, outcome.replayed) == (201, committed)
        one_order_with_its_claims(point.world, 4)
    assert points >= 6


@pytest.mark.capability("A1", "D4")
def test_placing_a_large_order():
    """A crash leaves claims behind; the repeat gives them back and starts again once the lease has run out."""
    calls = []
    commits = {"commit"}
    for point in crash_points(big_world, lambda w: w.place(big_order(), "k1"), only=commits.__contains__):
        world = point.world
        calls.append((point.number, point.when))
        world.check()
        finished = bool(world.order_ids())
        if not finished and [key for _, key in world.database.rows if key.pk.endswith("#SAGA")]:
            with world.unchanged(), pytest.raises(StillRunning):
                world.place(big_order(), "k1")
            world.clock.advance(seconds=LEASE.total_seconds() + 1)
        outcome = world.place(big_order(), "k1")
        assert (outcome.status, outcome.replayed) == (201, finished)
        one_order_with_its_claims(world, 170)
    # The saga's row, every chunk of claims, the order itself, and forgetting how to undo it.
    assert calls == [(number, when) for number in range(1, chunks(170) + 4) for when in ("before", "after")]


@pytest.mark.capability("D4")
def test_what_nobody_repeats_is_recovered():
    commits = {"commit"}
    for point in crash_points(big_world, lambda w: w.place(big_order(), "k1"), only=commits.__contains__):
        world = point.world
        before = world.order_ids()
        assert recover_sagas(world.runtime, TENANT) == 0  # its runner may still be alive
        world.clock.advance(seconds=LEASE.total_seconds() + 1)
        began = bool([key for _, key in world.database.rows if key.pk.endswith("#SAGA")])
        assert recover_sagas(world.runtime, TENANT) == int(began)
        world.check()
        assert world.order_ids() == before
        assert [world.stock(sku, "DC1").reserved for sku in MANY] == [len(before)] * len(MANY)
        assert recover_sagas(world.runtime, TENANT) == 0


def test_a_recovery_that_dies_is_recovered():
    (left_behind,) = [
        point.world
        for point in crash_points(big_world, lambda w: w.place(big_order(), "k1"), only={"commit"}.__contains__)
        if (point.number, point.when) == (4, "after")
    ]

    def died_midway() -> World:
        made = World()
        made.database.rows, made.received = left_behind.tables(), left_behind.received
        made.clock.advance(seconds=LEASE.total_seconds() + 1)
        return made

    points = 0
    for point in crash_points(died_midway, lambda w: recover_sagas(w.runtime, TENANT), only={"commit"}.__contains__):
        points += 1
        point.world.check()
        point.world.clock.advance(seconds=LEASE.total_seconds() + 1)
        recover_sagas(point.world.runtime, TENANT)
        point.world.check()
        assert all(point.world.stock(sku, "DC1").available == 2 for sku in MANY)
    assert points == 10  # taking it over, three chunks, the end


@pytest.mark.capability("D4")
def test_a_large_order_that_loses_a_race_plans_again(world: World):
    for sku in MANY:
        world.add_item(sku, {"DC1": 1})
    world.receive(MANY[169], "S1", 1)
    commits = 0

    def somebody_is_quicker(name: str, act: Any) -> Any:
        nonlocal commits
        if name == "commit":
            commits += 1
            if commits == 4:  # two chunks of claims are written
                world.database.around = lambda name, act: act()
                world.place(document(line(MANY[169], 1)), "other")
        return act()

    world.database.around = somebody_is_quicker
    outcome = world.place(big_order(external_id="big"), "k1")
    assert outcome.status == 201
    order = world.order(str(outcome.body["id"]))
    assert {claim.node_id for entry in order.lines for claim in entry.claims} == {"DC1", "S1"}
    assert world.stock(MANY[169], "S1").reserved == 1
    assert world.stock(MANY[0], "DC1").reserved == 1
    assert not [key for _, key in world.database.rows if key.pk.endswith("#SAGA")]


@pytest.mark.capability("D4")
def test_a_large_order_that_nobody_can_fill_leaves_nothing():
    world = big_world()
    world.place(document(line(MANY[0], 2)), "first")
    with world.unchanged(), pytest.raises(OutOfStock) as refused:
        world.place(big_order(external_id="big"), "k1")
    assert [error.pointer for error in refused.value.errors] == ["/lines/0/quantity"]
    world.check()


def test_a_large_order_that_is_throttled_midway_leaves_nothing():
    """503 and nothing half done: what was claimed is given back before the answer."""
    for number in range(1, 6):
        world = big_world()
        commits = 0

        def throttled(name: str, act: Any, number: int = number) -> Any:
            nonlocal commits
            commits += name == "commit"
            if name == "commit" and commits == number:
                raise Busy()
            return act()

        world.database.around = throttled
        with pytest.raises(Busy):
            world.place(big_order(), "k1")
        world.database.around = lambda name, act: act()
        world.check()
        assert world.order_ids() == []
        assert all(world.stock(sku, "DC1").available == 2 for sku in MANY)
        assert not [key for table, key in world.database.rows if table in ("commands", "events")]
        assert world.place(big_order(), "k1").status == 201
        one_order_with_its_claims(world, 170)


def test_two_calls_for_one_large_order_at_once():
    world = big_world()
    second: list[BaseException] = []

    def twice(name: str, act: Any) -> Any:
        done = act()
        if name == "commit" and not second:
            second.append(StillRunning())
            with pytest.raises(StillRunning) as refused:
                world.place(big_order(), "k1")
            second[0] = refused.value
        return done

    world.database.around = twice
    first = world.place(big_order(), "k1")
    assert isinstance(second[0], StillRunning)
    world.database.around = lambda name, act: act()
    again = world.place(big_order(), "k1")
    assert (again.body, again.replayed) == (first.body, True)
    one_order_with_its_claims(world, 170)


@pytest.mark.parametrize("stock", [1, 2], ids=["the units are gone", "there is more"])
def test_a_repeat_that_begins_when_the_first_call_has_just_succeeded(stock: int):
    """The repeat saw no outcome; then the first call ends, and dies before it forgets its notes."""
    world = World()
    for sku in MANY:
        world.add_item(sku, {"DC1": stock})
    first: list[Any] = []

    def then_the_first(name: str, act: Any) -> Any:
        if name != "commit" or first:
            return act()
        first.append(None)
        world.database.around = dies_before_forgetting
        first[0] = world.place(big_order(), "k1")
        world.database.around = lambda name, act: act()
        return act()

    def dies_before_forgetting(name: str, act: Any) -> Any:
        if name == "commit" and world.order_ids():
            raise Busy()
        return act()

    world.database.around = then_the_first
    again = world.place(big_order(), "k1")
    assert (again.status, again.body, again.replayed) == (201, first[0].body, True)
    one_order_with_its_claims(world, 170)
    assert not [key for table, key in world.database.rows if table == "commands" and key.pk.endswith("#SAGA")]


def test_many_lines_of_few_skus_fit_one_transaction_or_none(world: World):
    """The writes are counted as they are: 36 SKUs in 1,100 lines are a saga, the same in 36 lines not."""
    for sku in MANY[:36]:
        world.add_item(sku, {"DC1": 40})
    commits = len(world.database.commits)
    world.placed(*[line(sku, 1, 10) for sku in MANY[:36]])
    assert len(world.database.commits) == commits + 1
    channel = replace(CHANNEL, permissions=CHANNEL.permissions | {"lines.1100"})
    thousand = document(*[line(MANY[n % 36], 1, 10) for n in range(1100)], external_id="long")
    outcome = world.place(thousand, principal=channel)
    assert outcome.status == 201
    assert len(world.database.commits) == commits + 1 + 1 + chunks(36) + 1 + 1  # saga, chunks, order, notes


@pytest.mark.capability("D4")
def test_sourcing_a_small_order():
    def placed() -> World:
        made = World()
        made.placed(line("A", 12), line("B", 2, method="delivery"))
        return made

    points = 0
    for point in crash_points(placed, lambda w: w.source(w.order_ids()[0])):
        points += 1
        world = point.world
        world.check()
        (order_id,) = world.order_ids()
        world.source(order_id)
        world.check()
        assert world.events(order_id) == ["OrderPlaced", "OrderSourced"]
        assert sum(world.stock("A", node).allocated for node in ("DC1", "S1", "S2")) == 12
    assert points >= 4


def test_sourcing_a_large_order():
    """170 SKUs are allocated in parts of what one transaction takes; a crash between them changes nothing."""

    def placed() -> World:
        made = big_world()
        made.place(big_order(), "k1")
        return made

    points = 0
    for point in crash_points(placed, lambda w: w.source(w.order_ids()[0]), only={"commit"}.__contains__):
        points += 1
        world = point.world
        world.check()
        (order_id,) = world.order_ids()
        world.source(order_id)
        world.check()
        order = world.order(order_id)
        assert order.header.sourced
        assert sorted(part.line_no for work in order.fulfillment_orders for part in work.lines) == list(range(1, 171))
        assert [work.id for work in order.fulfillment_orders] == [
            f"ful_{order_id.removeprefix('ord_')}_{n}" for n in range(1, len(order.fulfillment_orders) + 1)
        ]
        assert all(world.stock(sku, "DC1").allocated == 1 for sku in MANY)
    assert points == 10  # 40 units of work at a time

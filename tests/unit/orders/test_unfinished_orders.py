"""Whatever is left open is found, however old the order is, and ends: the rounds of the sweeper and its entries."""

from __future__ import annotations

import io
import json
from contextlib import suppress

import pytest
from aws_lambda_powertools import Logger

from oms.orders import recovery
from oms.orders.model import Status, status
from oms.payments.commands import TransientFailure
from oms.payments.model import State
from tests.crashes import crash_points
from tests.order_sweeper import sweep, unfinished
from tests.order_world import TENANT, World, line, world
from tests.single_order import states

__all__ = ["world"]

pytestmark = pytest.mark.capability("K1", "K11")


def test_an_order_on_its_way_is_nobodys_business(world: World):
    """Nothing is written for the sweeper and nothing by it while all goes well."""
    order_id = world.placed(line("A", 3))
    (work,) = world.released(order_id)
    world.act(work, "accept")
    world.act(work, "ship")
    world.capture(work)
    assert not [key for _, key in world.database.rows if key.sk == "OPEN"]
    rows = len(world.database.rows)
    assert sweep(world, times=8) == []
    # How far it has searched is all that it writes.
    assert len(world.database.rows) == rows + 1
    assert unfinished(world) == []


@pytest.mark.parametrize("days", [0, 3, 400])
def test_an_order_whose_first_run_never_was_is_found_whatever_its_age(world: World, days: int):
    """The clean-up itself may have been down for a while: it goes on where it had stopped."""
    sweep(world)
    order_id = world.placed(line("A", 3))
    world.clock.advance(days=days)
    assert sweep(world, times=20) == [order_id]
    assert states(world) == [State.AUTHORIZED]
    assert unfinished(world) == []


def test_an_order_is_left_alone_while_its_own_run_may_last(world: World):
    world.placed(line("A", 3))
    assert sweep(world, minutes=9) == []
    assert unfinished(world) == []


def test_a_cancelled_order_that_was_never_asked_for_is_closed(world: World):
    order_id = world.sourced(line("A", 3))
    world.cancel(order_id)
    assert world.release_payment(order_id) == 0
    assert states(world) == [State.CREATED]  # a run that was begun before may still be asking
    sweep(world, times=3)
    assert states(world) == [State.VOIDED]
    assert world.events(order_id)[-1] == "PaymentVoided"
    assert [verb for verb, _ in world.provider.calls] == ["find", "find"]
    sweep(world, times=3)
    assert unfinished(world) == []


def test_an_order_that_a_person_accepted_goes_on_though_nobody_heard_of_it(world: World):
    order_id = world.sourced(line("A", 3))
    world.provider.script["authorize"] = ["declined"]
    world.authorize(order_id)
    sweep(world, times=6)
    assert unfinished(world) == []  # a person has it
    world.clock.advance(days=10)
    world.review(order_id, "accept")
    assert unfinished(world) == [order_id]
    assert sweep(world, times=3) == [order_id]
    assert states(world) == [State.AUTHORIZED]


def test_one_order_that_fails_harms_no_other(world: World):
    orders = [world.placed(line("A", 1)) for _ in range(3)]
    ran = []

    def run_workflow(tenant: str, order_id: str) -> None:
        ran.append(order_id)
        if order_id == orders[0]:
            raise RuntimeError("it fails again")
        world.released(order_id)

    for _ in range(12):
        world.clock.advance(minutes=5)
        recovery.finish_orders(world.runtime, world.providers, run_workflow, TENANT)
    assert ran.count(orders[1]) == ran.count(orders[2]) == 1
    assert ran.count(orders[0]) > 3
    assert unfinished(world) == [orders[0]]
    assert status(world.order(orders[1])) is Status.CONFIRMED


def test_one_round_takes_up_all_that_is_due(world: World):
    """After an outage there are many, and none waits for the rounds of the others."""
    world.receive("A", "DC1", 60)
    orders = [world.placed(line("A", 1)) for _ in range(60)]
    assert sorted(sweep(world, minutes=11)) == sorted(orders)


def test_a_round_ends_before_its_function_does_and_the_next_goes_on(world: World):
    orders = [world.placed(line("A", 1)) for _ in range(6)]
    ran: list[str] = []

    def slow(tenant: str, order_id: str) -> None:
        ran.append(order_id)
        world.clock.advance(seconds=61)
        world.released(order_id)

    world.clock.advance(minutes=11)
    recovery.finish_orders(world.runtime, world.providers, slow, TENANT)
    assert len(ran) == 3
    recovery.finish_orders(world.runtime, world.providers, slow, TENANT)
    assert sorted(ran) == sorted(orders)


def test_a_look_that_fails_again_and_again_becomes_rare(world: World):
    order_id = world.placed(line("A", 1))
    world.source(order_id)
    world.provider.script["authorize"] = ["action"]
    assert world.authorize(order_id) == "PENDING"
    assert unfinished(world) == [order_id]
    world.provider.script["get"] = ["lost_before"] * 1000
    looked = []
    for hours in (1, 24, 24, 24):
        before = world.provider.calls.count(("get", "psp_1"))
        sweep(world, times=12 * hours)
        looked.append(world.provider.calls.count(("get", "psp_1")) - before)
    assert 4 <= looked[0] <= 7
    assert looked[2:] == [4, 4]


@pytest.mark.parametrize(("waits", "rings"), [(False, 1), (True, 0)])
def test_what_cannot_be_finished_rings_once(world: World, monkeypatch: pytest.MonkeyPatch, waits: bool, rings: int):
    """After an hour a person looks too, unless the next word is the customer's."""
    written = io.StringIO()
    log = Logger(service="unfinished", stream=written)
    monkeypatch.setattr(recovery, "logger", lambda: log)
    order_id = world.sourced(line("A", 1))
    world.provider.script["authorize"] = ["action"] if waits else ["lost_before"]
    world.provider.script["find"] = ["lost_before"] * 1000
    with suppress(TransientFailure):
        world.authorize(order_id)
    sweep(world, times=6)
    assert "OrdersUnfinished" not in written.getvalue()
    sweep(world, times=60)
    lines = [json.loads(text) for text in written.getvalue().splitlines()]
    assert [entry["order_id"] for entry in lines if "OrdersUnfinished" in entry] == [order_id] * rings


def test_a_clock_that_was_moved_back_hides_no_order(world: World):
    sweep(world)
    world.clock.advance(days=300)
    sweep(world)
    world.clock.advance(days=-200)
    order_id = world.placed(line("A", 1))
    assert sweep(world, times=4) == [order_id]


def test_an_entry_made_anew_while_the_sweeper_looks_stays(world: World):
    """The sweeper finds the order finished, and in this moment it is not finished any more."""
    order_id = world.sourced(line("A", 3))
    world.provider.script.update({"authorize": ["lost_after"], "find": ["lost_before"]})
    with pytest.raises(TransientFailure):
        world.authorize(order_id)
    world.authorize(order_id)
    (work,) = [world.release(str(work["fulfillment_order_id"])) for work in world.to_release(order_id)]
    assert work

    def cancelled_meanwhile(name: str, act: object) -> object:
        if name == "commit":
            world.database.around = lambda name, act: act()
            world.cancel(order_id)
        return act()  # type: ignore[operator]

    world.clock.advance(minutes=5)
    world.database.around = cancelled_meanwhile  # type: ignore[assignment]
    sweep(world, minutes=0)
    assert unfinished(world) == [order_id]
    sweep(world, times=4)
    assert states(world) == [State.VOIDED]


def test_a_crash_anywhere_in_the_sweeper_is_made_good_by_its_next_round():
    def in_doubt() -> World:
        made = World()
        order_id = made.sourced(line("A", 3))
        made.clock.advance(days=1)
        made.provider.script.update({"authorize": ["lost_after"], "find": ["lost_before"]})
        with pytest.raises(TransientFailure):
            made.authorize(order_id)
        sweep(made)
        return made

    points = 0
    for point in crash_points(in_doubt, lambda w: sweep(w)):
        points += 1
        world = point.world
        sweep(world, times=4)
        world.check()
        assert states(world) == [State.AUTHORIZED]
        assert world.provider.moved("authorize") == {"psp_1": 1}
        sweep(world, times=4)
        assert unfinished(world) == []
    assert points >= 8

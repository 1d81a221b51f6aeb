"""Taking the money: exactly what was shipped, once, and what is left over is given back."""

from __future__ import annotations

from typing import Any

import pytest

from oms.fulfillment.escalating import escalate
from oms.fulfillment.model import CAPTURE_FAILED
from oms.orders.model import payment_status
from oms.payments import model
from oms.payments.commands import CaptureRefused, TransientFailure
from oms.payments.model import Rollup, State
from oms.platform.problems import ActionNotAvailable
from tests.crashes import crash_points
from tests.order_world import TENANT, World, line, world

__all__ = ["world"]


def shipped(lines: dict[int, int] | None = None, **changes: Any) -> World:
    """An order of five units at 10.00, with freight and tax, of which some have left."""
    made = World()
    order_id = made.placed(line("A", 5, 1000, tax=101, freight=499), **changes)
    (work,) = made.released(order_id)
    made.act(work, "ship", lines)
    return made


def the_work(world: World) -> str:
    (order_id,) = world.order_ids()
    return world.order(order_id).fulfillment_orders[0].id


def the_payment(world: World) -> Any:
    return world.order(world.order_ids()[0]).payments[0]


@pytest.mark.capability("H6", "K4")
def test_two_of_five_take_their_share_and_the_last_cent_goes_with_the_last_parcel():
    world = shipped({1: 2})
    (order_id,) = world.order_ids()
    work = the_work(world)
    assert world.capture(work) == 2000 + 200 + 60
    world.act(work, "ship", {1: 2})
    assert world.capture(work) == 2000 + 199 + 60
    world.act(work, "ship")
    assert world.capture(work) == 1000 + 100 + 30
    shipments = world.view(order_id).shipments
    assert [(s.goods, s.shipping, s.tax, s.total) for s in shipments] == [
        (2000, 200, 60, 2260),
        (2000, 199, 60, 2259),
        (1000, 100, 30, 1130),
    ]
    assert sum(s.total for s in shipments) == world.view(order_id).total == 5649
    assert world.provider.held["psp_1"].captured == 5649
    assert (the_payment(world).state, the_payment(world).captured) == (State.CAPTURED, 5649)
    world.check()


@pytest.mark.capability("K4")
def test_each_shipment_is_captured_once_however_often_it_is_asked():
    world = shipped({1: 2})
    work = the_work(world)
    assert [world.capture(work) for _ in range(3)] == [2260, 0, 0]
    assert world.provider.effects[1:] == [("capture", "psp_1", 2260)]
    assert payment_status(world.order(world.order_ids()[0])) is Rollup.PARTIALLY_CAPTURED


@pytest.mark.capability("K4", "K11")
@pytest.mark.parametrize("script", [[], ["lost_after"], ["lost_before"]])
def test_a_crash_anywhere_ends_in_one_capture(script: list[str]):
    def step(world: World) -> None:
        world.provider.script["capture"] = list(script)
        repeat(world)

    points = 0
    for point in crash_points(shipped, step):
        points += 1
        world = point.world
        world.check()
        repeat(world)
        world.check()
        assert world.provider.effects[1:] == [("capture", "psp_1", 5649)]
        assert world.events(world.order_ids()[0]).count("PaymentCaptured") == 1
        assert the_payment(world).state is State.CAPTURED
    assert points >= 4


def cancelled(world: World) -> None:
    """What has not left is cancelled, and the node lets go of it."""
    world.cancel(world.order_ids()[0])
    if world.work(the_work(world)).asked:
        world.act(the_work(world), "cancel-response", accepted=True)


def repeat(world: World) -> None:
    for _ in range(4):
        try:
            world.capture(the_work(world))
            return
        except TransientFailure:
            continue
    raise AssertionError("it never came to an end")


@pytest.mark.capability("K4")
def test_two_captures_of_one_shipment_at_once():
    world = shipped()
    work = the_work(world)

    def also_by_another(name: str, act: Any) -> Any:
        if name == "capture":
            world.provider.around = lambda name, act: act()
            assert world.capture(work) == 5649
        return act()

    world.provider.around = also_by_another
    world.capture(work)
    world.check()
    assert world.provider.effects[1:] == [("capture", "psp_1", 5649)]
    assert world.events(world.order_ids()[0]).count("PaymentCaptured") == 1


@pytest.mark.capability("K4")
def test_the_next_parcel_leaves_while_the_first_is_captured():
    world = shipped({1: 2})
    work = the_work(world)

    def ship_meanwhile(name: str, act: Any) -> Any:
        if name == "capture" and not world.work(work).is_closed:
            world.act(work, "ship")
        return act()

    world.provider.around = ship_meanwhile
    assert world.capture(work) == 2260
    assert world.capture(work) == 5649 - 2260
    assert world.provider.amount("capture") == 5649
    world.check()


@pytest.mark.capability("K4")
def test_a_refusal_is_noted_once_and_not_asked_again():
    """A person is told; until a decision the provider is not asked again, and nothing else is held up."""
    world = shipped({1: 2})
    (order_id,) = world.order_ids()
    work = the_work(world)
    world.provider.script["capture"] = ["declined"]
    for _ in range(2):  # the second is the repeat of a run that died before it could say so
        with pytest.raises(CaptureRefused, match="processor_declined"):
            world.capture(work)
    assert world.events(order_id).count("PaymentCaptureFailed") == 1
    assert world.order(order_id).shipments[0].captures[0].refused == "processor_declined"
    escalate(world.runtime, TENANT, work, CAPTURE_FAILED)
    asked = len(world.provider.calls)
    assert world.capture(work) == 0
    assert len(world.provider.calls) == asked
    world.act(work, "ship")
    assert world.capture(work) == 5649 - 2260
    assert world.release_payment(order_id) == 0  # what was refused is still owed
    assert world.view(order_id).fulfillment_orders[0].escalated_reason == "CAPTURE_FAILED"
    world.check()


@pytest.mark.capability("K4")
def test_what_is_not_shipped_is_given_back():
    world = shipped({1: 2})
    (order_id,) = world.order_ids()
    work = the_work(world)
    assert world.capture(work) == 2260
    assert world.release_payment(order_id) == 0  # three units may still leave
    cancelled(world)
    assert world.release_payment(order_id) == 5649 - 2260
    assert world.release_payment(order_id) == 0
    payment = the_payment(world)
    assert (payment.state, payment.captured, payment.released) == (State.CAPTURED, 2260, 3389)
    assert world.provider.effects[1:] == [("capture", "psp_1", 2260), ("void", "psp_1", 3389)]
    world.check()


def test_nothing_is_given_back_while_a_capture_is_owed():
    """A cancellation of the rest overtakes the capture: the money of the first parcel stays held for it."""
    world = shipped({1: 2})
    (order_id,) = world.order_ids()
    cancelled(world)
    assert world.release_payment(order_id) == 0
    assert world.capture(the_work(world)) == 2260
    assert world.provider.effects[1:] == [("capture", "psp_1", 2260), ("void", "psp_1", 3389)]
    world.check()


@pytest.mark.parametrize("script", [["lost_after"], ["lost_before", ""], []])
def test_a_crash_while_giving_back_ends_in_one_release(script: list[str]):
    def cancelled_rest() -> World:
        made = shipped({1: 2})
        made.capture(the_work(made))
        cancelled(made)
        return made

    def step(world: World) -> None:
        world.provider.script["void"] = list(script)
        give_back(world)

    for point in crash_points(cancelled_rest, step):
        world = point.world
        give_back(world)
        world.check()
        assert world.provider.amount("void") == 3389
        assert world.events(world.order_ids()[0]).count("PaymentReleased") == 1


def give_back(world: World) -> None:
    for _ in range(3):
        try:
            world.release_payment(world.order_ids()[0])
            return
        except TransientFailure:
            continue
    raise AssertionError("it never came to an end")


@pytest.mark.capability("K4")
def test_tenders_are_taken_in_their_order_and_each_only_up_to_its_amount():
    world = World()
    order_id = world.placed(line("A", 5, 1000), cards=(1500, 3500))
    (work,) = world.released(order_id)
    for units in (1, 1, 3):
        world.act(work, "ship", {1: units})
        world.capture(work)
        world.check()
    captures = [
        (capture.payment_id[-1], capture.amount) for s in world.order(order_id).shipments for capture in s.captures
    ]
    assert captures == [("1", 1000), ("1", 500), ("2", 500), ("2", 3000)]
    assert [held.captured for held in world.provider.held.values()] == [1500, 3500]


@pytest.mark.capability("K4")
def test_two_shipments_never_promise_the_same_money():
    """Nothing is captured in between: the second plan counts what the first will take."""
    world = World()
    order_id = world.placed(line("A", 2, 1000), cards=(1500, 500))
    (work,) = world.released(order_id)
    world.act(work, "ship", {1: 1})
    world.act(work, "ship", {1: 1})
    plans = [[(c.payment_id[-1], c.amount) for c in s.captures] for s in world.order(order_id).shipments]
    assert plans == [[("1", 1000)], [("1", 500), ("2", 500)]]
    assert world.capture(work) == 2000
    world.check()


def test_more_than_is_held_is_refused_before_the_provider_is_asked():
    payment = the_payment(shipped())
    assert payment.capturable == 5649
    for amount in (5650, 0, -1):
        with pytest.raises(ActionNotAvailable):
            model.captured(payment, amount)
        with pytest.raises(ActionNotAvailable):
            model.capture_pending(payment, amount)
    with pytest.raises(ActionNotAvailable):
        model.captured(payment, 5000, let_go=650)
    last = model.captured(payment, 5000, let_go=649)
    assert (last.state, last.captured, last.released, last.capturable) == (State.CAPTURED, 5000, 649, 0)
    assert (last.renewable, last.coverage) == (649, 649)

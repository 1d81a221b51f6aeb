"""Where one authorisation carries one capture, the rest is held anew before the next parcel's money is taken."""

from __future__ import annotations

from typing import Any

import pytest

from oms.fulfillment.escalating import escalate
from oms.fulfillment.model import CAPTURE_FAILED
from oms.orders.model import Status, payment_status, status
from oms.payments.commands import CaptureRefused, TransientFailure
from oms.payments.model import Rollup, State
from tests.crashes import crash_points
from tests.order_sweeper import sweep
from tests.order_world import TENANT, World, line
from tests.single_order import the_order, the_payment, the_work

pytestmark = pytest.mark.capability("K4")


def first_parcel_taken(**limits: int | None) -> World:
    made = World()
    made.provider.max_captures = 1
    for name, value in limits.items():
        setattr(made.provider, name, value)
    (work,) = made.released(made.placed(line("A", 5)))
    made.act(work, "ship", {1: 2})
    assert made.capture(work) == 2000
    return made


def second_left(**limits: int | None) -> World:
    made = first_parcel_taken(**limits)
    made.act(the_work(made), "ship", {1: 2})
    return made


def test_the_first_capture_lets_go_of_the_rest():
    world = first_parcel_taken()
    payment = the_payment(world)
    assert (payment.state, payment.captured, payment.released, payment.renewable) == (State.CAPTURED, 2000, 3000, 3000)
    (row,) = [row for row in world.timeline(the_order(world)) if row["event"] == "PaymentCaptured"]
    assert (row["data"]["amount"], row["data"]["released"]) == (2000, 3000)
    world.check()


def test_each_further_parcel_has_an_authorisation_of_its_own():
    world = second_left()
    assert world.order(the_order(world)).shipments[1].captures[0].amount == 2000
    assert world.capture(the_work(world)) == 2000
    assert (the_payment(world).attempt, the_payment(world).captured_before) == (2, 2000)
    world.act(the_work(world), "ship")
    assert world.capture(the_work(world)) == 1000
    assert world.provider.effects == [
        ("authorize", "psp_1", 5000),
        ("capture", "psp_1", 2000),
        ("authorize", "psp_2", 3000),
        ("capture", "psp_2", 2000),
        ("authorize", "psp_3", 1000),
        ("capture", "psp_3", 1000),
    ]
    tender = the_payment(world).id
    keys = [key for verb, key in world.provider.calls if verb == "authorize"]
    assert keys == [f"{tender}:authorize:1:5000", f"{tender}:authorize:2:3000", f"{tender}:authorize:3:1000"]
    payment = the_payment(world)
    assert (payment.state, payment.captured, payment.authorized) == (State.CAPTURED, 5000, 5000)
    assert payment_status(world.order(the_order(world))) is Rollup.CAPTURED
    world.check()


@pytest.mark.parametrize("script", [{}, {"authorize": ["lost_after"]}, {"capture": ["lost_after"]}])
def test_a_crash_anywhere_holds_once_and_takes_once(script: dict[str, list[str]]):
    def step(world: World) -> None:
        world.provider.script.update({verb: list(steps) for verb, steps in script.items()})
        world.capture(the_work(world))

    points = 0
    for point in crash_points(second_left, step):
        points += 1
        world = point.world
        for _ in range(2):
            world.capture(the_work(world))
        world.check()
        assert world.provider.effects[2:] == [("authorize", "psp_2", 3000), ("capture", "psp_2", 2000)]
        assert [event for event in world.events(the_order(world)) if event == "PaymentRenewed"] == ["PaymentRenewed"]
    assert points >= 10


def test_two_parcels_that_left_before_any_was_taken():
    world = World()
    world.provider.max_captures = 1
    (work,) = world.released(world.placed(line("A", 5)))
    world.act(work, "ship", {1: 2})
    world.act(work, "ship")
    assert world.capture(work) == 5000
    assert world.provider.effects[1:] == [
        ("capture", "psp_1", 2000),
        ("authorize", "psp_2", 3000),
        ("capture", "psp_2", 3000),
    ]
    world.check()


def test_a_capture_that_nobody_recorded_is_found_before_anything_is_held_anew():
    """The first parcel's run died after the provider had taken its money; the second parcel's run comes first."""
    world = World()
    world.provider.max_captures = 1
    nodes: dict[str, Any] = {"method": "pickup", "pickup_node": "S1"}
    works = world.released(world.placed(line("A", 2), line("B", 1, **nodes)))
    for work in works:
        method = world.work(work).method
        if method == "pickup":
            world.act(work, "stage")
        world.act(work, "hand-over" if method == "pickup" else "ship")
    first, second = works
    world.provider.script.update({"capture": ["lost_after"], "find": ["lost_before"]})
    with pytest.raises(TransientFailure):
        world.capture(first)
    world.capture(second)
    world.capture(first)
    assert sorted(amount for verb, _, amount in world.provider.effects if verb == "capture") == [1000, 2000]
    assert the_payment(world).captured == 3000
    world.check()


def test_a_limit_above_one_gives_the_rest_back_first():
    """The provider says how many captures it carries, and lets go of nothing by itself."""
    world = second_left(max_captures=2, says_max_captures=2)
    assert world.capture(the_work(world)) == 2000
    world.act(the_work(world), "ship")
    assert world.capture(the_work(world)) == 1000
    assert world.provider.effects == [
        ("authorize", "psp_1", 5000),
        ("capture", "psp_1", 2000),
        ("capture", "psp_1", 2000),
        ("void", "psp_1", 1000),
        ("authorize", "psp_2", 1000),
        ("capture", "psp_2", 1000),
    ]
    world.check()


def test_money_that_cannot_be_held_anew_is_told_to_a_person_and_can_be_taken_later():
    world = second_left()
    world.provider.script["authorize"] = ["declined"]
    with pytest.raises(CaptureRefused, match="insufficient_funds"):
        world.capture(the_work(world))
    order = world.order(the_order(world))
    assert (status(order), payment_status(order)) == (Status.PENDING_REVIEW, Rollup.FAILED)
    assert world.events(the_order(world))[-2:] == ["PaymentRenewed", "PaymentDeclined"]
    escalate(world.runtime, TENANT, the_work(world), CAPTURE_FAILED)
    calls = len(world.provider.calls)
    assert world.capture(the_work(world)) == 0
    sweep(world, times=4)
    assert len(world.provider.calls) == calls
    # What leaves meanwhile is owed by the same tender.
    world.act(the_work(world), "ship")
    assert [c.amount for s in world.order(the_order(world)).shipments for c in s.captures] == [2000, 2000, 1000]

    world.review(the_order(world), "accept", "another card limit")
    sweep(world, times=4)
    assert world.provider.amount("capture") == 5000
    assert the_payment(world).captured == 5000
    assert status(world.order(the_order(world))) is Status.COMPLETED
    world.check()


def test_what_is_cancelled_after_the_first_parcel_needs_no_release():
    world = first_parcel_taken()
    world.cancel(the_order(world))
    world.act(the_work(world), "cancel-response", accepted=True)
    assert world.release_payment(the_order(world)) == 0
    assert (the_payment(world).state, the_payment(world).captured) == (State.CAPTURED, 2000)
    assert payment_status(world.order(the_order(world))) is Rollup.CAPTURED
    world.check()

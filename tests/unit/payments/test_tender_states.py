"""The states of a tender and the facts they come with: pending twins, expiry, confirmation, doubts that never end."""

from __future__ import annotations

from typing import Any

import pytest

from oms.fulfillment.model import CAPTURE_FAILED
from oms.orders.model import Status, payment_status, status
from oms.payments.commands import TransientFailure, settle_payment
from oms.payments.model import Rollup, State
from tests.crashes import crash_points
from tests.order_sweeper import sweep, unfinished
from tests.order_world import TENANT, World, line, world
from tests.single_order import shipped, the_order, the_payment, the_work

__all__ = ["world"]

pytestmark = pytest.mark.capability("K1")


def settle(world: World) -> None:
    """What a webhook of the provider leads to."""
    settle_payment(world.runtime, world.providers, TENANT, the_order(world), the_payment(world).id)


def capture_key(world: World) -> str:
    return next(key for verb, key in world.provider.calls if verb == "capture")


def fact(world: World, event: str) -> dict[str, Any]:
    (row,) = [row for row in world.timeline(the_order(world)) if row["event"] == event]
    return row["data"]


@pytest.mark.parametrize("told_by", ["webhook", "sweeper", "workflow"])
def test_an_accepted_capture_is_pending_until_it_is_final(told_by: str):
    world = shipped()
    world.provider.script["capture"] = ["pending"]
    assert world.capture(the_work(world)) == 0
    payment = the_payment(world)
    assert (payment.state, payment.captured, payment.pending) == (State.CAPTURE_PENDING, 0, 5000)
    assert payment_status(world.order(the_order(world))) is Rollup.AUTHORIZED
    waiting = fact(world, "PaymentCapturePending")
    assert (waiting["amount"], waiting["key"], waiting["psp_reference"]) == (5000, capture_key(world), "psp_1")
    # Asked again it is only looked up, and nothing changes while it is under way.
    with world.unchanged():
        assert world.capture(the_work(world)) == 0
        settle(world)
    assert [verb for verb, _ in world.provider.calls].count("capture") == 1
    world.provider.settle(capture_key(world))
    if told_by == "sweeper":
        sweep(world, times=3)
    else:
        settle(world) if told_by == "webhook" else world.capture(the_work(world))
    payment = the_payment(world)
    assert (payment.state, payment.captured, payment.pending) == (State.CAPTURED, 5000, 0)
    assert (fact(world, "PaymentCaptured")["amount"], fact(world, "PaymentCaptured")["final"]) == (5000, True)
    assert world.provider.effects[1:] == [("capture", "psp_1", 5000)]
    with world.unchanged():
        settle(world)
        world.capture(the_work(world))
    world.check()


def test_an_accepted_capture_may_still_fail_and_then_a_person_is_told():
    """The workflow has long ended by then, so the failure and the escalation are one change."""
    world = shipped({1: 2})
    world.provider.script["capture"] = ["pending"]
    world.capture(the_work(world))
    world.provider.settle(capture_key(world), well=False)
    settle(world)
    order = world.order(the_order(world))
    assert (order.payments[0].state, order.payments[0].pending) == (State.AUTHORIZED, 0)
    assert order.shipments[0].captures[0].refused == "bank_said_no"
    assert order.fulfillment_orders[0].escalated_reason == CAPTURE_FAILED
    assert world.events(the_order(world))[-2:] == ["PaymentCaptureFailed", "FulfillmentOrderEscalated"]
    world.check()


def test_two_parcels_pending_at_once_count_each():
    world = shipped({1: 2})
    work = the_work(world)
    world.provider.script["capture"] = ["pending", "pending"]
    world.capture(work)
    world.act(work, "ship")
    world.capture(work)
    assert (the_payment(world).pending, the_payment(world).capturable) == (5000, 0)
    keys = [key for verb, key in world.provider.calls if verb == "capture"]
    for key, state in zip(keys, (State.CAPTURE_PENDING, State.CAPTURED), strict=True):
        world.provider.settle(key)
        settle(world)
        assert the_payment(world).state is state
    assert the_payment(world).captured == 5000
    world.check()


def test_a_late_answer_never_makes_a_final_capture_pending_again():
    """One run has the acceptance in hand while another has learnt that the money was taken."""
    world = shipped()
    work = the_work(world)
    world.provider.script["capture"] = ["pending"]

    def settled_meanwhile(name: str, act: Any) -> Any:
        answer = act()
        if name == "capture":
            world.provider.around = lambda name, act: act()
            world.provider.settle(capture_key(world))
            assert world.capture(work) == 5000
        return answer

    world.provider.around = settled_meanwhile
    world.capture(work)
    assert (the_payment(world).state, the_payment(world).pending) == (State.CAPTURED, 0)
    assert "PaymentCapturePending" not in world.events(the_order(world))
    world.check()


@pytest.mark.capability("K3")
def test_a_hold_that_runs_out_puts_the_order_in_front_of_a_person(world: World):
    (work,) = world.released(world.placed(line("A", 5)))
    with world.unchanged():
        settle(world)  # the hold is as we know it
    assert world.provider.expire("psp_1") == 5000
    settle(world)
    order = world.order(the_order(world))
    payment = order.payments[0]
    assert (payment.state, payment.authorized, payment.released, payment.capturable) == (State.EXPIRED, 5000, 5000, 0)
    assert (status(order), payment_status(order)) == (Status.PENDING_REVIEW, Rollup.EXPIRED)
    assert order.header.validations[-1].detail == "authorization_expired"
    told = fact(world, "PaymentExpired")
    assert (told["amount"], told["psp_reference"], told["release_id"]) == (5000, "psp_1", "psp_1:expired")
    with world.unchanged():
        settle(world)
        assert world.authorize(the_order(world)) == "DECLINED"

    world.review(the_order(world), "accept")
    assert the_payment(world).state is State.CREATED
    assert world.authorize(the_order(world)) == "AUTHORIZED"
    world.act(work, "ship")
    assert world.capture(work) == 5000
    assert world.provider.effects == [
        ("authorize", "psp_1", 5000),
        ("authorize", "psp_2", 5000),
        ("capture", "psp_2", 5000),
    ]


def test_an_expired_order_that_is_cancelled_needs_nothing_more(world: World):
    world.released(world.placed(line("A", 5)))
    world.provider.expire("psp_1")
    settle(world)
    world.review(the_order(world), "cancel")
    assert world.release_payment(the_order(world)) == 0
    assert (status(world.order(the_order(world))), the_payment(world).state) == (Status.CANCELLED, State.EXPIRED)
    sweep(world, times=3)
    assert unfinished(world) == []


@pytest.mark.capability("K3", "K4")
def test_no_capture_on_a_dead_hold():
    """Nobody told us: the refusal of the capture is looked into, and the money is held anew before it is taken."""
    world = shipped()
    world.provider.expire("psp_1")
    assert world.capture(the_work(world)) == 5000
    assert world.provider.effects[1:] == [("authorize", "psp_2", 5000), ("capture", "psp_2", 5000)]
    payment = the_payment(world)
    assert (payment.state, payment.captured, payment.attempt) == (State.CAPTURED, 5000, 2)
    captures = [key for verb, key in world.provider.calls if verb == "capture"]
    assert captures[1] == f"{captures[0]}:2"
    told = world.events(the_order(world))[-4:]
    assert [event for event in told if event.startswith("Payment")] == [
        "PaymentExpired",
        "PaymentRenewed",
        "PaymentAuthorized",
        "PaymentCaptured",
    ]
    world.check()


def test_a_crash_anywhere_on_that_way_takes_the_money_once():
    def expired() -> World:
        made = shipped()
        made.provider.expire("psp_1")
        return made

    points = 0
    for point in crash_points(expired, lambda w: w.capture(the_work(w))):
        points += 1
        world = point.world
        for _ in range(2):
            world.capture(the_work(world))
        world.check()
        assert world.provider.effects[1:] == [("authorize", "psp_2", 5000), ("capture", "psp_2", 5000)]
        assert the_payment(world).state is State.CAPTURED
    assert points >= 12


def test_a_customer_who_fails_to_confirm_is_a_decline(world: World):
    order_id = world.sourced(line("A", 3))
    world.provider.script["authorize"] = ["action"]
    assert world.authorize(order_id) == "PENDING"
    asked = fact(world, "PaymentActionRequired")
    assert (asked["amount"], asked["psp_reference"]) == (3000, "psp_1")
    assert unfinished(world) == [order_id]
    world.provider.give_up("psp_1")
    sweep(world, times=3)
    order = world.order(order_id)
    assert (order.payments[0].state, order.payments[0].decline_code) == (State.FAILED, "not_confirmed")
    assert status(order) is Status.PENDING_REVIEW


def test_a_customer_who_confirms_while_the_order_is_cancelled_gets_the_money_back(world: World):
    order_id = world.sourced(line("A", 3))
    world.provider.script["authorize"] = ["action"]
    world.authorize(order_id)
    world.cancel(order_id)
    world.provider.confirm("psp_1")
    world.release_payment(order_id)
    sweep(world, times=3)
    assert the_payment(world).state is State.VOIDED
    assert world.provider.held["psp_1"].capturable == 0
    world.check()


def test_an_outcome_that_the_provider_has_forgotten_goes_to_a_person(world: World):
    """After a day a repeat would be a new call: nothing is guessed and nothing is asked."""
    order_id = world.sourced(line("A", 3))
    world.provider.script.update({"authorize": ["lost_before"], "find": ["lost_before"]})
    with pytest.raises(TransientFailure):
        world.authorize(order_id)
    world.clock.advance(hours=21)
    assert world.authorize(order_id) == "DECLINED"
    assert world.provider.effects == []
    order = world.order(order_id)
    assert (order.payments[0].decline_code, status(order)) == ("outcome_unknown", Status.PENDING_REVIEW)
    assert [verb for verb, _ in world.provider.calls] == ["authorize", "find", "find"]


def test_every_answer_of_the_provider_is_a_fact_with_its_key():
    world = shipped({1: 2})
    world.capture(the_work(world))
    world.cancel(the_order(world))
    world.act(the_work(world), "cancel-response", accepted=True)
    world.release_payment(the_order(world))
    rows = [row for row in world.timeline(the_order(world)) if row["event"].startswith("Payment")]
    told = [(row["event"], row["data"]["key"], row["data"]["amount"], row["data"]["psp_reference"]) for row in rows]
    calls = dict(world.provider.calls)
    assert told == [
        ("PaymentAuthorized", calls["authorize"], 5000, "psp_1"),
        ("PaymentCaptured", calls["capture"], 2000, "psp_1"),
        ("PaymentReleased", calls["void"], 3000, "psp_1"),
    ]

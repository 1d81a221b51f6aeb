"""Holding the money: once, whatever the provider's answers are and however often a step is repeated."""

from __future__ import annotations

from typing import Any

import pytest

from oms.orders.model import Status, payment_status, status
from oms.payments.commands import TransientFailure
from oms.payments.model import Rollup, State
from oms.platform.problems import ActionNotAvailable
from tests.crashes import crash_points
from tests.order_world import World, document, line, world
from tests.single_order import states, the_order

__all__ = ["world"]


def sourced(**changes: Any) -> World:
    made = World()
    made.sourced(line("A", 3), **changes)
    return made


@pytest.mark.capability("K1")
def test_an_authorization_holds_the_whole_amount(world: World):
    order_id = world.sourced(line("A", 3))
    assert world.authorize(order_id) == "AUTHORIZED"
    (payment,) = world.order(order_id).payments
    assert (payment.state, payment.authorized, payment.captured, payment.released) == (State.AUTHORIZED, 3000, 0, 0)
    assert (payment.psp_reference, payment.capture_before) == ("psp_1", "2026-11-30T12:00:00.000Z")
    assert world.authorize(order_id) == "AUTHORIZED"
    assert world.provider.effects == [("authorize", "psp_1", 3000)]
    assert world.events(order_id) == ["OrderPlaced", "OrderSourced", "PaymentAuthorized"]


@pytest.mark.capability("K1", "K11")
@pytest.mark.parametrize("script", [[], ["lost_after"], ["lost_before"], ["lost_after", "lost_after"]])
def test_a_crash_anywhere_ends_in_one_authorization(script: list[str]):
    """Also where the provider's answer was lost on the way, with or without an effect."""
    points = 0

    def step(world: World) -> None:
        world.provider.script["authorize"] = list(script)
        repeat(world)

    for point in crash_points(sourced, step):
        points += 1
        world = point.world
        world.check()
        repeat(world)
        world.check()
        assert states(world) == [State.AUTHORIZED]
        assert world.provider.moved("authorize") == {"psp_1": 1}
        assert world.events(the_order(world)).count("PaymentAuthorized") == 1
    assert points >= 4


def repeat(world: World) -> None:
    """What the workflow's Retry does."""
    for _ in range(4):
        try:
            world.authorize(the_order(world))
            return
        except TransientFailure:
            continue
    raise AssertionError("it never came to an end")


@pytest.mark.capability("K1", "K11")
def test_an_unknown_outcome_is_looked_up_with_the_key_of_the_call(world: World):
    order_id = world.sourced(line("A", 3))
    world.provider.script["authorize"] = ["lost_after"]
    assert world.authorize(order_id) == "AUTHORIZED"
    (first, key), (second, looked_up) = world.provider.calls
    assert (first, second) == ("authorize", "find")
    assert key == looked_up == f"{world.order(order_id).payments[0].id}:authorize:1:3000"


@pytest.mark.capability("K1", "K11")
def test_an_outcome_that_nobody_knows_shows_and_is_asked_again(world: World):
    order_id = world.sourced(line("A", 3))
    world.provider.script.update({"authorize": ["lost_before"], "find": ["lost_before"] * 2})
    for _ in range(2):
        with pytest.raises(TransientFailure):
            world.authorize(order_id)
        assert states(world) == [State.UNKNOWN]
        assert payment_status(world.order(order_id)) is Rollup.PENDING
    assert world.authorize(order_id) == "AUTHORIZED"
    assert world.provider.moved("authorize") == {"psp_1": 1}
    # Once in doubt it is looked up before it is asked again, and always under the first key.
    assert [verb for verb, _ in world.provider.calls] == ["authorize", "find", "find", "find", "authorize"]
    assert len({key for _, key in world.provider.calls}) == 1
    doubt = next(row for row in world.timeline(order_id) if row["event"] == "PaymentInDoubt")
    assert (doubt["data"]["verb"], doubt["data"]["amount"], doubt["data"]["reason"]) == ("authorize", 3000, "time-out")
    assert doubt["data"]["key"] == world.provider.calls[0][1]
    assert world.events(order_id).count("PaymentInDoubt") == 1


@pytest.mark.capability("K1")
def test_a_late_doubt_never_covers_an_outcome_that_is_known():
    """Two runs at once: one learns that the money is held while the other gets no answer."""
    world = sourced()
    order_id = the_order(world)

    def other_run_first(name: str, act: Any) -> Any:
        if name == "authorize":
            world.provider.around = lambda name, act: act()
            world.authorize(order_id)
        return act()

    world.provider.around = other_run_first
    # The other run's own call comes first and is approved; ours gets no answer, nor has the look-up one.
    world.provider.script.update({"authorize": ["", "lost_before"], "find": ["lost_before"]})
    with pytest.raises(TransientFailure):
        world.authorize(order_id)
    world.check()
    assert states(world) == [State.AUTHORIZED]
    assert world.authorize(order_id) == "AUTHORIZED"
    assert world.provider.moved("authorize") == {"psp_1": 1}


@pytest.mark.capability("K1", "A3")
def test_a_decline_sends_the_order_to_a_person(world: World):
    order_id = world.sourced(line("A", 3))
    world.provider.script["authorize"] = ["declined"]
    assert world.authorize(order_id) == "DECLINED"
    order = world.order(order_id)
    assert (status(order), payment_status(order)) == (Status.PENDING_REVIEW, Rollup.FAILED)
    assert (order.payments[0].state, order.payments[0].decline_code) == (State.FAILED, "insufficient_funds")
    assert [(v.name, v.verdict, v.detail) for v in order.header.validations if v.verdict != "pass"] == [
        ("payment", "fail", "insufficient_funds")
    ]
    # Nothing is asked again until somebody decides.
    calls = len(world.provider.calls)
    assert world.authorize(order_id) == "DECLINED"
    assert len(world.provider.calls) == calls

    world.review(order_id, "accept")
    assert states(world) == [State.CREATED]
    assert world.authorize(order_id) == "AUTHORIZED"
    assert [key.split(":", 1)[1] for _, key in world.provider.calls] == ["authorize:1:3000", "authorize:2:3000"]
    assert world.provider.amount("authorize") == 3000


def test_a_decline_of_one_card_holds_the_order_and_cancelling_frees_the_other(world: World):
    order_id = world.sourced(line("A", 3), cards=(1000, 2000))
    world.provider.script["authorize"] = ["", "declined"]
    assert world.authorize(order_id) == "DECLINED"
    assert states(world) == [State.AUTHORIZED, State.FAILED]
    assert world.release_payment(order_id) == 0
    world.review(order_id, "cancel", "customer has no other card")
    assert world.release_payment(order_id) == 1000
    assert world.provider.effects == [("authorize", "psp_1", 1000), ("void", "psp_1", 1000)]
    assert states(world) == [State.VOIDED, State.FAILED]


@pytest.mark.capability("K1")
def test_a_customer_who_must_confirm_leaves_the_order_waiting(world: World):
    order_id = world.sourced(line("A", 3))
    world.provider.script["authorize"] = ["action"]
    assert world.authorize(order_id) == "PENDING"
    assert states(world) == [State.ACTION_REQUIRED]
    assert payment_status(world.order(order_id)) is Rollup.PENDING
    assert world.authorize(order_id) == "PENDING"
    world.provider.script["get"] = ["lost_before"]
    with pytest.raises(TransientFailure):
        world.authorize(order_id)
    world.provider.confirm("psp_1")
    assert world.authorize(order_id) == "AUTHORIZED"
    assert world.provider.effects == [("authorize", "psp_1", 3000)]
    assert states(world) == [State.AUTHORIZED]


@pytest.mark.capability("K1")
def test_a_customer_who_never_confirmed_is_let_go_with_the_order(world: World):
    order_id = world.sourced(line("A", 3))
    world.provider.script["authorize"] = ["action"]
    world.authorize(order_id)
    world.cancel(order_id)
    for _ in range(2):
        assert world.release_payment(order_id) == 0
    assert states(world) == [State.VOIDED]
    assert [verb for verb, _ in world.provider.calls].count("void") == 1
    assert world.provider.effects == []


@pytest.mark.capability("K10")
def test_unpaid_work_is_never_released(world: World):
    for step, outcome in (("declined", "DECLINED"), ("action", "PENDING")):
        order_id = world.sourced(line("A", 1))
        world.provider.script["authorize"] = [step]
        assert world.authorize(order_id) == outcome
        (work,) = world.to_release(order_id)
        with world.unchanged(), pytest.raises(ActionNotAvailable):
            world.release(str(work["fulfillment_order_id"]))
        with world.unchanged(), pytest.raises(ActionNotAvailable):
            world.act(str(work["fulfillment_order_id"]), "ship")


def test_a_free_order_needs_no_money(world: World):
    order_id = world.sourced(line("A", 1, 0))
    assert world.authorize(order_id) == "NOT_REQUIRED"
    (work,) = world.released(order_id)
    world.act(work, "ship")
    assert world.capture(work) == 0
    assert world.provider.calls == []
    assert payment_status(world.order(order_id)) is Rollup.CAPTURED


@pytest.mark.capability("K10")
def test_an_order_that_is_not_paid_for_cannot_be_accepted(world: World):
    for cards in ((), (999,)):
        order_id = world.placed(line("A", 1), cards=cards)
        assert status(world.order(order_id)) is Status.PENDING_REVIEW
        with world.unchanged(), pytest.raises(ActionNotAvailable):
            world.review(order_id, "accept")


@pytest.mark.capability("K1")
def test_a_cancelled_order_is_not_authorized(world: World):
    order_id = world.sourced(line("A", 1))
    world.cancel(order_id)
    assert world.authorize(order_id) == "CANCELLED"
    assert world.provider.effects == []


@pytest.mark.capability("K1")
def test_money_held_by_a_run_that_died_is_given_back_when_the_order_is_cancelled():
    """Neither the run's death nor its doubt may leave money held for nothing."""
    for point in crash_points(sourced, lambda w: w.authorize(the_order(w))):
        world = point.world
        world.cancel(the_order(world))
        world.release_payment(the_order(world))
        world.check()
        assert all(held.capturable == 0 for held in world.provider.held.values())
        assert world.provider.amount("void") == world.provider.amount("authorize")

    world = sourced()
    world.provider.script.update({"authorize": ["lost_after"], "find": ["lost_before"]})
    with pytest.raises(TransientFailure):
        world.authorize(the_order(world))
    world.cancel(the_order(world))
    world.provider.script["find"] = ["lost_before"]
    with pytest.raises(TransientFailure):
        world.release_payment(the_order(world))
    assert world.release_payment(the_order(world)) == 3000
    assert states(world) == [State.VOIDED]
    world.check()


@pytest.mark.capability("K1")
def test_a_cancellation_while_the_provider_is_asked(world: World):
    order_id = world.sourced(line("A", 3))

    def cancelled_meanwhile(name: str, act: Any) -> Any:
        if name == "authorize":
            world.cancel(order_id)
        return act()

    world.provider.around = cancelled_meanwhile
    assert world.authorize(order_id) == "CANCELLED"
    assert world.provider.effects == [("authorize", "psp_1", 3000), ("void", "psp_1", 3000)]
    assert states(world) == [State.VOIDED]
    assert payment_status(world.order(order_id)) is Rollup.VOIDED


def test_several_cards_are_held_in_their_order(world: World):
    order_id = world.sourced(line("A", 3), cards=(500, 1500, 1000))
    assert world.authorize(order_id) == "AUTHORIZED"
    assert [amount for _, _, amount in world.provider.effects] == [500, 1500, 1000]
    assert document()["payments"][0]["token"] == "tok_visa_0"

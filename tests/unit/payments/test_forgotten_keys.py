"""After a day the provider has forgotten our keys, and what it holds decides: no money is taken twice, none is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from oms.orders.model import Status, status
from oms.payments.asking import Asking
from oms.payments.changes import Asked
from oms.payments.commands import CaptureRefused, TransientFailure, settle_payment
from oms.payments.model import State
from oms.payments.port import Approved
from tests.order_sweeper import sweep, unfinished
from tests.order_world import TENANT, World, line, world
from tests.single_order import shipped, states, the_order, the_payment, the_work

__all__ = ["world"]

pytestmark = pytest.mark.capability("K1", "K11")


class Died(BaseException):
    """The process ended."""


def die_after(world: World, verb: str) -> None:
    """The run ends between the provider's next answer to a verb and its record."""

    def around(name: str, act: Any) -> Any:
        answer = act()
        if name == verb:
            world.provider.around = lambda name, act: act()
            raise Died
        return answer

    world.provider.around = around


def captured_unheard(lines: dict[int, int] | None = None) -> World:
    """The money was taken by a run that died, and a day has passed."""
    made = shipped(lines)
    die_after(made, "capture")
    with pytest.raises(Died):
        made.capture(the_work(made))
    assert made.order(the_order(made)).shipments[0].captures[0].in_doubt_since is None
    made.clock.advance(hours=25)
    made.provider.forget()
    return made


def test_what_a_dead_run_took_a_day_ago_is_recorded_and_not_taken_again():
    world = captured_unheard({1: 2})
    assert world.capture(the_work(world)) == 2000
    assert world.provider.effects[1:] == [("capture", "psp_1", 2000)]
    (capture,) = world.order(the_order(world)).shipments[0].captures
    assert capture.capture_id == next(iter(world.provider.held["psp_1"].movements))
    assert (the_payment(world).captured, the_payment(world).capturable) == (2000, 3000)
    world.check()


def test_what_the_provider_took_and_does_not_fit_is_for_a_person():
    world = captured_unheard({1: 2})
    held = world.provider.held["psp_1"]
    ((name, made),) = held.movements.items()
    held.movements[name], held.captured = replace(made, amount=1999), 1999
    with pytest.raises(CaptureRefused, match="outcome_unknown"):
        world.capture(the_work(world))
    assert world.provider.effects[1:] == [("capture", "psp_1", 2000)]
    assert world.order(the_order(world)).shipments[0].captures[0].refused == "outcome_unknown"
    assert the_payment(world).captured == 0


@pytest.mark.parametrize("hours", [1, 19, 25, 100])
def test_a_capture_that_is_first_asked_for_later_is_taken(hours: int):
    world = shipped()
    world.clock.advance(hours=hours)
    assert world.capture(the_work(world)) == 5000
    assert world.provider.effects[1:] == [("capture", "psp_1", 5000)]
    looked = [verb for verb, _ in world.provider.calls][1:]
    assert looked == (["capture"] if hours < 20 else ["find", "get", "capture"])
    world.check()


def test_an_old_capture_is_not_asked_while_the_provider_does_not_answer():
    world = captured_unheard()
    for verb in ("find", "get"):
        world.provider.script[verb] = ["lost_before"]
        with world.unchanged(), pytest.raises(TransientFailure):
            world.capture(the_work(world))
    assert world.capture(the_work(world)) == 5000
    assert world.provider.effects[1:] == [("capture", "psp_1", 5000)]


def test_a_new_authorisation_makes_the_key_of_a_capture_new(world: World):
    (work,) = world.released(world.placed(line("A", 5)))
    world.provider.expire("psp_1")
    world.act(work, "ship")
    world.clock.advance(hours=30)
    assert world.capture(work) == 5000
    (capture,) = world.order(the_order(world)).shipments[0].captures
    assert (capture.attempt, capture.fixed_at) == (2, "2026-11-24T18:00:00.000Z")


@pytest.mark.parametrize("well", [True, False])
def test_a_pending_capture_that_settles_after_its_key_is_forgotten(well: bool):
    world = shipped({1: 2})
    world.provider.script["capture"] = ["pending"]
    world.capture(the_work(world))
    key = next(key for verb, key in world.provider.calls if verb == "capture")
    world.clock.advance(hours=25)
    answers = dict(world.provider._answers)
    world.provider.forget()
    with world.unchanged():
        settle_payment(world.runtime, world.providers, TENANT, the_order(world), the_payment(world).id)
    world.provider._answers.update(answers)
    world.provider.settle(key, well=well)
    world.provider.forget()
    settle_payment(world.runtime, world.providers, TENANT, the_order(world), the_payment(world).id)
    (capture,) = world.order(the_order(world)).shipments[0].captures
    if well:
        assert (capture.capture_id, capture.refused) == (capture.movement_id, None)
        assert (the_payment(world).captured, the_payment(world).pending) == (2000, 0)
    else:
        assert (capture.capture_id, capture.refused) == (None, "bank_said_no")
        assert (the_payment(world).captured, the_payment(world).pending) == (0, 0)
    world.check()


def test_what_a_pending_capture_lets_go_is_told_when_it_is_accepted():
    world = World()
    world.provider.max_captures = 1
    (work,) = world.released(world.placed(line("A", 5)))
    world.act(work, "ship", {1: 2})
    world.provider.script["capture"] = ["pending"]
    world.capture(work)
    rows = {row["event"]: row["data"] for row in world.timeline(the_order(world))}
    waiting, rest = rows["PaymentCapturePending"], rows["PaymentReleased"]
    assert (rest["release_id"], rest["amount"]) == (f"{waiting['capture_id']}:rest", 3000)
    world.provider.settle(waiting["key"])
    world.capture(work)
    rows = {row["event"]: row["data"] for row in world.timeline(the_order(world))}
    assert (rows["PaymentCaptured"]["amount"], rows["PaymentCaptured"]["released"]) == (2000, 0)
    assert (the_payment(world).captured, the_payment(world).released) == (2000, 3000)
    world.check()


def test_a_limit_that_an_unrecorded_capture_used_up_is_no_refusal():
    """Two works at once: the capture that the provider refuses is not at fault, the one before it is not recorded."""
    world = World()
    world.provider.max_captures = world.provider.says_max_captures = 2
    (work,) = world.released(world.placed(line("A", 5)))
    world.act(work, "ship", {1: 1})
    world.capture(work)
    world.act(work, "ship", {1: 2})
    world.act(work, "ship")
    first = world.order(the_order(world)).shipments[1]
    key = first.captures[0].key(first.id)
    die_after(world, "capture")
    with pytest.raises(Died):
        world.capture(work)
    # This run has read the order before that, and knows nothing of a limit.
    order, second = world.order(the_order(world)), world.order(the_order(world)).shipments[2]
    asking = Asking(world.runtime, world.provider, TENANT, order, order.payments[0])
    recorded = asking.capture(Asked(second.id, second.captures[0]))
    assert recorded.shipments[1].captures[0].capture_id is not None
    assert recorded.shipments[2].captures[0].refused is None
    assert world.provider.calls[-1] == ("find", key)
    assert world.capture(work) == 2000
    assert sorted(amount for verb, _, amount in world.provider.effects if verb == "capture") == [1000, 2000, 2000]
    world.check()


def test_a_customer_who_never_confirms_does_not_keep_the_goods(world: World):
    order_id = world.sourced(line("A", 3))
    world.provider.script["authorize"] = ["action"]
    assert world.authorize(order_id) == "PENDING"
    world.clock.advance(hours=23)
    assert world.authorize(order_id) == "PENDING"
    world.clock.advance(hours=1)
    assert world.authorize(order_id) == "DECLINED"
    order = world.order(order_id)
    assert (order.payments[0].state, order.payments[0].decline_code) == (State.FAILED, "not_confirmed")
    assert status(order) is Status.PENDING_REVIEW
    assert world.provider.held["psp_1"].waits_for == 0
    assert world.provider.effects == []


@pytest.mark.parametrize(("void", "state"), [(["declined"], State.AUTHORIZED), ([], State.EXPIRED)])
def test_one_who_confirms_at_the_last_moment_has_paid_unless_it_was_let_go(world: World, void: list[str], state: State):
    order_id = world.sourced(line("A", 3))
    world.provider.script["authorize"] = ["action"]
    world.authorize(order_id)
    world.clock.advance(hours=24)

    def confirmed(name: str, act: Any) -> Any:
        world.provider.around = lambda name, act: act()
        if name == "void":
            world.provider.script["void"] = list(void)
            world.provider.confirm("psp_1")
        return act()

    world.provider.around = confirmed
    assert world.authorize(order_id) == ("AUTHORIZED" if void else "DECLINED")
    assert states(world) == [state]
    assert world.order(order_id).header.in_review is not bool(void)


def test_another_amount_than_was_asked_for_is_let_go_before_it_counts_as_a_decline(world: World):
    order_id = world.sourced(line("A", 3))

    def other(name: str, act: Any) -> Any:
        answer = act()
        if name == "authorize":
            world.provider.held["psp_1"].amount = 2999
            return replace(answer, amount=2999)
        return answer

    world.provider.around = other
    world.provider.script["void"] = ["lost_before"]
    with pytest.raises(TransientFailure):
        world.authorize(order_id)
    assert states(world) == [State.UNKNOWN]
    key = the_payment(world).authorize_key
    asked, answer = world.provider._answers[key]
    assert isinstance(answer, Approved)
    world.provider._answers[key] = (asked, replace(answer, amount=2999))
    assert world.authorize(order_id) == "DECLINED"
    assert world.provider.effects[1:] == [("void", "psp_1", 2999)]
    assert the_payment(world).decline_code == "other_amount_approved"


def test_accepting_an_order_whose_hold_ran_out_takes_what_is_owed_from_the_new_hold():
    """The run died after it had noted the expiry: the capture must not be asked for again under its old key."""
    world = shipped({1: 2})
    world.provider.expire("psp_1")
    settle_payment(world.runtime, world.providers, TENANT, the_order(world), the_payment(world).id)
    assert states(world) == [State.EXPIRED]
    world.review(the_order(world), "accept")
    (capture,) = world.order(the_order(world)).shipments[0].captures
    assert (capture.attempt, capture.refused) == (2, None)
    told = world.events(the_order(world))
    assert told[told.index("OrderReviewAccepted") + 1] == "PaymentRenewed"
    assert world.capture(the_work(world)) == 2000
    assert world.provider.effects[1:] == [("authorize", "psp_2", 5000), ("capture", "psp_2", 2000)]
    world.check()


@pytest.mark.parametrize("action", [False, True])
def test_an_open_tender_of_a_completed_order_is_closed(action: bool):
    """It was to be authorised anew for what has been cancelled since."""
    world = World()
    half = {"provider": "strict", "token": "tok", "amount": 2000}
    (work,) = world.released(world.placed(line("A", 4), payments=[half, half]))
    world.act(work, "ship", {1: 2})
    world.capture(work)
    world.provider.expire("psp_2")
    second = world.order(the_order(world)).payments[1].id
    settle_payment(world.runtime, world.providers, TENANT, the_order(world), second)
    world.review(the_order(world), "accept")
    if action:
        world.provider.script["authorize"] = ["action"]
        world.authorize(the_order(world))
    world.cancel(the_order(world))
    if world.work(work).asked:
        world.act(work, "cancel-response", accepted=True)
    assert status(world.order(the_order(world))) is Status.COMPLETED
    assert unfinished(world) == [the_order(world)]
    sweep(world, times=4)
    assert states(world) == [State.CAPTURED, State.VOIDED]
    sweep(world, times=3)
    assert unfinished(world) == []
    assert [verb for verb, _, _ in world.provider.effects] == ["authorize", "authorize", "capture"]
    world.check()


def test_a_tender_of_which_something_was_taken_does_not_end_as_voided():
    world = World()
    world.provider.max_captures = 1
    (work,) = world.released(world.placed(line("A", 5)))
    world.act(work, "ship", {1: 2})
    world.capture(work)
    world.act(work, "ship", {1: 2})
    world.provider.script["authorize"] = ["declined"]
    with pytest.raises(CaptureRefused):
        world.capture(work)
    world.review(the_order(world), "accept")
    assert states(world) == [State.CREATED]
    assert the_payment(world).captured == 2000
    world.cancel(the_order(world))
    if world.work(work).asked:
        world.act(work, "cancel-response", accepted=True)
    world.provider.script["authorize"] = ["lost_after"]
    sweep(world, times=6)
    assert states(world) == [State.CAPTURED]
    assert (the_payment(world).captured, world.provider.amount("capture")) == (4000, 4000)
    world.check()

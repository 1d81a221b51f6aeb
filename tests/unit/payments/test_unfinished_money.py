"""Money that was left in doubt, not taken or not given back comes to its end, and nothing of it twice."""

from __future__ import annotations

import pytest

from oms.fulfillment.escalating import escalate
from oms.fulfillment.model import CAPTURE_FAILED
from oms.payments.commands import CaptureRefused, TransientFailure, settle_payment
from oms.payments.model import State
from oms.payments.outcomes import Recorder
from tests.order_sweeper import sweep, unfinished
from tests.order_world import TENANT, World, line, world
from tests.single_order import shipped, states, the_order

__all__ = ["world"]

pytestmark = pytest.mark.capability("K1", "K11")


@pytest.mark.parametrize("script", [["lost_after"], ["lost_before"]])
def test_a_doubt_about_held_money_ends_within_a_quarter_of_an_hour(world: World, script: list[str]):
    order_id = world.sourced(line("A", 3))
    world.clock.advance(days=30)
    world.provider.script.update({"authorize": script, "find": ["lost_before"]})
    with pytest.raises(TransientFailure):
        world.authorize(order_id)
    assert (states(world), unfinished(world)) == ([State.UNKNOWN], [order_id])
    assert sweep(world, times=3) == [order_id]
    assert states(world) == [State.AUTHORIZED]
    assert world.provider.moved("authorize") == {"psp_1": 1}
    sweep(world, times=3)
    assert unfinished(world) == []


@pytest.mark.parametrize("script", [["lost_after"], ["lost_before"]])
def test_a_doubt_about_taken_money_ends_even_after_the_workflow_has_given_up(script: list[str]):
    world = shipped()
    order_id = the_order(world)
    (work,) = world.order(order_id).fulfillment_orders
    world.provider.script.update({"capture": list(script), "find": ["lost_before"]})
    with pytest.raises(TransientFailure):
        world.capture(work.id)
    assert world.order(order_id).shipments[0].captures[0].in_doubt_since == "2026-11-23T12:00:00.000Z"
    assert unfinished(world) == [order_id]
    sweep(world, times=3)
    assert world.provider.effects[1:] == [("capture", "psp_1", 5000)]
    assert world.order(order_id).shipments[0].captures[0].in_doubt_since is None
    assert states(world) == [State.CAPTURED]
    sweep(world, times=3)
    assert unfinished(world) == []
    world.check()


def test_a_release_that_is_recorded_is_not_put_in_doubt_by_a_slower_run(world: World):
    """Another run learnt what became of the release while this one still asked in vain."""
    order_id = world.sourced(line("A", 3))
    world.authorize(order_id)
    held = world.order(order_id)
    world.cancel(order_id)
    world.release_payment(order_id)
    assert states(world) == [State.VOIDED]
    slower = Recorder(world.runtime, TENANT, held, held.payments[0].id)
    slower.doubt("void", held.payments[0].void_key, 3000, "no answer")
    assert world.order(order_id).payments[0].in_doubt_since is None
    assert "PaymentInDoubt" not in world.events(order_id)
    sweep(world, times=3)
    assert unfinished(world) == []


def test_money_that_a_workflow_never_took_is_taken_after_the_escalation():
    """Every try of the workflow died: nothing is in doubt, and a person was told. It is taken all the same, once."""
    world = shipped()
    order_id = the_order(world)
    (work,) = world.order(order_id).fulfillment_orders
    escalate(world.runtime, TENANT, work.id, CAPTURE_FAILED)
    assert unfinished(world) == [order_id]
    sweep(world, times=3)
    assert world.provider.effects[1:] == [("capture", "psp_1", 5000)]
    sweep(world, times=3)
    assert unfinished(world) == []
    world.check()


def test_a_refused_capture_is_with_a_person_and_not_asked_again():
    world = shipped()
    (work,) = world.order(the_order(world)).fulfillment_orders
    world.provider.script["capture"] = ["declined"]
    with pytest.raises(CaptureRefused):
        world.capture(work.id)
    escalate(world.runtime, TENANT, work.id, CAPTURE_FAILED)
    calls = len(world.provider.calls)
    sweep(world, times=6)
    assert len(world.provider.calls) == calls
    assert unfinished(world) == []


def test_a_capture_that_is_refused_to_the_sweeper_is_told_to_a_person():
    """Its workflow is gone: nobody else would say so."""
    world = shipped()
    order_id = the_order(world)
    (work,) = world.order(order_id).fulfillment_orders
    world.provider.script.update({"capture": ["lost_before", "declined"], "find": ["lost_before"]})
    with pytest.raises(TransientFailure):
        world.capture(work.id)
    sweep(world, times=4)
    order = world.order(order_id)
    assert order.shipments[0].captures[0].refused == "processor_declined"
    assert order.fulfillment_orders[0].escalated_reason == CAPTURE_FAILED
    escalate(world.runtime, TENANT, work.id, CAPTURE_FAILED)  # as its workflow would, were it still there
    assert world.events(order_id).count("FulfillmentOrderEscalated") == 1
    sweep(world, times=4)
    assert unfinished(world) == []


def test_a_doubt_about_taken_money_is_looked_up_while_a_person_has_the_order():
    world = shipped({1: 2})
    order_id = the_order(world)
    (work,) = world.order(order_id).fulfillment_orders
    world.provider.script.update({"capture": ["lost_after"], "find": ["lost_before"]})
    with pytest.raises(TransientFailure):
        world.capture(work.id)
    world.provider.expire("psp_1")
    settle_payment(world.runtime, world.providers, TENANT, order_id, world.order(order_id).payments[0].id)
    order = world.order(order_id)
    assert [capture.capture_id is not None for capture in order.shipments[0].captures] == [True]
    assert states(world) == [State.CAPTURED]
    assert (order.payments[0].captured, order.payments[0].renewable) == (2000, 3000)
    assert world.events(order_id)[-2:] == ["PaymentCaptured", "PaymentExpired"]
    world.check()


def test_giving_back_the_rest_never_fails_what_was_taken():
    """The rest stays with the sweeper; the workflow of the work ends well, since its money is taken."""
    world = shipped({1: 2})
    order_id = the_order(world)
    (work,) = world.order(order_id).fulfillment_orders
    world.cancel(order_id)
    if world.work(work.id).asked:
        world.act(work.id, "cancel-response", accepted=True)
    world.provider.script.update({"void": ["lost_before"], "find": ["lost_before"]})
    assert world.capture(work.id) == 2000
    assert unfinished(world) == [order_id]
    sweep(world, times=4)
    assert world.provider.effects[1:] == [("capture", "psp_1", 2000), ("void", "psp_1", 3000)]
    world.check()


def test_money_of_a_cancelled_order_goes_back_though_nobody_heard_of_it(world: World):
    """The message was lost, or tried in vain: the cancellation itself is the intent."""
    order_id = world.sourced(line("A", 3))
    world.authorize(order_id)
    world.cancel(order_id)
    assert unfinished(world) == [order_id]
    world.provider.script.update({"void": ["lost_before"], "find": ["lost_before"]})
    sweep(world, times=4)
    assert world.provider.effects == [("authorize", "psp_1", 3000), ("void", "psp_1", 3000)]
    assert states(world) == [State.VOIDED]
    sweep(world, times=3)
    assert unfinished(world) == []


def test_an_approval_that_comes_after_all_that_is_given_back(world: World):
    """A run that was frozen for minutes: what it holds is noted and let go, although its order is closed."""
    order_id = world.sourced(line("A", 3))

    def frozen(name: str, act: object) -> object:
        if name == "authorize":
            world.provider.around = lambda name, act: act()
            world.cancel(order_id)
            sweep(world, times=3)
            assert states(world) == [State.VOIDED]
        return act()  # type: ignore[operator]

    world.provider.around = frozen  # type: ignore[assignment]
    assert world.authorize(order_id) == "CANCELLED"
    assert world.provider.effects == [("authorize", "psp_1", 3000), ("void", "psp_1", 3000)]
    assert states(world) == [State.VOIDED]

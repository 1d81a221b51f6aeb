"""Where the workflow and its node meet: whoever comes second continues the run, and nobody continues it twice."""

from __future__ import annotations

import pytest

from oms.fulfillment.escalating import escalate
from oms.fulfillment.model import CAPTURE_FAILED
from oms.payments.commands import CaptureRefused
from tests.crashes import crash_points
from tests.order_sweeper import sweep, unfinished
from tests.order_world import TENANT, World, line, world

__all__ = ["world"]


def open_work(world: World, quantity: int = 5) -> tuple[str, str]:
    order_id = world.placed(line("A", quantity))
    (work,) = world.released(order_id)
    return order_id, work


def outcomes(world: World) -> list[object]:
    return [outcome for _, outcome in world.continued]


@pytest.mark.capability("H2")
def test_the_answer_of_the_node_continues_the_run_once(world: World):
    _, work = open_work(world)
    assert world.resume(work) is None
    assert world.continued == []
    world.act(work, "ship")
    for _ in range(3):  # the event may come any number of times
        assert world.resume(work) == "SHIPPED"
    assert world.continued == [(f"token-{work}", "SHIPPED")]


def test_an_answer_that_came_before_the_wait_is_not_lost(world: World):
    order_id = world.placed(line("A", 1))
    (work,) = world.released(order_id)
    world.waiting.clear()  # the run that waited has died with its token
    world.act(work, "ship")
    assert world.resume(work) == "SHIPPED"
    assert world.continued == []
    world.release(work, "token-2")
    assert world.continued == [("token-2", "SHIPPED")]


def test_a_cancellation_before_the_release_ends_the_run(world: World):
    order_id = world.sourced(line("A", 1))
    world.authorize(order_id)
    work = str(world.to_release(order_id)[0]["fulfillment_order_id"])
    world.cancel(order_id)
    world.release(work)
    assert outcomes(world) == ["CANCELLED"]
    assert "FulfillmentOrderReleased" not in world.events(order_id)


@pytest.mark.parametrize(("verb", "outcome"), [("reject", "REJECTED"), ("ship", "SHIPPED"), ("close", "INCOMPLETE")])
def test_every_end_of_the_work_has_its_outcome(world: World, verb: str, outcome: str):
    _, work = open_work(world)
    world.act(work, "accept")
    world.act(work, verb, **({} if verb == "ship" else {"reason": "damaged"}))
    assert world.resume(work) == outcome


@pytest.mark.capability("H6")
def test_a_first_parcel_is_taken_care_of_and_the_wait_goes_on(world: World):
    order_id, work = open_work(world)
    world.act(work, "ship", {1: 2})
    assert world.resume(work) == "PARTIALLY_SHIPPED"
    world.capture(work)
    world.release(work, "token-2")
    assert world.resume(work) is None
    world.cancel(order_id)
    assert world.resume(work) is None  # the node has been asked
    world.act(work, "cancel-response", accepted=True)
    assert world.resume(work) == "SHIPPED"  # what was to leave has left
    assert outcomes(world) == ["PARTIALLY_SHIPPED", "SHIPPED"]
    assert world.events(order_id).count("FulfillmentOrderReleased") == 1


def test_a_second_parcel_during_the_capture_of_the_first_is_found_by_the_next_wait(world: World):
    _, work = open_work(world)
    world.act(work, "ship", {1: 2})
    assert world.resume(work) == "PARTIALLY_SHIPPED"
    world.capture(work)
    world.act(work, "ship", {1: 2})
    assert world.resume(work) == "PARTIALLY_SHIPPED"
    assert outcomes(world) == ["PARTIALLY_SHIPPED"]  # nobody waits at this moment
    world.release(work, "token-2")
    assert outcomes(world) == ["PARTIALLY_SHIPPED", "PARTIALLY_SHIPPED"]


@pytest.mark.capability("K4")
def test_money_that_was_refused_does_not_run_in_a_circle(world: World):
    """After one escalation the run waits for the rest instead of asking for the same money for ever."""
    order_id, work = open_work(world)
    world.act(work, "ship", {1: 2})
    world.provider.script["capture"] = ["declined"]
    with pytest.raises(CaptureRefused):
        world.capture(work)
    for _ in range(2):
        escalate(world.runtime, TENANT, work, CAPTURE_FAILED)
    world.release(work, "token-2")
    assert world.resume(work) is None
    assert world.events(order_id).count("FulfillmentOrderEscalated") == 1
    assert world.view(order_id).fulfillment_orders[0].escalated_reason == CAPTURE_FAILED
    world.act(work, "ship")
    assert world.resume(work) == "SHIPPED"
    assert world.capture(work) == 3000


@pytest.mark.capability("K4")
def test_money_that_was_refused_stays_the_reason_whatever_else_is_told(world: World):
    """Else the wait that ran out would ask for the same money again, and again with every wait."""
    order_id, work = open_work(world)
    world.act(work, "ship", {1: 2})
    world.provider.script["capture"] = ["declined"]
    with pytest.raises(CaptureRefused):
        world.capture(work)
    for reason in (CAPTURE_FAILED, "TIMED_OUT", "INCOMPLETE"):
        escalate(world.runtime, TENANT, work, reason)
        assert world.view(order_id).fulfillment_orders[0].escalated_reason == CAPTURE_FAILED
    assert world.events(order_id).count("FulfillmentOrderEscalated") == 3
    world.release(work, "token-2")
    assert outcomes(world) == []


@pytest.mark.capability("K4")
def test_what_leaves_when_its_run_is_over_is_taken_by_the_sweeper(world: World):
    order_id, work = open_work(world)
    world.waiting.clear()  # the run is over, and its token with it
    for units, left in ({1: 2}, 3000), ({1: 3}, 0):
        world.act(work, "ship", units)
        assert unfinished(world) == []
        world.resume(work)
        assert unfinished(world) == [order_id]
        assert sweep(world, times=3) == []
        assert unfinished(world) == []
        assert world.provider.amount("capture") == 5000 - left
    assert outcomes(world) == []
    with world.unchanged():
        assert world.resume(work) == "SHIPPED"  # nothing is owed, so nobody has to look


@pytest.mark.capability("K4")
def test_work_without_owed_money_is_nobodys_business_when_its_run_is_over(world: World):
    _, work = open_work(world)
    world.waiting.clear()
    world.act(work, "reject", reason="damaged")
    with world.unchanged():
        assert world.resume(work) == "REJECTED"


@pytest.mark.capability("K4")
def test_money_that_cannot_be_asked_for_does_not_run_in_a_circle_either(world: World):
    """A fault that no retry cures, such as a wrong key at the provider: the next asking is with the last parcel."""
    order_id, work = open_work(world)
    world.act(work, "ship", {1: 2})
    assert world.resume(work) == "PARTIALLY_SHIPPED"
    escalate(world.runtime, TENANT, work, CAPTURE_FAILED)
    world.release(work, "token-2")
    assert world.resume(work) is None
    assert outcomes(world) == ["PARTIALLY_SHIPPED"]
    world.act(work, "ship")
    assert world.resume(work) == "SHIPPED"
    assert world.capture(work) == 5000
    assert world.view(order_id).payment_status == "CAPTURED"


def test_each_reason_is_put_in_front_of_a_person_once(world: World):
    order_id, work = open_work(world)
    for reason in ("TIMED_OUT", "TIMED_OUT", "REJECTED", "TIMED_OUT"):
        body = escalate(world.runtime, TENANT, work, reason)
        assert body == {"fulfillment_order_id": work, "reason": reason}
    rows = [row for row in world.timeline(order_id) if row["event"] == "FulfillmentOrderEscalated"]
    assert [(row["reason"], row["role"], row["command"]) for row in rows] == [
        ("TIMED_OUT", "system", "escalate_fulfillment_order"),
        ("REJECTED", "system", "escalate_fulfillment_order"),
    ]


def test_a_crash_of_the_release_tells_the_node_once():
    def authorized() -> World:
        made = World()
        made.authorize(made.sourced(line("A", 1)))
        return made

    def step(world: World) -> None:
        (order_id,) = world.order_ids()
        world.release(f"ful_{order_id.removeprefix('ord_')}_1")

    points = 0
    for point in crash_points(authorized, step):
        points += 1
        world = point.world
        step(world)
        world.check()
        assert world.events(world.order_ids()[0]).count("FulfillmentOrderReleased") == 1
        (work,) = world.order(world.order_ids()[0]).fulfillment_orders
        assert (work.status.value, work.task_token) == ("OPEN", f"token-{work.id}")
    assert points >= 3

"""Work that was accepted and is not picked is asked back, and goes to others when its node says yes or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from oms.fulfillment.model import Outcome
from tests.functions.conftest import Answer
from tests.functions.test_rerouting import act, at, begun, reroute, rows
from tests.functions.test_service_levels import PATH, promise, wake
from tests.order_doors import Doors, doors, message
from tests.order_world import line, world

__all__ = ["doors", "world"]

LEVEL = {
    **{"id": "all", "accept_minutes": 60, "pick_minutes": 120, "remind_percent": [50], "reroute_percent": 150},
    **{"reclaim_percent": 125, "reclaim_minutes": 20},
}
HOPS = {
    "FulfillmentOrderReminded": "deadline",
    "FulfillmentOrderEscalated": "reason",
    "FulfillmentOrderCancellationRequested": "reason",
    "FulfillmentOrderCancellationAccepted": "nothing_left",
    "FulfillmentOrderCancellationRejected": "reason",
    "FulfillmentOrderWithdrawn": "reason",
    "FulfillmentOrderClosed": "reason",
    "OrderRerouted": "reason",
}


def hops(doors: Doors, order_id: str) -> list[tuple[str, Any]]:
    """Every hop of an order's work as its timeline has it, with its reason or deadline."""
    rows = [row for row in doors.timeline(order_id) if row["event"] in HOPS]
    return [(row["event"].removeprefix("FulfillmentOrder"), row["data"][HOPS[row["event"]]]) for row in rows]


def asked(doors: Doors, *lines: dict[str, Any]) -> tuple[str, str]:
    """Work that DC1 has accepted, and is asked for after two and a half hours; the ids of order and work."""
    if not doors.world.order_ids():
        promise(doors, LEVEL)
    order_id, work = begun(doors, *(lines or (line("A", 2),)), external_id=f"o-{len(doors.world.order_ids())}")
    act(doors, work, "accept")
    assert wake(doors, order_id, work, 150)[0] == "REROUTE"
    assert not reroute(doors, order_id, work, "TIMED_OUT")
    doors.world.waiting.add("second")
    doors.task("release_fulfillment", order_id=order_id, fulfillment_order_id=work, task_token="second")
    return order_id, work


def answer(doors: Doors, work: str, **body: Any) -> Answer:
    return doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/cancel-response", body)


@pytest.mark.capability("G2", whole=True)
def test_work_wanders_from_who_does_not_accept_to_who_does_not_pick_to_who_does_and_every_hop_is_logged(doors: Doors):
    promise(doors, LEVEL)
    order_id, first = begun(doors, line("A", 2))
    # Not accepted: reminded after 30 minutes, a person is told after 60, and others get it after 90.
    for minutes, then in ((30, "WAIT_ON"), (30, "WAIT_ON"), (30, "REROUTE")):
        assert wake(doors, order_id, first, minutes)[0] == then
    assert reroute(doors, order_id, first, "TIMED_OUT")
    (second,) = doors.run_order_workflow(order_id)
    act(doors, second, "accept")
    # Not picked: reminded after 60 minutes, told after 120, asked back after 150, taken after 170.
    for minutes, then in ((60, "WAIT_ON"), (60, "WAIT_ON"), (30, "REROUTE")):
        assert wake(doors, order_id, second, minutes)[0] == then
    with doors.world.unchanged():
        assert wake(doors, order_id, second) == ("REROUTE", 20)
    assert not reroute(doors, order_id, second, "TIMED_OUT")
    seen = doors.see(order_id)["fulfillment_orders"][1]
    assert seen["cancel_request"] == {
        **{"lines": [{"line_no": 1, "quantity": 2}], "reason": "NOT_PICKED", "answer": None},
        **{"reclaim": True, "answer_by": "2026-11-23T16:20:00.000Z"},
    }
    shown = doors.api("fulfillment").get(f"/v1/fulfillment-orders/{second}").body
    assert "cancel-response" in shown["available_actions"]
    # A person who knows of it already is not told of the silence as well, and nobody is asked twice.
    with doors.world.unchanged():
        escalated = {"order_id": order_id, "fulfillment_order_id": second, "reason": "TIMED_OUT"}
        doors.task("escalate_fulfillment", **escalated)
        assert not reroute(doors, order_id, second, "TIMED_OUT")
    assert wake(doors, order_id, second, 20)[0] == "REROUTE"
    assert reroute(doors, order_id, second, "TIMED_OUT")
    with doors.world.unchanged():
        assert reroute(doors, order_id, second, "TIMED_OUT")
    assert [one[:2] for one in at(doors, order_id)] == [("DC1", "REJECTED"), ("S1", "REJECTED"), ("S2", "SCHEDULED")]
    assert doors.see(order_id)["fulfillment_orders"][1]["cancel_request"]["answer"] == "ACCEPTED"
    assert (rows(doors, "A")["S1"], rows(doors, "A")["S2"]) == ((5, 0), (3, 2))
    assert hops(doors, order_id) == [
        ("Reminded", "ACCEPT"),
        ("Escalated", "ACCEPT_OVERDUE"),
        ("Withdrawn", "TIMED_OUT"),
        ("OrderRerouted", "TIMED_OUT"),
        ("Reminded", "PICK"),
        ("Escalated", "PICK_OVERDUE"),
        ("CancellationRequested", "NOT_PICKED"),
        ("Withdrawn", "NOT_PICKED"),
        ("OrderRerouted", "NOT_PICKED"),
    ]
    doors.world.check()


@pytest.mark.capability("G2", "H2")
def test_a_node_that_lets_go_makes_its_work_open_for_others_and_cancels_nothing(doors: Doors):
    order_id, work = asked(doors)
    told = message("wms.DC1", "CancelResponseFulfillmentOrder", "m-1", fulfillment_order_id=work, accepted=True)
    for _ in range(2):
        assert doors.queue("node_messages", told) == []
    assert at(doors, order_id) == [("DC1", "INCOMPLETE", [(1, 0)])]
    assert (doors.see(order_id)["lines"][0]["quantities"], rows(doors, "A")["DC1"]) == ({"open": 2}, (10, 0))
    assert doors.queue("resume_fulfillment", doors.stored_event(order_id, "FulfillmentOrderClosed")) == []
    assert doors.world.continued[-1][1] is Outcome.INCOMPLETE
    assert reroute(doors, order_id, work, "INCOMPLETE")
    assert [one[:2] for one in at(doors, order_id)] == [("DC1", "INCOMPLETE"), ("S1", "SCHEDULED")]
    assert hops(doors, order_id)[-4:] == [
        ("CancellationRequested", "NOT_PICKED"),
        ("CancellationAccepted", True),
        ("Closed", "NOT_PICKED"),
        ("OrderRerouted", "INCOMPLETE"),
    ]
    doors.world.check()


@pytest.mark.capability("G2", "H2")
def test_a_node_that_says_no_or_begins_keeps_its_work(doors: Doors):
    order_id, work = asked(doors)
    with doors.world.unchanged():
        part = answer(doors, work, accepted=True, lines=[{"line_no": 1, "quantity": 1}])
        assert (part.status, part.pointers) == (422, ["/lines"])
        assert answer(doors, work, accepted=False).pointers == ["/reason"]
    assert answer(doors, work, accepted=False, reason="on_the_trolley").body["status"] == "ACCEPTED"
    with doors.world.unchanged():
        # The usual time to answer is over some day, too: it stays all the same.
        wake(doors, order_id, work, 60)
        assert not reroute(doors, order_id, work, "TIMED_OUT")
        late = answer(doors, work, accepted=True)
    assert (late.status, late.body["code"]) == (409, "already_done")
    second, begins = asked(doors, line("B", 2))
    act(doors, begins, "pick", lines=[{"line_no": 1, "quantity": 1}])
    with doors.world.unchanged():
        assert not reroute(doors, second, begins, "TIMED_OUT")
    request = doors.see(second)["fulfillment_orders"][0]["cancel_request"]
    assert (request["answer"], hops(doors, second)[-1]) == ("REJECTED", ("CancellationRejected", "picked"))
    act(doors, begins, "ship")
    doors.world.check()


@pytest.mark.capability("G2")
def test_a_node_is_not_asked_for_what_nobody_else_has(doors: Doors):
    promise(doors, LEVEL)
    doors.world.add_item("NEW", {"DC1": 9})
    order_id, work = begun(doors, line("NEW", 7))
    act(doors, work, "accept")
    assert wake(doors, order_id, work, 200)[0] == "REROUTE"
    with doors.world.unchanged():
        assert not reroute(doors, order_id, work, "TIMED_OUT")
    assert doors.see(order_id)["fulfillment_orders"][0]["cancel_request"] is None
    # Asked late, it has all its time to answer.
    doors.world.receive("NEW", "S1", 9)
    assert not reroute(doors, order_id, work, "TIMED_OUT")
    assert doors.see(order_id)["fulfillment_orders"][0]["cancel_request"]["answer_by"] == "2026-11-23T15:40:00.000Z"


@pytest.mark.capability("G2", "C4")
def test_a_customer_who_cancels_meanwhile_comes_first(doors: Doors):
    order_id, work = asked(doors)
    gone = doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", {"reason": "changed_mind"})
    assert gone.status == 202
    with doors.world.unchanged():
        doors.world.clock.advance(minutes=30)
        assert not reroute(doors, order_id, work, "TIMED_OUT")
    assert answer(doors, work, accepted=True).body["status"] == "CANCELLED"
    assert doors.see(order_id)["status"] == "CANCELLED"
    doors.world.check()


@pytest.mark.capability("G2")
@pytest.mark.parametrize("wrong", [{"reclaim_percent": 90}, {"pick_minutes": None}])
def test_work_is_asked_back_only_after_a_person_was_told_and_by_a_time_to_pick(doors: Doors, wrong: dict[str, Any]):
    with doors.world.unchanged():
        refused = doors.api("rule_sets").put(PATH, {"levels": [{**LEVEL, **wrong}]})
    assert (refused.status, refused.pointers) == (422, ["/levels/0"])

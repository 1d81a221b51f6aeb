"""Work is held back, split, merged and rescheduled over HTTP and the store bus, and no unit is made or lost by it."""

from __future__ import annotations

from typing import Any

import pytest

from oms.fulfillment.model import Outcome
from tests.functions.conftest import Answer
from tests.functions.test_backorders import WAITS
from tests.functions.test_brokering import hold as strategy
from tests.functions.test_offers import say
from tests.functions.test_rerouting import act, at, begun, rows
from tests.functions.test_service_levels import LEVEL, promise
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


def reshape(doors: Doors, work: str, verb: str, key: str | None = None, **body: Any) -> Answer:
    """A verb by an operator."""
    return doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/{verb}", body, key=key)


def done(doors: Doors, work: str, verb: str, **body: Any) -> dict[str, Any]:
    answer = reshape(doors, work, verb, **body)
    assert answer.status == 200, answer.body
    return dict(answer.body)


def seen(doors: Doors, work: str) -> dict[str, Any]:
    return dict(doors.api("fulfillment").get(f"/v1/fulfillment-orders/{work}").body)


def resume(doors: Doors, order_id: str, kind: str) -> None:
    assert doors.queue("resume_fulfillment", doors.stored_event(order_id, kind)) == []


def waits_again(doors: Doors, work: str, token: str) -> tuple[str, int]:
    """What the workflow does when its wait has ended: it asks what is due and for how long to wait, and waits."""
    ids = {"order_id": doors.world.work(work).order_id, "fulfillment_order_id": work}
    due = doors.task("escalate_fulfillment", **ids)
    doors.world.waiting.add(token)
    doors.task("release_fulfillment", **ids, wait_seconds=due["wait_seconds"], task_token=token)
    return str(due["then"]), int(due["wait_seconds"])


@pytest.mark.capability("H3")
def test_work_begins_when_the_last_of_its_holds_is_gone(doors: Doors):
    order_id, work = begun(doors, line("A", 5))
    assert doors.world.work(work).respond_by == "2026-11-24T12:00:00.000Z"
    act(doors, work, "accept")
    first = done(doors, work, "hold", reason="address_check", note="no such number")
    assert (first["status"], first["available_actions"]) == ("ON_HOLD", [])
    assert first["available_reshapings"] == ["hold", "release-hold", "split", "merge", "move", "reschedule"]
    by_node = say(doors, work, "hold", "DC1", reason="stock_check")
    assert by_node.status == 200
    assert [(one["hold_no"], one["reason"], one["released_by"]) for one in by_node.body["holds"]] == [
        (1, "address_check", "operator"),
        (2, "stock_check", "node"),
    ]
    assert by_node.body["available_reshapings"] == ["hold", "release-hold", "split"]
    assert at(doors, order_id) == [("DC1", "ON_HOLD", [(1, 5)])]
    assert rows(doors, "A")["DC1"] == (5, 5)
    assert doors.see(order_id)["lines"][0]["quantities"] == {"allocated": 5}
    # A node may not work on it, nor release what is not its own to release.
    with doors.world.unchanged():
        for verb in ("accept", "pick", "ship"):
            refused = say(doors, work, verb, "DC1")
            assert (refused.status, refused.body["code"]) == (409, "action_not_available")
        for body in ({"hold_no": 1},):
            refused = say(doors, work, "release-hold", "DC1", **body)
            assert (refused.status, refused.body["code"], refused.pointers) == (409, "hold_of_operator", ["/hold_no"])
        refused = reshape(doors, work, "release-hold", hold_no=3)
        assert (refused.status, refused.pointers) == (422, ["/hold_no"])
    # The node releases all that it may, which is its own; the operator's still holds.
    assert [one["hold_no"] for one in say(doors, work, "release-hold", "DC1").body["holds"]] == [1]
    with doors.world.unchanged():
        assert say(doors, work, "release-hold", "DC1").body["code"] == "hold_of_operator"
    doors.world.clock.advance(seconds=3_600)
    again = done(doors, work, "release-hold", hold_no=1)
    assert (again["status"], again["holds"], again["respond_by"]) == ("OPEN", [], "2026-11-24T13:00:00.000Z")
    assert [row["event"] for row in doors.timeline(order_id)][-6:] == [
        "FulfillmentOrderAccepted",
        "FulfillmentOrderHeld",
        "FulfillmentOrderHeld",
        "FulfillmentOrderHoldReleased",
        "FulfillmentOrderHoldReleased",
        "FulfillmentOrderReleased",
    ]
    # Its workflow looks at it anew: the node has until one.
    resume(doors, order_id, "FulfillmentOrderHoldReleased")
    assert doors.world.continued == [(f"token-{work}", Outcome.DUE_EARLIER)]
    assert waits_again(doors, work, "second") == ("WAIT_ON", 86_400)
    act(doors, work, "ship")
    doors.world.capture(work)
    order = doors.world.view(order_id)
    assert (order.status, order.payment_status) == ("COMPLETED", "CAPTURED")


@pytest.mark.capability("H3")
def test_a_hold_that_expires_ends_by_the_workflow_of_the_work(doors: Doors):
    order_id, work = begun(doors, line("A", 2))
    done(doors, work, "hold", reason="awaiting_payment", expires_at="2026-11-23T14:00:00Z")
    # The workflow would wake up at noon tomorrow: it is told that something comes earlier, and waits until there.
    resume(doors, order_id, "FulfillmentOrderHeld")
    assert doors.world.continued == [(f"token-{work}", Outcome.DUE_EARLIER)]
    assert waits_again(doors, work, "second") == ("WAIT_ON", 7_200)
    resume(doors, order_id, "FulfillmentOrderHeld")
    # A second hold that ends before the first changes nothing; when it has ended, the first is left.
    doors.world.clock.advance(seconds=600)
    done(doors, work, "hold", reason="fraud_check", expires_at="2026-11-23T13:00:00Z")
    resume(doors, order_id, "FulfillmentOrderHeld")
    assert len(doors.world.continued) == 1
    doors.world.clock.advance(seconds=3_600)
    assert waits_again(doors, work, "third") == ("WAIT_ON", 3_000)
    assert [one["hold_no"] for one in seen(doors, work)["holds"]] == [1]
    doors.world.clock.advance(seconds=3_000)
    # The wait is over, nobody is told of it, and the work is given to its node with the whole time to answer.
    assert doors.task("escalate_fulfillment", order_id=order_id, fulfillment_order_id=work)["then"] == "WAIT_ON"
    doors.world.waiting.add("fourth")
    ids = {"order_id": order_id, "fulfillment_order_id": work}
    doors.task("release_fulfillment", **ids, wait_seconds=86_400, task_token="fourth")
    view = seen(doors, work)
    assert (view["status"], view["holds"], view["respond_by"]) == ("OPEN", [], "2026-11-24T14:00:00.000Z")
    released = doors.stored_event(order_id, "FulfillmentOrderHoldReleased")["detail"]["data"]
    assert (released["hold_nos"], released["holds_left"], released["expired"]) == ([1], 0, True)
    assert len(doors.world.continued) == 1
    # When it stays silent, other nodes are asked and a person is told, as ever.
    doors.world.clock.advance(seconds=86_400)
    assert doors.task("escalate_fulfillment", **ids)["then"] == "REROUTE"
    doors.task("escalate_fulfillment", **ids, reason="TIMED_OUT")
    assert seen(doors, work)["escalated_reason"] == "TIMED_OUT"
    assert waits_again(doors, work, "fifth") == ("REROUTE", 86_400)
    assert len(doors.world.continued) == 1


@pytest.mark.capability("H3", "G2")
def test_work_is_rescheduled_and_released_then_with_deadlines_of_its_own(doors: Doors):
    promise(doors, LEVEL)
    order_id, work = begun(doors, line("A", 2))
    assert waits_again(doors, work, "first") == ("WAIT_ON", 1_800)
    later = done(doors, work, "reschedule", release_at="2026-11-25T08:00:00Z", reason="customer_request")
    assert (later["status"], later["release_at"]) == ("SCHEDULED", "2026-11-25T08:00:00.000Z")
    assert rows(doors, "A")["DC1"] == (8, 2)
    assert (doors.world.work(work).deadlines, doors.run_order_workflow(order_id)) == (None, [])
    # Its workflow sleeps until the reminder of before, finds nothing due, and waits for exactly as long as it must.
    told = len(doors.world.continued)
    resume(doors, order_id, "FulfillmentOrderRescheduled")
    doors.world.clock.advance(seconds=1_800)
    assert waits_again(doors, work, "second") == ("WAIT_ON", 43 * 3_600 + 1_800)
    assert len(doors.world.continued) == told
    doors.world.clock.advance(seconds=43 * 3_600 + 1_800)
    # Its node must accept it within an hour of its release, and is reminded before.
    assert waits_again(doors, work, "third") == ("WAIT_ON", 60)
    view = seen(doors, work)
    assert (view["status"], view["release_at"], view["respond_by"]) == ("OPEN", None, "2026-11-26T08:00:00.000Z")
    assert [one["at"] for one in view["deadlines"]] == ["2026-11-25T09:00:00.000Z", "2026-11-25T10:00:00.000Z"]
    doors.world.clock.advance(seconds=60)
    assert waits_again(doors, work, "fourth") == ("WAIT_ON", 1_740)
    assert len(doors.world.continued) == told
    with doors.world.unchanged():
        refused = reshape(doors, work, "reschedule", release_at="2026-11-25T08:00:00Z")
        assert (refused.status, refused.pointers) == (422, ["/release_at"])
    act(doors, work, "ship")
    doors.world.capture(work)
    assert doors.world.view(order_id).status == "COMPLETED"


@pytest.mark.capability("H3")
def test_a_split_keeps_every_unit_with_its_node_and_its_money(doors: Doors):
    order_id, first = begun(doors, line("A", 5, 333, tax=7), line("B", 1), postage=500)
    act(doors, first, "accept")
    act(doors, first, "pick", lines=[{"line_no": 1, "quantity": 2}])
    answer = reshape(doors, first, "split", key="once", lines=[{"line_no": 1, "quantity": 3}], reason="two_parcels")
    second = str(answer.body["id"])
    assert (answer.status, answer.body["replaces"], answer.body["status"]) == (200, first, "SCHEDULED")
    assert at(doors, order_id) == [("DC1", "PICKING", [(1, 2), (2, 1)]), ("DC1", "SCHEDULED", [(1, 3)])]
    assert rows(doors, "A")["DC1"] == (5, 5)
    assert doors.see(order_id)["lines"][0]["quantities"] == {"allocated": 3, "picked": 2}
    with doors.world.unchanged():
        again = reshape(doors, first, "split", key="once", lines=[{"line_no": 1, "quantity": 3}], reason="two_parcels")
        assert (again.status, again.body["id"]) == (200, second)
    # The new work gets a workflow of its own, and the old one's goes on.
    assert doors.stored_event(order_id, "FulfillmentOrderSplit")["detail"]["data"] == {
        "order_id": order_id,
        "fulfillment_order_id": first,
        "node_id": "DC1",
        "into": second,
        "to_node": "DC1",
        "lines": [{"line_no": 1, "sku": "A", "quantity": 3}],
        "reason": "two_parcels",
    }
    resume(doors, order_id, "FulfillmentOrderSplit")
    assert doors.world.continued == []
    assert doors.run_order_workflow(order_id) == [second]
    act(doors, first, "ship")
    act(doors, second, "ship")
    assert [doors.world.capture(work) for work in (first, second)] == [2219, 1003]
    order = doors.world.view(order_id)
    assert (order.status, order.payment_status) == ("COMPLETED", "CAPTURED")
    # Two units with their share of the tax, the other line and the postage; then the rest, to the last cent.
    assert [shipment.total for shipment in order.shipments] == [666 + 3 + 1000 + 550, 999 + 4]


@pytest.mark.capability("H3")
def test_a_split_of_held_work_is_held_too_and_a_merge_brings_it_back(doors: Doors):
    order_id, first = begun(doors, line("A", 5), line("B", 2))
    done(doors, first, "hold", reason="fraud_check")
    second = done(doors, first, "split", lines=[{"line_no": 1, "quantity": 2}, {"line_no": 2, "quantity": 2}])
    assert (second["status"], [one["reason"] for one in second["holds"]]) == ("ON_HOLD", ["fraud_check"])
    assert doors.run_order_workflow(order_id) == [second["id"]]
    assert at(doors, order_id) == [("DC1", "ON_HOLD", [(1, 3), (2, 0)]), ("DC1", "ON_HOLD", [(1, 2), (2, 2)])]
    assert done(doors, second["id"], "release-hold")["status"] == "OPEN"
    # The first is still held, so both together are.
    both = done(doors, second["id"], "merge", other_fulfillment_order_id=first)
    assert (both["id"], both["status"], len(both["holds"])) == (second["id"], "ON_HOLD", 1)
    assert [(one["line_no"], one["quantity"], one["merged"]) for one in both["lines"]] == [(1, 5, 3), (2, 2, 0)]
    gone = seen(doors, first)
    assert (gone["status"], gone["replaced_reason"], gone["merged_into"]) == ("REPLACED", "MERGED", second["id"])
    assert rows(doors, "A")["DC1"] == (5, 5)
    assert rows(doors, "B")["DC1"] == (8, 2)
    resume(doors, order_id, "FulfillmentOrderWithdrawn")
    assert doors.world.continued == [(f"token-{first}", Outcome.CANCELLED)]
    assert done(doors, second["id"], "release-hold")["status"] == "OPEN"
    act(doors, second["id"], "ship")
    doors.world.capture(second["id"])
    order = doors.world.view(order_id)
    assert (order.status, order.payment_status, len(order.shipments)) == ("COMPLETED", "CAPTURED", 1)


@pytest.mark.capability("H3", "B1")
def test_units_that_wait_for_stock_are_in_no_split_and_are_not_on_hand_after_one(doors: Doors):
    strategy(doors, WAITS)
    order_id = doors.place(document(line("A", 23)))
    first = doors.run_order_workflow(order_id)[0]
    waiting = doors.world.order(order_id).header.backorders
    assert [(one.line_no, one.quantity) for one in waiting] == [(1, 3)]
    assert doors.see(order_id)["lines"][0]["quantities"] == {"released": 20, "backordered": 3}
    assert doors.world.work(first).lines[0].quantity == 10
    with doors.world.unchanged():
        assert reshape(doors, first, "split", lines=[{"line_no": 1, "quantity": 11}]).status == 422
    done(doors, first, "split", lines=[{"line_no": 1, "quantity": 4}])
    assert doors.world.order(order_id).header.backorders == waiting
    assert doors.see(order_id)["lines"][0]["quantities"] == {"allocated": 4, "released": 16, "backordered": 3}
    assert rows(doors, "A") == {"DC1": (0, 10), "S1": (0, 5), "S2": (0, 5)}

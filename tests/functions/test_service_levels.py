"""Work that waits too long moves on: the node is reminded, a person is told, other nodes get it; each once."""

from __future__ import annotations

from io import StringIO
from json import loads
from typing import Any

import pytest

from oms.fulfillment.model import Outcome
from oms.platform.observability import logger
from tests.functions.test_rerouting import act, at, begun, reroute
from tests.order_doors import Doors, doors
from tests.order_world import line, world

__all__ = ["doors", "world"]

PATH = "/v1/service-levels/usual"
LEVEL = {
    "id": "all",
    "accept_minutes": 60,
    "pick_minutes": 120,
    "remind_percent": [50, 75],
    "escalate_percent": 100,
    "reroute_percent": 150,
}


def promise(doors: Doors, *levels: dict[str, Any]) -> None:
    """Let service levels hold."""
    api = doors.api("rule_sets")
    now = api.get(PATH)
    match = {"if-match": str(now.body["version"])} if now.status == 200 else {}
    put = api.put(PATH, {"levels": list(levels)}, headers=match)
    assert put.status in (200, 201), put.body
    number = {"number": put.body["newest_number"]}
    assert api.post(f"{PATH}/promotions", number, headers={"if-match": str(put.body["version"])}).status == 200


def wake(doors: Doors, order_id: str, work_id: str, minutes: int = 0) -> tuple[str, int]:
    """What is due some minutes later: what comes then, and for how many minutes the workflow waits."""
    doors.world.clock.advance(minutes=minutes)
    said = doors.task("escalate_fulfillment", order_id=order_id, fulfillment_order_id=work_id)
    assert said["fulfillment_order_id"] == work_id
    return said["then"], said["wait_seconds"] // 60


def told(doors: Doors, order_id: str) -> list[tuple[str, str]]:
    """What was told of the deadlines of an order's work, with the reason or the deadline."""
    kinds = ("FulfillmentOrderReminded", "FulfillmentOrderEscalated")
    rows = [row for row in doors.timeline(order_id) if row["event"] in kinds]
    return [(row["event"], row["data"].get("reason") or row["data"]["deadline"]) for row in rows]


SHORT = {"accept_minutes": 10}
REMINDED, ESCALATED = "FulfillmentOrderReminded", "FulfillmentOrderEscalated"


@pytest.mark.capability("G2")
def test_a_silent_node_is_reminded_then_a_person_is_told_then_others_get_the_work(doors: Doors):
    promise(doors, LEVEL)
    order_id, work = begun(doors, line("A", 2))
    seen = doors.see(order_id)["fulfillment_orders"][0]["deadlines"]
    assert seen == [
        {"kind": "ACCEPT", "at": "2026-11-23T13:00:00.000Z", "next_at": None},
        {"kind": "PICK", "at": "2026-11-23T14:00:00.000Z", "next_at": None},
    ]
    # The workflow was to wait for a day, and is woken at once to wait for half an hour.
    assert doors.world.continued == [(f"token-{work}", Outcome.DUE_EARLIER)]
    with doors.world.unchanged():
        assert wake(doors, order_id, work) == ("WAIT_ON", 30)
    hops = [(30, ("WAIT_ON", 15)), (15, ("WAIT_ON", 15)), (15, ("WAIT_ON", 30)), (30, ("REROUTE", 30))]
    for minutes, then in hops:
        assert wake(doors, order_id, work, minutes) == then
        # A wait that ends twice, or a task that is tried again, tells nobody twice.
        with doors.world.unchanged():
            assert wake(doors, order_id, work) == then
        doors.task("release_fulfillment", order_id=order_id, fulfillment_order_id=work, task_token=f"{minutes} {then}")
    assert told(doors, order_id) == [(REMINDED, "ACCEPT"), (REMINDED, "ACCEPT"), (ESCALATED, "ACCEPT_OVERDUE")]
    assert doors.stored_event(order_id, REMINDED)["detail"]["data"] == {
        **{"order_id": order_id, "fulfillment_order_id": work, "node_id": "DC1"},
        **{"deadline": "ACCEPT", "due_at": "2026-11-23T13:00:00.000Z"},
    }
    assert reroute(doors, order_id, work, "TIMED_OUT")
    assert [one[:2] for one in at(doors, order_id)] == [("DC1", "REJECTED"), ("S1", "SCHEDULED")]
    # The next node has its own time from when it gets the work.
    (second,) = doors.run_order_workflow(order_id)
    assert doors.see(order_id)["fulfillment_orders"][1]["deadlines"][0]["at"] == "2026-11-23T14:30:00.000Z"
    act(doors, second, "accept")
    act(doors, second, "ship")
    with doors.world.unchanged():
        assert wake(doors, order_id, second, 600)[0] == "WAIT_ON"
    doors.world.check()


@pytest.mark.capability("G2")
def test_accepted_work_is_to_be_picked_and_stays_where_it_is(doors: Doors):
    promise(doors, LEVEL)
    order_id, work = begun(doors, line("A", 2))
    act(doors, work, "accept")
    # The timer was set for what the node has overtaken.
    with doors.world.unchanged():
        assert wake(doors, order_id, work, 30) == ("WAIT_ON", 30)
    assert wake(doors, order_id, work, 30) == ("WAIT_ON", 30)
    doors.task("release_fulfillment", order_id=order_id, fulfillment_order_id=work, task_token="second")
    act(doors, work, "pick", lines=[{"line_no": 1, "quantity": 1}])
    # A timer that fires late takes what was left: the second reminder, and the person.
    assert wake(doors, order_id, work, 70) == ("WAIT_ON", 1_310)
    assert told(doors, order_id) == [(REMINDED, "PICK"), (REMINDED, "PICK"), (ESCALATED, "PICK_OVERDUE")]
    assert doors.see(order_id)["fulfillment_orders"][0]["escalated_reason"] == "PICK_OVERDUE"
    assert [one[:2] for one in at(doors, order_id)] == [("DC1", "PICKING")]


@pytest.mark.capability("G2", "R8")
def test_the_level_that_held_when_work_was_released_stays_with_it(doors: Doors):
    promise(doors, {**LEVEL, "services": ["express"]}, {"id": "stores", "where": {"kinds": ["store"]}, **SHORT})
    first, _ = begun(doors, line("A", 1))
    assert doors.see(first)["fulfillment_orders"][0]["deadlines"] == []
    assert doors.world.continued == []
    promise(doors, {**LEVEL, "methods": ["pickup"], "id": "pickup"}, {"id": "rest", **SHORT})
    second, work = begun(doors, line("A", 1), external_id="second")
    promise(doors)
    assert [one["at"] for one in doors.see(second)["fulfillment_orders"][0]["deadlines"]] == [
        "2026-11-23T12:10:00.000Z"
    ]
    assert doors.see(first)["fulfillment_orders"][0]["deadlines"] == []
    assert wake(doors, second, work, 10) == ("WAIT_ON", 1_430)
    assert told(doors, second) == [(ESCALATED, "ACCEPT_OVERDUE")]


@pytest.mark.capability("G2")
def test_overdue_work_is_counted_by_node(doors: Doors):
    promise(doors, LEVEL)
    order_id, work = begun(doors, line("A", 2))
    said = StringIO()
    before = logger().registered_handler.setStream(said)
    try:
        wake(doors, order_id, work, 60)
    finally:
        logger().registered_handler.setStream(before)
    (counted,) = [row for row in map(loads, said.getvalue().splitlines()) if "WorkOverdue" in row]
    assert (counted["WorkOverdue"], counted["node"], counted["fulfillment_order_id"]) == (1, "DC1", work)
    assert counted["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "Spine",
            "Dimensions": [["service"], ["service", "node"]],
            "Metrics": [{"Name": "WorkOverdue", "Unit": "Count"}],
        }
    ]


def test_work_without_service_levels_waits_as_long_as_ever(doors: Doors):
    order_id, work = begun(doors, line("A", 2))
    assert doors.world.continued == []
    with doors.world.unchanged():
        assert wake(doors, order_id, work, 1_439) == ("WAIT_ON", 1)
        assert wake(doors, order_id, work, 1) == ("REROUTE", 1_440)


def test_goods_that_wait_for_the_customer_are_not_their_nodes_delay(doors: Doors):
    order_id, work = begun(doors, line("A", 2, method="pickup", pickup_node="S1"))
    act(doors, work, "stage")
    with doors.world.unchanged():
        assert wake(doors, order_id, work, 3_000) == ("WAIT_ON", 1_440)

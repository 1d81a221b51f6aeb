"""What devices of a node did without a network, told late, twice, in parts and in any order, over HTTP and the bus."""

from __future__ import annotations

from typing import Any

import pytest

from oms.platform.problems import Busy
from oms.tasks.reads import open_tasks
from tests.device_doors import action, linked, results, tell, units
from tests.functions.test_rerouting import begun
from tests.order_doors import Doors, doors, message
from tests.order_world import TENANT, line, world

__all__ = ["doors", "world"]


def conflicts(doors: Doors, node: str = "DC1") -> list[Any]:
    return [one for one in open_tasks(doors.world.database, TENANT, node) if one.kind.value == "DEVICE_CONFLICT"]


def journey(work: str) -> list[dict[str, Any]]:
    """Three units: one is short, two leave."""
    short = [{"line_no": 1, "quantity": 1, "reason": "not_found"}]
    return linked(
        [
            action("accept", work, 1),
            action("pick", work, 2, lines=units(1, 2), short=short),
            action("pack", work, 3, lines=units(1, 2)),
            action("ship", work, 4),
        ]
    )


@pytest.mark.capability("G9")
def test_a_device_that_comes_back_is_answered_action_by_action_and_the_same_list_changes_nothing(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    log = journey(work)
    # The device's time tells the order, not the list.
    first = tell(doors, *log[::-1])
    assert results(first) == [("ship", "done"), ("pack", "done"), ("pick", "done"), ("accept", "done")]
    assert doors.see(order_id)["lines"][0]["quantities"] == {"open": 1, "shipped": 2}
    (shipment,) = doors.see(order_id)["shipments"]
    assert shipment["shipped_at"] == "2026-11-23T12:04:00.000Z"
    row = doors.world.stock("A", "DC1")
    assert (row.on_hand, row.allocated, row.blocked, row.available) == (8, 0, 1, 7)
    told = [row for row in doors.timeline(order_id) if row["actor"].endswith("@dev-1")]
    assert [(row["command"], row["causation_id"]) for row in told if row["event"] != "FulfillmentOrderShortPicked"] == [
        (f"{name}_fulfillment_order", name) for name in ("accept", "pick", "pack", "ship")
    ]
    with doors.world.unchanged():
        again = tell(doors, *log[::-1])
        # The same id over the verb's own path is the same action.
        body = {"occurred_at": log[0]["occurred_at"]}
        alone = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/accept", body, key="accept")
    assert again.body == first.body
    assert (alone.status, alone.headers["Idempotency-Replayed"]) == (200, "true")


@pytest.mark.capability("G9")
def test_what_comes_before_its_earlier_action_is_refused_and_done_when_it_comes_again(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    log = journey(work)
    with doors.world.unchanged():
        early = tell(doors, *log[2:])
    assert results(early) == [("pack", "refused"), ("ship", "refused")]
    problem = early.body["results"][0]["problem"]
    assert (problem["code"], [one["pointer"] for one in problem["errors"]]) == ("earlier_action_missing", ["/after"])
    assert problem["remedy"].startswith("Send the earlier action first")
    assert results(tell(doors, *log[:2])) == [("accept", "done"), ("pick", "done")]
    assert results(tell(doors, *log[2:])) == [("pack", "done"), ("ship", "done")]
    assert doors.see(order_id)["lines"][0]["quantities"] == {"open": 1, "shipped": 2}
    doors.world.check()


@pytest.mark.capability("G9")
def test_two_devices_that_picked_the_same_units_are_a_task_with_both_sayings(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    assert results(tell(doors, action("pick", work, 5, "p-1"), device="dev-1")) == [("p-1", "done")]
    before = doors.see(order_id)
    answer = tell(doors, action("pick", work, 3, "p-2", lines=units(1, 3)), device="dev-2")
    (one,) = answer.body["results"]
    (task,) = conflicts(doors)
    assert (one["result"], one["task_id"], one["problem"]["code"]) == ("conflict", task.id, "already_done")
    assert (task.node_id, task.reason) == ("DC1", "already_done")
    assert task.subjects == {
        "order_id": order_id,
        "fulfillment_order_id": work,
        "said": "pick",
        "said_by": "client-1@dev-2",
        "said_at": "2026-11-23T12:03:00.000Z",
        "said_id": "p-2",
        "said_units": "1: 3",
        "found": "PICKING",
        "found_said": "pick_fulfillment_order",
        "found_by": "client-1@dev-1",
        "found_at": task.subjects["found_at"],
        "found_id": "p-1",
    }
    assert doors.see(order_id) == before
    with doors.world.unchanged():
        assert tell(doors, action("pick", work, 3, "p-2", lines=units(1, 3)), device="dev-2").body == answer.body
    # It holds up nothing: the next step of either is taken.
    assert results(tell(doors, action("ship", work, 9), device="dev-2")) == [("ship", "done")]


@pytest.mark.capability("G9")
def test_a_step_that_somebody_else_has_overtaken_says_nothing_new(doors: Doors):
    _, work = begun(doors, line("A", 3))
    api = doors.api("fulfillment")
    assert api.post(f"/v1/fulfillment-orders/{work}/ship", None).status == 200
    late = [action("accept", work, 1), action("pick", work, 2)]
    assert results(tell(doors, *late)) == [("accept", "already_done"), ("pick", "already_done")]
    assert conflicts(doors) == []
    with doors.world.unchanged():
        assert results(tell(doors, *late)) == [("accept", "already_done"), ("pick", "already_done")]


@pytest.mark.capability("G9")
def test_a_short_pick_after_the_goods_have_left_is_a_task(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", None).status == 200
    before = doors.see(order_id)
    short = [{"line_no": 1, "quantity": 1, "reason": "not_found"}]
    answer = tell(doors, action("pick", work, 2, lines=units(1, 2), short=short))
    assert results(answer) == [("pick", "conflict")]
    (task,) = conflicts(doors)
    assert (task.reason, task.subjects["found"], task.subjects["found_said"]) == (
        "already_done",
        "COMPLETED",
        "ship_fulfillment_order",
    )
    assert doors.see(order_id) == before


@pytest.mark.capability("G9")
@pytest.mark.parametrize("handed_over_first", [True, False])
def test_one_hands_over_while_another_lets_go(doors: Doors, handed_over_first: bool):
    order_id, work = begun(doors, line("A", 2, method="pickup", pickup_node="S1"))
    ready = [action("accept", work, 1), action("stage", work, 2)]
    assert results(tell(doors, *ready, node="S1")) == [("accept", "done"), ("stage", "done")]
    doors.world.cancel(order_id)
    sayings = [action("hand-over", work, 3), action("cancel-response", work, 3, accepted=True)]
    first, second = sayings if handed_over_first else sayings[::-1]
    assert results(tell(doors, first, device="dev-1", node="S1")) == [(first["id"], "done")]
    assert results(tell(doors, second, device="dev-2", node="S1")) == [(second["id"], "conflict")]
    (task,) = conflicts(doors, "S1")
    assert (task.subjects["said"], task.subjects["found_id"]) == (second["action"], first["id"])
    done = {"collected": 2} if handed_over_first else {"cancelled": 2}
    assert doors.see(order_id)["lines"][0]["quantities"] == done
    assert doors.world.stock("A", "S1").on_hand == (3 if handed_over_first else 5)
    doors.world.check()


@pytest.mark.capability("G9")
def test_what_is_wrong_at_any_time_is_refused_and_changes_nothing(doors: Doors):
    _, work = begun(doors, line("A", 3))
    bad = [
        action("fly", work, 1),
        action("pick", "ful_none_1", 1, "unknown"),
        action("pick", work, 1, "line", lines=units(7, 1)),
        action("pick", work, 1, "many", lines=units(1, 9)),
        action("pick", work, 1, "time", occurred_at="2026-11-23T12:00:00Z"),
        action("accept", work, 1, "wish", lines="all"),
    ]
    with doors.world.unchanged():
        answer = tell(doors, *bad)
    found = [one["problem"] for one in answer.body["results"]]
    assert {one["result"] for one in answer.body["results"]} == {"refused"}
    assert [(one["code"], [error["pointer"] for error in one["errors"]]) for one in found] == [
        ("invalid_request", ["/action"]),
        ("not_found", ["/subject"]),
        ("invalid_request", ["/body/lines"]),
        ("invalid_request", ["/body/lines"]),
        ("invalid_request", ["/body/occurred_at"]),
        ("invalid_request", ["/body/lines"]),
    ]
    with doors.world.unchanged():
        # Another node's work does not exist for a device, whoever calls for it.
        assert results(tell(doors, action("accept", work, 1), node="S1")) == [("accept", "refused")]
        scopes = ("fulfillment.write", "node.S1")
        assert tell(doors, action("accept", work, 1), scopes=scopes).status == 404
        too_many = tell(doors, *[action("accept", work, 1, str(number)) for number in range(101)])
        assert (too_many.status, too_many.body["errors"][0]["pointer"]) == (413, "/actions")
        assert tell(doors, action("accept", work, 1), scopes=("fulfillment.read",)).status == 403
    assert results(tell(doors, action("accept", work, 1))) == [("accept", "done")]
    with doors.world.unchanged():
        reused = tell(doors, action("accept", work, 2))
    assert reused.body["results"][0]["problem"]["code"] == "idempotency_key_reused"


@pytest.mark.capability("G9")
def test_a_busy_moment_refuses_one_action_and_the_list_is_sent_again(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    log = journey(work)
    commits = 0

    def third_is_busy(name: str, act: Any) -> Any:
        nonlocal commits
        commits += name == "commit"
        if name == "commit" and commits == 3:
            raise Busy()
        return act()

    doors.world.database.around = third_is_busy
    assert [result for _, result in results(tell(doors, *log))] == ["done", "done", "refused", "refused"]
    doors.world.database.around = lambda name, act: act()
    assert [result for _, result in results(tell(doors, *log))] == ["done"] * 4
    assert doors.see(order_id)["lines"][0]["quantities"] == {"open": 1, "shipped": 2}


@pytest.mark.capability("G9", whole=True)
def test_the_same_over_the_store_bus(doors: Doors):
    order_id, work = begun(doors, line("A", 3))
    log = journey(work)

    def said(message_id: str, *actions: dict[str, Any]) -> dict[str, Any]:
        return message("store.DC1", "TakeDeviceActions", message_id, device_id="dev-1", actions=list(actions))

    with doors.world.unchanged():
        assert doors.queue("node_messages", said("2", *log[2:])) == ["m0"]
    # What was too early comes again from its queue; neighbours go on.
    assert doors.queue("node_messages", said("1", *log[:2]), said("2", *log[2:])) == []
    with doors.world.unchanged():
        assert doors.queue("node_messages", said("2", *log[2:]), said("1", *log[:2])) == []
    late = action("pick", work, 5, "late", lines=units(1, 1))
    other = message("store.DC1", "TakeDeviceActions", "3", device_id="dev-2", actions=[late])
    assert doors.queue("node_messages", other) == []
    (task,) = conflicts(doors)
    assert (task.subjects["said_by"], task.subjects["said_at"]) == ("node:DC1@dev-2", "2026-11-23T12:05:00.000Z")
    assert (task.subjects["found_by"], task.subjects["found_id"]) == ("node:DC1@dev-1", "pick")
    assert doors.see(order_id)["lines"][0]["quantities"] == {"open": 1, "shipped": 2}
    doors.world.check()

"""The queue of a node: its work and its tasks by the open time left, counted, and done by HTTP or by message."""

from __future__ import annotations

from typing import Any

import pytest

from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.functions.test_rerouting import act, begun
from tests.functions.test_service_levels import LEVEL, promise, wake
from tests.order_doors import Doors, doors, message
from tests.order_nodes import PLACES, node
from tests.order_world import TENANT, line, world
from tests.task_doors import opened

__all__ = ["doors", "world"]

STAFF = ("fulfillment.write", "fulfillment.read", "node.S1")


def queue(doors: Doors, node_id: str = "DC1", query: str = "", **more: Any) -> dict[str, Any]:
    answer = doors.api("capacity").get(f"/v1/nodes/{node_id}/tasks{query}", **more)
    assert answer.status == 200, answer.body
    return answer.body


def shown(found: dict[str, Any]) -> list[tuple[str | None, int | None]]:
    """What each entry is, and the minutes that are left for it."""
    return [(one["step"] or one["kind"], one["minutes_left"]) for one in found["entries"]]


def complete(doors: Doors, task: str, body: Any = None, **more: Any) -> Any:
    return doors.api("capacity").post(f"/v1/tasks/{task}/completions", body, **more)


@pytest.mark.capability("G1", whole=True)
def test_one_call_answers_the_counts_and_the_list_by_the_time_that_is_left(doors: Doors):
    promise(doors, LEVEL)
    works = []
    for number in range(4):
        works.append(begun(doors, line("A", 1), external_id=str(number))[1])
        doors.world.clock.advance(minutes=10)
    act(doors, works[1], "accept")
    act(doors, works[2], "pick", lines=[{"line_no": 1, "quantity": 1}])
    act(doors, works[3], "pack")
    opened(doors.world, "COUNT", "count-1", "DC1", 5, sku="A")
    opened(doors.world, "TRANSFER_DISCREPANCY", "t-1", "DC1")
    opened(doors.world, "COUNT", "elsewhere", "S1")
    doors.world.clock.advance(minutes=30)
    found = queue(doors)
    assert found["counts"] == {
        **{"new": 1, "accepted": 1, "picking": 1, "packed": 1, "ready": 0},
        **{"overdue": 2, "tasks": {"COUNT": 1, "TRANSFER_DISCREPANCY": 1}},
    }
    # Seventy minutes have passed. What is picked or packed has no deadline but its promise, of which there is none.
    assert shown(found) == [
        *(("COUNT", -25), ("new", -10), ("accepted", 60)),
        *(("picking", None), ("packed", None), ("TRANSFER_DISCREPANCY", None)),
    ]
    (count, first, *_), at = found["entries"], found["at"]
    assert (count["task"]["subjects"], count["fulfillment_order"], count["overdue"]) == ({"sku": "A"}, None, True)
    assert (first["fulfillment_order"]["id"], first["due_at"], at) == (
        *(works[0], "2026-11-23T13:00:00.000Z"),
        "2026-11-23T13:10:00.000Z",
    )
    assert (first["fulfillment_order"]["available_actions"][0], found["more_at"]) == ("accept", [])


@pytest.mark.capability("G1")
def test_time_left_is_open_time_of_the_node_only(doors: Doors):
    # Monday 07:00 in New York: the store opens from nine to five, and not on Tuesday.
    hours = {day: [("09:00", "17:00")] for day in ("monday", "tuesday", "wednesday")}
    changed = node("S1", *PLACES["S1"], hours=hours, holidays=[{"date": "2026-11-24"}])
    doors.world.database.commit([node_write(TENANT, changed.model_copy(update={"version": 2}))])
    registry.forget()
    order_id, _ = begun(doors, line("A", 1, method="pickup", pickup_node="S1"))
    due = doors.see(order_id)["fulfillment_orders"][0]["respond_by"]
    assert (due, shown(queue(doors, "S1"))) == ("2026-11-23T22:00:00.000Z", [("new", 480)])
    doors.world.clock.advance(hours=7)
    assert shown(queue(doors, "S1")) == [("new", 180)]
    doors.world.clock.advance(hours=44)  # Wednesday 10:00: closed since the deadline, but for the last hour
    assert shown(queue(doors, "S1")) == [("new", -60)]


@pytest.mark.capability("G1")
def test_the_list_is_filtered_and_goes_on_with_its_cursor(doors: Doors):
    works = [begun(doors, line("A", 1), external_id=str(number))[1] for number in range(3)]
    pickup = begun(doors, line("A", 1, method="pickup", pickup_node="DC1"), external_id="p")[1]
    act(doors, works[1], "accept")
    opened(doors.world, "COUNT", "count-1", "DC1", 2_000)
    for query, count in {
        "?step=new": 3,
        "?step=accepted": 1,
        "?kind=COUNT": 1,
        "?kind=PARCEL_SILENT": 0,
        "?method=pickup": 1,
        "?service=express": 0,
        "?overdue=false": 5,
        "?overdue=true": 0,
        "?step=new&method=ship": 2,
    }.items():
        found = queue(doors, query=query)
        assert (query, len(found["entries"])) == (query, count)
        # The counts are of all that is there.
        assert found["counts"] == {
            **{"new": 3, "accepted": 1, "picking": 0, "packed": 0, "ready": 0},
            **{"overdue": 0, "tasks": {"COUNT": 1}},
        }
    seen, cursor = [], ""
    while cursor is not None:
        page = queue(doors, query=f"?limit=2{cursor and '&cursor='}{cursor}")
        seen += [(one["fulfillment_order"] or one["task"])["id"] for one in page["entries"]]
        cursor = page["next_cursor"]
    assert len(seen) == len(set(seen)) == 5
    assert {*works, pickup} < set(seen)
    api = doors.api("capacity")
    for wrong, pointer in (
        ("?step=shipped", "/query/step"),
        ("?kind=HURRY", "/query/kind"),
        ("?limit=0", "/query/limit"),
        ("?cursor=e30=", "/query/cursor"),
        ("?colour=red", "/query/colour"),
    ):
        refused = api.get(f"/v1/nodes/DC1/tasks{wrong}")
        assert (refused.status, refused.pointers) == (422, [pointer])


@pytest.mark.capability("G1")
def test_a_node_sees_no_other_nodes_tasks(doors: Doors):
    here, there = (opened(doors.world, "COUNT", node_id, node_id) for node_id in ("S1", "S2"))
    care = opened(doors.world, "PARCEL_SILENT", "care", None)
    assert [one["task"]["id"] for one in queue(doors, "S1", scopes=STAFF)["entries"]] == [here]
    api = doors.api("capacity")
    with doors.world.unchanged():
        for path in (
            "/v1/nodes/S2/tasks",
            "/v1/nodes/S99/tasks",
            "/v1/tasks",
            f"/v1/tasks/{there}",
            f"/v1/tasks/{care}",
        ):
            assert api.get(path, scopes=STAFF).status == 404, path
        for task in (there, care, "tsk_none"):
            assert complete(doors, task, scopes=STAFF).status == 404
        assert api.get("/v1/nodes/S1/tasks", scopes=("orders.read",)).body["code"] == "scope_missing"
        assert complete(doors, here, scopes=("fulfillment.read",)).body["code"] == "scope_missing"
        assert api.get(f"/v1/tasks/{here}", tenant="other").status == 404
        told = message("store.S1", "CompleteTask", "m-1", task_id=there)
        assert doors.queue("node_messages", told) == ["m0"]


@pytest.mark.capability("G1")
def test_a_task_is_done_once_over_http(doors: Doors):
    task = opened(doors.world, "COUNT", "one", "S1", sku="A")
    with doors.world.unchanged():
        stale = complete(doors, task, headers={"if-match": "7"})
        assert (stale.status, stale.body["code"]) == (409, "stale_version")
    done = complete(doors, task, {"outcome": "found_one", "note": "on the wrong shelf"}, key="k", scopes=STAFF)
    assert (done.status, done.body["state"], done.body["outcome"], done.body["done_by"]) == (
        *(200, "DONE"),
        *("found_one", "client-1"),
    )
    with doors.world.unchanged():
        again = complete(doors, task, {"outcome": "found_one", "note": "on the wrong shelf"}, key="k", scopes=STAFF)
        assert (again.body, again.headers["Idempotency-Replayed"]) == (done.body, "true")
        refused = complete(doors, task, key="other")
        assert (refused.status, refused.body["code"]) == (409, "task_already_done")
        # Its cause does not open it again.
        assert opened(doors.world, "COUNT", "one", "S1", sku="A") == task
    assert queue(doors, "S1")["entries"] == []
    assert doors.api("capacity").get(f"/v1/tasks/{task}").body == done.body
    assert [one["detail"]["data"] for one in doors.told("TaskOpened", "TaskDone")] == [
        {**kept(task), "reason": "not_found", "due_at": None},
        {**kept(task), "outcome": "found_one"},
    ]


def kept(task: str) -> dict[str, Any]:
    return {"task_id": task, "kind": "COUNT", "node_id": "S1", "subjects": {"sku": "A"}}


@pytest.mark.capability("G1")
def test_a_message_on_the_store_bus_means_the_same(doors: Doors):
    task = opened(doors.world, "COUNT", "one", "S1", sku="A")
    said = message("store.S1", "CompleteTask", "m-1", task_id=task, outcome="found_one")
    assert doors.queue("node_messages", said) == []
    seen = doors.api("capacity").get(f"/v1/tasks/{task}").body
    assert (seen["state"], seen["outcome"], seen["done_by"]) == ("DONE", "found_one", "node:S1")
    with doors.world.unchanged():
        # It may come again, and another one comes too late.
        assert doors.queue("node_messages", said) == []
    assert doors.queue("node_messages", message("store.S1", "CompleteTask", "m-2", task_id=task)) == []
    assert len(doors.told("TaskDone")) == 1
    with doors.world.unchanged():
        assert doors.queue("node_messages", message("store.S1", "CompleteTask", "m-3")) == ["m0"]


@pytest.mark.capability("G2", "P3")
def test_overdue_work_is_a_task_of_customer_care(doors: Doors):
    promise(doors, LEVEL)
    order_id, work = begun(doors, line("A", 2))
    wake(doors, order_id, work, 60)
    api = doors.api("capacity")
    (task,) = api.get("/v1/tasks").body["tasks"]
    assert (task["kind"], task["reason"], task["node_id"], task["due_at"]) == (
        *("WORK_OVERDUE", "ACCEPT_OVERDUE"),
        *(None, "2026-11-23T13:00:00.000Z"),
    )
    assert task["subjects"] == {"order_id": order_id, "fulfillment_order_id": work, "node_id": "DC1"}
    assert api.get("/v1/tasks?kind=COUNT").body == {"tasks": [], "next_cursor": None}
    assert complete(doors, task["id"], {"outcome": "store_called"}).status == 200
    assert api.get("/v1/tasks").body["tasks"] == []
    with doors.world.unchanged():
        wake(doors, order_id, work)

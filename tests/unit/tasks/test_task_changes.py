"""Tasks: a cause opens its task once, and it is done once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oms.tasks.model import TaskDoneBefore, TaskKind, TaskState, new_task, task_id
from oms.tasks.writes import task_done, task_opened

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SUBJECTS = {"sku": "A", "fulfillment_order_id": "ful_1_1"}


def count(node_id: str | None = "S1", due_at: datetime | None = NOW):
    return new_task(
        "acme",
        TaskKind.COUNT,
        "ful_1_1#A",
        node_id=node_id,
        subjects=SUBJECTS,
        reason="not_found",
        now=NOW,
        due_at=due_at,
    )


def test_the_id_follows_from_tenant_kind_and_cause():
    assert count().id == task_id("acme", TaskKind.COUNT, "ful_1_1#A")
    others = [("acme", TaskKind.COUNT, "ful_1_1#B"), ("acme", TaskKind.PARCEL_SILENT, "ful_1_1#A")]
    assert len({count().id, *(task_id(*one) for one in others), task_id("other", TaskKind.COUNT, "ful_1_1#A")}) == 4


def test_an_opened_task_stands_in_the_list_of_its_node_by_when_it_is_due():
    opened = task_opened("acme", count(), None)
    (write,) = opened.writes
    assert (write.table, write.key.pk, write.key.sk) == ("orders", f"T#acme#TASK#{count().id}", "TASK")
    assert write.set["gsi1pk"] == "T#acme#TASKS#NODE#S1"
    assert write.set["gsi1sk"] == f"2026-11-23T12:00:00.000Z#2026-11-23T12:00:00.000Z#{count().id}"
    (event,) = opened.events
    assert (event.entity, event.sequence, event.reason) == (f"TASK#{count().id}", 1, "not_found")
    assert event.data.model_dump() == {
        "task_id": count().id,
        "kind": "COUNT",
        "node_id": "S1",
        "subjects": SUBJECTS,
        "reason": "not_found",
        "due_at": "2026-11-23T12:00:00.000Z",
    }


def test_a_task_of_customer_care_without_a_date_comes_last_in_its_own_list():
    (write,) = task_opened("acme", count(node_id=None, due_at=None), None).writes
    assert write.set["gsi1pk"] == "T#acme#TASKS#CARE"
    assert str(write.set["gsi1sk"]).startswith("~#2026-11-23T12:00:00.000Z#")


@pytest.mark.parametrize("state", list(TaskState))
def test_what_was_opened_before_is_not_opened_again(state: TaskState):
    before = count().model_copy(update={"state": state, "version": 7})
    again = task_opened("acme", count(), before)
    assert (again.task, again.writes, again.events) == (before, (), ())


def test_a_done_task_leaves_its_list_and_is_held_to_what_was_read():
    over = task_done("acme", count(), outcome="counted", by="client-1", now=NOW, note="two on the wrong shelf")
    (write,) = over.writes
    assert (write.equals, "gsi1pk" in write.set) == ({"version": 1}, False)
    assert (over.task.state, over.task.version, over.task.done_by) == (TaskState.DONE, 2, "client-1")
    assert over.task.available_actions == []
    (event,) = over.events
    assert (event.sequence, event.data.model_dump()["outcome"]) == (2, "counted")
    with pytest.raises(TaskDoneBefore):
        task_done("acme", over.task, outcome="counted", by="client-1", now=NOW)

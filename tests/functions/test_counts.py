"""A count that a short pick asked for corrects the stock with the end of its task, or nothing changes."""

from __future__ import annotations

from typing import Any

import pytest

from oms.registry import reads as registry
from oms.registry.store import node_write
from oms.tasks.reads import open_tasks
from tests.functions.conftest import Answer
from tests.functions.test_picking import coded, pick, scans, told_elsewhere
from tests.functions.test_rerouting import at, begun
from tests.order_doors import Doors, doors, message
from tests.order_nodes import PLACES, node
from tests.order_world import TENANT, line, world
from tests.task_doors import opened

__all__ = ["doors", "world"]

COUNTER = ("fulfillment.write", "inventory.write", "inventory.correct", "node.DC1")


def asked(doors: Doors, missing: int = 1) -> tuple[str, str]:
    """A short pick of some of three units that are not there; the order, and the task to count that it opens."""
    order_id, work = begun(doors, line("A", 3))
    short = [{"line_no": 1, "quantity": missing, "reason": "not_found"}]
    assert pick(doors, work, short=short).status == 200
    told_elsewhere(doors, order_id)
    (task,) = open_tasks(doors.world.database, TENANT, "DC1")
    return order_id, task.id


def complete(doors: Doors, task: str, key: str | None = None, scopes: tuple[str, ...] = COUNTER, **body: Any) -> Answer:
    path = f"/v1/tasks/{task}/completions"
    return doors.api("capacity").send("POST", path, body, key=key, scopes=scopes)


def really(doors: Doors, units: int, sku: str = "A") -> None:
    """So many units of an item were received at DC1, as far as anybody will ever know."""
    doors.world.received[sku, "DC1"] = units


def shelf(doors: Doors, sku: str = "A", node_id: str = "DC1") -> tuple[int, int, int, int]:
    """Units on hand, allocated, blocked and available."""
    row = doors.world.stock(sku, node_id)
    return row.on_hand, row.allocated, row.blocked, row.available


@pytest.mark.capability("G4", whole=True)
def test_scans_confirm_units_are_short_by_reason_and_the_count_that_follows_corrects_the_stock(doors: Doors):
    coded(doors.world)
    order_id, work = begun(doors, line("P", 4), line("Q", 2))
    assert pick(doors, work, scans=scans("4006381333931", "614141007349")).body["lines"][0]["picked"] == 4
    short = [
        {"line_no": 2, "quantity": 1, "reason": "damaged"},
        {"line_no": 2, "quantity": 1, "reason": "not_found"},
    ]
    went_on = pick(doors, work, short=short).body
    assert (went_on["status"], went_on["lines"][1]["given_up"]) == ("PICKING", 2)
    told_elsewhere(doors, order_id)
    assert [one[:2] for one in at(doors, order_id)] == [("DC1", "PICKING"), ("S1", "SCHEDULED")]
    row = doors.world.stock("Q", "DC1")
    assert (row.on_hand, row.allocated, row.damaged, row.blocked, row.available) == (9, 0, 1, 1, 7)
    (task,) = open_tasks(doors.world.database, TENANT, "DC1")
    assert (task.subjects["sku"], task.reason, task.subjects["blocked"]) == ("Q", "not_found", "1")
    assert complete(doors, task.id, counted=7, outcome="counted").status == 200
    really(doors, 7, "Q")
    row = doors.world.stock("Q", "DC1")
    assert (row.on_hand, row.allocated, row.damaged, row.blocked, row.available) == (7, 0, 1, 0, 6)
    # A store that is to reject the whole gives all of it back for one unit.
    store = node("DC1", *PLACES["DC1"], when_short="reject").model_copy(update={"version": 2})
    doors.world.database.commit([node_write(TENANT, store)])
    registry.forget()
    _, other = begun(doors, line("P", 2), line("Q", 1), external_id="o-2")
    rejected = pick(doors, other, short=[{"line_no": 1, "quantity": 1, "reason": "damaged"}]).body
    assert (rejected["status"], rejected["rejected_reason"]) == ("REJECTED", "damaged")
    doors.world.check()


@pytest.mark.capability("G4")
def test_a_count_corrects_stock_once_with_the_end_of_its_task(doors: Doors):
    _, task = asked(doors)
    assert shelf(doors) == (10, 2, 1, 7)
    for _ in range(2):
        done = complete(doors, task, "k1", counted=9, outcome="counted", note="one is gone")
        assert (done.status, done.body["state"], done.body["outcome"]) == (200, "DONE", "counted")
    really(doors, 9)
    assert shelf(doors) == (9, 2, 0, 7)
    told = [one["detail"]["data"]["movements"] for one in doors.told("StockMoved")][-1]
    assert [(one["kind"], one["quantity"], one["reason"]) for one in told] == [
        ("restored", 1, "not_found"),
        ("counted", 9, "not_found"),
    ]
    with doors.world.unchanged():
        again = complete(doors, task, counted=4)
    assert (again.status, again.body["code"]) == (409, "task_already_done")
    doors.world.check()


@pytest.mark.capability("G4")
def test_what_was_found_after_all_is_for_sale_again(doors: Doors):
    _, task = asked(doors)
    told = message("wms.DC1", "CompleteTask", "m-1", task_id=task, counted=11)
    for _ in range(2):
        assert doors.queue("node_messages", told) == []
    really(doors, 11)
    assert shelf(doors) == (11, 2, 0, 9)
    doors.world.check()


@pytest.mark.capability("G4")
def test_a_count_that_is_refused_leaves_the_task_open_and_the_stock_as_it_is(doors: Doors):
    _, task = asked(doors)
    rules = {
        "reasons": [{"id": "cycle_count", "kinds": ["counted", "restored"]}],
        "limits": [{"id": "small", "units": 2, "hours": 24, "roles": ["client"]}],
    }
    api = doors.api("rule_sets")
    assert api.put("/v1/inventory/rules/stock", rules).status == 201
    promoted = api.post("/v1/inventory/rules/stock/promotions", {"number": 1}, headers={"if-match": "1"})
    assert promoted.status == 200, promoted.body
    silent = task_of_care(doors)
    with doors.world.unchanged():
        # Only who may correct stock counts it.
        worker = complete(doors, task, scopes=("fulfillment.write", "node.DC1"), counted=9)
        assert (worker.status, worker.body["code"]) == (403, "scope_missing")
        unknown = complete(doors, task, counted=9)
        assert (unknown.status, unknown.pointers) == (422, ["/reason", "/reason"])
        large = complete(doors, task, counted=3, reason="cycle_count")
        assert (large.status, large.body["code"], large.pointers) == (403, "correction_limit", ["/counted"])
        assert complete(doors, task, counted=-1).pointers == ["/counted"]
        other = complete(doors, silent, scopes=COUNTER[:3], counted=3)
        assert (other.status, other.pointers) == (422, ["/counted"])
    assert complete(doors, task, counted=9, reason="cycle_count").status == 200
    really(doors, 9)
    assert shelf(doors) == (9, 2, 0, 7)


def task_of_care(doors: Doors) -> str:
    return opened(doors.world, "PARCEL_SILENT", "p-1", None)


@pytest.mark.capability("G4")
def test_a_task_that_nobody_counted_for_changes_no_stock(doors: Doors):
    _, task = asked(doors)
    before = shelf(doors)
    assert complete(doors, task, outcome="recounted_by_feed").status == 200
    assert shelf(doors) == before

"""A node that has closed: orders that need it are kept for a person, with their units, and are never lost."""

from __future__ import annotations

from typing import Any

import pytest

from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.order_doors import Doors, doors
from tests.order_nodes import PLACES, node
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]


def close(doors: Doors, node_id: str, version: int = 2, status: str = "closed") -> None:
    changed = node(node_id, *PLACES[node_id], status=status).model_copy(update={"version": version})
    doors.world.database.commit([node_write(TENANT, changed)])
    registry.forget()


def keeps(doors: Doors, detail: str, *, reserved_at: str, **changes: Any) -> str:
    """Place an order of one unit and expect it in review with its unit; its id."""
    answer = doors.api("place_order").post("/v1/orders", document(**changes))
    assert (answer.status, answer.body["status"]) == (201, "PENDING_REVIEW")
    assert answer.body["available_actions"] == ["review", "cancel"]
    seen = doors.see(answer.body["id"])
    failed = [(check["name"], check["detail"]) for check in seen["validations"] if check["verdict"] == "fail"]
    assert failed == [("node", detail)]
    assert doors.world.stock("A", reserved_at).reserved == 1
    return str(answer.body["id"])


def one(**more: Any) -> dict[str, Any]:
    return line("A", 1, **more)


@pytest.mark.capability("A3")
def test_a_closed_store_of_pick_up(doors: Doors):
    close(doors, "S1")
    changes = {"lines": [one(method="pickup", pickup_node="S1")], "totals": {"goods": 1000, "total": 1000}}
    changes["payments"] = [{"provider": "strict", "token": "tok_visa", "amount": 1000}]
    keeps(doors, "node S1 is closed", reserved_at="S1", **changes)


@pytest.mark.capability("A3")
def test_a_closed_selling_node(doors: Doors):
    close(doors, "WEB")
    changes = {"lines": [one()], "totals": {"goods": 1000, "total": 1000}}
    changes["payments"] = [{"provider": "strict", "token": "tok_visa", "amount": 1000}]
    order_id = keeps(doors, "node WEB is closed", reserved_at="DC1", **changes)
    # A person lets it go on: it has had its unit all the time.
    answer = doors.api("change_orders").post(f"/v1/orders/{order_id}/review", {"decision": "accept", "reason": "open"})
    assert (answer.status, answer.body["status"]) == (200, "CONFIRMED")
    (work,) = doors.run_order_workflow(order_id)
    assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", None).status == 200


@pytest.mark.capability("A3")
def test_the_only_node_with_stock_is_closed(doors: Doors):
    for node_id in ("DC1", "S1", "S2"):
        close(doors, node_id)
    changes = {"lines": [one()], "totals": {"goods": 1000, "total": 1000}}
    changes["payments"] = [{"provider": "strict", "token": "tok_visa", "amount": 1000}]
    detail = "no open node has all of the units; node DC1, which has, is closed"
    order_id = keeps(doors, detail, reserved_at="DC1", **changes)
    answer = doors.api("change_orders").post(
        f"/v1/orders/{order_id}/review", {"decision": "cancel", "reason": "closed"}
    )
    assert (answer.status, answer.body["status"]) == (200, "CANCELLED")
    assert doors.world.stock("A", "DC1").reserved == 0


def test_an_order_that_waited_goes_to_a_node_that_has_opened(doors: Doors):
    for node_id in ("DC1", "S1", "S2"):
        close(doors, node_id)
    changes = {"lines": [one()], "totals": {"goods": 1000, "total": 1000}}
    changes["payments"] = [{"provider": "strict", "token": "tok_visa", "amount": 1000}]
    detail = "no open node has all of the units; node DC1, which has, is closed"
    order_id = keeps(doors, detail, reserved_at="DC1", **changes)
    close(doors, "S2", version=3, status="active")
    doors.api("change_orders").post(f"/v1/orders/{order_id}/review", {"decision": "accept", "reason": "S2 opened"})
    doors.run_order_workflow(order_id)
    assert [work["node_id"] for work in doors.see(order_id)["fulfillment_orders"]] == ["S2"]


def test_what_nobody_has_open_or_closed_is_out_of_stock(doors: Doors):
    close(doors, "S1")
    with doors.world.unchanged():
        answer = doors.api("place_order").post("/v1/orders", document(line("A", 21)))
    assert (answer.status, answer.body["code"], answer.pointers) == (409, "out_of_stock", ["/lines/0/quantity"])


def test_a_closed_node_is_not_asked_while_open_ones_have_the_units(doors: Doors):
    close(doors, "DC1")
    order_id = doors.place(document(one()))
    assert doors.see(order_id)["status"] == "CONFIRMED"
    assert doors.world.stock("A", "DC1").reserved == 0


def told(doors: Doors, node_id: str, since: str = "2026-11-23T12:00:00.000Z", status: str = "closed") -> list[str]:
    """The fact that a node has closed, as its consumer gets it."""
    meta = {"id": "evt_1", "type": "NodeChanged", "tenant": TENANT}
    data = {"node": {"id": node_id, "status": status, "effective_from": since}}
    fact = {"source": "spine", "detail-type": "NodeChanged", "detail": {"meta": meta, "data": data}}
    return doors.queue("vacate_nodes", fact)


@pytest.mark.capability("E8", whole=True)
def test_work_that_a_closed_node_has_not_begun_goes_to_others_and_of_the_rest_a_person_is_told(doors: Doors):
    doors.world.add_item("D", {"DC1": 5})
    ids = [
        doors.place(document(line(sku, 2), external_id=f"o-{n}")) for n, sku in enumerate(("A", "B", "C", "D"), start=1)
    ]
    (heard,), (begun,), (alone,) = (doors.run_order_workflow(order_id) for order_id in (ids[0], ids[1], ids[3]))
    doors.task("source_order", order_id=ids[2])
    assert doors.api("fulfillment").post(f"/v1/fulfillment-orders/{begun}/accept", {}).status == 200
    close(doors, "DC1")
    assert told(doors, "DC1") == []
    works = [doors.world.order(order_id).fulfillment_orders for order_id in ids]
    at = {n: [(work.node_id, work.status.value) for work in found] for n, found in enumerate(works)}
    assert at == {
        0: [("DC1", "REJECTED"), ("S1", "SCHEDULED")],
        1: [("DC1", "ACCEPTED")],
        2: [("DC1", "REJECTED"), ("S1", "SCHEDULED")],
        3: [("DC1", "OPEN")],
    }
    assert [doors.world.work(one).escalated_reason for one in (begun, alone)] == ["NODE_CLOSED", "NODE_CLOSED"]
    assert doors.stored_event(ids[0], "FulfillmentOrderWithdrawn")["detail"]["data"]["reason"] == "NODE_CLOSED"
    # Its workflow is told, and finds the units with others.
    assert doors.queue("resume_fulfillment", doors.stored_event(ids[0], "FulfillmentOrderWithdrawn")) == []
    assert (f"token-{heard}", "REJECTED") in doors.world.continued
    before = dict(doors.world.database.rows)
    assert told(doors, "DC1") == []
    assert dict(doors.world.database.rows) == before
    doors.world.check()


@pytest.mark.capability("E8")
def test_a_node_that_closes_later_or_has_not_closed_keeps_its_work(doors: Doors):
    order_id = doors.place(document(line("A", 2)))
    doors.run_order_workflow(order_id)
    with doors.world.unchanged():
        assert told(doors, "DC1", since="2026-12-31T00:00:00.000Z") == []
        assert told(doors, "DC1", status="active") == []


@pytest.mark.capability("E8")
def test_news_of_a_closing_that_comes_when_the_node_is_open_again_moves_nothing(doors: Doors):
    order_id = doors.place(document(line("A", 2)))
    (work,) = doors.run_order_workflow(order_id)
    close(doors, "DC1")
    close(doors, "DC1", version=3, status="active")
    with doors.world.unchanged():
        assert told(doors, "DC1") == []
    assert (doors.world.work(work).status.value, doors.world.work(work).escalated_reason) == ("OPEN", None)


@pytest.mark.capability("E8")
def test_what_was_placed_before_a_node_closed_is_allocated_elsewhere(doors: Doors):
    order_id = doors.place(document(line("A", 2)))
    close(doors, "DC1")
    doors.run_order_workflow(order_id)
    assert [work.node_id for work in doors.world.order(order_id).fulfillment_orders] == ["S1"]

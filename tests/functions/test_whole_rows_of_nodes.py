"""Rows about nodes, their parcels and the timeline, each shown whole through its doors in one test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.order_doors import Doors, doors, message
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

# Who speaks for a node: over HTTP, and on the bus a store, a warehouse (its own or a 3PL's) and a supplier.
WAYS = ("http", "store.DC1", "wms.DC1", "supplier.DC1")


def say(doors: Doors, way: str, verb: str, work: str, **data: Any) -> None:
    """A verb of the node protocol, which must be taken."""
    if way == "http":
        answer = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/{verb}", data)
        assert answer.status == 200, answer.body
        return
    name = "".join(part.capitalize() for part in verb.split("-")) + "FulfillmentOrder"
    said = message(way, name, f"{work}:{verb}:{len(doors.world.tables())}", fulfillment_order_id=work, **data)
    assert doors.queue("node_messages", said) == []


def open_work(doors: Doors, *lines: dict[str, Any], **changes: Any) -> tuple[str, str]:
    order_id = doors.place(document(*(lines or (line("A", 5),)), **changes))
    (work,) = doors.run_order_workflow(order_id)
    return order_id, work


def cancel(doors: Doors, order_id: str, units: int) -> int:
    body = {"reason": "customer_changed_mind", "lines": [{"line_no": 1, "quantity": units}]}
    return doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", body).status


@pytest.mark.capability("H1", whole=True)
def test_work_shipments_and_packages_share_units_many_to_many(doors: Doors):
    """Two pieces of work in an order, two shipments of one of them; a line in several boxes, several lines in a box."""
    order_id = doors.place(document(line("A", 5), line("C", 2), line("B", 1, method="pickup", pickup_node="S1")))
    by_mail, at_counter = doors.run_order_workflow(order_id)
    api, url = doors.api("fulfillment"), f"/v1/fulfillment-orders/{by_mail}/ship"

    def units(*pairs: tuple[int, int]) -> list[dict[str, int]]:
        return [{"line_no": line_no, "quantity": quantity} for line_no, quantity in pairs]

    boxes = [
        {"package_no": 1, "tracking_number": "1Z1", "lines": units((1, 1))},
        {"package_no": 2, "tracking_number": "1Z2", "lines": units((1, 2), (2, 1))},
    ]
    sent = {"lines": units((1, 3), (2, 1)), "shipment": {"carrier": "ups", "packages": boxes}}
    for wrong in (boxes[:1], [boxes[0], boxes[1] | {"lines": units((1, 3))}], [{"package_no": 1}, boxes[1]]):
        with doors.world.unchanged():
            refused = api.post(url, sent | {"shipment": {"packages": wrong}})
        assert refused.status == 422, wrong
    assert api.post(url, sent).status == 200
    rest = {"shipment": {"packages": [{"package_no": 1, "tracking_number": "1Z3", "lines": units((1, 2), (2, 1))}]}}
    assert api.post(url, rest).status == 200

    seen = doors.see(order_id)
    assert {work["id"]: work["status"] for work in seen["fulfillment_orders"]} == {
        by_mail: "COMPLETED",
        at_counter: "OPEN",
    }
    first, second = seen["shipments"]
    assert first["id"] != second["id"]
    assert {first["fulfillment_order_id"], second["fulfillment_order_id"]} == {by_mail}
    shipped: dict[int, int] = {}
    for shipment in (first, second):
        boxed: dict[int, int] = {}
        for row in (row for package in shipment["packages"] for row in package["lines"]):
            boxed[row["line_no"]] = boxed.get(row["line_no"], 0) + row["quantity"]
        assert boxed == {row["line_no"]: row["quantity"] for row in shipment["lines"]}
        for line_no, quantity in boxed.items():
            shipped[line_no] = shipped.get(line_no, 0) + quantity
    assert shipped == {1: 5, 2: 2}
    tracked = [package["tracking_number"] for shipment in (first, second) for package in shipment["packages"]]
    assert tracked == ["1Z1", "1Z2", "1Z3"]


def shipped_whole(doors: Doors, way: str) -> str:
    order_id, work = open_work(doors, external_id=f"{way} shipped")
    for verb in ("accept", "pick", "pack", "ship"):
        say(doors, way, verb, work)
    return order_id


def rejected(doors: Doors, way: str) -> str:
    order_id, work = open_work(doors, line("A", 1), external_id=f"{way} rejected")
    say(doors, way, "reject", work, reason="closed")
    return order_id


def closed_incomplete(doors: Doors, way: str) -> str:
    order_id, work = open_work(doors, line("B", 2), external_id=f"{way} closed")
    say(doors, way, "accept", work)
    say(doors, way, "ship", work, lines=[{"line_no": 1, "quantity": 1}])
    say(doors, way, "close", work, reason="damaged")
    return order_id


def cancellation_accepted(doors: Doors, way: str) -> str:
    order_id, work = open_work(doors, line("C", 2), external_id=f"{way} let go")
    say(doors, way, "accept", work)
    assert cancel(doors, order_id, 1) == 202
    assert doors.see(order_id)["lines"][0]["quantities"] == {"released": 2}
    say(doors, way, "cancel-response", work, accepted=True)
    say(doors, way, "ship", work)
    return order_id


def cancellation_rejected(doors: Doors, way: str) -> str:
    order_id, work = open_work(doors, line("C", 2), external_id=f"{way} kept")
    say(doors, way, "pick", work)
    assert cancel(doors, order_id, 1) == 202
    say(doors, way, "cancel-response", work, accepted=False, reason="already on the truck")
    say(doors, way, "ship", work)
    return order_id


JOURNEYS: dict[Callable[[Doors, str], str], tuple[str, dict[str, int], str]] = {
    shipped_whole: ("COMPLETED", {"shipped": 5}, "ShipmentShipped"),
    rejected: ("REJECTED", {"open": 1}, "FulfillmentOrderRejected"),
    closed_incomplete: ("INCOMPLETE", {"open": 1, "shipped": 1}, "FulfillmentOrderClosed"),
    cancellation_accepted: ("COMPLETED", {"shipped": 1, "cancelled": 1}, "FulfillmentOrderCancellationAccepted"),
    cancellation_rejected: ("COMPLETED", {"shipped": 2}, "FulfillmentOrderCancellationRejected"),
}


@pytest.mark.capability("H2", whole=True)
@pytest.mark.parametrize("journey", JOURNEYS, ids=lambda journey: journey.__name__)
def test_the_node_protocol_is_the_same_for_all(doors: Doors, journey: Callable[[Doors, str], str]):
    """Each way from submitted work to its end; whoever speaks, over whichever door, leaves the same order behind."""
    status, quantities, event = JOURNEYS[journey]
    doors.world.receive("A", "DC1", 30)
    told = []
    for way in WAYS:
        order_id = journey(doors, way)
        seen, rows = doors.see(order_id), doors.timeline(order_id)
        assert "FulfillmentOrderReleased" in [row["event"] for row in rows]
        assert event in [row["event"] for row in rows]
        (work,) = seen["fulfillment_orders"]
        assert (work["status"], seen["lines"][0]["quantities"]) == (status, quantities)
        told.append([(row["event"], row["command"], row["reason"], row["changes"]) for row in rows[1:]])
    for other in told[1:]:
        assert [row[:3] for row in other] == [row[:3] for row in told[0]]


@pytest.mark.capability("K4", whole=True)
@pytest.mark.parametrize("most", [None, 1])
def test_each_shipment_captures_its_own_amount_once(doors: Doors, most: int | None):
    """Three parcels; each event comes three times. A hold that carries one capture is made anew for the rest."""
    doors.world.provider.max_captures = doors.world.provider.says_max_captures = most
    order_id, work = open_work(doors, line("A", 5))
    for units, amount in ((2, 2000), (1, 1000), (2, 2000)):
        say(doors, "http", "ship", work, lines=[{"line_no": 1, "quantity": units}])
        event = doors.stored_event(order_id, "ShipmentShipped")
        assert doors.queue("resume_fulfillment", event, event, event) == []
        task = {"order_id": order_id, "fulfillment_order_id": work}
        assert [doors.task("capture_payment", **task)["captured"] for _ in range(3)] == [amount, 0, 0]
    moved = doors.world.provider.effects
    assert [amount for verb, _, amount in moved if verb == "capture"] == [2000, 1000, 2000]
    holds = [amount for verb, _, amount in moved if verb == "authorize"]
    assert holds == ([5000] if most is None else [5000, 3000, 2000])
    seen = doors.see(order_id)
    assert [[c["amount"] for c in s["captures"] if c["captured"]] for s in seen["shipments"]] == [
        [2000],
        [1000],
        [2000],
    ]
    assert (seen["payment_status"], seen["payments"][0]["captured"]) == ("CAPTURED", 5000)


@pytest.mark.capability("B5", whole=True)
def test_every_change_is_told_once_for_all_and_on_one_page(doors: Doors):
    """A life with a doubtful payment, parcels and cancellations: no version without its row, no row ever changed."""
    order_id = doors.place(document(line("A", 5)), headers={"x-reason": "phone order", "x-correlation-id": "call-7"})
    order, change = doors.api("read_orders"), doors.api("change_orders")
    doors.task("source_order", order_id=order_id)
    doors.world.provider.script["authorize"] = ["declined"]
    work = doors.see(order_id)["fulfillment_orders"][0]["id"]
    part = [{"line_no": 1, "quantity": 2}]
    steps: list[Callable[[], object]] = [
        lambda: doors.task("authorize_payment", order_id=order_id),
        lambda: change.post(f"/v1/orders/{order_id}/review", {"decision": "accept", "reason": "other card"}),
        lambda: doors.run_order_workflow(order_id),
        lambda: say(doors, "wms.DC1", "accept", work),
        lambda: say(doors, "http", "pick", work, lines=part),
        lambda: say(doors, "http", "ship", work, lines=part),
        lambda: doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work),
        lambda: doors.task("escalate_fulfillment", order_id=order_id, fulfillment_order_id=work, reason="TIMED_OUT"),
        lambda: cancel(doors, order_id, 1),
        lambda: say(doors, "wms.DC1", "cancel-response", work, accepted=True),
        lambda: say(doors, "http", "close", work, reason="not_found"),
    ]
    before = doors.timeline(order_id)
    for step in steps:
        version = doors.see(order_id)["version"]
        step()
        rows = doors.timeline(order_id)
        assert rows[: len(before)] == before
        assert (len(rows) > len(before)) == (doors.see(order_id)["version"] > version), rows[-1]["event"]
        before = rows

    page = order.get(f"/v1/orders/{order_id}/timeline")
    assert page.body == {"events": before}
    told: dict[str, Any] = {}
    for number, row in enumerate(before, start=1):
        assert row["sequence"] == number
        for name in ("event", "command", "actor", "role", "occurred_at", "correlation_id"):
            assert row[name], (name, row)
        for name, (was, now) in row["changes"].items():
            assert told.get(name) == was, (name, row)
            told[name] = now
    seen = doors.see(order_id)
    assert {name: told[name] for name in ("status", "payment_status", "fulfillment_status")} == {
        name: seen[name] for name in ("status", "payment_status", "fulfillment_status")
    }
    assert (before[0]["reason"], before[0]["channel"], before[0]["correlation_id"]) == ("phone order", "web", "call-7")
    reasons = {row["event"]: row["reason"] or row["data"].get("reason") for row in before}
    assert reasons["FulfillmentOrderClosed"] == "not_found"
    assert {"client", "system", "node"} <= {row["role"] for row in before}

"""Goods that customers collect, through the doors: rules, work that is ready, and the counter.

counter = Counter(doors)
counter.rules({"id": "all", "proofs": ["code"], "open_days": 3})
order_id, work = counter.ready(collected("A", 2))
counter.hand_over(work, collector="Ann", proof={"code": counter.code(order_id)})
"""

from __future__ import annotations

from typing import Any

from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.functions.conftest import Answer
from tests.order_doors import Doors
from tests.order_nodes import node
from tests.order_world import TENANT, document, line

# 10:00 to 18:00 in New York, and not on a Sunday.
OPEN = {day: [["10:00", "18:00"]] for day in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday")}
ANN = {"name": "Ann Smith", "email": "ann@example.com", "phone": "1"}


def collected(sku: str = "A", quantity: int = 1, **more: Any) -> dict[str, Any]:
    """A line that is collected at the store S1."""
    return line(sku, quantity, method="pickup", pickup_node="S1", **more)


class Counter:
    """The store S1 with its counter."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors

    def rules(self, *rules: dict[str, Any]) -> None:
        """Let these collection rules hold."""
        api = self.doors.api("rule_sets")
        assert api.put("/v1/collection-rules/usual", {"rules": list(rules)}).status == 201
        promoted = api.post("/v1/collection-rules/usual/promotions", {"number": 1}, headers={"if-match": "1"})
        assert promoted.status == 200, promoted.body

    def open_at(self, **details: Any) -> None:
        """Give the store hours of its own."""
        changed = node("S1", "store", 42.6, -73.7, **details).model_copy(update={"version": 2})
        self.doors.world.database.commit([node_write(TENANT, changed)])
        registry.forget()

    def opened(self, *lines: dict[str, Any], **changes: Any) -> tuple[str, str]:
        """An order whose work the store has: its id, and that of the work."""
        changes.setdefault("customer", ANN)
        order_id = self.doors.place(document(*(lines or (collected("A", 2),)), **changes))
        (work,) = self.doors.run_order_workflow(order_id)
        return order_id, work

    def ready(self, *lines: dict[str, Any], **changes: Any) -> tuple[str, str]:
        """The same with goods that wait at the counter."""
        order_id, work = self.opened(*lines, **changes)
        assert self.act(work, "stage").status == 200
        return order_id, work

    def act(self, work: str, verb: str, content: dict[str, Any] | None = None, **more: Any) -> Answer:
        return self.doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/{verb}", content or {}, **more)

    def hand_over(self, work: str, key: str | None = None, **content: Any) -> Answer:
        return self.act(work, "hand-over", content, key=key)

    def code(self, order_id: str) -> str:
        """The code that the customer is sent."""
        return str(self.doors.stored_event(order_id, "FulfillmentOrderReady")["detail"]["data"]["pickup_code"])

    def link(self, order_id: str) -> str:
        """The link by which the customer says where they are."""
        return f"/v1/arrivals/{self.last(order_id, 'FulfillmentOrderReady')['arrival_link']}"

    def refused(self, work: str, **content: Any) -> tuple[int, str, list[str]]:
        """How a hand-over is refused, which changes nothing: status, code and pointers."""
        with self.doors.world.unchanged():
            answer = self.hand_over(work, **content)
        return answer.status, answer.body["code"], answer.pointers

    def last(self, order_id: str, kind: str) -> dict[str, Any]:
        return dict(self.doors.stored_event(order_id, kind)["detail"]["data"])

    def told(self, order_id: str) -> list[str]:
        return [row["event"] for row in self.doors.timeline(order_id)]

"""Choices over the in-memory retailer: rules that hold, what is heard of orders, and the links of customers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.order_doors import Doors
from tests.order_world import TENANT

PATH = "/v1/choice-rules/usual"
BACKORDER: dict[str, Any] = {
    "id": "backorders",
    "kind": "BACKORDER",
    "options": ["wait", "substitute", "cancel"],
    "hours": 48,
    "otherwise": "cancel",
}
REJECTION: dict[str, Any] = {
    "id": "rejections",
    "kind": "REJECTION",
    "options": ["pickup", "ship", "cancel"],
    "hours": 24,
    "otherwise": "wait",
}
SUBSTITUTION: dict[str, Any] = {
    "id": "substitutes",
    "kind": "SUBSTITUTION",
    "options": ["wait", "substitute", "cancel"],
    "hours": 2,
    "otherwise": "wait",
}
_HEARD = ("OrderSourced", "OrderBackordered", "FulfillmentOrderEscalated")


@dataclass
class Choices:
    """The doors with what is about choices."""

    doors: Doors

    def rules(self, *rules: dict[str, Any], substitutes: list[dict[str, Any]] | None = None) -> None:
        """Let rules hold."""
        api = self.doors.api("rule_sets")
        put = api.put(PATH, {"rules": list(rules), "substitutes": substitutes or []})
        assert put.status == 201, put.body
        assert api.post(f"{PATH}/promotions", {"number": 1}, headers={"if-match": "1"}).status == 200

    def hear(self) -> None:
        """Everything is delivered that a choice may follow from."""
        for event in self.doors.told(*_HEARD):
            if event["detail-type"] != "OrderSourced" or event["detail"]["data"]["waits"]:
                assert self.doors.queue("broker_backlog", event) == []

    def clock(self) -> None:
        """The schedule asks."""
        wish = {"meta": {"id": "wish", "tenant": TENANT}, "data": {}}
        body = {"source": "spine", "detail-type": "BacklogBrokeringRequested", "detail": wish}
        assert self.doors.queue("broker_backlog", body) == []

    def later(self, **passed: int) -> None:
        """Time goes by, and the schedule asks."""
        self.doors.world.clock.advance(**passed)
        self.clock()

    def stock_came(self, sku: str) -> None:
        """The broker hears that there is more of an item."""
        told = {"meta": {"id": "freed", "tenant": TENANT}, "data": {"sku": sku, "segment": None}}
        body = {"source": "spine", "detail-type": "StockFreed", "detail": told}
        assert self.doors.queue("broker_backlog", body) == []

    def offered(self, order_id: str) -> list[dict[str, Any]]:
        """What was told of the choices of an order, to whoever writes to its customer."""
        told = [event["detail"]["data"] for event in self.doors.told("ChoiceOffered")]
        return [one for one in told if one["order_id"] == order_id]

    def page(self, offered: dict[str, Any]) -> dict[str, Any]:
        """What the link shows."""
        answer = self.doors.api("change_orders").get(f"/v1/choices/{offered['choice_link']}")
        assert answer.status == 200
        return answer.body

    def answer(self, offered: dict[str, Any], body: dict[str, Any], **more: Any) -> Answer:
        """What the customer decides."""
        return self.doors.api("change_orders").post(f"/v1/choices/{offered['choice_link']}", body, **more)


@pytest.fixture
def choices(doors: Doors) -> Choices:
    """The doors to a fresh retailer, with choices."""
    return Choices(doors)

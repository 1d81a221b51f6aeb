"""Every function of an order's way over the in-memory retailer: the real handlers, called as AWS calls them.

def test_something(doors):
    placed = doors.api("place_order").post("/v1/orders", document())
    doors.task("source_order", order_id=placed.body["id"])
    doors.queue("node_messages", message("store.DC1", "AcceptFulfillmentOrder", ...))
"""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import pytest

from oms.registry import reads as registry
from tests.functions.conftest import Api
from tests.order_world import TENANT, World

SCOPES = {
    "place_order": ("orders.write", "orders.read", "channel.web"),
    "change_orders": ("orders.write", "orders.change_price"),
    "read_orders": ("orders.read", "fulfillment.read"),
    "fulfillment": ("fulfillment.write", "fulfillment.read"),
    "reservations": ("reservations.write", "reservations.read", "channel.web"),
    "simulations": ("rules.read", "orders.read"),
    "promises": ("promises.write", "promises.read", "channel.web"),
    "supply": ("inventory.read", "inventory.write"),
    "returns": ("returns.read", "returns.write"),
    "drawers": ("drawers.read", "drawers.write"),
    "gift_cards": ("gift_cards.read", "gift_cards.write", "channel.web"),
    "payments": ("orders.write", "orders.read", "channel.web"),
    "settlements": ("finance.read", "finance.write", "purchasing.read", "purchasing.write"),
    "registry": ("registry.read", "registry.write"),
    "pos": ("pos.read", "pos.write"),
    "appeasements": ("appeasements.request", "appeasements.read", "appeasements.approve", "role.manager"),
    "papers": ("fulfillment.read",),
    "capacity": ("fulfillment.read", "fulfillment.write"),
    "inventory": ("inventory.read", "inventory.write", "inventory.correct", "availability.read"),
    "rule_sets": ("rules.read", "rules.write"),
    "webhook_subscriptions": ("webhooks.read", "webhooks.write", "webhooks.secrets"),
    "psp_webhook": (),
    "console": (),
}
SECRET: dict[str, Any] = {"endpoint": "http://127.0.0.1:9", "api_key": "key_test", "webhook_secret": "whsec_test"}
CARRIER_SECRET: dict[str, Any] = {
    "easypost": {"webhook_secret": ["whsec_old", "whsec_pärcel"], "tenant": TENANT},
    "shippo": {"webhook_secret": "whsec_shippo", "tenant": TENANT},
}


@dataclass
class Doors:
    """The handlers, with the world behind them."""

    world: World
    monkeypatch: pytest.MonkeyPatch
    _apis: dict[str, Api] = field(default_factory=dict)

    def module(self, name: str) -> ModuleType:
        """A function's handler module, working on this world."""
        found = importlib.import_module(f"functions.{name}.handler")
        stand_ins = {
            "runtime": self.world.runtime,
            "provider": self.world.providers,
            "continue_workflow": self.world.continue_workflow,
            "secret": lambda: SECRET,
            "master": lambda: "m" * 64,
            "carrier_secret": lambda: CARRIER_SECRET,
        }
        for attribute, value in stand_ins.items():
            if hasattr(found, attribute):
                self.monkeypatch.setattr(found, attribute, value)
        return found

    def api(self, name: str) -> Api:
        """A function behind the HTTP API, called with the scopes that it needs."""
        if name not in self._apis:
            self._apis[name] = Api(self.module(name).handler, SCOPES[name], TENANT)
        return self._apis[name]

    def task(self, name: str, **content: Any) -> Any:
        """A function as a task of a workflow."""
        return self.module(name).handler({"tenant": TENANT, **content}, None)

    def queue(self, name: str, *messages: dict[str, Any]) -> list[str]:
        """A function with a batch of its queue; the ids of the messages that come again."""
        records = [{"messageId": f"m{i}", "body": json.dumps(body)} for i, body in enumerate(messages)]
        answer = self.module(name).handler({"Records": records}, None)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def place(self, document: dict[str, Any], **more: Any) -> str:
        """The id of an order that was placed over HTTP."""
        answer = self.api("place_order").post("/v1/orders", document, **more)
        assert answer.status == 201, answer.body
        return str(answer.body["id"])

    def run_order_workflow(self, order_id: str) -> list[str]:
        """What the order workflow does when all goes well; the ids of the released fulfilment orders."""
        self.task("source_order", order_id=order_id)
        outcome = self.task("authorize_payment", order_id=order_id)
        released = []
        for work in outcome["fulfillment_orders"]:
            work_id = str(work["fulfillment_order_id"])
            self.world.waiting.add(f"token-{work_id}")
            self.task("release_fulfillment", **work, task_token=f"token-{work_id}")
            released.append(work_id)
        return released

    def see(self, order_id: str) -> dict[str, Any]:
        """The order as GET answers it."""
        answer = self.api("read_orders").get(f"/v1/orders/{order_id}")
        assert answer.status == 200
        return answer.body

    def told(self, *kinds: str) -> list[dict[str, Any]]:
        """Every stored event of these types as the bus delivers it, whatever it is about."""
        rows = [row for (table, _), row in self.world.database.rows.items() if table == "events"]
        found = [json.loads(str(row["detail"])) for row in rows if row.get("type") in kinds]
        return [{"source": "spine", "detail-type": one["meta"]["type"], "detail": one} for one in found]

    def timeline(self, order_id: str) -> list[dict[str, Any]]:
        answer = self.api("read_orders").get(f"/v1/orders/{order_id}/timeline")
        assert answer.status == 200
        return answer.body["events"]

    def stored_event(self, order_id: str, kind: str) -> dict[str, Any]:
        """The last event of a type as the bus delivers it."""
        rows = list(self.world.database.query("events", f"T#{TENANT}#ORDER#{order_id}"))
        details = [json.loads(str(row["detail"])) for row in rows if row["type"] == kind]
        return {"source": "spine", "detail-type": kind, "detail": details[-1]}


def message(source: str, kind: str, message_id: str, tenant: str = TENANT, **data: Any) -> dict[str, Any]:
    """What a store or warehouse puts on the store bus."""
    meta = {"id": message_id, "occurred_at": "2026-11-23T12:00:00Z", "tenant": tenant}
    return {"source": source, "detail-type": kind, "detail": {"meta": meta, "data": data}}


@pytest.fixture
def doors(world: World, monkeypatch: pytest.MonkeyPatch) -> Doors:
    """The doors to a fresh retailer."""
    registry.forget()
    return Doors(world, monkeypatch)

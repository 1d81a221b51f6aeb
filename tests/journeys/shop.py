"""A buyer, an operator and a node, as the journeys play them: only public doors, only real answers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from local.state import Answer, Running
from local.world.control import write_control

T = TypeVar("T")
PATIENCE_SECONDS = 60.0
SHIP_TO = {"name": "A. Buyer", "street": "350 5th Ave", "city": "New York", "postal_code": "10118", "country": "US"}


def line(sku: str, quantity: int, unit_price: int, **more: Any) -> dict[str, Any]:
    """One line whose total adds up."""
    return {"sku": sku, "quantity": quantity, "unit_price": unit_price, "total": quantity * unit_price, **more}


def order(*lines: dict[str, Any], token: str = "tok_visa", **more: Any) -> dict[str, Any]:
    """An order document of the web shop that adds up and is paid by one card."""
    goods = sum(entry["quantity"] * entry["unit_price"] for entry in lines)
    return {
        "channel": "web",
        "external_id": f"T-{uuid.uuid4().hex[:12]}",
        "selling_node": "web",
        "taken_by": "web shop",
        "currency": "USD",
        "locale": "en-US",
        "ship_to": SHIP_TO,
        "lines": list(lines),
        "totals": {"goods": goods, "total": goods},
        "payments": [{"provider": "strict", "token": token, "amount": goods}],
        **more,
    }


@pytest.fixture(scope="session")
def shop(system: Running) -> Shop:
    """The running system's public doors."""
    return Shop(system)


@pytest.fixture
def no_bots(shop: Shop) -> Iterator[None]:
    """The bots stand still, so that the test is the node."""
    write_control(shop.running.state_dir, {"paused": True})
    yield
    write_control(shop.running.state_dir, {"paused": False})


class Shop:
    """The public doors of one running system."""

    def __init__(self, running: Running) -> None:
        self.running = running

    def post(self, path: str, body: Any, client: str = "acme-web", key: str | None = None) -> Answer:
        return self.running.call(client, "POST", path, body, key=key or uuid.uuid4().hex)

    def get(self, path: str, client: str = "acme-web") -> Any:
        answer = self.running.call(client, "GET", path)
        assert answer.status == 200, answer.body
        return answer.json()

    def place(self, document: dict[str, Any]) -> str:
        """Place an order that must be accepted, and return its id."""
        answer = self.post("/v1/orders", document)
        assert answer.status == 201, answer.body
        return str(answer.json()["id"])

    def order(self, order_id: str) -> dict[str, Any]:
        return dict(self.get(f"/v1/orders/{order_id}"))

    def events(self, order_id: str) -> list[str]:
        """The names of an order's events, oldest first."""
        return [event["event"] for event in self.get(f"/v1/orders/{order_id}/timeline")["events"]]

    def work_of(self, order_id: str, status: str) -> dict[str, Any]:
        """The first fulfilment order of an order that is in a state, once there is one."""

        def look() -> dict[str, Any] | None:
            found = self.order(order_id)["fulfillment_orders"]
            return next((work for work in found if work["status"] == status), None)

        return until(look, f"no work of {order_id} became {status}")

    def settled(self, order_id: str, payment_status: str = "CAPTURED") -> dict[str, Any]:
        """The order, once its payment status is what it should be."""

        def look() -> dict[str, Any] | None:
            found = self.order(order_id)
            return found if found["payment_status"] == payment_status else None

        try:
            return until(look, f"{order_id} did not become {payment_status}")
        except AssertionError as late:
            late.add_note(self.as_it_stands(order_id))
            raise

    def as_it_stands(self, order_id: str) -> str:
        """What a person needs to see of an order that did not get on: its money, its work and what happened last."""
        found = self.order(order_id)
        works = [(work["id"], work["method"], work["status"]) for work in found["fulfillment_orders"]]
        return f"{found['status']}, {found['payments']}, {works}, {self.events(order_id)}"

    def new_item(self, stock: dict[str, int]) -> str:
        """A SKU of its own for one test, with units at nodes."""
        sku = f"SKU-{uuid.uuid4().hex[:10]}"
        put = self.running.call(
            "acme-operator", "PUT", f"/v1/items/{sku}", {"description": "Test item"}, key=uuid.uuid4().hex
        )
        assert put.status in (200, 201), put.body
        movements = [
            {"sku": sku, "node_id": node, "kind": "received", "quantity": units} for node, units in stock.items()
        ]
        moved = self.post("/v1/inventory/movements", {"movements": movements}, client="acme-operator")
        assert moved.status in (200, 201), moved.body
        return sku

    def stock(self, sku: str, node: str) -> dict[str, int]:
        """The buckets of one SKU at one node."""
        rows = self.get(f"/v1/inventory/{sku}", client="acme-operator")["nodes"]
        return dict(next(row for row in rows if row["node_id"] == node))

    def node_does(self, work_id: str, action: str, body: Any = None) -> Answer:
        """A verb of the node protocol over HTTP."""
        return self.post(f"/v1/fulfillment-orders/{work_id}/{action}", body or {}, client="acme-wms")


def until(look: Callable[[], T | None], late: str) -> T:
    """What `look` finds, as soon as it finds something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(0.1)
    raise AssertionError(late)

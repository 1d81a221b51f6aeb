"""Calls about a leg that goes to a store, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import Gateway
from tests.order_world import document, line


def legs(gateway: Gateway) -> None:
    """Units of C go to S1 from where they are, and one is lost on the way."""
    to_store = line("C", 7, method="ship_to_store", pickup_node="S1")
    order_id = gateway.send("POST", "/v1/orders", document(to_store, external_id="to-the-store"))[1]["id"]
    gateway.world.released(order_id)
    found = gateway.send("GET", f"/v1/orders/{order_id}")[1]["fulfillment_orders"]
    (leg,) = [one for one in found if one["destination_node"] == "S1"]
    path = f"/v1/fulfillment-orders/{leg['id']}"
    assert gateway.send("POST", f"{path}/ship", {})[1]["status"] == "IN_TRANSIT"
    assert gateway.send("GET", "/v1/fulfillment-orders?node=S1&status=IN_TRANSIT")[1]["fulfillment_orders"]
    lost = {"lost": [{"line_no": 1, "quantity": 1}], "reason": "lost_in_transit"}
    assert gateway.send("POST", f"{path}/receive", lost)[1]["status"] == "INCOMPLETE"
    assert gateway.send("GET", f"/v1/orders/{order_id}")[1]["lines"][0]["quantities"]["open"] == 1

"""Calls about purchase orders, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import Gateway
from tests.order_world import document, line

SUPPLIER = {
    "id": "SUP",
    "kind": "supplier",
    "name": "A mill",
    "legal_entity": "100",
    "address": {"lines": ["1 Mill Lane"], "city": "Town", "country": "US"},
    "latitude": 41.0,
    "longitude": -74.0,
    "time_zone": "America/New_York",
    "journeys": ["ship"],
}


def purchases(gateway: Gateway) -> str:
    """A supplier has an item that nobody else has, and is sent a purchase order; its id."""
    assert gateway.send("PUT", "/v1/nodes/SUP", SUPPLIER)[0] == 201
    assert gateway.send("PUT", "/v1/items/TEA", {"sku": "TEA", "description": "Tea"})[0] == 201
    row = {"node_id": "SUP", "sku": "TEA", "currency": "USD", "unit_cost": 405, "commission_ppm": 150_000}
    assert gateway.send("PUT", "/v1/supplier-items", {"supplier_items": [row]})[1] == {"supplier_items": 1}
    gateway.world.receive("TEA", "SUP", 5)
    order_id = str(gateway.send("POST", "/v1/orders", document(line("TEA", 2), external_id="of-a-mill"))[1]["id"])
    (work_id,) = gateway.world.released(order_id)
    (listed,) = gateway.send("GET", "/v1/purchase-orders?node=SUP&status=SENT")[1]["purchase_orders"]
    assert (listed["fulfillment_order_id"], listed["payable"]) == (work_id, 688)
    assert gateway.send("POST", f"/v1/fulfillment-orders/{work_id}/ship", {})[0] == 200
    seen = gateway.send("GET", f"/v1/purchase-orders/{listed['id']}")[1]
    assert (seen["status"], seen["shipped_payable"]) == ("SHIPPED", 688)
    body = {
        "number": "R-1",
        "currency": "USD",
        "total": 700,
        "lines": [{"line_no": 1, "quantity": 2, "unit_cost": 350}],
    }
    path = f"/v1/purchase-orders/{listed['id']}/invoices"
    billed = gateway.send("POST", path, body)[1]["invoices"][0]
    assert (billed["status"], billed["difference"]) == ("DIFFERS", 12)
    decision = {"decision": "approve", "reason": "the new price"}
    decided = gateway.send("POST", f"{path}/{billed['id']}/decision", decision)[1]["invoices"][0]
    assert decided["status"] == "APPROVED"
    gateway.world.capture(work_id)
    return str(listed["id"])

"""Calls of a node that scans, packs by cartons and is short of a unit, for the check of every answer."""

from __future__ import annotations

from typing import Any

from tests.contracts.described import Gateway
from tests.order_world import document, line


def picking(gateway: Gateway) -> None:
    """One of three units is damaged; the others are picked, packed, unpacked once and leave in a carton."""
    gateway.world.receive("A", "DC1", 5)
    order_id = gateway.send("POST", "/v1/orders", document(line("A", 3), external_id="picked"))[1]["id"]
    (work,) = gateway.world.released(order_id)
    path = f"/v1/fulfillment-orders/{work}"
    short = [{"line_no": 1, "quantity": 1, "reason": "damaged"}]
    picked = gateway.send("POST", f"{path}/pick", {"scans": [{"barcode": "A", "quantity": 2}], "short": short})[1]
    assert (picked["status"], picked["lines"][0]["picked"], picked["lines"][0]["given_up"]) == ("PICKING", 2, 1)
    carton = {"carton_no": 1, "lines": [{"line_no": 1, "quantity": 2}], "weight_grams": 900, "length_mm": 300}
    assert gateway.send("POST", f"{path}/pack", {"cartons": [carton]})[1]["cartons"][0]["length_mm"] == 300
    assert gateway.send("POST", f"{path}/unpack", {"cartons": [1]})[1]["status"] == "PICKING"
    assert gateway.send("POST", f"{path}/pack", {"cartons": [carton]})[1]["status"] == "PACKED"
    assert gateway.send("POST", f"{path}/ship", {"shipment": {"packages": [{"package_no": 1}]}})[0] == 200
    shipped = gateway.send("GET", f"/v1/orders/{order_id}")[1]["shipments"][0]["packages"]
    assert [(one["package_no"], one["weight_grams"], one["length_mm"]) for one in shipped] == [(1, 900, 300)]
    wave = waved(gateway)
    url = f"/v1/nodes/DC1/waves/{wave['id']}"
    assert gateway.send("GET", url)[1]["pick_sheet"] == wave["pick_sheet"] != []
    assert gateway.send("POST", f"{url}/close", {})[1]["state"] == "CLOSED"
    # What the wave gave back is still to be picked.
    assert gateway.send("GET", "/v1/nodes/DC1/tasks?step=accepted")[1]["entries"][0]["fulfillment_order"]


def waved(gateway: Gateway, external_id: str = "waved") -> dict[str, Any]:
    """A wave of a node that has work."""
    gateway.world.receive("B", "DC1", 2)
    assert gateway.send("POST", "/v1/orders", document(line("B", 1), external_id=external_id))[0] == 201
    order_id = gateway.send("GET", f"/v1/orders?channel=web&external_id={external_id}")[1]["orders"][0]["id"]
    gateway.world.released(order_id)
    status, wave = gateway.send("POST", "/v1/nodes/DC1/waves", {"kind": "multi_order", "most_orders": 2})
    assert (status, wave["state"]) == (201, "OPEN")
    return dict(wave)

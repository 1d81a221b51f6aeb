"""Calls that reshape the work of an order, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import Gateway
from tests.order_world import document, line

# What each verb says at least.
RESHAPE_BODIES: dict[str, object] = {
    "hold": {"reason": "address_check"},
    "split": {"lines": [{"line_no": 1, "quantity": 1}]},
    "merge": {"other_fulfillment_order_id": "ful_1"},
    "move": {"node_id": "S1"},
    "reschedule": {"release_at": "2026-11-24T12:00:00Z"},
}


def reshaping(gateway: Gateway) -> None:
    """Work of B is held, released, split, brought together again, put off and moved."""
    order_id = gateway.send("POST", "/v1/orders", document(line("B", 3), external_id="reshaped"))[1]["id"]
    (work,) = gateway.world.released(order_id)
    path = f"/v1/fulfillment-orders/{work}"
    assert gateway.send("POST", f"{path}/hold", RESHAPE_BODIES["hold"])[1]["holds"][0]["hold_no"] == 1
    assert gateway.send("POST", f"{path}/release-hold")[1]["status"] == "OPEN"
    other = gateway.send("POST", f"{path}/split", RESHAPE_BODIES["split"])[1]["id"]
    assert gateway.send("POST", f"{path}/merge", {"other_fulfillment_order_id": other})[1]["lines"][0]["merged"] == 1
    assert gateway.send("POST", f"{path}/reschedule", RESHAPE_BODIES["reschedule"])[1]["status"] == "SCHEDULED"
    assert gateway.send("POST", f"{path}/move", RESHAPE_BODIES["move"])[1]["node_id"] == "S1"

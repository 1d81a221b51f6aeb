"""Calls about returns and refunds, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import Gateway
from tests.order_world import document, line

# A body for each call about an order, by the end of its path.
ORDER_BODIES: dict[str, object] = {
    "returns": {"node_id": "S1", "reason": "too_small", "lines": [{"line_no": 1, "quantity": 1}]},
    "cancellations": {"reason": "changed_mind"},
    "edits": {
        "mode": "preview",
        "reason": "customer",
        "actions": [{"action": "set_quantity", "line_no": 1, "quantity": 2}],
    },
    "method-changes": {
        "reason": "customer",
        "method": "pickup",
        "pickup_node": "S2",
        "lines": [{"line_no": 1, "quantity": 1}],
    },
    "review": {"decision": "accept", "reason": "checked"},
    "confirmations": {"reference": "R-1"},
    "attempts": {"reason": "once more"},
}


def returns(gateway: Gateway, order_id: str) -> None:
    """A unit of an order that was shipped and paid comes back; its refund fails and is tried again."""
    seen = gateway.send("GET", f"/v1/orders/{order_id}")[1]
    line = next(line for line in seen["lines"] if line["quantities"].keys() & {"shipped", "collected", "delivered"})
    back = {"node_id": "S1", "reason": "too_small", "lines": [{"line_no": line["line_no"], "quantity": 1}]}
    path = f"/v1/orders/{order_id}"
    status, made = gateway.send("POST", f"{path}/returns", back)
    assert (status, made["refund_status"]) == (201, "PLANNED")
    assert gateway.send("GET", f"/v1/returns/{made['id']}")[1]["owed"] == made["owed"]
    attempts = f"{path}/refunds/{made['refund_id']}/attempts"
    assert gateway.send("POST", attempts, {"reason": "not yet"})[1]["code"] == "action_not_available"
    confirmed = gateway.send("POST", f"{path}/refunds/{made['refund_id']}/confirmations", {"reference": "R-1"})
    assert confirmed[1]["code"] == "action_not_available"
    _given_back_by_the_channel(gateway)
    gateway.world.provider.script["refund"] = ["declined"]
    gateway.world.refund_payment(order_id)
    assert gateway.send("POST", attempts, {"reason": "the card is open again"})[1]["status"] == "PLANNED"
    gateway.world.refund_payment(order_id)
    assert gateway.send("GET", path)[1]["refunds"][0]["status"] == "EXECUTED"


def _given_back_by_the_channel(gateway: Gateway) -> None:
    taken = {"provider": "marketplace", "amount": 2000, "captured": True, "reference": "M-1"}
    body = document(line("C", 2), payments=[taken], external_id="of-a-marketplace")
    order_id = gateway.send("POST", "/v1/orders", body)[1]["id"]
    units = {"reason": "changed_mind", "lines": [{"line_no": 1, "quantity": 1}]}
    assert gateway.send("POST", f"/v1/orders/{order_id}/cancellations", units)[0] == 200
    (owed,) = gateway.send("GET", f"/v1/orders/{order_id}")[1]["refunds"]
    path = f"/v1/orders/{order_id}/refunds/{owed['id']}/confirmations"
    assert gateway.send("POST", path, {"reference": "R-1"})[1]["status"] == "EXECUTED"

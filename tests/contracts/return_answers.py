"""Calls about returns and refunds, for the check of every answer."""

from __future__ import annotations

from typing import Any

from tests.contracts.described import Gateway
from tests.order_world import document, line

RETURN_RULES: dict[str, Any] = {"rules": [{"id": "all", "window_days": 30}]}

WISH: dict[str, Any] = {"kind": "mail_in", "reason": "too_small", "lines": [{"line_no": 1, "quantity": 1}]}

# A body for each call about a return by post, by the end of its path.
RMA_BODIES: dict[str, Any] = {
    "decision": {"decision": "approve", "reason": "looked at"},
    "receipts": {"node_id": "S1", "lines": [{"line_no": 1, "received": 1}]},
    "inspection": {
        "node_id": "S1",
        "lines": [{"line_no": 1, "quantity": 1, "grade": "A", "disposition": "restock"}],
    },
    "cancel": {"reason": "kept"},
    "reopen": {"reason": "found"},
}

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


def return_rules(gateway: Gateway, order_id: str) -> None:
    """Rules of returns are put, hold and are rolled back; what may come back of an order follows them."""
    path = "/v1/return-rules/usual"
    assert gateway.send("PUT", path, RETURN_RULES)[0] == 201
    assert gateway.send("POST", f"{path}/promotions", {"number": 1}, headers={"if-match": "1"})[0] == 200
    assert gateway.send("GET", f"/v1/orders/{order_id}/returnable?reason=too_small")[1]["lines"][0]["rule"] == "all"
    never = {"rules": [{**RETURN_RULES["rules"][0], "returnable": False}]}
    assert gateway.send("PUT", path, never, headers={"if-match": "2"})[0] == 200
    assert gateway.send("POST", f"{path}/promotions", {"number": 2}, headers={"if-match": "3"})[0] == 200
    back = {"node_id": "S1", "reason": "too_small", "lines": [{"line_no": 1, "quantity": 1}]}
    assert gateway.send("POST", f"/v1/orders/{order_id}/returns", back)[1]["code"] == "not_returnable"
    assert gateway.send("POST", f"{path}/rollbacks", {}, headers={"if-match": "4"})[0] == 200
    assert gateway.send("GET", f"{path}/versions/2")[1]["status"] == "RETIRED"
    assert gateway.send("GET", f"{path}/diff")[1]["differences"]
    assert gateway.send("GET", path)[1]["live"]["content"]["rules"]
    assert gateway.send("GET", "/v1/return-rules")[1]["rule_sets"]


def _shipped(gateway: Gateway) -> str:
    """An order of two units that has left and is paid."""
    made = gateway.send("POST", "/v1/orders", document(line("A", 2), external_id="by-post"))[1]
    (work,) = gateway.world.released(made["id"])
    gateway.world.act(work, "ship")
    gateway.world.capture(work)
    return str(made["id"])


def rma_of(gateway: Gateway) -> str:
    """A return by post that is approved."""
    made = gateway.send("POST", f"/v1/orders/{_shipped(gateway)}/returns", WISH)[1]
    return str(made["id"])


def returns_by_post(gateway: Gateway) -> None:
    """One return by post is approved by a person, received and inspected; another is cancelled and opened again."""
    order_id = _shipped(gateway)
    path = "/v1/return-rules/posted"
    rules = {"rules": [{"id": "asked", "approve": "person"}]}
    assert gateway.send("PUT", path, rules)[0] == 201
    assert gateway.send("POST", f"{path}/promotions", {"number": 1}, headers={"if-match": "1"})[0] == 200
    status, made = gateway.send("POST", f"/v1/orders/{order_id}/returns", WISH)
    assert (status, made["kind"]) == (201, "mail_in")
    own = f"/v1/returns/{made['id']}"
    if made["state"] == "REQUESTED":
        assert gateway.send("POST", f"{own}/decision", RMA_BODIES["decision"])[1]["state"] == "APPROVED"
    assert gateway.send("POST", f"{own}/receipts", RMA_BODIES["receipts"])[1]["state"] == "RECEIVED"
    assert gateway.send("POST", f"{own}/inspection", RMA_BODIES["inspection"])[1]["state"] == "CLOSED"
    assert gateway.send("GET", own)[1]["refund_status"] == "PLANNED"
    other = gateway.send("POST", f"/v1/orders/{order_id}/returns", WISH)[1]["id"]
    assert gateway.send("POST", f"/v1/returns/{other}/cancel", RMA_BODIES["cancel"])[1]["state"] == "CANCELLED"
    assert gateway.send("POST", f"/v1/returns/{other}/reopen", RMA_BODIES["reopen"])[1]["state"] == "APPROVED"


def _given_back_by_the_channel(gateway: Gateway) -> None:
    taken = {"provider": "marketplace", "amount": 2000, "captured": True, "reference": "M-1"}
    body = document(line("C", 2), payments=[taken], external_id="of-a-marketplace")
    order_id = gateway.send("POST", "/v1/orders", body)[1]["id"]
    units = {"reason": "changed_mind", "lines": [{"line_no": 1, "quantity": 1}]}
    assert gateway.send("POST", f"/v1/orders/{order_id}/cancellations", units)[0] == 200
    (owed,) = gateway.send("GET", f"/v1/orders/{order_id}")[1]["refunds"]
    path = f"/v1/orders/{order_id}/refunds/{owed['id']}/confirmations"
    assert gateway.send("POST", path, {"reference": "R-1"})[1]["status"] == "EXECUTED"

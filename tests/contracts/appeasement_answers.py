"""Calls about goodwill, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import SCOPES, Gateway
from tests.order_world import line

AGENT, MANAGER = f"{SCOPES} acme/role.agent", f"{SCOPES} acme/role.manager"
# A body for each call, by the end of its path.
GOODWILL: dict[str, dict[str, object]] = {
    "appeasements": {"amount": 1100, "reason": "DAMAGE"},
    "decision": {"decision": "approve", "reason": "seen"},
}


def delivered(gateway: Gateway) -> str:
    """A paid order of 80.00 whose goods have left."""
    order_id = gateway.world.placed(line("A", 1, 8000, tax=660))
    for work_id in gateway.world.released(order_id):
        gateway.world.act(work_id, "ship")
        gateway.world.capture(work_id)
    return order_id


def waiting(gateway: Gateway, order_id: str) -> str:
    status, asked = gateway.send(
        "POST", f"/v1/orders/{order_id}/appeasements", GOODWILL["appeasements"], scopes=AGENT, actor="agent"
    )
    assert (status, asked["state"]) == (201, "PENDING_APPROVAL")
    return str(asked["id"])


ALERTS = {"alerts": [{"id": "many", "of": "actor", "grants": 5}]}


def goodwill_rules(gateway: Gateway) -> None:
    path = "/v1/goodwill-rules/usual"
    assert gateway.send("PUT", path, ALERTS)[0] == 201
    assert gateway.send("POST", f"{path}/promotions", {"number": 1}, headers={"if-match": "1"})[0] == 200
    assert gateway.send("PUT", path, {"alerts": []}, headers={"if-match": "2"})[0] == 200
    assert gateway.send("POST", f"{path}/promotions", {"number": 2}, headers={"if-match": "3"})[0] == 200
    assert gateway.send("POST", f"{path}/rollbacks", {}, headers={"if-match": "4"})[0] == 200
    assert gateway.send("GET", f"{path}/versions/2")[1]["status"] == "RETIRED"
    assert gateway.send("GET", f"{path}/diff")[1]["differences"]
    assert gateway.send("GET", path)[1]["live"]["content"]["alerts"]
    assert gateway.send("GET", "/v1/goodwill-rules")[1]["rule_sets"]


def appeasements(gateway: Gateway) -> None:
    goodwill_rules(gateway)
    order_id = delivered(gateway)
    path = f"/v1/appeasements/{waiting(gateway, order_id)}"
    assert gateway.send("GET", path)[1]["ruling"] is None
    assert len(gateway.send("GET", "/v1/appeasements?limit=1")[1]["appeasements"]) == 1
    himself = gateway.send("POST", f"{path}/decision", GOODWILL["decision"], scopes=AGENT, actor="agent")
    assert (himself[0], himself[1]["code"]) == (409, "self_approval")
    assert gateway.send("POST", f"{path}/decision", GOODWILL["decision"], scopes=MANAGER)[1]["state"] == "GRANTED"
    assert gateway.send("GET", path)[1]["ruling"]["approved"] is True
    again = waiting(gateway, delivered(gateway))
    rejection = {"decision": "reject", "reason": "no photo"}
    assert gateway.send("POST", f"/v1/appeasements/{again}/decision", rejection)[1]["state"] == "REJECTED"
    assert gateway.send("POST", f"/v1/orders/{order_id}/appeasements", {"percent": 99, "reason": "LATE"}, scopes=AGENT)[
        1
    ]["code"] == ("order_cap")
    assert len(gateway.send("GET", f"/v1/orders/{order_id}/appeasements")[1]["appeasements"]) == 1

"""Calls about goods that customers collect, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import Gateway
from tests.order_world import document, line

COLLECTION = {"rules": [{"id": "all", "proofs": ["code"], "open_days": 3, "curbside": True}]}
# What the verbs of the counter need at least.
COUNTER_BODIES = {"extend": {"days": 1, "reason": "holiday"}, "arrival": {"state": "at_store"}}


def collection_rules(gateway: Gateway) -> None:
    path = "/v1/collection-rules/usual"
    assert gateway.send("PUT", path, COLLECTION)[0] == 201
    assert gateway.send("POST", f"{path}/promotions", {"number": 1}, headers={"if-match": "1"})[0] == 200
    longer = {"rules": [{**COLLECTION["rules"][0], "open_days": 5, "remind_days": 1}]}
    assert gateway.send("PUT", path, longer, headers={"if-match": "2"})[0] == 200
    assert gateway.send("POST", f"{path}/promotions", {"number": 2}, headers={"if-match": "3"})[0] == 200
    assert gateway.send("POST", f"{path}/rollbacks", {}, headers={"if-match": "4"})[0] == 200
    assert gateway.send("GET", f"{path}/versions/2")[1]["status"] == "RETIRED"
    assert gateway.send("GET", f"{path}/diff")[1]["differences"]
    assert gateway.send("GET", path)[1]["live"]["content"]["rules"]
    assert gateway.send("GET", "/v1/collection-rules")[1]["rule_sets"]


def collected(gateway: Gateway) -> None:
    """Two units wait at S1; one is taken by somebody else, and one is refused."""
    gift = {"message": "Enjoy", "receipt": True}
    goods = line("A", 2, method="pickup", pickup_node="S1", gift=gift, minimum_age=18)
    order = document(goods, external_id="collected", customer={"name": "Ann"}, collectors=[{"name": "Bob"}])
    order_id = gateway.send("POST", "/v1/orders", order)[1]["id"]
    (work,) = gateway.world.released(order_id)
    path = f"/v1/fulfillment-orders/{work}"
    assert gateway.send("POST", f"{path}/stage", {})[1]["collection"]["may_collect"] == ["Ann", "Bob"]
    arrived = {"state": "at_curbside", "bay": "3", "vehicle": "blue van"}
    assert gateway.send("POST", f"{path}/arrival", arrived)[1]["arrival"]["bay"] == "3"
    assert gateway.send("POST", f"{path}/extend", {"days": 1, "reason": "holiday"})[1]["collection"]["extensions"]
    told = next(row for row in gateway.world.tables().values() if row.get("type") == "FulfillmentOrderReady")
    code = str(told["detail"]).split('"pickup_code":"')[1][:8]
    link = f"/v1/arrivals/{str(told['detail']).split('arrival_link')[1][3:].split(chr(34))[0]}"
    assert gateway.send("GET", link)[1]["arrival"]["bay"] == "3"
    assert gateway.send("POST", link, {"state": "at_store"})[1]["ready"] is True
    content = {
        "collector": "Bob",
        "proof": {"code": code, "age_checked": 30},
        "refused": [{"line_no": 1, "quantity": 1, "reason": "changed_mind"}],
    }
    wrong = {"collector": "Bob", "proof": {"code": f"{code}0", "age_checked": 30}}
    assert gateway.send("POST", f"{path}/hand-over", wrong)[0] == 422
    assert gateway.send("POST", f"{path}/hand-over", content)[1]["status"] == "COMPLETED"
    assert gateway.send("GET", f"/v1/orders/{order_id}")[1]["shipments"][0]["proof"]["collected_by"] == "alternate"

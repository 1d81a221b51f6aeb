"""What the API says of choices: those that a node offers, answered by the customer's link and by an associate."""

from __future__ import annotations

from typing import Any

from tests.contracts.described import Gateway
from tests.order_world import document, line

RULES: dict[str, Any] = {
    "rules": [
        {
            "id": "all",
            "kind": "SUBSTITUTION",
            "options": ["wait", "substitute", "cancel"],
            "hours": 2,
            "otherwise": "wait",
            "dearer": "ordered_price",
        }
    ],
    "substitutes": [{"sku": "OOLONG", "currency": "USD", "by": [{"sku": "SENCHA", "unit_price": 1500}]}],
}

CHOICE_BODIES: dict[str, Any] = {
    "substitutions": {"line_no": 1, "quantity": 1},
    "answer": {"option": "cancel", "asked": "in_person"},
}


def choices(gateway: Gateway) -> None:
    """Two units are offered for; the customer keeps one by the link and takes the other at the counter."""
    path = "/v1/choice-rules/choices"
    assert gateway.send("PUT", path, RULES)[0] == 201
    assert gateway.send("POST", f"{path}/promotions", {"number": 1}, headers={"if-match": "1"})[0] == 200
    longer = {**RULES, "rules": [{**RULES["rules"][0], "hours": 3}]}
    assert gateway.send("PUT", path, longer, headers={"if-match": "2"})[0] == 200
    assert gateway.send("POST", f"{path}/promotions", {"number": 2}, headers={"if-match": "3"})[0] == 200
    assert gateway.send("POST", f"{path}/rollbacks", {}, headers={"if-match": "4"})[0] == 200
    assert gateway.send("GET", f"{path}/versions/2")[1]["status"] == "RETIRED"
    assert gateway.send("GET", f"{path}/diff")[1]["differences"]
    assert gateway.send("GET", path)[1]["live"]["content"]["rules"]
    assert gateway.send("GET", "/v1/choice-rules")[1]["rule_sets"]
    for sku in ("OOLONG", "SENCHA"):
        gateway.world.add_item(sku, {"DC1": 3})
    order = gateway.send("POST", "/v1/orders", document(line("OOLONG", 2), external_id="chosen"))[1]
    (work,) = gateway.world.released(order["id"])
    offer, place = {"line_no": 1, "quantity": 1}, f"/v1/fulfillment-orders/{work}"
    assert gateway.send("POST", f"{place}/substitutions", offer)[1]["choices"][0]["quantity"] == 1
    told = next(row for row in gateway.world.tables().values() if row.get("type") == "ChoiceOffered")
    link = f"/v1/choices/{str(told['detail']).split('choice_link')[1][3:].split(chr(34))[0]}"
    assert gateway.send("GET", link)[1]["state"] == "OPEN"
    assert gateway.send("POST", link, {"option": "wait"})[1]["state"] == "ANSWERED"
    assert gateway.send("POST", link, {"option": "cancel"})[0] == 409
    (second,) = gateway.send("POST", f"{place}/substitutions", offer)[1]["choices"]
    said = {"option": "substitute", "sku": "SENCHA", "asked": "in_person"}
    assert gateway.send("POST", f"{place}/choices/{second['id']}/answer", said)[1]["substitute"] == "SENCHA"

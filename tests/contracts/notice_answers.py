"""Calls about notices, for the check of every answer."""

from __future__ import annotations

import json

from oms.notifications.commands import queue_notice
from oms.notifications.sending import send_notice
from oms.platform.consumers import Event
from tests.contracts.described import Gateway
from tests.notice_doors import Carrier

TEXTS = {"subject": "Thanks $name", "text": "$hello $order $lines $total"}
NOTICE_RULES = {"shop": "Acme", "templates": [{"milestone": "confirmed", "locale": "en", **TEXTS}]}


def told(gateway: Gateway, order_id: str) -> str:
    """The id of the notice that an order was placed, which is queued where the order names an address."""
    rows = [row for (table, _), row in gateway.world.database.rows.items() if table == "events"]
    placed = [json.loads(str(row["detail"])) for row in rows if row["type"] == "OrderPlaced"]
    (detail,) = [one for one in placed if one["data"]["order_id"] == order_id]
    queue_notice(gateway.world.runtime, Event("spine", "OrderPlaced", detail["meta"], detail["data"]))
    notices = gateway.send("GET", f"/v1/orders/{order_id}/notices")[1]["notices"]
    return str(notices[0]["id"])


def notices(gateway: Gateway) -> None:
    path = "/v1/notices/rules/usual"
    assert gateway.send("PUT", path, NOTICE_RULES)[0] == 201
    assert gateway.send("POST", f"{path}/promotions", {"number": 1}, headers={"if-match": "1"})[0] == 200
    assert gateway.send("PUT", path, {"off": ["refunded"]}, headers={"if-match": "2"})[0] == 200
    assert gateway.send("POST", f"{path}/promotions", {"number": 2}, headers={"if-match": "3"})[0] == 200
    assert gateway.send("POST", f"{path}/rollbacks", {}, headers={"if-match": "4"})[0] == 200
    assert gateway.send("GET", f"{path}/versions/2")[1]["status"] == "RETIRED"
    assert gateway.send("GET", f"{path}/diff")[1]["differences"]
    assert gateway.send("GET", path)[1]["live"]["content"]["templates"]
    assert gateway.send("GET", "/v1/notices/rules")[1]["rule_sets"]
    shown = gateway.send("POST", "/v1/notices/previews", {"milestone": "confirmed", "locale": "en"})[1]
    assert (shown["own"], shown["subject"]) == (True, "Thanks Ann Example")
    order_id = gateway.world.placed(customer={"email": "ann@example.com"})
    name = told(gateway, order_id)
    path = f"/v1/orders/{order_id}/notices/{name}/resend"
    assert gateway.send("POST", path)[1]["code"] == "action_not_available"
    send_notice(gateway.world.runtime, Carrier(), "acme", order_id, name)
    assert gateway.send("POST", path, {"locale": "fr"})[1]["resend_of"] == name
    nobody = gateway.world.placed(external_id="nobody")
    name = told(gateway, nobody)
    assert gateway.send("POST", f"/v1/orders/{nobody}/notices/{name}/resend")[1]["code"] == "notice_without_address"

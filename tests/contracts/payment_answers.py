"""Calls about paying again, for the check of every answer."""

from __future__ import annotations

import json

from oms.payments.caring import care_for_payment
from tests.contracts.described import Gateway
from tests.order_world import TENANT, document, line

AGAIN = {"provider": "strict", "token": "tok_2"}


def paying_again(gateway: Gateway) -> None:
    """A card is declined, and so is the next; the third one, on the page of the link, pays."""
    world = gateway.world
    order_id = gateway.send("POST", "/v1/orders", document(line("A", 1), external_id="declined"))[1]["id"]
    world.source(order_id)
    world.provider.script["authorize"] = ["declined", "declined"]
    assert world.authorize(order_id) == "DECLINED"
    payment_id = world.order(order_id).payments[0].id
    path = f"/v1/orders/{order_id}/payments"
    assert gateway.send("POST", path, {**AGAIN, "payment_id": payment_id})[0] == 202
    assert world.order(order_id).payments[0].state.value == "FAILED"
    care_for_payment(world.runtime, world.providers, TENANT, order_id)
    rows = world.database.query("events", f"T#{TENANT}#ORDER#{order_id}")
    (told,) = [json.loads(str(row["detail"])) for row in rows if row["type"] == "PaymentLinkCreated"]
    link = f"/v1/pay-links/{told['data']['name']}"
    assert gateway.send("GET", link)[1]["state"] == "OPEN"
    assert gateway.send("POST", link, AGAIN)[0] == 202
    assert gateway.send("GET", link)[1]["state"] == "PAID"
    assert gateway.send("POST", path, {**AGAIN, "payment_id": payment_id})[1]["code"] == "action_not_available"

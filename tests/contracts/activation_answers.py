"""Calls about items that are activated, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import Gateway
from tests.order_world import document, line


def activations(gateway: Gateway) -> None:
    """A code is loaded and given, and the work shows who has it."""
    item = {"sku": "GAME", "description": "Game", "kind": "digital", "activation": {"by": "licence_pool"}}
    assert gateway.send("PUT", "/v1/items/GAME", item)[0] == 201
    loaded = gateway.send("POST", "/v1/items/GAME/licences", {"codes": ["AAAA-1", "AAAA-2"]})[1]
    assert loaded == {"sku": "GAME", "loaded": 2, "known": 0}
    assert gateway.send("POST", "/v1/items/NONE/licences", {"codes": ["AAAA-1"]})[0] == 404
    order = document(line("GAME", 1, method="digital"), external_id="of-a-game")
    order_id = str(gateway.send("POST", "/v1/orders", order)[1]["id"])
    gateway.world.released(order_id)
    assert gateway.send("GET", "/v1/items/GAME/licences")[1] == {"sku": "GAME", "free": 1}
    (work,) = gateway.send("GET", f"/v1/orders/{order_id}")[1]["fulfillment_orders"]
    assert [one["status"] for one in work["lines"][0]["activations"]] == ["ACTIVATED"]
    gateway.world.capture(str(work["id"]))

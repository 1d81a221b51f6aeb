"""Calls about the capacity of nodes and about supply, for the check of every answer."""

from __future__ import annotations

from tests.contracts.described import Gateway

TRANSFER = {
    "kind": "transfer",
    "node_id": "S1",
    "from_node": "DC1",
    "lines": [{"line_no": 1, "sku": "A", "quantity": 1, "expected_on": "2026-11-30"}],
}


def capacity(gateway: Gateway) -> None:
    path = "/v1/nodes/S9"
    assert gateway.send("POST", f"{path}/pause", {"reason": "stocktaking"})[1]["pause"]["reason"] == "stocktaking"
    assert gateway.send("POST", f"{path}/resume", {})[1]["pause"] is None
    assert gateway.send("GET", f"{path}/capacity")[1]["limits"][0]["left"] == 40


def supply(gateway: Gateway) -> None:
    line_of = {"line_no": 1, "sku": "D", "quantity": 3, "expected_on": "2026-11-30"}
    path, transfer = "/v1/supply/tr-1", {"kind": "transfer", "node_id": "S7", "from_node": "S9", "lines": [line_of]}
    assert gateway.send("PUT", path, transfer)[0] == 201
    assert gateway.send("PUT", path, transfer, headers={"if-match": "1"})[0] == 200
    assert gateway.send("GET", "/v1/supply?sku=D")[1]["coming"][0]["units"] == 3
    assert gateway.send("POST", f"{path}/dispatch", {})[1]["status"] == "IN_TRANSIT"
    assert gateway.send("POST", f"{path}/receipts", {"lines": [{"line_no": 1, "quantity": 2}]})[0] == 200
    assert gateway.send("POST", f"{path}/close", {"reason": "lost"})[1]["status"] == "CLOSED"
    assert gateway.send("GET", path)[1]["lines"][0]["lost"] == 1
    gateway.world.received["D", "S9"] -= 3
    gateway.world.received["D", "S7"] = 2


def hot_stock(gateway: Gateway) -> None:
    """Stock in great demand; there are five of D at S9."""
    hot = [{"sku": "D", "per_second": 50, "until": "2026-12-01T00:00:00Z"}]
    assert gateway.send("PUT", "/v1/hot-stock", {"items": hot})[1]["stock"][0]["node_id"] == "S9"
    assert gateway.send("GET", "/v1/hot-stock")[1]["stock"][0]["available"] == 5

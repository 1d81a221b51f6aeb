"""Calls about gift cards, for the check of every answer."""

from __future__ import annotations

from datetime import timedelta

from tests.contracts.described import Gateway

SALE = {
    "amount": 5000,
    "currency": "USD",
    "selling_node": "S1",
    "channel": "web",
    "number": "GIFT-7H2K-99QP",
    "expires_on": "2026-11-23",
    "tenders": [{"tender": "cash", "amount": 5000}],
}


def issued(gateway: Gateway) -> str:
    status, card = gateway.send("POST", "/v1/gift-cards", SALE)
    assert (status, card["balance"]) == (201, 5000)
    return str(card["id"])


def gift_cards(gateway: Gateway) -> None:
    card_id = issued(gateway)
    assert gateway.send("POST", "/v1/gift-cards", SALE)[1]["code"] == "card_exists"
    path = f"/v1/gift-cards/{card_id}"
    assert gateway.send("GET", path)[1]["movements"][0]["kind"] == "issued"
    assert gateway.send("POST", f"{path}/breakage", {"reason": "dormant"})[1]["code"] == "not_expired_or_dormant"
    clock = gateway.world.clock
    now = clock.instant
    clock.instant += timedelta(days=2)
    assert gateway.send("POST", f"{path}/breakage", {"reason": "expired"})[1]["recognized"] == 5000
    clock.instant = now

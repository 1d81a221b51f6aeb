"""Calls about outgoing webhooks, for the check of every answer."""

from __future__ import annotations

import pytest

from oms.webhooks.model import Delivery, DeliveryState
from oms.webhooks.sending import Office
from oms.webhooks.store import dead_letter_id, dead_letter_write, delivery_write
from oms.webhooks.taking import take_webhook_work
from tests.contracts.described import Gateway
from tests.webhook_doors import MASTER, Subscriber

URL = "/v1/webhook-subscriptions"
WANTED = {"url": "https://hooks.example.com/", "detail_types": ["WebhookSecretRotated"]}
SENT = "2026-11-23T12:00:00.000Z_evt_01M847VV6RTAYAYY5HN8364QNC"
# What is said to a subscription, by the end of the path.
WEBHOOK_BODIES = {"erp": WANTED, "pause": {"reason": "moving"}, "redeliveries": {"delivery_ids": [SENT]}}


def given_up(gateway: Gateway) -> dict[str, str]:
    """A subscription, and a message to it that was given up: their ids."""
    assert gateway.send("PUT", f"{URL}/erp", WANTED)[0] == 201
    tried = {"state": DeliveryState.DEAD, "tries": 11, "attempts": ()}
    about = {"event_id": SENT[25:], "detail_type": "OrderPlaced", "entity": "ORDER#ord_1", "sequence": 1}
    delivery = Delivery(id=SENT, occurred_at=SENT[:24], **about, **tried)
    now = gateway.world.clock.now()
    gateway.world.database.commit(
        [delivery_write("acme", "erp", delivery, None, now), dead_letter_write("acme", "erp", delivery, now)]
    )
    return {"subscription_id": "erp", "letter_id": dead_letter_id("erp", SENT)}


def webhooks(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.modules["webhook_subscriptions"], "master", lambda: MASTER)
    assert gateway.send("PUT", f"{URL}/shop", WANTED)[0] == 201
    assert gateway.send("PUT", f"{URL}/shop", WANTED, headers={"if-match": "1"})[0] == 200
    assert len(gateway.send("GET", f"{URL}/shop/secrets")[1]["secrets"]) == 1
    assert gateway.send("POST", f"{URL}/shop/secret-rotations")[0] == 200
    gone = "WEBHOOK_SUBSCRIPTION#shop"
    work = f'{{"kind":"lane","tenant":"acme","subscription_id":"shop","entity":"{gone}","sequence":3}}'
    subscriber, queue = Subscriber(always=500), [work]

    def send(body: str, *, delay_seconds: int = 0) -> None:
        queue.append(body)

    office = Office(gateway.world.runtime, subscriber, send, lambda: MASTER)
    started = gateway.world.clock.now()
    while queue:
        take_webhook_work(office, queue.pop(0))
        gateway.world.clock.advance(minutes=15)
    gateway.world.clock.instant = started
    (delivery,) = gateway.send("GET", f"{URL}/shop/deliveries?state=DEAD")[1]["deliveries"]
    assert gateway.send("GET", f"{URL}/shop/deliveries/{delivery['id']}")[1]["tries"] == 11
    (letter,) = gateway.send("GET", "/v1/dead-letters")[1]["dead_letters"]
    assert gateway.send("POST", f"/v1/dead-letters/{letter['id']}/redrive")[0] == 202
    assert gateway.send("POST", f"{URL}/shop/redeliveries", {"delivery_ids": [delivery["id"]]})[0] == 202
    assert gateway.send("POST", f"{URL}/shop/pause", {"reason": "a reason"})[0] == 200
    assert gateway.send("POST", f"{URL}/shop/resume")[0] == 200
    assert gateway.send("GET", f"{URL}/shop")[1]["state"] == "ACTIVE"
    assert len(gateway.send("GET", URL)[1]["subscriptions"]) == 1

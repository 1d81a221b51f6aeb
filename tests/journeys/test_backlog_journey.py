"""Units that nobody has, on the running system: they wait, are given out by priority, and are paid as they ship."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.journeys.shop import Shop, line, order, until

CHANNEL, DC = "call-centre", "dc-columbus"
STRATEGY = "/v1/sourcing/strategies/patience"


@pytest.fixture(scope="module")
def patience(shop: Shop) -> None:
    """Customers of one channel may wait for a week, the gold ones first."""
    waits = {"id": "waits", "channels": [CHANNEL], "otherwise": "backorder", "cancel_after_days": 7}
    content = {"scenarios": [waits], "priority": {"tiers": {"gold": 1}}}
    put = shop.running.call("acme-operator", "PUT", STRATEGY, content, key=uuid.uuid4().hex)
    assert put.status == 201, put.body
    made = shop.running.call(
        "acme-operator",
        "POST",
        f"{STRATEGY}/promotions",
        {"number": 1},
        key=uuid.uuid4().hex,
        headers={"if-match": "1"},
    )
    assert made.status == 200, made.body


def place(shop: Shop, sku: str, units: int, **more: Any) -> str:
    answer = shop.post(
        "/v1/orders",
        order(line(sku, units, 1_000), channel=CHANNEL, **more),
        client=f"acme-{CHANNEL}",
    )
    assert answer.status == 201, answer.body
    return str(answer.json()["id"])


def waits_for(shop: Shop, order_id: str) -> int:
    (one,) = shop.order(order_id)["lines"]
    return one["backorder"]["quantity"] if one["backorder"] else 0


def comes_in(shop: Shop, sku: str, units: int) -> None:
    movement = {"sku": sku, "node_id": DC, "kind": "received", "quantity": units, "reason": "delivery"}
    assert shop.post("/v1/inventory/movements", {"movements": [movement]}, client="acme-operator").status == 200


def ships(shop: Shop, order_id: str) -> None:
    work = shop.work_of(order_id, "OPEN")
    assert shop.node_does(work["id"], "ship").status == 200


@pytest.mark.usefixtures("no_bots", "patience")
@pytest.mark.capability("I3", "E10", "E14", "E3")
def test_who_waits_is_served_in_turn_as_stock_comes_in(shop: Shop) -> None:
    sku = shop.new_item({DC: 1})
    plain = place(shop, sku, 2)
    gold = place(shop, sku, 2, customer={"tier": "gold"})
    assert (waits_for(shop, plain), waits_for(shop, gold)) == (1, 2)
    ships(shop, plain)
    part = shop.settled(plain, "PARTIALLY_CAPTURED")
    assert (part["status"], part["payments"][0]["captured"]) == ("IN_PROGRESS", 1_000)

    comes_in(shop, sku, 2)
    until(lambda: waits_for(shop, gold) == 0 or None, "the gold customer was not given what came in")
    assert waits_for(shop, plain) == 1
    ships(shop, gold)
    assert shop.settled(gold)["payments"][0]["captured"] == 2_000

    comes_in(shop, sku, 1)
    ships(shop, plain)
    done = shop.settled(plain)
    assert (done["status"], done["payments"][0]["captured"], waits_for(shop, plain)) == ("COMPLETED", 2_000, 0)
    row = shop.stock(sku, DC)
    assert (row["on_hand"], row["allocated"], row["available"]) == (0, 0, 0)
    assert [name for name in shop.events(plain) if "Backorder" in name] == [
        "OrderBackordered",
        "OrderBackordersAllocated",
    ]


@pytest.mark.usefixtures("no_bots", "patience")
@pytest.mark.capability("I3", "C5")
def test_what_waits_is_cancelled_first_and_its_money_let_go(shop: Shop) -> None:
    sku = shop.new_item({DC: 1})
    order_id = place(shop, sku, 3)
    assert waits_for(shop, order_id) == 2
    body = {"reason": "no_patience", "lines": [{"line_no": 1, "quantity": 2}]}
    made = shop.post(f"/v1/orders/{order_id}/cancellations", body, client=f"acme-{CHANNEL}")
    assert made.status in (200, 201), made.body
    assert waits_for(shop, order_id) == 0
    ships(shop, order_id)
    assert shop.settled(order_id)["payments"][0]["captured"] == 1_000

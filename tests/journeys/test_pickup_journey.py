"""Goods collected from a store on the running system: with a code, by nobody, and at the curb."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from local.world.customer import Customers
from tests.journeys.shop import Shop, line, order, until

NEW_YORK = ZoneInfo("America/New_York")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ANN = {"name": "Ann Smith", "email": "ann@example.com"}


@pytest.fixture
def clock(shop: Shop) -> Iterator[Shop]:
    """The shop, whose clock a test may move; it is set back to the real time."""
    before = shop.running.clock_offset
    yield shop
    shop.running.clock_offset = before


@pytest.fixture(scope="module")
def customers(shop: Shop) -> Customers:
    running = shop.running
    return Customers(running.aws("sqs"), running.aws("events"), running.outputs["DomainBusName"])


def store_of_its_own(shop: Shop, rule: dict[str, Any], **details: Any) -> str:
    """A store, always open unless its details say otherwise, with a collection rule of its own."""
    name = f"store-{uuid.uuid4().hex[:8]}"
    node = {
        "kind": "store",
        "name": "Pickup store",
        "legal_entity": "100",
        "address": {"lines": ["1 Main St"], "city": "Town", "country": "US"},
        "latitude": 40.7,
        "longitude": -74.0,
        "time_zone": "America/New_York",
        "journeys": ["pickup"],
        **details,
    }
    running = shop.running
    put = running.call("acme-operator", "PUT", f"/v1/nodes/{name}", {"id": name, **node}, key=uuid.uuid4().hex)
    assert put.status == 201, put.body
    path = f"/v1/collection-rules/{name}"
    rules = {"rules": [{"id": name, "nodes": [name], **rule}]}
    put = running.call("acme-operator", "PUT", path, rules, key=uuid.uuid4().hex)
    assert put.status == 201, put.body
    match = {"if-match": "1"}
    promoted = running.call(
        "acme-operator", "POST", f"{path}/promotions", {"number": 1}, key=uuid.uuid4().hex, headers=match
    )
    assert promoted.status == 200, promoted.body
    return name


def opened(shop: Shop, store: str, quantity: int, **tender: Any) -> tuple[str, str, str]:
    """Goods that are to be collected from a store: their SKU, the order and the work, which the store has."""
    sku = shop.new_item({store: 5})
    document = order(line(sku, quantity, 1000, method="pickup", pickup_node=store), customer=ANN)
    document["payments"][0] |= tender
    order_id = shop.place(document)
    work_id = str(shop.work_of(order_id, "OPEN")["id"])
    assert shop.node_does(work_id, "accept").status == 200
    return sku, order_id, work_id


def staged(shop: Shop, store: str, quantity: int) -> tuple[str, str, str]:
    """The same with goods that wait at the counter."""
    sku, order_id, work_id = opened(shop, store, quantity)
    assert shop.node_does(work_id, "stage").status == 200
    return sku, order_id, work_id


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("F1", whole=True)
def test_goods_bought_online_are_collected_in_the_store_with_a_code(shop: Shop, customers: Customers) -> None:
    store = store_of_its_own(shop, {"proofs": ["code"]})
    sku, order_id, work_id = staged(shop, store, 2)
    assert shop.order(order_id)["payment_status"] == "AUTHORIZED"
    assert shop.stock(sku, store)["allocated"] == 2
    without = shop.node_does(work_id, "hand-over", {"collector": "Ann Smith"})
    assert (without.status, without.json()["code"]) == (422, "proof_missing")
    shown = until(lambda: customers.proof(work_id, "Ann Smith"), "the customer heard nothing")
    handed = shop.node_does(work_id, "hand-over", shown)
    assert (handed.status, handed.json()["status"]) == (200, "COMPLETED")
    done = shop.settled(order_id)
    assert (done["status"], done["payments"][0]["captured"]) == ("COMPLETED", 2000)
    (shipment,) = done["shipments"]
    assert (shipment["mode"], shipment["proof"]["collector"], shipment["proof"]["kinds"]) == (
        *("pickup", "Ann Smith"),
        ["code"],
    )
    row = shop.stock(sku, store)
    assert (row["on_hand"], row["allocated"], row["available"]) == (3, 0, 3)
    assert shop.events(order_id).count("FulfillmentOrderHandedOver") == 1


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("F8")
def test_what_nobody_collects_goes_back_and_its_money_too(clock: Shop, customers: Customers) -> None:
    """The store is open for the first minute of each day. Goods are ready shortly before it, and wait for that minute.

    A workflow waits by the real time, so the clock is moved before and not during its wait.
    """
    shop = clock
    hours = dict.fromkeys(WEEKDAYS, (("00:00", "00:01"),))
    store = store_of_its_own(shop, {"open_days": 1}, hours=hours)
    sku, order_id, work_id = opened(shop, store, 2, capture_on="ready")
    midnight = datetime.combine(datetime.now(NEW_YORK).date() + timedelta(days=1), time(), NEW_YORK)
    shop.running.clock_offset = round((midnight - timedelta(seconds=25) - datetime.now(UTC)).total_seconds())
    ready = shop.node_does(work_id, "stage").json()
    assert datetime.fromisoformat(ready["collection"]["pickup_by"]) == midnight + timedelta(minutes=1)
    assert shop.settled(order_id)["payments"][0]["captured"] == 2000
    heard = until(lambda: customers.told("FulfillmentOrderReady", work_id), "the customer heard nothing")
    assert heard["pickup_by"] == ready["collection"]["pickup_by"]

    def gone() -> dict[str, Any] | None:
        found = shop.order(order_id)
        return found if found["status"] == "CANCELLED" else None

    with suppress(AssertionError):
        until(gone, "it is still kept")
    cancelled = until(gone, "what nobody collects was kept")
    assert [(one["quantity"], one["reason"]) for one in cancelled["cancellations"]] == [(2, "not_collected")]
    assert shop.settled(order_id, "REFUNDED")["payments"][0]["captured"] == 2000
    row = shop.stock(sku, store)
    assert (row["on_hand"], row["allocated"], row["available"]) == (5, 0, 5)
    assert until(lambda: customers.told("FulfillmentOrderNotCollected", work_id), "the customer heard nothing")
    late = shop.node_does(work_id, "hand-over", {})
    assert (late.status, late.json()["code"]) == (409, "action_not_available")


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("F6", whole=True)
def test_a_customer_at_the_curb_is_seen_by_the_store(shop: Shop, customers: Customers) -> None:
    store = store_of_its_own(shop, {"curbside": True})
    _, order_id, work_id = staged(shop, store, 1)
    ready = until(lambda: customers.told("FulfillmentOrderReady", work_id), "the customer heard nothing")
    path = f"/v1/arrivals/{ready['arrival_link']}"
    for state, bay in (("in_transit", None), ("at_curbside", "3")):
        said = shop.running.call(None, "POST", path, {"state": state, "bay": bay}, key=uuid.uuid4().hex)
        assert (said.status, said.json()["arrival"]["state"]) == (200, state)
    seen = shop.get(f"/v1/fulfillment-orders/{work_id}", client="acme-wms")
    assert (seen["status"], seen["arrival"]["state"], seen["arrival"]["bay"]) == ("READY", "at_curbside", "3")
    assert shop.node_does(work_id, "hand-over").status == 200
    assert shop.settled(order_id)["status"] == "COMPLETED"
    assert shop.events(order_id).count("FulfillmentOrderArrival") == 2

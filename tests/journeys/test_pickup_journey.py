"""Goods collected from a store on the running system: with a code, and at the curb."""

from __future__ import annotations

import uuid

import pytest

from local.world.customer import Customers
from tests.journeys.shop import Shop, line, order, until
from tests.journeys.stores import ANN, store_of_its_own


@pytest.fixture(scope="module")
def customers(shop: Shop) -> Customers:
    running = shop.running
    return Customers(running.aws("sqs"), running.aws("events"), running.outputs["DomainBusName"])


def opened(shop: Shop, store: str, quantity: int) -> tuple[str, str, str]:
    """Goods that are to be collected from a store: their SKU, the order and the work, which the store has."""
    sku = shop.new_item({store: 5})
    document = order(line(sku, quantity, 1000, method="pickup", pickup_node=store), customer=ANN)
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
@pytest.mark.capability("F6")
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

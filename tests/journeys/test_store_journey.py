"""Stores that ship, hand over what others sent, and sell what they do not hold, on the running system."""

from __future__ import annotations

import pytest

from tests.journeys.shop import SHIP_TO, Shop, line, order, until
from tests.journeys.stores import ANN, does, mail, refused, sale, store_of_its_own, units
from tests.journeys.test_clock_journey import clock

__all__ = ["clock"]

DC = "dc-columbus"


def let_nodes_be_known(shop: Shop) -> None:
    """Two minutes pass: what functions remember of the nodes that may send is read anew."""
    shop.running.clock_offset += 120


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("F3")
def test_stores_ship_what_they_have_time_for_under_the_contract_of_every_node(clock: Shop) -> None:
    """Each of two stores takes on one order a day, so the second order goes to the other one."""
    shop = clock
    one_a_day = [{"of": "orders", "per": "day", "most": 1}]
    stores = [store_of_its_own(shop, journeys=("ship",), capacity=one_a_day) for _ in range(2)]
    let_nodes_be_known(shop)
    sku = shop.new_item(dict.fromkeys(stores, 4))
    works = {}
    for _ in range(2):
        order_id = shop.place(order(line(sku, 2, 600), customer=ANN))
        works[order_id] = shop.work_of(order_id, "OPEN")
    assert sorted(work["node_id"] for work in works.values()) == sorted(stores)

    for order_id, work in works.items():
        node = work["node_id"]
        assert (
            work["available_actions"]
            == shop.get(f"/v1/fulfillment-orders/{work['id']}", client="acme-wms")["available_actions"]
        )
        does(shop, work["id"], "accept", "pick", "pack")
        slip = shop.running.call("acme-wms", "GET", f"/v1/fulfillment-orders/{work['id']}/papers/packing-slip")
        assert (slip.status, slip.body[:5]) == (200, b"%PDF-")
        parcel = {"carrier": "FAKE", "tracking_number": "FAKE0000000042"}
        does(shop, work["id"], "ship", shipment=parcel)
        done = shop.settled(order_id)
        assert (done["status"], done["payments"][0]["captured"]) == ("COMPLETED", 1200)
        (shipment,) = done["shipments"]
        assert (shipment["node_id"], shipment["mode"], shipment["tracking_number"]) == (node, "ship", "FAKE0000000042")
        assert units(shop, sku, node) == (2, 0, 2)
        to, text = mail(shop, order_id, f"Your order {done['external_id']} is on its way")
        assert (to, "FAKE0000000042" in text) == (ANN["email"], True)


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("F4", whole=True)
def test_what_a_store_lacks_is_sent_to_it_and_handed_over_there(clock: Shop) -> None:
    shop, ways = clock, ("pickup", "ship", "ship_to_store")
    sender, store = store_of_its_own(shop, journeys=ways), store_of_its_own(shop, journeys=ways)
    let_nodes_be_known(shop)
    sku = shop.new_item({sender: 3, store: 1})
    way = {"method": "ship_to_store", "pickup_node": store}
    order_id = shop.place(order(line(sku, 4, 500, **way), customer=ANN))
    leg = shop.work_of(order_id, "OPEN")
    final = shop.work_of(order_id, "ON_HOLD")
    seen = [(one["node_id"], one["destination_node"], one["method"]) for one in (leg, final)]
    assert seen == [(sender, store, "transfer"), (store, None, "ship_to_store")]
    assert (units(shop, sku, sender), units(shop, sku, store)) == ((3, 3, 0), (1, 1, 0))
    assert refused(shop.node_does(final["id"], "stage")) == (409, "action_not_available")

    does(shop, leg["id"], "accept", "pick", "pack", "ship")
    assert shop.work_of(order_id, "IN_TRANSIT")["id"] == leg["id"]
    on_its_way = shop.get(f"/v1/fulfillment-orders?node={store}&status=IN_TRANSIT", client="acme-wms")
    assert [one["id"] for one in on_its_way["fulfillment_orders"]] == [leg["id"]]
    assert shop.order(order_id)["payment_status"] == "AUTHORIZED"
    does(shop, leg["id"], "receive")
    assert (units(shop, sku, sender), units(shop, sku, store)) == ((0, 0, 0), (4, 4, 0))

    assert shop.work_of(order_id, "OPEN")["id"] == final["id"]
    does(shop, final["id"], "accept", "stage")
    assert shop.work_of(order_id, "READY")["id"] == final["id"]
    mail(shop, order_id, f"Your order {shop.order(order_id)['external_id']} is ready")
    does(shop, final["id"], "hand-over")
    done = shop.settled(order_id)
    assert (done["status"], done["payments"][0]["captured"]) == ("COMPLETED", 2000)
    assert done["lines"][0]["quantities"] == {"collected": 4}
    assert [(one["node_id"], one["mode"], one["total"]) for one in done["shipments"]] == [(store, "pickup", 2000)]
    assert units(shop, sku, store) == (0, 0, 0)
    names = shop.events(order_id)
    in_turn = ["FulfillmentOrderDispatched", "FulfillmentOrderReceived", "FulfillmentOrderReady"]
    assert [name for name in names if name in in_turn] == in_turn


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("F5", whole=True)
def test_a_till_sells_what_its_store_lacks_with_what_is_taken_along_on_one_receipt(shop: Shop) -> None:
    store = store_of_its_own(shop)
    here, elsewhere = shop.new_item({store: 2}), shop.new_item({DC: 3})
    can = shop.get(f"/v1/availability?skus={elsewhere}", client="acme-store")
    assert can["items"][0]["available"] == 3
    later = {**line(elsewhere, 2, 2000), "method": "delivery", "ship_to": SHIP_TO}
    tenders = [
        {"tender": "card", "amount": 3000, "provider": "strict", "reference": "ch_1"},
        {"tender": "cash", "amount": 2000},
    ]
    sold = sale(shop, store, line(here, 1, 1000), later, tenders=tenders, customer=ANN)
    assert (sold.status, sold.json()["order_status"]) == (201, "IN_PROGRESS")
    order_id = sold.json()["order_id"]
    assert units(shop, here, store) == (1, 0, 1)
    first = shop.order(order_id)
    assert [(one["tender"], one["captured"]) for one in first["payments"]] == [("card", 3000), ("cash", 2000)]
    assert [(one["mode"], one["total"]) for one in first["shipments"]] == [("carry_out", 1000)]

    work = shop.work_of(order_id, "OPEN")
    assert (work["node_id"], units(shop, elsewhere, DC)) == (DC, (3, 2, 1))
    does(shop, work["id"], "ship")
    done = until(lambda: _completed(shop, order_id), "the rest did not leave")
    assert [one["quantities"] for one in done["lines"]] == [{"collected": 1}, {"shipped": 2}]
    assert [one["total"] for one in done["shipments"]] == [1000, 4000]
    assert [one["captured"] for one in done["payments"]] == [3000, 2000]
    assert units(shop, elsewhere, DC) == (1, 0, 1)
    # One receipt has both: it is the same order by the number that the till gave it.
    path = f"/v1/orders?channel=store&external_id={done['external_id']}"
    assert [one["id"] for one in shop.get(path, client="acme-operator")["orders"]] == [order_id]
    assert shop.events(order_id).count("SaleRecorded") == 1


def _completed(shop: Shop, order_id: str) -> dict[str, object] | None:
    found = shop.order(order_id)
    return found if found["status"] == "COMPLETED" and found["payment_status"] == "CAPTURED" else None

"""Whole journeys of orders on the local engine: real API, stream, buses, workflows, node and provider."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.journeys.shop import Shop, line, order, until

DC, OTHER_DC, STORE = "dc-columbus", "dc-salt-lake", "chicago"


@pytest.mark.capability("A1", "B4", "B5", "H1", "H2", "K1", "K4")
def test_an_order_goes_from_the_api_to_its_captured_money(shop: Shop) -> None:
    sku = shop.new_item({DC: 10})
    order_id = shop.place(order(line(sku, 3, 1999)))

    done = shop.settled(order_id)

    assert done["status"] == "COMPLETED"
    assert done["fulfillment_status"] == "FULFILLED"
    assert done["lines"][0]["quantities"] == {"shipped": 3}
    assert [(p["authorized"], p["captured"], p["released"]) for p in done["payments"]] == [(5997, 5997, 0)]
    assert [(s["goods"], s["total"]) for s in done["shipments"]] == [(5997, 5997)]
    row = shop.stock(sku, DC)
    assert (row["on_hand"], row["reserved"], row["allocated"], row["available"]) == (7, 0, 0, 7)
    # The node sends its four steps at once; the bus may bring a later one first, which implies the steps before it.
    steps = ["FulfillmentOrderAccepted", "FulfillmentOrderPicked", "FulfillmentOrderPacked"]
    events = shop.events(order_id)
    assert [event for event in events if event not in steps] == [
        "OrderPlaced",
        "OrderSourced",
        "PaymentAuthorized",
        "FulfillmentOrderReleased",
        "ShipmentShipped",
        "OrderCompleted",
        "PaymentCaptured",
    ]
    taken = [event for event in events if event in steps]
    assert taken == [step for step in steps if step in taken]


@pytest.mark.capability("N1")
def test_its_ledger_lines_are_those_of_scenario_f01(shop: Shop) -> None:
    sku = shop.new_item({DC: 1})
    document = order(line(sku, 1, 10000, tax=825, total=10825), charges=[{"kind": "shipping", "amount": 500}])
    document["totals"] = {"goods": 10000, "charges": 500, "tax": 825, "total": 11325}
    document["payments"][0]["amount"] = 11325
    order_id = shop.place(document)
    shop.settled(order_id)

    def posted() -> dict[str, int] | None:
        entries = shop.get(f"/v1/finance/journal?order_id={order_id}", client="acme-finance")["entries"]
        if len(entries) < 3:
            return None
        net: dict[str, int] = {}
        for entry in entries:
            assert sum(row["debit"] - row["credit"] for row in entry["lines"]) == 0
            for row in entry["lines"]:
                net[row["account"]] = net.get(row["account"], 0) + row["debit"] - row["credit"]
        return {account: amount for account, amount in net.items() if amount}

    assert until(posted, "the ledger lines did not appear") == {
        "1110": 11325,
        "2040": -825,
        "4010": -10000,
        "4020": -500,
    }


@pytest.mark.capability("A6", whole=True)
def test_a_mixed_cart_becomes_one_group_per_way_and_place_and_one_payment_plan(shop: Shop) -> None:
    by_mail, elsewhere, picked_up = (shop.new_item({DC: 5, STORE: 5}) for _ in range(3))
    to_store, delivered = (shop.new_item({DC: 5, STORE: 5}) for _ in range(2))
    other_address = {"city": "Beverly Hills", "postal_code": "90210", "country": "US"}
    order_id = shop.place(
        order(
            line(by_mail, 1, 100),
            line(elsewhere, 1, 200, ship_to=other_address),
            line(picked_up, 1, 300, method="pickup", pickup_node=STORE),
            line(to_store, 1, 400, method="ship_to_store", pickup_node=STORE),
            line(delivered, 1, 500, method="delivery"),
            line("E-BOOK", 1, 600, method="digital", type="non_stock"),
        )
    )

    done = shop.settled(order_id)

    assert [(g["group_no"], g["method"]) for g in done["groups"]] == [
        (1, "ship"),
        (2, "ship"),
        (3, "pickup"),
        (4, "ship_to_store"),
        (5, "delivery"),
        (6, "digital"),
    ]
    assert len(done["fulfillment_orders"]) == 6
    assert len(done["payments"]) == 1
    assert done["payments"][0]["captured"] == 2100
    assert done["status"] == "COMPLETED"
    places = [next(iter(entry["quantities"].items())) for entry in done["lines"]]
    assert places == [
        ("shipped", 1),
        ("shipped", 1),
        ("collected", 1),
        ("collected", 1),
        ("shipped", 1),
        ("delivered", 1),
    ]


@pytest.mark.capability("A1", whole=True)
def test_the_same_order_sent_at_once_many_times_is_one_order(shop: Shop) -> None:
    sku = shop.new_item({DC: 100})
    document = order(line(sku, 2, 500))
    key = uuid.uuid4().hex

    with ThreadPoolExecutor(8) as pool:
        same_key = list(pool.map(lambda _: shop.post("/v1/orders", document, key=key), range(8)))
        new_keys = list(pool.map(lambda _: shop.post("/v1/orders", document), range(8)))
    changed = shop.post("/v1/orders", {**document, "note": "another"}, key=key)

    statuses = {answer.status for answer in same_key}
    assert statuses <= {201, 200}
    assert {answer.status for answer in new_keys} == {200}
    bodies = {answer.body for answer in (*same_key, *new_keys)}
    assert len(bodies) == 1
    assert (changed.status, changed.json()["code"]) == (422, "idempotency_key_reused")
    done = shop.settled(same_key[0].json()["id"])
    assert [(p["authorized"], p["captured"]) for p in done["payments"]] == [(1000, 1000)]
    assert shop.stock(sku, DC)["on_hand"] == 98


@pytest.mark.capability("D4")
def test_a_hot_sku_is_sold_exactly_as_often_as_there_are_units(shop: Shop) -> None:
    sku = shop.new_item({DC: 10})

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: shop.post("/v1/orders", order(line(sku, 1, 100))), range(40)))

    assert sorted(answer.status for answer in answers) == [201] * 10 + [409] * 30
    assert {answer.json()["code"] for answer in answers if answer.status == 409} == {"out_of_stock"}
    for answer in answers:
        if answer.status == 201:
            shop.settled(answer.json()["id"])
    row = shop.stock(sku, DC)
    assert (row["on_hand"], row["reserved"], row["allocated"], row["available"]) == (0, 0, 0, 0)


@pytest.mark.capability("A3")
def test_a_declined_card_sends_the_order_to_review_and_a_person_cancels_it(shop: Shop) -> None:
    sku = shop.new_item({DC: 4})
    order_id = shop.place(order(line(sku, 4, 100), token="tok_declined"))

    declined = shop.settled(order_id, "FAILED")

    assert declined["status"] == "PENDING_REVIEW"
    assert declined["available_actions"] == ["review", "cancel"]
    assert [(v["name"], v["verdict"]) for v in declined["validations"]][-1] == ("payment", "fail")
    answer = shop.post(f"/v1/orders/{order_id}/review", {"decision": "cancel", "reason": "card declined"})
    assert (answer.status, answer.json()["status"]) == (200, "CANCELLED")
    row = shop.stock(sku, DC)
    assert (row["on_hand"], row["reserved"], row["allocated"], row["available"]) == (4, 0, 0, 4)


def test_an_order_without_a_postal_code_is_kept_for_review_and_goes_on_when_accepted(shop: Shop) -> None:
    sku = shop.new_item({DC: 1})
    order_id = shop.place(order(line(sku, 1, 100), ship_to={"country": "US", "city": "Nowhere"}))

    kept = shop.order(order_id)

    assert kept["status"] == "PENDING_REVIEW"
    assert [v["detail"] for v in kept["validations"] if v["verdict"] == "fail"] == [
        "the address of line 1 has no postal code"
    ]
    shop.post(f"/v1/orders/{order_id}/review", {"decision": "accept", "reason": "customer called"})
    assert shop.settled(order_id)["status"] == "COMPLETED"

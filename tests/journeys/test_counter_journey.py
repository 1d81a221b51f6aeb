"""Goods that customers come for: paid at the till, never fetched, for somebody else, another way; all on the engine."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.journeys.shop import Shop, line, order, until
from tests.journeys.stores import (
    ANN,
    does,
    mail,
    midnight,
    refused,
    rules_of,
    sale,
    shown,
    store_of_its_own,
    subjects,
    units,
)
from tests.journeys.test_clock_journey import clock, moment, move_to

__all__ = ["clock"]


@pytest.fixture(scope="module")
def held(shop: Shop) -> None:
    """Goods of the web shop are held for 48 hours for whoever pays at the till."""
    if shop.running.call("acme-operator", "GET", "/v1/pay-in-store/usual").status == 404:
        holds = [{"channel": "web", "currency": "USD", "most": 50_000, "hours": 48}]
        rules_of(shop, "/v1/pay-in-store/usual", {"holds": holds})


def reserved(shop: Shop, store: str, sku: str, quantity: int) -> tuple[str, str]:
    """An order that is to be paid for at a store's till, whose goods lie at the counter, and its work."""
    lines = line(sku, quantity, 1000, method="pickup", pickup_node=store)
    payment = {"tender": "pay_in_store", "provider": "till", "amount": quantity * 1000}
    order_id = shop.place(order(lines, selling_node=store, payments=[payment], customer=ANN))
    work_id = str(shop.work_of(order_id, "OPEN")["id"])
    does(shop, work_id, "accept", "pick", "stage")
    return order_id, work_id


@pytest.mark.usefixtures("no_bots", "held")
@pytest.mark.capability("F2", whole=True)
def test_what_is_reserved_is_paid_at_the_till_or_free_again_without_a_charge(clock: Shop) -> None:
    shop, store = clock, store_of_its_own(clock)
    sku = shop.new_item({store: 5})
    bought, work_id = reserved(shop, store, sku, 2)
    left, left_work = reserved(shop, store, sku, 1)
    before = shop.order(left)
    assert (before["status"], before["payment_status"], before["payments"]) == ("IN_PROGRESS", "UNPAID", [])
    until_when = moment(before["reserved"]["until"])
    assert until_when == moment(before["placed_at"]) + timedelta(hours=48)
    assert units(shop, sku, store) == (5, 3, 2)

    quoted = {**line(sku, 2, 1000), "order_line_no": 1}
    tenders = [{"tender": "cash", "amount": 2000}]
    sold = sale(shop, store, quoted, tenders=tenders, reserved_order={"order_id": bought})
    assert (sold.status, sold.json()["order_id"], sold.json()["order_status"]) == (201, bought, "COMPLETED")
    done = shop.order(bought)
    assert [(one["tender"], one["provider"], one["captured"]) for one in done["payments"]] == [("cash", "till", 2000)]
    (shipment,) = done["shipments"]
    assert (shipment["fulfillment_order_id"], shipment["mode"], shipment["total"]) == (work_id, "pickup", 2000)
    assert units(shop, sku, store) == (3, 1, 2)

    move_to(shop, until_when + timedelta(minutes=1))
    until(lambda: shop.order(left)["status"] == "CANCELLED" or None, "what nobody paid for was not cancelled")
    gone = shop.order(left)
    assert gone["cancellations"] == [{"line_no": 1, "quantity": 1, "reason": "reservation_expired"}]
    assert (gone["payments"], gone["fulfillment_orders"][0]["status"]) == ([], "CANCELLED")
    assert units(shop, sku, store) == (3, 0, 3)
    assert [name for name in shop.events(left) if name.startswith("Payment")] == []
    late = sale(
        shop,
        store,
        {**line(sku, 1, 1000), "order_line_no": 1},
        tenders=[{"tender": "cash", "amount": 1000}],
        sequence=2,
        reserved_order={"order_id": left},
    )
    assert refused(late) == (409, "reservation_over")
    assert units(shop, sku, store) == (3, 0, 3)
    assert refused(shop.node_does(left_work, "hand-over")) == (409, "action_not_available")


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("F8", whole=True)
def test_goods_that_nobody_collects_are_reminded_of_kept_longer_and_given_back(clock: Shop) -> None:
    """Tomorrow the store is closed, so two open days end with the third; one more is given by the store."""
    shop = clock
    holiday = [{"date": midnight(1).date().isoformat(), "hours": []}]
    rule = {"open_days": 2, "remind_days": 1}
    store = store_of_its_own(shop, rule, hours=None, holidays=holiday)
    sku = shop.new_item({store: 4})
    order_id = shop.place(order(line(sku, 3, 700, method="pickup", pickup_node=store), customer=ANN))
    work_id = str(shop.work_of(order_id, "OPEN")["id"])
    does(shop, work_id, "accept", "pick", "stage")

    def pickup_by() -> str:
        path = f"/v1/fulfillment-orders/{work_id}"
        return str(shop.get(path, client="acme-wms")["collection"]["pickup_by"])

    assert pickup_by() == shown(midnight(4))
    # Until when it is kept, stands in the message that it is ready.
    to, text = mail(shop, order_id, f"Your order {shop.order(order_id)['external_id']} is ready")
    assert (to, "We keep it for you until" in text) == (ANN["email"], True)

    move_to(shop, midnight(3) + timedelta(minutes=1))
    until(lambda: shop.events(order_id).count("FulfillmentOrderCollectionDue") or None, "nobody was reminded")
    assert shop.order(order_id)["fulfillment_orders"][0]["status"] == "READY"
    does(shop, work_id, "extend", days=1, reason="customer_called")
    assert pickup_by() == shown(midnight(5))

    # The day on which it was to go back passes.
    move_to(shop, midnight(4) + timedelta(hours=1))
    until(lambda: shop.events(order_id).count("FulfillmentOrderCollectionDue") == 2 or None, "no second reminder")
    assert (shop.order(order_id)["payment_status"], units(shop, sku, store)) == ("AUTHORIZED", (4, 3, 1))

    move_to(shop, midnight(5) + timedelta(minutes=1))
    gone = shop.settled(order_id, "VOIDED")
    assert (gone["status"], gone["fulfillment_orders"][0]["status"]) == ("CANCELLED", "CANCELLED")
    assert gone["cancellations"] == [{"line_no": 1, "quantity": 3, "reason": "not_collected"}]
    assert (gone["payments"][0]["captured"], gone["shipments"]) == (0, [])
    assert units(shop, sku, store) == (4, 0, 4)
    assert shop.events(order_id).count("FulfillmentOrderNotCollected") == 1
    mail(shop, order_id, f"Your order {gone['external_id']} is cancelled")
    assert refused(shop.node_does(work_id, "hand-over")) == (409, "action_not_available")


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("F9", whole=True)
def test_somebody_else_collects_with_a_document_and_of_age_and_the_buyer_hears_of_it(shop: Shop) -> None:
    store = store_of_its_own(shop, {"proofs": ["id_document"]})
    sku = shop.new_item({store: 2})
    wine = line(sku, 2, 900, method="pickup", pickup_node=store, minimum_age=21)
    order_id = shop.place(order(wine, customer=ANN, collectors=[{"name": "Bob Jones"}]))
    work_id = str(shop.work_of(order_id, "OPEN")["id"])
    does(shop, work_id, "accept", "pick", "stage")
    document = {"id_document": {"kind": "passport", "last_digits": "1234"}}
    tries = [
        ({"collector": "Bob Jones"}, "proof_missing"),
        ({"collector": "Carl Doe", "proof": {**document, "age_checked": 30}}, "collector_unknown"),
        ({"collector": "Bob Jones", "proof": document}, "age_check_missing"),
        ({"collector": "Bob Jones", "proof": {**document, "age_checked": 20}}, "age_check_missing"),
    ]
    for body, code in tries:
        assert refused(shop.node_does(work_id, "hand-over", body)) == (422, code)
    assert shop.order(order_id)["fulfillment_orders"][0]["status"] == "READY"
    assert (shop.order(order_id)["payment_status"], units(shop, sku, store)) == ("AUTHORIZED", (2, 2, 0))

    does(shop, work_id, "hand-over", collector="Bob Jones", proof={**document, "age_checked": 34})
    done = shop.settled(order_id)
    assert (done["status"], done["payments"][0]["captured"], units(shop, sku, store)) == ("COMPLETED", 1800, (0, 0, 0))
    assert done["shipments"][0]["proof"] == {
        "collector": "Bob Jones",
        "collected_by": "alternate",
        "kinds": ["id_document"],
        "id_document": {"kind": "passport", "last_digits": "1234"},
        "signature": None,
        "age_checked": 34,
        "checked_by": done["shipments"][0]["proof"]["checked_by"],
    }
    name = done["external_id"]
    to, text = mail(shop, order_id, f"Goods of your order {name} were collected")
    assert (to, "to Bob Jones" in text) == (ANN["email"], True)
    assert subjects(shop, order_id) == [
        f"Goods of your order {name} were collected",
        f"Your order {name} is confirmed",
        f"Your order {name} is ready for collection",
    ]


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("F10")
def test_goods_go_to_another_store_and_home_until_they_are_picked(shop: Shop) -> None:
    first, second = store_of_its_own(shop), store_of_its_own(shop, journeys=("pickup", "ship"))
    sku = shop.new_item({first: 3, second: 4})
    order_id = shop.place(order(line(sku, 3, 1000, method="pickup", pickup_node=first), customer=ANN))
    shop.work_of(order_id, "OPEN")

    def change(line_no: int, quantity: int, **way: object) -> tuple[int, str | None]:
        wish = {"reason": "customer", "lines": [{"line_no": line_no, "quantity": quantity}], **way}
        answer = shop.post(f"/v1/orders/{order_id}/method-changes", wish)
        return answer.status, answer.json().get("code")

    assert change(1, 3, method="pickup", pickup_node=second) == (200, None)
    assert (units(shop, sku, first), units(shop, sku, second)) == ((3, 0, 3), (4, 3, 1))
    work_id = str(shop.work_of(order_id, "OPEN")["id"])
    home = {"city": "New York", "postal_code": "10003", "country": "US"}
    assert change(2, 1, method="ship", ship_to=home) == (200, None)
    kept = until(
        lambda: next((one for one in shop.order(order_id)["fulfillment_orders"] if one["method"] == "ship"), None),
        "nobody sends it home",
    )
    does(shop, work_id, "accept", "pick")
    assert change(2, 1, method="ship", ship_to=home) == (409, "action_not_available")
    assert units(shop, sku, second)[0] == 4

    # One of the two is not wanted at the counter.
    spoiled = [{"line_no": 2, "quantity": 1, "reason": "does_not_fit"}]
    does(shop, work_id, "stage", "hand-over", refused=spoiled)
    until(lambda: shop.order(order_id)["payments"][0]["captured"] == 1000 or None, "what left was not paid")
    until(lambda: shop.node_does(kept["id"], "ship").status == 200 or None, "what goes home did not leave")
    done = shop.settled(order_id)
    tender = done["payments"][0]
    assert (done["status"], tender["authorized"], tender["captured"]) == ("COMPLETED", 3000, 2000)
    assert [one["quantities"] for one in done["lines"]] == [
        {"cancelled": 3},
        {"collected": 1, "cancelled": 2},
        {"shipped": 1},
    ]
    assert sorted((one["mode"], one["total"]) for one in done["shipments"]) == [("pickup", 1000), ("ship", 1000)]
    assert shop.events(order_id).count("OrderMethodChanged") == 2
    on_hand = [units(shop, sku, node)[0] for node in (first, second)]
    assert sum(on_hand) == 5

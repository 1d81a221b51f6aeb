"""The order that is sent is one that the product's own door takes: its shape, its sums, no card number in it."""

import json

import pytest

from oms.orders.request import OrderRequest
from oms.orders.validation import refuse_sums
from oms.platform.intake import read_json, validate
from tests.unit.replay.samples import document, line
from tools.replaying.cancellations import Sales
from tools.replaying.destinations import destination
from tools.replaying.notes import new_run
from tools.replaying.order_documents import order_document
from tools.replaying.rules import read_sale

GOODS = line("85123A", 6, "2.55")
SALES = {
    "goods": (GOODS,),
    "a SKU twice": (GOODS, GOODS),
    "postage": (GOODS, line("POST", 2, "18.00"), line("POST", 1, "1.00"), line("DOT", 1, "3.00")),
    "discount": (GOODS, line("22633", 1, "1.85"), line("D", -1, "0.99")),
    "fine price": (GOODS, line("PADS", 3, "0.001")),
    "given away": (line("22139", 1, "0.0"),),
    "services": (line("M", 1, "2.00"), line("POST", 1, "1.00")),
    "many lines": (GOODS,) * 705,
}


@pytest.mark.parametrize("customer", ["17850", ""])
@pytest.mark.parametrize("name", SALES)
def test_the_door_takes_it(name: str, customer: str) -> None:
    made = document("536365", *SALES[name], customer=customer)
    reading = read_sale(made)
    if not reading.lines:
        assert name == "given away"
        assert reading.stock_changes
        return
    sale = Sales().remember(made, reading)
    body = order_document(sale, new_run())
    order = validate(OrderRequest, read_json(json.dumps(body)))
    refuse_sums(order)
    assert sum(payment.amount for payment in order.payments) == order.totals.total == sale.total
    assert (order.customer is None) == (customer == "")
    assert (order.ship_to is None) == sale.is_service_only


def test_what_the_file_knows_travels_along() -> None:
    sales = Sales()
    made = document("536365", GOODS)
    sale = sales.remember(made, read_sale(made))
    assert "ship_after" not in order_document(sale, "abc")["attributes"]
    sales.cancel(document("C1", line("85123A", -1, "2.55"), minutes=5))
    body = order_document(sale, "abc")
    assert body["external_id"] == "536365-abc"
    assert body["ordered_at"] == "2010-12-01T08:00:00Z"
    assert body["attributes"] == {
        "document": "536365",
        "invoice_date": "2010-12-01 08:00:00",
        "country": "United Kingdom",
        "replay": "abc",
        "simulated": "address, card, delivery",
        "ship_after": "2010-12-01T08:20:00Z",
    }


def test_a_document_always_goes_to_the_same_place() -> None:
    first = destination("536365", "17850")
    assert first == destination("536365", "17850")
    assert first["country"] == "US"
    assert len({destination(str(number), "")["postal_code"] for number in range(100)}) > 50


def test_external_ids_never_look_like_card_numbers() -> None:
    for number in range(536365, 536465):
        body = json.dumps({"external_id": f"{number}-{new_run()}"})
        assert read_json(body)

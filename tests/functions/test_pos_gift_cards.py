"""Gift cards that pay at a till: their balance falls with the sale, once, and what comes back goes back to them."""

# ruff: noqa: F811 - fixtures are imported by name

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.money_doors import Money
from tests.order_doors import doors  # noqa: F401  (a fixture)
from tests.order_world import world  # noqa: F401  (a fixture)
from tests.pos_doors import Till, cash, sold_line, transaction


def gift(amount: int, reference: str) -> dict[str, Any]:
    return {"tender": "gift_card", "amount": amount, "reference": reference}


def balance(money: Money, card: str) -> tuple[int, int]:
    seen = money.people.get(f"/v1/gift-cards/{card}").body
    return seen["available"], seen["held"]


@pytest.mark.capability("K7")
def test_a_gift_card_pays_at_a_till_and_its_number_is_kept_nowhere(doors):
    money = Money(doors)
    card = money.sold(5000, number="GIFT-7741-AB")
    sale = transaction(1, sold_line("A", 2, 1000, tax=165), tenders=[gift(2000, "gift-7741-ab"), cash(165)])

    sold = Till(doors).tell(sale)
    again = Till(doors).tell(sale, key="another")

    assert (sold.status, again.status, again.body) == (201, 200, sold.body)
    assert balance(money, card) == (3000, 0)
    order = doors.see(sold.body["order_id"])
    assert [(one["tender"], one["captured"]) for one in order["payments"]] == [("gift_card", 2000), ("cash", 165)]
    (told,) = doors.stored_event(sold.body["order_id"], "SaleRecorded")["detail"]["data"]["tenders"][:1]
    assert told["reference"] == card
    assert "7741" not in json.dumps([str(row) for row in doors.world.tables().values()])


@pytest.mark.capability("K7")
def test_the_number_of_a_card_is_not_kept_with_a_sale_that_is_told_otherwise(doors):
    till, money = Till(doors), Money(doors)
    card = money.sold(5000, number="GIFT-7741-AB")
    till.sale(1, sold_line("A"))

    told = till.tell(transaction(1, sold_line("A"), tenders=[gift(1000, "gift-7741-ab")]))

    assert told.status == 409, told.body
    (conflict,) = till.workstations()["conflicts"]
    assert [one["reference"] for one in conflict["transaction"]["tenders"]] == [card]
    assert "7741" not in json.dumps([str(row) for row in doors.world.tables().values()])


@pytest.mark.capability("K7")
def test_a_card_that_does_not_cover_its_part_is_refused_and_nothing_is_sold(doors):
    money, till = Money(doors), Till(doors)
    card = money.sold(1000)
    line = sold_line("A", 2, 1000)

    with doors.world.unchanged():
        short = till.tell(transaction(1, line, tenders=[gift(1500, card), cash(500)]))
        nobody = till.tell(transaction(1, line, tenders=[cash(500), gift(1500, "gft_01J00000000000000000000000")]))
        twice = till.tell(transaction(1, line, tenders=[gift(1000, card), gift(1000, card)]))

    assert (short.status, short.body["code"]) == (409, "insufficient_funds")
    assert (nobody.status, nobody.pointers) == (422, ["/tenders/1/reference"])
    assert (twice.status, twice.pointers) == (422, ["/tenders/1/reference"])
    assert balance(money, card) == (1000, 0)


@pytest.mark.capability("K7", "K8")
def test_what_comes_back_of_a_sale_goes_back_to_the_card_and_into_the_drawer(doors):
    money = Money(doors)
    card = money.sold(5000)
    sale = transaction(1, sold_line("A", 2, 1000), tenders=[gift(1500, card), cash(500)])
    order_id = Till(doors).tell(sale).body["order_id"]
    back = {"node_id": "S1", "reason": "too_small", "lines": [{"line_no": 1, "quantity": 2}]}

    made = doors.api("returns").post(f"/v1/orders/{order_id}/returns", back)

    assert made.status == 201, made.body
    (owed,) = doors.see(order_id)["refunds"]
    assert [(one["tender"], one["amount"]) for one in owed["parts"]] == [("cash", 500), ("gift_card", 1500)]
    doors.world.refund_payment(order_id)
    assert balance(money, card) == (5000, 0)
    (after,) = doors.see(order_id)["refunds"]
    assert [one["state"] for one in after["parts"]] == ["PLANNED", "EXECUTED"]

"""One visit to the counter: what the customer does not want is given back, and what they want besides is sold."""

from __future__ import annotations

import pytest

from tests.money_doors import Money, paid
from tests.order_doors import Doors, doors
from tests.order_world import world
from tests.pickup_doors import Counter, collected
from tests.pos_doors import Till, card, sold_line

__all__ = ["doors", "world"]


@pytest.mark.capability("F10")
def test_unwanted_units_are_refunded_and_extra_ones_are_sold_in_the_same_visit(doors: Doors):
    """Of three units, paid for when they were ready, one stays; another item and one more of the same are sold."""
    money, counter, till = Money(doors), Counter(doors), Till(doors)
    order_id, work = money.ready(collected("A", 3), payments=[paid(3000, capture_on="ready")])
    money.stage(order_id, work)

    refused = [{"line_no": 1, "quantity": 1, "reason": "does_not_fit"}]
    handed = counter.hand_over(work, key="visit", refused=refused)
    sold = till.sale(7, sold_line("B", 1, 700, tax=50), sold_line("A", 1, 1000), tenders=[card(1750)])

    assert (handed.status, handed.body["status"]) == (200, "COMPLETED")
    # Said again, nothing is given back or sold twice.
    assert counter.hand_over(work, key="visit", refused=refused).body == handed.body
    for _ in range(2):
        assert doors.queue("refund_payment", doors.stored_event(order_id, "RefundOwed")) == []
    order, extra = doors.see(order_id), doors.see(sold["order_id"])
    assert [one["quantities"] for one in order["lines"]] == [{"collected": 2, "cancelled": 1}]
    assert [(one["cause"], one["amount"], one["status"]) for one in order["refunds"]] == [
        ("cancellation", 1000, "EXECUTED")
    ]
    assert (order["status"], extra["status"], extra["payment_status"]) == ("COMPLETED", "COMPLETED", "CAPTURED")
    assert [one["total"] for one in extra["shipments"]] == [1750]
    assert (doors.world.provider.amount("capture"), doors.world.provider.amount("refund")) == (3000, 1000)
    # Of five A two were collected and one was sold; what was refused is for sale again.
    assert [(row.on_hand, row.available) for row in (doors.world.stock(sku, "S1") for sku in "AB")] == [(2, 2), (4, 4)]

"""What was taken from a customer goes back once: goodwill, returns and disputes together never give more."""

from __future__ import annotations

import pytest

from tests.appeasement_doors import People
from tests.order_doors import Doors, doors
from tests.order_world import line, world
from tests.refund_doors import Refunds

__all__ = ["doors", "world"]


@pytest.mark.capability("J10")
def test_shipping_that_goodwill_gave_back_is_not_given_back_with_the_goods(doors: Doors):
    """15.05 of shipping with 1.50 of tax: 5.01 as goodwill, the other 10.04 with the last goods, each tax once."""
    shop, people = Refunds(doors), People(doors)
    order_id = shop.delivered(line("A", 1, 6000, tax=495, freight=1505), line("B", 1, 4000, tax=330))
    granted = people.ask("supervisor", order_id, amount=501, on="shipping")
    assert (granted.body["shipping"], granted.body["tax"], granted.body["total"]) == (501, 50, 551)
    with doors.world.unchanged():
        twice = shop.take_back(order_id, {2: 1}, shipping=1005)
        assert (twice.status, twice.pointers) == (422, ["/shipping"])
        assert twice.body["errors"][0]["detail"] == "1004 of the shipping was charged and not given back"
    first = shop.taken_back(order_id, {2: 1})
    assert (first["owed"], first["shipping"]) == (4330, 0)
    last = shop.taken_back(order_id, {1: 1}, shipping=1004)
    assert (last["goods"], last["shipping"], last["tax"], last["owed"]) == (6000, 1004, 595, 7599)
    (payment,) = doors.see(order_id)["payments"]
    assert payment["captured"] == payment["refunded"] + payment["refund_pending"] == 12480


@pytest.mark.capability("J10")
def test_goodwill_after_a_return_gives_no_more_tax_than_is_left(doors: Doors):
    """Two units of 0.01 with 0.01 of tax, which the first unit took back: the second has none."""
    shop, people = Refunds(doors), People(doors)
    order_id = shop.delivered(line("A", 2, 1, tax=1), line("B", 1, 1000))
    assert shop.taken_back(order_id, {1: 1})["owed"] == 2
    granted = people.ask("agent", order_id, amount=1, on="lines", lines=[1])
    assert (granted.body["goods"], granted.body["tax"], granted.body["total"]) == (1, 0, 1)
    last = shop.taken_back(order_id, {1: 1, 2: 1})
    assert (last["goods"], last["tax"], last["appeased_goods"], last["appeased_tax"]) == (1001, 0, 1, 0)
    assert last["owed"] == 1000
    (payment,) = doors.see(order_id)["payments"]
    assert payment["captured"] == payment["refunded"] + payment["refund_pending"] == 1003

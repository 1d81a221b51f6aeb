"""Kits against the real `Database` over moto: components are claimed in one transaction, and work moves all of them."""

from __future__ import annotations

import pytest

from tests.functions.test_kits import claimed
from tests.functions.test_rerouting import act, at, reroute
from tests.kits import BOX, SET, add_kit
from tests.moto_doors import MotoDoors, deployed, moto_doors
from tests.order_world import document, line

__all__ = ["deployed", "moto_doors"]


@pytest.mark.capability("D13", "D4")
def test_kits_and_plain_lines_are_claimed_together_or_not_at_all(moto_doors: MotoDoors):
    shop = moto_doors
    add_kit(shop.world, "SET", SET)
    add_kit(shop.world, "BOX", BOX)
    pickup = {"method": "pickup", "pickup_node": "S1"}
    # S1 has five of each: two SET take four A and two B, one BOX takes a B and three C.
    refused = shop.api("place_order").post(
        "/v1/orders", document(line("SET", 2, **pickup), line("BOX", 1, **pickup), line("B", 3, **pickup))
    )
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    assert [claimed(shop, sku, "S1") for sku in "ABC"] == [(5, 0, 0)] * 3
    order_id = shop.place(document(line("SET", 2, **pickup), line("BOX", 1, **pickup), line("B", 2, **pickup)))
    assert [claimed(shop, sku, "S1") for sku in "ABC"] == [(1, 4, 0), (0, 5, 0), (2, 3, 0)]
    (work,) = shop.run_order_workflow(order_id)
    act(shop, work, "accept")
    act(shop, work, "stage")
    act(shop, work, "hand-over")
    assert [claimed(shop, sku, "S1") for sku in "ABC"] == [(1, 0, 0), (0, 0, 0), (2, 0, 0)]
    assert shop.see(order_id)["status"] == "COMPLETED"


@pytest.mark.capability("D13", "E8")
def test_both_rules_when_one_component_is_short(moto_doors: MotoDoors):
    shop = moto_doors
    add_kit(shop.world, "SET", SET)
    add_kit(shop.world, "DUO", BOX, "split")
    order_id = shop.place(document(line("SET", 1), line("DUO", 1)))
    (first,) = shop.run_order_workflow(order_id)
    act(shop, first, "accept")
    # The C of the DUO leave; a B of the SET is damaged, and so the other B, of the DUO, is given up with it.
    act(shop, first, "ship", lines=[{"line_no": 4, "quantity": 3}])
    act(shop, first, "close", reason="damaged", short=[{"line_no": 1, "sku": "B", "quantity": 1}])
    b = shop.world.stock("B", "DC1")
    assert (b.available, b.allocated, b.damaged) == (9, 0, 1)
    assert reroute(shop, order_id, first, "INCOMPLETE")
    assert at(shop, order_id) == [
        ("DC1", "INCOMPLETE", [(1, 0), (3, 0), (4, 3)]),
        ("S1", "SCHEDULED", [(1, 1), (3, 1)]),
    ]
    (second,) = shop.run_order_workflow(order_id)
    act(shop, second, "ship")
    order = shop.see(order_id)
    assert (order["status"], [one["total"] for one in order["shipments"]]) == ("COMPLETED", [0, 2000])

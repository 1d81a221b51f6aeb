"""A kit on the running system: sold as one item, short of one component, sent whole by another node, paid once."""

from __future__ import annotations

import uuid

import pytest

from tests.journeys.shop import Shop, line, order

DC, OTHER_DC = "dc-columbus", "dc-salt-lake"


def kit_of(shop: Shop, when_short: str, **made_of: int) -> str:
    """A kit of its own for one test."""
    sku = f"KIT-{uuid.uuid4().hex[:10]}"
    components = [{"sku": one, "quantity": units} for one, units in made_of.items()]
    body = {"description": "Test kit", "kind": "kit", "components": components, "when_short": when_short}
    put = shop.running.call("acme-operator", "PUT", f"/v1/items/{sku}", body, key=uuid.uuid4().hex)
    assert put.status == 201, put.body
    return sku


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("D13", "E8")
def test_a_kit_short_of_a_component_is_sent_whole_by_another_node(shop: Shop) -> None:
    pot, cup = shop.new_item({DC: 2, OTHER_DC: 2}), shop.new_item({DC: 9, OTHER_DC: 8})
    kit = kit_of(shop, "reject", **{pot: 1, cup: 4})
    (seen,) = shop.get(f"/v1/availability?skus={kit}&channel=web")["items"]
    assert (seen["available"], {node["node_id"]: node["available"] for node in seen["nodes"]}) == (
        4,
        {DC: 2, OTHER_DC: 2},
    )
    order_id = shop.place(order(line(kit, 2, 4_999)))
    first = shop.work_of(order_id, "OPEN")
    cups = 9 if first["node_id"] == DC else 8
    assert shop.stock(cup, first["node_id"])["allocated"] == 8
    assert shop.node_does(first["id"], "accept").status == 200
    short = [{"line_no": 1, "sku": cup, "quantity": 3}]
    assert shop.node_does(first["id"], "close", {"reason": "damaged", "short": short}).status == 200

    row = shop.stock(cup, first["node_id"])
    assert (row["allocated"], row["damaged"], row["available"]) == (0, 3, cups - 3)
    assert shop.stock(pot, first["node_id"])["available"] == 2
    second = shop.work_of(order_id, "OPEN")
    assert second["node_id"] != first["node_id"]
    assert [(one["sku"], one["quantity"]) for one in second["lines"]] == [(kit, 2)]
    assert shop.node_does(second["id"], "ship").status == 200
    done = shop.settled(order_id)
    assert (done["status"], done["payments"][0]["captured"]) == ("COMPLETED", 9_998)
    assert shop.stock(pot, second["node_id"])["on_hand"] == 0
    assert shop.events(order_id).count("OrderRerouted") == 1


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("D13")
def test_a_kit_whose_parts_lie_apart_comes_in_two_parcels_and_is_paid_with_the_last(shop: Shop) -> None:
    pot, cup = shop.new_item({DC: 1}), shop.new_item({OTHER_DC: 4})
    order_id = shop.place(order(line(kit_of(shop, "split", **{pot: 1, cup: 4}), 1, 4_999)))
    for _ in range(2):
        work = shop.work_of(order_id, "OPEN")
        assert shop.node_does(work["id"], "ship").status == 200
    done = shop.settled(order_id)
    assert sorted(shipment["total"] for shipment in done["shipments"]) == [0, 4_999]
    assert (done["status"], done["lines"][0]["quantities"]) == ("COMPLETED", {"shipped": 1})
    assert (shop.stock(pot, DC)["on_hand"], shop.stock(cup, OTHER_DC)["on_hand"]) == (0, 0)

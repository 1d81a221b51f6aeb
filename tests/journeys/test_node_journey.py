"""A node that speaks HTTP instead of the bus, ships in parts, refuses, and is asked to stop."""

from __future__ import annotations

import pytest

from local.world.http_bot import NodeBotHttp
from tests.journeys.shop import Shop, line, order

DC, OTHER_DC = "dc-columbus", "dc-salt-lake"


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("B1", "H6")
def test_what_left_is_captured_and_what_stayed_is_not(shop: Shop) -> None:
    sku = shop.new_item({DC: 9})
    document = order(line(sku, 5, 333, tax=100, total=1765), charges=[{"kind": "shipping", "amount": 250, "tax": 20}])
    document["totals"] = {"goods": 1665, "charges": 250, "tax": 120, "total": 2035}
    document["payments"][0]["amount"] = 2035
    order_id = shop.place(document)
    work = shop.work_of(order_id, "OPEN")

    assert shop.node_does(work["id"], "accept").status == 200
    part = [{"line_no": 1, "quantity": 2}]
    assert shop.node_does(work["id"], "pick", {"lines": part}).status == 200
    assert shop.node_does(work["id"], "ship", {"lines": part}).status == 200

    first = shop.settled(order_id, "PARTIALLY_CAPTURED")
    assert first["lines"][0]["quantities"] == {"released": 3, "shipped": 2}
    assert [(s["goods"], s["shipping"], s["tax"], s["total"]) for s in first["shipments"]] == [(666, 250, 60, 976)]
    assert first["payments"][0]["captured"] == 976

    one = [{"line_no": 1, "quantity": 1}]
    cancelled = shop.post(f"/v1/orders/{order_id}/cancellations", {"reason": "CUSTOMER", "lines": one})
    assert cancelled.status == 202, cancelled.body
    assert shop.order(order_id)["lines"][0]["quantities"] == {"released": 3, "shipped": 2}
    assert shop.node_does(work["id"], "cancel-response", {"accepted": True}).status == 200
    assert shop.order(order_id)["lines"][0]["quantities"] == {"released": 2, "shipped": 2, "cancelled": 1}

    assert shop.node_does(work["id"], "ship").status == 200
    last = shop.settled(order_id)
    assert last["status"] == "COMPLETED"
    assert last["lines"][0]["quantities"] == {"shipped": 4, "cancelled": 1}
    assert [s["total"] for s in last["shipments"]] == [976, 706]
    tender = last["payments"][0]
    assert (tender["authorized"], tender["captured"], tender["released"]) == (2035, 1682, 353)
    row = shop.stock(sku, DC)
    assert (row["on_hand"], row["reserved"], row["allocated"], row["available"]) == (5, 0, 0, 5)


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("H2", "B4")
def test_a_rejection_gives_the_units_back_and_asks_for_a_person(shop: Shop) -> None:
    sku = shop.new_item({DC: 2})
    order_id = shop.place(order(line(sku, 2, 100)))
    work = shop.work_of(order_id, "OPEN")

    early = shop.node_does(work["id"], "hand-over")
    assert (early.status, early.json()["code"]) == (409, "action_not_available")
    without = shop.node_does(work["id"], "reject")
    assert (without.status, without.json()["errors"][0]["pointer"]) == (422, "/reason")
    assert shop.node_does(work["id"], "reject", {"reason": "not found on the shelf"}).status == 200

    refused = shop.work_of(order_id, "REJECTED")
    assert refused["available_actions"] == []
    assert refused["rejected_reason"] == "not found on the shelf"
    row = shop.stock(sku, DC)
    assert (row["on_hand"], row["allocated"], row["available"]) == (2, 0, 2)
    assert shop.order(order_id)["lines"][0]["quantities"] == {"open": 2}


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("E8")
def test_what_a_node_rejects_another_one_does(shop: Shop) -> None:
    sku = shop.new_item({DC: 2, OTHER_DC: 2})
    order_id = shop.place(order(line(sku, 2, 100)))
    first = shop.work_of(order_id, "OPEN")
    assert shop.node_does(first["id"], "reject", {"reason": "too busy"}).status == 200

    second = shop.work_of(order_id, "OPEN")
    assert {first["node_id"], second["node_id"]} == {DC, OTHER_DC}
    assert shop.node_does(second["id"], "ship").status == 200
    done = shop.settled(order_id)
    assert (done["status"], done["lines"][0]["quantities"]) == ("COMPLETED", {"shipped": 2})
    assert [shop.stock(sku, node)["on_hand"] for node in (first["node_id"], second["node_id"])] == [2, 0]
    assert shop.events(order_id).count("OrderRerouted") == 1


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("A9")
def test_an_order_is_held_to_what_was_promised(shop: Shop) -> None:
    sku = shop.new_item({DC: 2})
    basket = {"channel": "web", "postal_code": "10118", "lines": [{"sku": sku, "quantity": 2}]}
    promise = shop.post("/v1/promises", basket)
    assert promise.status == 201, promise.body
    (option, *_) = promise.json()["options"]
    assert (option["method"], option["can"], option["lines"][0]["node_kinds"]) == ("ship", True, ["dc"])

    order_id = shop.place(order(line(sku, 2, 100), promise_id=promise.json()["id"]))
    work = shop.work_of(order_id, "OPEN")
    assert work["due_at"] == option["ship_by"]
    assert shop.order(order_id)["groups"][0]["promise"]["promise_id"] == promise.json()["id"]
    assert shop.node_does(work["id"], "ship").status == 200
    (shipment,) = shop.settled(order_id)["shipments"]
    assert shipment["due_at"] == option["ship_by"]


@pytest.mark.usefixtures("no_bots")
def test_cancelling_all_of_an_order_tells_the_node_and_releases_the_money(shop: Shop) -> None:
    sku = shop.new_item({DC: 2})
    order_id = shop.place(order(line(sku, 2, 100)))
    work = shop.work_of(order_id, "OPEN")

    assert shop.post(f"/v1/orders/{order_id}/cancellations", {"reason": "CUSTOMER"}).status == 200

    gone = shop.settled(order_id, "VOIDED")
    assert gone["status"] == "CANCELLED"
    assert gone["fulfillment_orders"][0]["status"] == "CANCELLED"
    late = shop.node_does(work["id"], "ship")
    assert (late.status, late.json()["code"]) == (409, "action_not_available")
    again = shop.post(f"/v1/orders/{order_id}/cancellations", {"reason": "CUSTOMER"})
    assert again.status == 409


@pytest.mark.usefixtures("no_bots")
@pytest.mark.capability("H2")
def test_a_node_program_that_knows_only_http_does_its_work(shop: Shop) -> None:
    """It asks for what waits, takes every step under a key of its own, and may say all of it twice."""
    sku = shop.new_item({DC: 4})
    order_id = shop.place(order(line(sku, 4, 250)))
    wanted = shop.work_of(order_id, "OPEN")
    node = NodeBotHttp(shop.running, "acme", client="acme-wms")

    (work,) = [work for work in node.open_work(DC) if work.fulfillment_order_id == wanted["id"]]
    assert work.units == {sku: 4}
    assert node.play(work) == ["accept", "pick", "pack", "ship"]
    assert node.play(work) == ["accept", "pick", "pack", "ship"]

    done = shop.settled(order_id)
    assert (done["status"], done["lines"][0]["quantities"]) == ("COMPLETED", {"shipped": 4})
    assert [shipment["packages"] for shipment in done["shipments"]] != [[]]
    assert wanted["id"] not in [work.fulfillment_order_id for work in node.open_work(DC)]

"""Suppliers that ship for us: work for a supplier is a purchase order, and what it sends is owed to it."""

from __future__ import annotations

from typing import Any

import pytest

from oms.finance.closing.evidence import order_facts
from oms.finance.posting import postings_of
from oms.platform.clock import parse_instant
from oms.registry.store import node_write
from tests.functions.test_brokering import hold
from tests.functions.test_rerouting import act, at, reroute
from tests.order_doors import Doors, doors
from tests.order_nodes import node
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

PATH = "/v1/purchase-orders"
TEA = {"node_id": "SUP", "sku": "TEA", "supplier_sku": "T-1", "currency": "USD", "unit_cost": 405}


def put(doors: Doors, *rows: dict[str, Any]) -> None:
    made = doors.api("registry").put("/v1/supplier-items", {"supplier_items": list(rows)})
    assert (made.status, made.body) == (200, {"supplier_items": len(rows)})


@pytest.fixture
def shop(doors: Doors) -> Doors:
    """A retailer with a supplier that has tea and cups; of a tea's cost it leaves a tenth and a half to us."""
    doors.world.database.commit([node_write(TENANT, node("SUP", "supplier", 41.0, -74.0, lead_time={"minutes": 60}))])
    doors.world.add_item("TEA", {"SUP": 9})
    doors.world.add_item("CUP", {"SUP": 9})
    put(doors, {**TEA, "commission_ppm": 150_000})
    return doors


def placed(shop: Doors, *lines: dict[str, Any], **more: Any) -> tuple[str, str, str]:
    """An order whose lines only the supplier has; its id, that of the work and that of the purchase order."""
    order_id = shop.place(document(*lines, **more))
    (work_id,) = shop.run_order_workflow(order_id)
    return order_id, work_id, f"pur_{work_id.partition('_')[2]}"


def see(shop: Doors, purchase_id: str, **more: Any) -> dict[str, Any]:
    answer = shop.api("settlements").get(f"{PATH}/{purchase_id}", **more)
    assert answer.status == 200, answer.body
    return answer.body


def listed(shop: Doors, status: str, more: str = "") -> list[str]:
    answer = shop.api("settlements").get(f"{PATH}?node=SUP&status={status}{more}")
    assert answer.status == 200, answer.body
    return [one["id"] for one in answer.body["purchase_orders"]]


def posted(shop: Doors, order_id: str) -> list[tuple[str, int, int]]:
    """Account, debit and credit of every line that the facts of an order's purchases make."""
    found = []
    for event in shop.told("PurchaseOrderShipped"):
        detail = event["detail"]
        if detail["data"]["order_id"] == order_id:
            at_ = parse_instant(detail["meta"]["occurred_at"])
            for one in postings_of("PurchaseOrderShipped", detail["data"], detail["meta"]["id"], at_):
                found += [(own.account, own.debit, own.credit) for own in one.entry.lines]
    return found


@pytest.mark.capability("I1")
def test_work_of_a_supplier_is_a_purchase_order_that_it_acknowledges_and_ships(shop: Doors):
    order_id, work_id, purchase_id = placed(shop, line("TEA", 3), line("CUP", 1))
    (told,) = shop.told("PurchaseOrderPlaced")
    assert shop.queue("number_documents", told, told) == []
    shown = see(shop, purchase_id)
    assert {name: shown[name] for name in ("number", "order_id", "fulfillment_order_id", "status", "currency")} == {
        **{"number": "100-PUR-00000001", "order_id": order_id, "fulfillment_order_id": work_id},
        **{"status": "SENT", "currency": "USD"},
    }
    # Three at 405 are 1215, of which 15 % are 182.25; nobody has agreed on a price of cups.
    assert (shown["cost"], shown["commission"], shown["payable"], shown["shipped_payable"]) == (1215, 182, 1033, 0)
    assert [(one["sku"], one["supplier_sku"], one["unit_cost"], one["cost"]) for one in shown["lines"]] == [
        ("TEA", "T-1", 405, 1215),
        ("CUP", None, None, 0),
    ]
    assert shown["acknowledge_by"] == told["detail"]["data"]["acknowledge_by"] == "2026-11-24T12:00:00.000Z"
    assert (listed(shop, "SENT"), listed(shop, "ACKNOWLEDGED")) == ([purchase_id], [])
    act(shop, work_id, "accept")
    assert (listed(shop, "SENT"), listed(shop, "ACKNOWLEDGED")) == ([], [purchase_id])
    # What the supplier asks from now on is not what this one costs.
    put(shop, {**TEA, "unit_cost": 999})
    act(shop, work_id, "ship", lines=[{"line_no": 1, "quantity": 1}])
    shipped = {"carrier": "UPS", "tracking_number": "1Z999"}
    act(shop, work_id, "ship", shipment=shipped)
    assert listed(shop, "SHIPPED") == [purchase_id]
    shown = see(shop, purchase_id)
    assert (shown["status"], shown["shipped_payable"], [one["shipped"] for one in shown["lines"]]) == (
        *("SHIPPED", 1033),
        [3, 1],
    )
    # The commission of one unit and of two is that of three.
    assert posted(shop, order_id) == [
        *(("5010", 405, 0), ("4050", 0, 61), ("2210", 0, 344)),
        *(("5010", 810, 0), ("4050", 0, 121), ("2210", 0, 689)),
    ]
    facts = order_facts(shop.world.order(order_id))
    assert (facts.supplied_cost, facts.supplied_payable) == (1215, 1033)
    # The customer has one order, with the supplier's tracking number.
    seen = shop.see(order_id)
    assert [one["tracking_number"] for one in seen["shipments"]] == [None, "1Z999"]
    assert shop.world.capture(work_id) == 4_000
    assert shop.see(order_id)["status"] == "COMPLETED"


@pytest.mark.capability("I1")
def test_a_supplier_that_takes_an_offer_has_its_purchase_order_when_it_acknowledges(shop: Doors):
    shop.world.receive("TEA", "DC1", 9)
    hold(shop, {"id": "near", "shipment_cents": 100, "offer": {"nodes": 2, "minutes": 30}})
    order_id = shop.place(document(line("TEA", 3)))
    (offered,) = shop.run_order_workflow(order_id)
    assert (shop.world.work(offered).node_id, shop.told("PurchaseOrderPlaced")) == ("DC1", [])
    scopes = ("fulfillment.write", "node.SUP")
    path = f"/v1/fulfillment-orders/{offered}/accept"
    taken = shop.api("fulfillment").post(path, {}, key="take", scopes=scopes)
    assert taken.status == 200, taken.body
    assert shop.api("fulfillment").post(path, {}, key="take", scopes=scopes).body == taken.body
    (told,) = [event["detail"]["data"] for event in shop.told("PurchaseOrderPlaced")]
    purchase_id = f"pur_{taken.body['id'].partition('_')[2]}"
    assert (told["purchase_order_id"], told["cost"], told["commission"], told["payable"]) == (
        purchase_id,
        1215,
        182,
        1033,
    )
    assert see(shop, purchase_id)["status"] == "ACKNOWLEDGED"
    # Its workflow finds it there, and what it ships is owed.
    shop.world.release(taken.body["id"])
    assert len(shop.told("PurchaseOrderPlaced")) == 1
    shop.world.act(taken.body["id"], "ship")
    assert posted(shop, order_id) == [("5010", 1215, 0), ("4050", 0, 182), ("2210", 0, 1033)]


@pytest.mark.capability("I1", "E8")
def test_a_purchase_order_that_nobody_acknowledged_in_time_goes_to_others(shop: Doors):
    order_id, work_id, purchase_id = placed(shop, line("TEA", 2))
    shop.world.receive("TEA", "DC1", 5)
    assert reroute(shop, order_id, work_id, reason="TIMED_OUT")
    shown = see(shop, purchase_id)
    assert (shown["status"], shown["reason"], shown["payable"]) == ("REJECTED", "TIMED_OUT", 0)
    assert [(node_id, status) for node_id, status, _ in at(shop, order_id)] == [
        ("SUP", "REJECTED"),
        ("DC1", "SCHEDULED"),
    ]
    (other,) = shop.run_order_workflow(order_id)
    act(shop, other, "ship")
    assert posted(shop, order_id) == []
    assert [one["detail"]["data"]["node_id"] for one in shop.told("PurchaseOrderPlaced")] == ["SUP"]


@pytest.mark.capability("I1")
def test_a_supplier_may_reject_and_sees_only_its_own(shop: Doors):
    order_id, work_id, purchase_id = placed(shop, line("TEA", 1))
    own, other = ("purchasing.read", "node.SUP"), ("purchasing.read", "node.S1")
    assert see(shop, purchase_id, scopes=own)["id"] == purchase_id
    for path in (f"{PATH}/{purchase_id}", f"{PATH}/pur_none_1", f"{PATH}?node=SUP&status=SENT"):
        assert shop.api("settlements").get(path, scopes=other).status == 404
    assert shop.api("settlements").get(f"{PATH}/{purchase_id}", scopes=("orders.read",)).status == 403
    assert shop.api("settlements").get(f"{PATH}?node=SUP&status=LOST").pointers == ["/query/status"]
    act(shop, work_id, "reject", reason="not_made_any_more")
    assert (see(shop, purchase_id)["status"], listed(shop, "REJECTED")) == ("REJECTED", [purchase_id])
    assert posted(shop, order_id) == []


@pytest.mark.capability("I1")
def test_the_list_goes_through_all_states_of_work_page_by_page(shop: Doors):
    made = [placed(shop, line("TEA", 1), external_id=f"o-{number}") for number in range(3)]
    for (_, work_id, _), verb in zip(made, ("pack", "accept", "pick"), strict=True):
        act(shop, work_id, verb)
    found, cursor = [], ""
    while True:
        page = shop.api("settlements").get(f"{PATH}?node=SUP&status=ACKNOWLEDGED&limit=1{cursor}").body
        found += [one["id"] for one in page["purchase_orders"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(found) == sorted(purchase_id for _, _, purchase_id in made)
    assert shop.api("settlements").get(f"{PATH}?node=S1&status=ACKNOWLEDGED{cursor}").status == 422


@pytest.mark.capability("I1")
@pytest.mark.parametrize(
    ("row", "pointer", "code"),
    [
        ({**TEA, "node_id": "S1"}, "/supplier_items/1/node_id", "not_a_supplier"),
        ({**TEA, "node_id": "NO"}, "/supplier_items/1/node_id", "unknown_node"),
        ({**TEA, "sku": "NO"}, "/supplier_items/1/sku", "unknown_sku"),
        (TEA, "/supplier_items/1", "repeated"),
        ({**TEA, "unit_cost": -1}, "/supplier_items/1/unit_cost", "greater_than_equal"),
    ],
)
def test_what_a_supplier_asks_is_put_whole_or_not_at_all(shop: Doors, row: Any, pointer: str, code: str):
    with shop.world.unchanged():
        refused = shop.api("registry").put("/v1/supplier-items", {"supplier_items": [TEA, row]})
    assert refused.status == 422
    assert [(one["pointer"], one["code"]) for one in refused.body["errors"]] == [(pointer, code)]

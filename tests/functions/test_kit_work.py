"""The work on kits: picked, shipped, rejected, short of a component, cancelled, always as all of their components."""

from __future__ import annotations

from typing import Any

import pytest

from oms.registry import reads as registry
from oms.registry.store import item_write, load_items, node_write
from tests.functions.test_kits import claimed, shop
from tests.functions.test_rerouting import act, at, begun, cancel, reroute, rows
from tests.functions.test_short_stock import lose
from tests.kits import add_kit, components
from tests.order_doors import Doors, doors
from tests.order_nodes import PLACES, node
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "shop", "world"]


@pytest.mark.capability("D11")
@pytest.mark.capability("D13", whole=True)
def test_a_kit_is_picked_and_shipped_as_its_components_and_paid_as_one_line(shop: Doors):
    order_id, work = begun(shop, line("SET", 3, 1000, tax=100, off=1), line("A", 1, 250))
    made_of = [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}]
    told = shop.stored_event(order_id, "FulfillmentOrderReleased")["detail"]["data"]["lines"]
    assert [one["components"] for one in told] == [made_of, []]
    shown = shop.api("fulfillment").get(f"/v1/fulfillment-orders/{work}").body["lines"]
    assert [(one["sku"], one["quantity"], one["components"]) for one in shown] == [("SET", 3, made_of), ("A", 1, [])]
    assert [claimed(shop, sku) for sku in "AB"] == [(3, 0, 7), (7, 0, 3)]
    act(shop, work, "accept")
    act(shop, work, "pick", lines=[{"line_no": 1, "quantity": 2}])
    act(shop, work, "pack", lines=[{"line_no": 1, "quantity": 1}])
    assert shop.see(order_id)["lines"][0]["quantities"] == {"released": 1, "picked": 1, "packed": 1}
    act(shop, work, "ship", lines=[{"line_no": 1, "quantity": 2}])
    assert [claimed(shop, sku) for sku in "AB"] == [(3, 0, 3), (7, 0, 1)]
    act(shop, work, "ship")
    order = shop.see(order_id)
    assert (order["status"], order["fulfillment_status"]) == ("COMPLETED", "FULFILLED")
    assert order["lines"][0]["components"] == made_of
    # Of 30.99 two units carry two thirds, amount by amount; the last one carries the rest, to the cent.
    assert [(one["goods"], one["discount"], one["tax"], one["total"]) for one in order["shipments"]] == [
        (2000, 1, 67, 2066),
        (1250, 0, 33, 1283),
    ]
    assert [one["sku"] for one in order["shipments"][0]["lines"]] == ["SET"]
    moved = shop.api("inventory").get("/v1/inventory/A/movements?node_id=DC1").body["movements"]
    assert [(one["kind"], one["quantity"], one["cause"]) for one in moved[:4]] == [
        ("shipped", 3, order["shipments"][1]["id"]),
        ("shipped", 4, order["shipments"][0]["id"]),
        ("allocated", 7, order_id),
        ("reserved", 7, order_id),
    ]
    assert (shop.world.stock("A", "DC1").on_hand, shop.world.stock("B", "DC1").on_hand) == (3, 7)


@pytest.mark.capability("D13", "E8")
def test_a_rejected_kit_goes_elsewhere_and_its_components_are_available_again(shop: Doors):
    order_id, first = begun(shop, line("SET", 2), line("C", 1))
    act(shop, first, "accept")
    act(shop, first, "reject", reason="too_busy")
    assert (rows(shop, "A")["DC1"], rows(shop, "B")["DC1"]) == ((10, 0), (10, 0))
    assert reroute(shop, order_id, first)
    assert at(shop, order_id)[1] == ("S1", "SCHEDULED", [(1, 2), (2, 1)])
    assert (rows(shop, "A")["S1"], rows(shop, "B")["S1"], rows(shop, "C")["S1"]) == ((1, 4), (3, 2), (4, 1))
    (second,) = shop.run_order_workflow(order_id)
    act(shop, second, "ship")
    assert shop.see(order_id)["status"] == "COMPLETED"


@pytest.mark.capability("E8")
@pytest.mark.capability("D13", whole=True)
def test_one_short_component_sends_the_whole_kit_elsewhere_and_only_it_is_held_back(shop: Doors):
    order_id, first = begun(shop, line("SET", 2))
    act(shop, first, "accept")
    short = [{"line_no": 1, "sku": "B", "quantity": 1}]
    act(shop, first, "close", reason="not_found", short=short)
    a, b = shop.world.stock("A", "DC1"), shop.world.stock("B", "DC1")
    assert (a.available, a.allocated, a.blocked) == (10, 0, 0)
    # One of the two B was not at its place; the other one is for sale.
    assert (b.available, b.allocated, b.blocked) == (9, 0, 1)
    assert reroute(shop, order_id, first, "INCOMPLETE")
    assert at(shop, order_id) == [("DC1", "INCOMPLETE", [(1, 0)]), ("S1", "SCHEDULED", [(1, 2)])]
    assert shop.see(order_id)["lines"][0]["quantities"] == {"allocated": 2}


@pytest.mark.capability("D13")
@pytest.mark.parametrize(
    ("short", "reason", "wrong"),
    [
        ([{"line_no": 1, "sku": "C", "quantity": 1}], "damaged", ("/short/0/sku", "unknown_sku")),
        ([{"line_no": 1, "sku": "SET", "quantity": 1}], "damaged", ("/short/0/sku", "unknown_sku")),
        ([{"line_no": 2, "sku": "A", "quantity": 1}], "damaged", ("/short/0/line_no", "unknown_line")),
        ([{"line_no": 1, "sku": "A", "quantity": 5}], "damaged", ("/short/0/quantity", "quantity_too_large")),
        ([{"line_no": 1, "sku": "A", "quantity": 3}] * 2, "damaged", ("/short/1/quantity", "quantity_too_large")),
        ([{"line_no": 1, "sku": "A", "quantity": 1}], "too_busy", ("/short", "not_allowed")),
        ([], "damaged", ("/short", "too_short")),
    ],
)
def test_what_cannot_be_short_is_refused_and_changes_nothing(
    shop: Doors, short: list[dict[str, Any]], reason: str, wrong: tuple[str, str]
):
    _, work = begun(shop, line("SET", 2))
    act(shop, work, "accept")
    with shop.world.unchanged():
        answer = shop.api("fulfillment").post(
            f"/v1/fulfillment-orders/{work}/close", {"reason": reason, "short": short}
        )
    assert (answer.status, [(one["pointer"], one["code"]) for one in answer.body["errors"]]) == (422, [wrong])
    with shop.world.unchanged():
        other = shop.api("fulfillment").post(
            f"/v1/fulfillment-orders/{work}/reject", {"reason": "busy", "short": short}
        )
    assert (other.status, other.pointers) == (422, ["/short"])


@pytest.mark.capability("D13", "C5")
def test_cancelled_kits_give_their_components_back_before_and_after_sourcing(shop: Doors):
    order_id = shop.place(document(line("SET", 4), line("A", 1)))
    one = {"reason": "late", "lines": [{"line_no": 1, "quantity": 1}]}
    assert shop.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", one).status == 200
    assert [claimed(shop, sku) for sku in "AB"] == [(3, 7, 0), (7, 3, 0)]
    shop.run_order_workflow(order_id)
    assert shop.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", one).status == 200
    assert [claimed(shop, sku) for sku in "AB"] == [(5, 0, 5), (8, 0, 2)]
    cancel(shop, order_id)
    assert [claimed(shop, sku) for sku in "AB"] == [(10, 0, 0), (10, 0, 0)]
    order = shop.see(order_id)
    assert (order["status"], order["lines"][0]["quantities"]) == ("CANCELLED", {"cancelled": 4})


@pytest.mark.capability("D13", "C5")
def test_a_node_that_lets_go_of_a_kit_gives_all_of_it_back(shop: Doors):
    order_id, work = begun(shop, line("SET", 2))
    act(shop, work, "accept")
    asked = shop.api("change_orders").post(
        f"/v1/orders/{order_id}/cancellations", {"reason": "late", "lines": [{"line_no": 1, "quantity": 1}]}
    )
    assert asked.status == 202
    act(shop, work, "cancel-response", accepted=True)
    assert [claimed(shop, sku) for sku in "AB"] == [(8, 0, 2), (9, 0, 1)]
    act(shop, work, "ship")
    assert shop.see(order_id)["lines"][0]["quantities"] == {"shipped": 1, "cancelled": 1}


@pytest.mark.capability("D13")
def test_an_order_keeps_what_it_was_sold_as(shop: Doors):
    order_id = shop.place(document(line("SET", 1)))
    kit = load_items(shop.world.database, TENANT, ["SET"])["SET"]
    other = kit.model_copy(update={"components": components({"C": 5}), "version": 2})
    shop.world.database.commit([item_write(TENANT, other)])
    registry.forget()
    later = shop.place(document(line("SET", 1), external_id="later"))
    assert [claimed(shop, sku) for sku in "ABC"] == [(8, 2, 0), (9, 1, 0), (5, 5, 0)]
    (work,) = shop.run_order_workflow(order_id)
    act(shop, work, "reject", reason="too_busy")
    assert reroute(shop, order_id, work)
    assert [rows(shop, sku)["S1"] for sku in "ABC"] == [(3, 2), (4, 1), (5, 0)]
    assert shop.see(later)["lines"][0]["components"] == [{"sku": "C", "quantity": 5}]
    cancel(shop, later)
    assert [claimed(shop, sku) for sku in "ABC"] == [(10, 0, 0), (10, 0, 0), (10, 0, 0)]


@pytest.mark.capability("D13", "D10")
def test_a_kit_counts_against_a_limit_as_the_units_that_are_picked(shop: Doors):
    limit = {"of": "units", "per": "day", "most": 7}
    changed = node("DC1", *PLACES["DC1"], capacity=[limit]).model_copy(update={"version": 2})
    shop.world.database.commit([node_write(TENANT, changed)])
    registry.forget()
    order_id, work = begun(shop, line("SET", 2))
    assert at(shop, order_id) == [("DC1", "OPEN", [(1, 2)])]
    taken = shop.api("capacity").get("/v1/nodes/DC1/capacity").body["limits"]
    assert [(one["taken"], one["left"]) for one in taken] == [(6, 1)]
    # One unit is left, and a kit has three.
    second = shop.place(document(line("SET", 1), external_id="second"))
    assert [claim.node_id for claim in shop.world.order(second).lines[0].claims] == ["S1"]
    act(shop, work, "reject", reason="too_busy")
    assert [one["taken"] for one in shop.api("capacity").get("/v1/nodes/DC1/capacity").body["limits"]] == [0]


@pytest.mark.capability("D13", "D17")
def test_lost_units_of_a_component_move_the_kits_that_need_them(shop: Doors):
    order_id, _ = begun(shop, line("SET", 4))
    fact = lose(shop, "B", "DC1", "adjusted", -7)
    assert shop.world.stock("B", "DC1").deficit == 1
    assert shop.queue("vacate_nodes", fact) == []
    # Four SET take eight A: both stores together have them, two each.
    assert [(node_id, status) for node_id, status, _ in at(shop, order_id)] == [
        ("DC1", "REJECTED"),
        ("S1", "SCHEDULED"),
        ("S2", "SCHEDULED"),
    ]
    assert (rows(shop, "A")["DC1"], rows(shop, "B")["DC1"]) == ((10, 0), (3, 0))
    shop.world.received["B", "DC1"] -= 7


@pytest.mark.capability("D13")
def test_an_order_of_many_kits_is_placed_in_parts_and_each_piece_of_work_fits(shop: Doors):
    for number in range(60):
        shop.world.add_item(f"P{number}", {"DC1": 2})
    for number in range(6):
        add_kit(shop.world, f"K{number}", {f"P{10 * number + part}": 1 for part in range(10)})
    order_id = shop.place(document(*(line(f"K{number}", 1) for number in range(6))))
    assert [claimed(shop, f"P{number}")[1] for number in range(60)] == [1] * 60
    works = shop.run_order_workflow(order_id)
    # A piece of work holds no more rows than one transaction can ship.
    assert [held for _, _, held in at(shop, order_id)] == [[(n, 1) for n in (1, 2, 3)], [(n, 1) for n in (4, 5, 6)]]
    for work in works:
        act(shop, work, "ship")
    assert [claimed(shop, f"P{number}") for number in range(60)] == [(1, 0, 0)] * 60


@pytest.mark.capability("D13", "C5")
def test_many_kits_at_several_nodes_are_cancelled_in_parts_that_fit(shop: Doors):
    nodes = ("DC1", "S1", "S2")
    for number in range(40):
        shop.world.add_item(f"P{number}", dict.fromkeys(nodes, 1))
    for number in range(4):
        add_kit(shop.world, f"K{number}", {f"P{10 * number + part}": 1 for part in range(10)})
    order_id = shop.place(document(*(line(f"K{number}", 3) for number in range(4))))
    assert [claimed(shop, f"P{number}", node)[1] for number in range(40) for node in nodes] == [1] * 120
    cancel(shop, order_id)
    assert [claimed(shop, f"P{number}", node) for number in range(40) for node in nodes] == [(1, 0, 0)] * 120
    assert shop.see(order_id)["status"] == "CANCELLED"

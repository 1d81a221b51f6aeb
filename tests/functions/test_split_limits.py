"""Limits on splitting: nodes for an item, the worth of the goods, all or nothing, and when a person is asked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.test_brokering import came
from tests.functions.test_rerouting import act, begun, reroute
from tests.functions.test_strategies import PATH, given, hold
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


@pytest.mark.capability("E4")
def test_an_item_comes_from_no_more_nodes_than_a_scenario_allows(doors: Doors):
    """Twelve units of one item need two nodes, and two items of eleven and four may come from two in all."""
    hold(doors, {"id": "one", "most_nodes_per_item": 1})
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(line("A", 12)))
        assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
        assert refused.body["errors"][0]["detail"] == "2 of A are missing"
    assert given(doors, line("A", 4), line("A", 5)) == {"DC1": 9}
    doors.world.add_item("E", {"S1": 6, "S2": 4})
    assert given(doors, line("B", 10), line("E", 5)) == {"DC1": 10, "S1": 5}, "two nodes, each item from one"
    hold(doors, {"id": "two", "most_nodes_per_item": 2})
    with doors.world.unchanged():
        assert doors.api("place_order").post("/v1/orders", document(line("C", 16), external_id="o-x")).status == 409
    assert given(doors, line("C", 15)) == {"DC1": 10, "S1": 5}


@pytest.mark.capability("E4")
def test_goods_that_are_worth_little_go_in_one_shipment(doors: Doors):
    """Eleven units at 9.99 are worth less than 110.00, and at 10.00 they are not."""
    hold(doors, {"id": "worth", "least_worth_to_split": 11_000})
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(line("A", 11, 999)))
        assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
        basket = {"channel": "web", "postal_code": "10001"}
        cheap = {**basket, "lines": [{"sku": "A", "quantity": 11, "unit_price": 999, "methods": ["ship"]}]}
    assert not doors.api("promises").post("/v1/promises", cheap).body["options"][0]["can"]
    assert given(doors, line("A", 11, 1_000)) == {"DC1": 10, "S1": 1}


@pytest.mark.capability("E4", "E3")
def test_everything_or_nothing_of_a_group_is_served(doors: Doors):
    """Four of A are there and wait for the two of B that are not; whoever comes later has what is left beside them."""
    waits = {"otherwise": "backorder", "cancel_after_days": 7}
    hold(doors, {"id": "all", "complete_only": True, "max_shipments": 1, **waits})
    order_id = doors.place(document(line("A", 4), line("B", 12), external_id="o-1"))
    doors.run_order_workflow(order_id)
    order = doors.world.order(order_id)
    assert [line.claims for line in order.lines] == [(), ()]
    assert [(one.line_no, one.quantity) for one in order.header.backorders] == [(1, 4), (2, 12)]
    assert given(doors, line("A", 6)) == {"DC1": 6}
    came(doors, "B", "S1", 5)
    assert doors.world.order(order_id).fulfillment_orders == ()
    came(doors, "B", "DC1", 2)
    (work,) = doors.world.order(order_id).fulfillment_orders
    assert (work.node_id, [(part.line_no, part.quantity) for part in work.lines]) == ("DC1", [(1, 4), (2, 12)])


@pytest.mark.capability("E4", "E8", whole=True)
def test_a_person_decides_after_as_many_nodes_as_the_strategy_says(doors: Doors):
    hold(doors, {"id": "patient", "most_attempts": 2})
    order_id, first = begun(doors, line("A", 2))
    act(doors, first, "reject", reason="too_busy")
    assert reroute(doors, order_id, first)
    second = doors.world.order(order_id).fulfillment_orders[1]
    doors.task("release_fulfillment", order_id=order_id, fulfillment_order_id=second.id, task_token="t")
    act(doors, second.id, "reject", reason="too_busy")
    assert not reroute(doors, order_id, second.id)
    assert [work.node_id for work in doors.world.order(order_id).fulfillment_orders] == ["DC1", "S1"]


@pytest.mark.capability("E4")
@pytest.mark.parametrize(
    ("limits", "pointer"),
    [
        ({"most_nodes_per_item": 0}, "most_nodes_per_item"),
        ({"most_nodes_per_item": 51}, "most_nodes_per_item"),
        ({"least_worth_to_split": -1}, "least_worth_to_split"),
        ({"complete_only": "yes"}, "complete_only"),
        ({"most_attempts": 0}, "most_attempts"),
    ],
)
def test_limits_that_are_none_are_refused_by_name(doors: Doors, limits: dict[str, Any], pointer: str):
    with doors.world.unchanged():
        refused = doors.api("rule_sets").put(PATH, {"scenarios": [{"id": "one", **limits}]})
        assert (refused.status, refused.pointers) == (422, [f"/scenarios/0/{pointer}"])

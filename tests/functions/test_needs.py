"""Any attribute of item, node, customer, order or country decides from where goods may come, without code."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.test_backorders import WAITS
from tests.functions.test_brokering import came, waiting
from tests.functions.test_decisions import decided
from tests.functions.test_rerouting import act, begun, reroute
from tests.functions.test_slips import hear, supply, told
from tests.functions.test_strategies import PATH, given, hold
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

HAZMAT = {"items": {"attributes": {"hazmat": "true"}}, "where": {"kinds": ["store"]}}


def ship_to(country: str, postal_code: str) -> dict[str, Any]:
    return {"ship_to": {**document()["ship_to"], "country": country, "postal_code": postal_code}}


@pytest.mark.capability("E9")
def test_an_item_that_needs_something_comes_only_from_nodes_that_have_it(doors: Doors):
    doors.world.add_item("PAINT", {"DC1": 9, "S1": 3, "S2": 3}, attributes={"hazmat": True})
    hold(doors, {"id": "all", "needs": [HAZMAT]})
    assert given(doors, line("PAINT", 2), line("A", 2)) == {"S1": 4}, "both come from the store that may send paint"
    assert given(doors, line("PAINT", 3), line("B", 6)) == {"S2": 3, "DC1": 6}
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(line("PAINT", 2), external_id="o-x"))
        assert (refused.status, refused.body["errors"][0]["detail"]) == (409, "1 of PAINT are missing")
    assert given(doors, line("A", 2)) == {"DC1": 2}


@pytest.mark.capability("E9", "E6")
def test_the_decision_says_that_a_node_was_not_admitted(doors: Doors):
    doors.world.add_item("PAINT", {"DC1": 9, "S1": 3}, attributes={"hazmat": True})
    hold(doors, {"id": "all", "needs": [HAZMAT]})
    order_id = doors.place(document(line("PAINT", 1)))
    (group,) = decided(doors, order_id)[0]["groups"]
    assert [(one["node_id"], one["outcome"], one["reason"]) for one in group["candidates"]] == [
        ("S1", "chosen", "has_everything"),
        ("DC1", "removed", "not_admitted"),
    ]


@pytest.mark.capability("E9")
def test_what_may_not_leave_its_country_is_for_no_node_to_send_there(doors: Doors):
    doors.world.add_item("KNIFE", {"DC1": 9}, tax_category="weapons")
    hold(doors, {"id": "all", "needs": [{"items": {"tax_categories": ["weapons"]}, "outside_of": ["US"]}]})
    with doors.world.unchanged():
        abroad = document(line("KNIFE", 1), external_id="o-x", **ship_to("CA", "M5V 3L9"))
        refused = doors.api("place_order").post("/v1/orders", abroad)
        assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    assert given(doors, line("KNIFE", 1)) == {"DC1": 1}
    assert given(doors, line("A", 1), **ship_to("CA", "M5V 3L9")) == {"DC1": 1}


@pytest.mark.capability("E9")
def test_a_scenario_may_be_for_a_tier_of_customers_or_an_attribute_of_the_order(doors: Doors):
    hold(
        doors,
        {"id": "gold", "tiers": ["gold"], "where": {"nodes": ["S2"]}},
        {"id": "gift", "attributes": {"gift": "true"}, "where": {"nodes": ["S1"]}},
        {"id": "rest"},
    )
    assert given(doors, line("A", 1), customer={"tier": "gold"}) == {"S2": 1}
    assert given(doors, line("A", 1), attributes={"gift": True}) == {"S1": 1}
    assert given(doors, line("A", 1), customer={"tier": "silver"}) == {"DC1": 1}
    assert given(doors, line("A", 1)) == {"DC1": 1}


@pytest.mark.capability("E9", "E8")
def test_what_a_node_gives_up_goes_only_where_it_may(doors: Doors):
    doors.world.add_item("PAINT", {"DC1": 9, "S1": 3}, attributes={"hazmat": True})
    hold(doors, {"id": "all", "needs": [HAZMAT]})
    order_id, work_id = begun(doors, line("PAINT", 1))
    act(doors, work_id, "reject", reason="too_busy")
    assert not reroute(doors, order_id, work_id)
    assert [work.node_id for work in doors.world.order(order_id).fulfillment_orders] == ["S1"]


@pytest.mark.capability("E9", "A9")
def test_promises_and_baskets_know_it_too(doors: Doors):
    doors.world.add_item("PAINT", {"DC1": 9, "S1": 3}, attributes={"hazmat": True})
    hold(doors, {"id": "all", "needs": [HAZMAT]})
    basket = {"channel": "web", "postal_code": "10001", "lines": [{"sku": "PAINT", "quantity": 4}]}
    asked = {**basket, "lines": [{**basket["lines"][0], "methods": ["ship"]}]}
    assert not doors.api("promises").post("/v1/promises", asked).body["options"][0]["can"]
    with doors.world.unchanged():
        assert doors.api("reservations").post("/v1/reservations", basket).status == 409
    held = doors.api("reservations").post("/v1/reservations", {**basket, "lines": [{"sku": "PAINT", "quantity": 3}]})
    assert held.body["lines"][0]["held"] == [{"node_id": "S1", "quantity": 3}]


@pytest.mark.capability("E9", "D13")
def test_a_kit_comes_only_from_nodes_that_may_send_all_of_it(doors: Doors):
    doors.world.add_item("PAINT", {"DC1": 9, "S1": 3}, attributes={"hazmat": True})
    kit = {"kind": "kit", "components": [{"sku": "PAINT", "quantity": 2}, {"sku": "A", "quantity": 1}]}
    doors.world.add_item("SET", {}, when_short="reject", **kit)
    hold(doors, {"id": "all", "needs": [HAZMAT]})
    assert given(doors, line("SET", 1)) == {"S1": 1}
    with doors.world.unchanged():
        assert doors.api("place_order").post("/v1/orders", document(line("SET", 1), external_id="o-x")).status == 409


@pytest.mark.capability("E9", "E10", whole=True)
def test_who_waits_gets_it_only_from_where_it_may_come(doors: Doors):
    doors.world.add_item("PAINT", {}, attributes={"hazmat": True})
    hold(doors, {"id": "all", "needs": [HAZMAT], "otherwise": "backorder", "cancel_after_days": 7})
    order_id = waiting(doors, line("PAINT", 1))
    came(doors, "PAINT", "DC1", 5)
    assert doors.world.order(order_id).fulfillment_orders == ()
    came(doors, "PAINT", "S2", 1)
    assert [work.node_id for work in doors.world.order(order_id).fulfillment_orders] == ["S2"]
    (group,) = decided(doors, order_id)[-1]["groups"]
    reasons = {one["node_id"]: (one["outcome"], one["reason"]) for one in group["candidates"]}
    assert reasons == {"S2": ("chosen", "has_everything"), "DC1": ("removed", "not_admitted")}
    assert group["runner_up"] is None


@pytest.mark.capability("E9")
def test_a_need_that_says_nothing_is_refused_by_name(doors: Doors):
    with doors.world.unchanged():
        refused = doors.api("rule_sets").put(PATH, {"scenarios": [{"id": "one", "needs": [{"where": {}}]}]})
        assert (refused.status, refused.pointers) == (422, ["/scenarios/0/needs/0/items"])


@pytest.mark.capability("E2")
def test_sorts_decide_among_nodes_that_are_equal_otherwise(doors: Doors):
    doors.world.add_item("NEW", {"DC1": 3, "S1": 9, "S2": 5})
    sort = {"by": "most_available", "cents": 1_000}
    hold(doors, {"id": "most", "cents_per_100_km": 0, "sorts": [sort]})
    assert given(doors, line("NEW", 1)) == {"S1": 1}
    hold(doors, {"id": "least", "cents_per_100_km": 0, "sorts": [{**sort, "by": "least_available"}]})
    assert given(doors, line("NEW", 1)) == {"DC1": 1}
    hold(doors, {"id": "any", "cents_per_100_km": 0, "sorts": [{"by": "random", "cents": 1}]})
    nodes = {node for n in range(6) for node in given(doors, line("NEW", 1), note=str(n))}
    assert len(nodes) > 1


@pytest.mark.capability("E2")
def test_a_sort_without_its_attribute_is_refused_by_name(doors: Doors):
    with doors.world.unchanged():
        scenario = {"id": "one", "sorts": [{"by": "attribute", "cents": 1}]}
        refused = doors.api("rule_sets").put(PATH, {"scenarios": [scenario]})
        assert (refused.status, refused.pointers) == (422, ["/scenarios/0/sorts/0"])


@pytest.mark.capability("E9", "D7")
def test_supply_at_a_node_that_may_not_send_the_item_is_no_day_for_who_waits(doors: Doors):
    doors.world.add_item("PAINT", {}, attributes={"hazmat": True})
    hold(doors, {**WAITS, "needs": [HAZMAT]})
    first = supply(doors, "po-1", 9, "2026-12-05", sku="PAINT")
    order_id = doors.place(document(line("PAINT", 2)))
    assert doors.see(order_id)["lines"][0]["backorder"]["expected_on"] is None, "DC1 gets it, and may not send it"
    hear(doors, first)
    assert told(doors, order_id) == []

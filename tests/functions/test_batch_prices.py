"""What stock was worth to orders that got some together counts in the plans of single orders, for two hours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oms.platform.writes import Key
from oms.sourcing import prices
from tests.functions.test_brokering import came, hold, waiting
from tests.functions.test_decisions import decided
from tests.functions.test_promises import basket, promised
from tests.functions.test_rerouting import act, begun, reroute
from tests.functions.test_simulations import simulated
from tests.functions.test_strategies import given
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

KEPT = ("stock", Key(f"T#{TENANT}#SKU#NEW", "PRICES"))
CHICAGO = {"city": "Chicago", "postal_code": "60601", "country": "US"}
MINNEAPOLIS = {"city": "Minneapolis", "postal_code": "55401", "country": "US"}
# A begun 100 km costs a dollar: Chicago is 12 of them from DC1 and 29 from S2, New York 1 and 40, Minneapolis 17 and
# 25.
BLIND = {
    "id": "cost",
    "first": "cost",
    "cents_per_100_km": 100,
    "where": {"nodes": ["DC1", "S2"]},
    "otherwise": "backorder",
    "cancel_after_days": 9,
}
PRICED = {**BLIND, "batch_prices": True}


def contended(doors: Doors, scenario: dict[str, Any] = PRICED) -> None:
    """Two orders get the only units there are, and Chicago gives way to New York; then there is more of them."""
    doors.world.add_item("NEW", {})
    hold(doors, scenario)
    west, east = waiting(doors, line("NEW", 1), ship_to=CHICAGO), waiting(doors, line("NEW", 1))
    doors.world.receive("NEW", "DC1", 1)
    came(doors, "NEW", "S2", 1)
    assert [doors.world.order(one).fulfillment_orders[0].node_id for one in (west, east)] == ["S2", "DC1"]
    doors.world.receive("NEW", "DC1", 5)
    doors.world.receive("NEW", "S2", 5)


@pytest.mark.capability("E5", "E10")
def test_the_next_order_pays_what_one_more_unit_would_have_saved(doors: Doors):
    """One more at DC1 had spared Chicago 17 dollars; Minneapolis saves 8 there, and so it is served by S2."""
    contended(doors)
    kept = doors.world.database.rows[KEPT]
    assert (json.loads(str(kept["body"])), kept["until"]) == ({"DC1": 1_700}, "2026-11-23T14:00:02.000Z")
    way = document(line("NEW", 1), external_id="next", ship_to=MINNEAPOLIS)
    (far,) = decided(doors, doors.place(way))[0]["groups"]
    assert (far["lines"][0]["nodes"], far["cost"], far["price_cost"], far["proven"]) == ({"S2": 1}, 2_500, 0, True)
    assert far["runner_up"]["more_cost"] == 900, "17 for the way and 17 for the unit"
    # To New York two units from DC1 are still cheaper than from the west.
    (near,) = decided(doors, doors.place(document(line("NEW", 2), external_id="near")))[0]["groups"]
    assert (near["lines"][0]["nodes"], near["cost"], near["price_cost"]) == ({"DC1": 2}, 3_500, 3_400)


@pytest.mark.capability("E5", "E10")
def test_prices_that_have_run_out_do_not_count(doors: Doors):
    contended(doors)
    assert given(doors, line("NEW", 1), ship_to=MINNEAPOLIS) == {"S2": 1}
    doors.world.clock.advance(hours=1, minutes=59, seconds=59)
    assert given(doors, line("NEW", 1), ship_to=MINNEAPOLIS) == {"S2": 1}
    doors.world.clock.advance(seconds=1)
    assert given(doors, line("NEW", 1), ship_to=MINNEAPOLIS) == {"DC1": 1}


@pytest.mark.capability("E5", "E10")
def test_strategies_without_prices_neither_keep_nor_read_them(doors: Doors, monkeypatch: pytest.MonkeyPatch):
    contended(doors, BLIND)
    assert KEPT not in doors.world.database.rows
    hold(doors, {**PRICED, "id": "shops", "channels": ["store"]}, BLIND)

    def never(*asked: object) -> dict[tuple[str, str], int]:
        raise AssertionError("nobody asked for prices")

    monkeypatch.setattr(prices, "prices_of", never)
    assert given(doors, line("NEW", 1), ship_to=MINNEAPOLIS) == {"DC1": 1}


@pytest.mark.capability("E10")
def test_where_fewest_parcels_count_first_nothing_has_a_price(doors: Doors):
    contended(doors, {**PRICED, "first": "shipments"})
    assert KEPT not in doors.world.database.rows


@pytest.mark.capability("E10")
def test_a_later_run_takes_the_place_of_an_earlier_one(doors: Doors):
    contended(doors)
    waiting_for = {"ship_to": CHICAGO}
    taken = document(line("NEW", 10), external_id="all")
    doors.place(taken)
    first, second = waiting(doors, line("NEW", 1), **waiting_for), waiting(doors, line("NEW", 1))
    came(doors, "NEW", "DC1", 2)
    assert [doors.world.order(one).fulfillment_orders[0].node_id for one in (first, second)] == ["DC1", "DC1"]
    assert json.loads(str(doors.world.database.rows[KEPT]["body"])) == {}


@pytest.mark.capability("E5", "E6")
def test_a_decision_says_what_of_its_cost_is_a_price(doors: Doors):
    contended(doors)
    hold(doors, {**PRICED, "where": {"nodes": ["DC1"]}, "scarce_below": 9, "scarce_cents": 7})
    order_id = doors.place(document(line("NEW", 2), external_id="next"))
    (group,) = decided(doors, order_id)[0]["groups"]
    assert (group["cost"], group["scarce_cost"], group["fresh_cost"], group["price_cost"]) == (3_514, 14, 0, 3_400)
    assert group["lines"][0]["says"] == (
        "2 from DC1: the best that scenario usual@2/cost allows, at a cost of 3514, "
        "of which 14 for units of which few are left and 3400 for what they were worth to orders that waited."
    )
    hold(doors, BLIND)
    plain = doors.place(document(line("NEW", 1), external_id="plain"))
    assert decided(doors, plain)[0]["groups"][0]["price_cost"] == 0


@pytest.mark.capability("E5", "E7")
def test_baskets_promises_and_simulations_count_prices(doors: Doors):
    contended(doors)
    wanted = {"channel": "web", "postal_code": "55401", "lines": [{"sku": "NEW", "quantity": 1}]}
    held = doors.api("reservations").post("/v1/reservations", wanted).body["lines"][0]["held"]
    assert held == [{"node_id": "S2", "quantity": 1}]
    (option,) = promised(doors, basket("NEW", 1), postal_code="55401").body["options"]
    assert option["lines"][0]["node_kinds"] == ["store"]
    (group,) = simulated(doors, order=document(line("NEW", 1), ship_to=MINNEAPOLIS))["dry_run"]["groups"]
    assert (group["lines"][0]["nodes"], group["runner_up"]["more_cost"]) == ({"S2": 1}, 900)
    doors.world.clock.advance(hours=2)
    (option,) = promised(doors, basket("NEW", 1), postal_code="55401").body["options"]
    assert option["lines"][0]["node_kinds"] == ["dc"]


@pytest.mark.capability("E5", "E8")
def test_what_a_node_gives_up_goes_where_it_costs_least_with_its_price(doors: Doors):
    contended(doors, {**PRICED, "where": {}, "excluded": [{"nodes": ["S1"]}]})
    hold(doors, {**PRICED, "where": {"nodes": ["S1"]}})
    doors.world.receive("NEW", "S1", 1)
    order_id, work = begun(doors, line("NEW", 1), external_id="next", ship_to=MINNEAPOLIS)
    act(doors, work, "reject", reason="too_busy")
    hold(doors, PRICED)
    assert reroute(doors, order_id, work)
    assert [one.node_id for one in doors.world.order(order_id).fulfillment_orders] == ["S1", "S2"]
    doors.world.check()


@pytest.mark.capability("E5")
def test_an_order_leaves_a_node_whose_units_have_got_a_price_before_its_work_begins(doors: Doors):
    """It was placed where it is cheapest; meanwhile others would pay more for the unit."""
    doors.world.add_item("NEW", {"DC1": 1})
    hold(doors, PRICED)
    order_id = doors.place(document(line("NEW", 1), external_id="early", ship_to=MINNEAPOLIS))
    west, east = waiting(doors, line("NEW", 1), ship_to=CHICAGO), waiting(doors, line("NEW", 1))
    doors.world.receive("NEW", "DC1", 1)
    came(doors, "NEW", "S2", 1)
    assert [doors.world.order(one).fulfillment_orders[0].node_id for one in (west, east)] == ["S2", "DC1"]
    doors.world.receive("NEW", "S2", 1)
    doors.run_order_workflow(order_id)
    (work,) = doors.world.order(order_id).fulfillment_orders
    assert work.node_id == "S2"
    told = decided(doors, order_id)[-1]
    assert (told["command"], told["groups"][0]["cost"], told["groups"][0]["price_cost"]) == ("source_order", 2_500, 0)
    doors.world.check()

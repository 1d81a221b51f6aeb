"""The freight of the rate cards as part of a strategy's cost: by weight, distance and the cheapest service."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.test_decisions import decided
from tests.functions.test_promises import card
from tests.functions.test_strategies import given, hold
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

BY_FREIGHT = {"id": "freight", "first": "cost", "cents_per_100_km": 0, "freight": True, "otherwise": "stop"}


def zone(name: str, up_to_km: int, cents: int, per_kg: int) -> dict[str, Any]:
    return {
        "id": name,
        "up_to_km": up_to_km,
        "cents": cents,
        "cents_per_kg": per_kg,
        "fastest_days": 1,
        "slowest_days": 3,
    }


# New York is 20 km from DC1, 200 km from S1, and 3,900 km from S2, to where nobody goes.
GROUND = {"id": "ground", "zones": [zone("near", 100, 700, 100), zone("east", 1_000, 800, 50)]}


@pytest.fixture
def retailer(doors: Doors) -> Doors:
    """A card and a strategy that hold; a heavy item at DC1 and S1, a light one at DC1, one that only S2 has."""
    card(doors, GROUND)
    doors.world.add_item("HEAVY", {"DC1": 5, "S1": 5}, weight_grams=10_000)
    doors.world.add_item("LIGHT", {"DC1": 5, "S1": 5}, weight_grams=500)
    doors.world.add_item("NEAR", {"DC1": 5}, weight_grams=500)
    doors.world.add_item("FAR", {"S2": 5}, weight_grams=500)
    hold(doors, BY_FREIGHT)
    return doors


@pytest.mark.capability("E5")
def test_what_is_heavy_leaves_from_where_its_weight_costs_less(retailer: Doors):
    # 700 + 9 x 100 from DC1, 800 + 9 x 50 from S1; what is light costs 700 or 800.
    assert given(retailer, line("HEAVY", 1)) == {"S1": 1}
    assert given(retailer, line("LIGHT", 1)) == {"DC1": 1}
    order_id = retailer.place(document(line("HEAVY", 2), external_id="two"))
    (group,) = decided(retailer, order_id)[0]["groups"]
    assert (group["cost"], group["proven"]) == (800 + 19 * 50, True)
    assert group["runner_up"]["more_cost"] == 700 + 19 * 100 - (800 + 19 * 50)


@pytest.mark.capability("E5")
def test_one_heavier_parcel_is_weighed_against_two(retailer: Doors):
    # Apart 700 and 1,250; together 10,500 grams from DC1: 700 + 10 x 100.
    assert given(retailer, line("HEAVY", 1), line("NEAR", 1)) == {"DC1": 2}
    # Two heavy ones: apart 700 and 1,750; together 700 + 20 x 100.
    assert given(retailer, line("HEAVY", 2), line("NEAR", 1)) == {"DC1": 1, "S1": 2}


@pytest.mark.capability("E5", "E9")
def test_a_node_that_no_service_reaches_does_not_serve(retailer: Doors):
    with retailer.world.unchanged():
        refused = retailer.api("place_order").post("/v1/orders", document(line("FAR", 1)))
        assert (refused.status, refused.body["code"]) == (409, "out_of_stock")


@pytest.mark.capability("E5")
def test_the_cheapest_service_counts_and_without_one_there_is_no_freight(doors: Doors):
    doors.world.add_item("HEAVY", {"DC1": 5, "S1": 5}, weight_grams=10_000)
    hold(doors, BY_FREIGHT)
    assert given(doors, line("HEAVY", 1)) == {"DC1": 1}
    flat = {"id": "flat", "zones": [zone("near", 100, 1_200, 0)]}
    express = {"id": "express", "methods": ["delivery"], "zones": [zone("any", 20_000, 1, 0)]}
    card(doors, GROUND, flat, express)
    order_id = doors.place(document(line("HEAVY", 1), external_id="by-flat"))
    (group,) = decided(doors, order_id)[0]["groups"]
    # 1,200 flat from DC1 against 1,250 by weight from S1; express does not take what is shipped.
    assert (group["cost"], [one["node_id"] for one in group["candidates"] if one["outcome"] == "chosen"]) == (
        1_200,
        ["DC1"],
    )

"""What-if: an order that nobody places, and past orders under a draft strategy side by side; nothing is written."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.test_promises import card
from tests.functions.test_strategies import PATH as STRATEGY
from tests.functions.test_strategies import hold
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

STORES = {"scenarios": [{"id": "stores", "where": {"kinds": ["store"]}}]}
DAYS = {"placed_from": "2026-11-23", "placed_to": "2026-11-23"}
ZONES = [
    {"id": "near", "up_to_km": 100, "cents": 700, "cents_per_kg": 50, "fastest_days": 1, "slowest_days": 2},
    {"id": "far", "cents": 900, "fastest_days": 2, "slowest_days": 5},
]


def simulated(doors: Doors, **body: Any) -> dict[str, Any]:
    before = dict(doors.world.database.rows)
    answer = doors.api("simulations").post("/v1/sourcing/simulations", body)
    assert answer.status == 200, answer.body
    assert dict(doors.world.database.rows) == before
    return answer.body


def draft(doors: Doors, content: dict[str, Any]) -> None:
    assert doors.api("rule_sets").put(STRATEGY, content).status == 201


@pytest.mark.capability("E7")
def test_an_order_is_planned_without_any_effect(doors: Doors):
    draft(doors, STORES)
    placed = document(line("A", 3))
    (live,) = simulated(doors, order=placed)["dry_run"]["groups"]
    assert (live["lines"][0]["nodes"], live["scenario"]) == ({"DC1": 3}, "fewest_shipments_then_nearest")
    (stores,) = simulated(doors, order=placed, strategies={"usual": 1})["dry_run"]["groups"]
    assert (stores["lines"][0]["nodes"], stores["scenario"]) == ({"S1": 3}, "usual@1/stores")
    assert simulated(doors, order=document(line("A", 30)))["dry_run"]["missing_units"] == 10


@pytest.mark.capability("E7", whole=True)
def test_past_orders_under_a_draft_are_side_by_side_with_what_holds(doors: Doors):
    card(doors, {"id": "ground", "zones": ZONES})
    doors.world.add_item("D", {"DC1": 8, "S1": 5}, weight_grams=400)
    first = doors.place(document(line("D", 3), external_id="o-1"))
    second = doors.place(document(line("D", 5), external_id="o-2"))
    (work_id,) = doors.run_order_workflow(second)
    refused = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work_id}/reject", {"reason": "too_busy"})
    assert refused.status == 200
    draft(doors, STORES)
    found = simulated(doors, replay=DAYS, strategies={"usual": 1})["replay"]
    by_id = {one["order_id"]: one for one in found["orders"]}
    assert (by_id[first]["live_nodes"], by_id[first]["draft_nodes"]) == ({"DC1": 3}, {"S1": 3})
    # 1.2 kg and 2 kg: one begun kilogram after the first.
    assert (by_id[first]["live"]["cost"], by_id[first]["draft"]["cost"]) == (750, 900)
    assert (by_id[second]["fulfillment_orders"], by_id[second]["given_up_units"]) == (1, 5)
    assert {name: found["live"][name] for name in ("units", "missing_units", "shipments", "cost")} == {
        "units": 8,
        "missing_units": 0,
        "shipments": 2,
        "cost": 1_500,
    }
    assert (found["draft"]["cost"], found["draft"]["metres"] > found["live"]["metres"]) == (1_800, True)
    page = simulated(doors, replay={**DAYS, "limit": 1})["replay"]
    rest = simulated(doors, replay={**DAYS, "limit": 1, "cursor": page["next_cursor"]})["replay"]
    assert {one["order_id"] for one in (*page["orders"], *rest["orders"])} == {first, second}


def test_a_strategy_that_holds_is_what_a_draft_is_compared_with(doors: Doors):
    doors.place(document(line("A", 8)))
    assert hold(doors, {"id": "stores", "where": {"kinds": ["store"]}}) == 1
    found = simulated(doors, replay=DAYS)["replay"]
    assert found["live"] == found["draft"]
    assert found["live"]["shipments"] == 2


def test_what_makes_no_sense_is_refused(doors: Doors):
    api, path = doors.api("simulations"), "/v1/sourcing/simulations"
    assert api.post(path, {}).status == 422
    assert api.post(path, {"order": document(line("A", 1)), "replay": DAYS}).status == 422
    assert api.post(path, {"replay": {**DAYS, "placed_to": "2026-11-22"}}).status == 422
    assert api.post(path, {"order": document(line("NONE", 1))}).status == 422
    assert api.post(path, {"replay": DAYS, "strategies": {"usual": 7}}).status == 404
    assert api.post(path, {"replay": {**DAYS, "cursor": "nonsense"}}).status == 422


def test_freight_is_in_the_currency_of_the_order_and_a_pick_up_has_none(doors: Doors):
    ground = {"id": "ground", "zones": ZONES, "methods": ["ship", "ship_to_store"], "countries": ["US"]}
    card(doors, ground)
    doors.place(document(line("A", 1, method="pickup", pickup_node="S1"), external_id="o-1"))
    doors.place(document(line("B", 8, method="ship_to_store", pickup_node="S1"), external_id="o-2"))
    found = simulated(doors, replay=DAYS)["replay"]
    assert sorted(one["live"]["cost"] for one in found["orders"]) == [0, 900]
    assert (found["live"]["cost"], found["live"]["currency"]) == (900, "USD")


def test_past_orders_are_shown_to_who_may_read_orders(doors: Doors):
    api, path = doors.api("simulations"), "/v1/sourcing/simulations"
    assert api.post(path, {"replay": DAYS}, scopes=("rules.read",)).status == 403
    assert api.post(path, {"order": document(line("A", 1))}, scopes=("rules.read",)).status == 200

"""Levels, regions and freshness where several speak at once."""

from __future__ import annotations

from typing import Any

from tests.functions.test_capacity import pause
from tests.functions.test_promises import GROUND, basket, card, promised, works
from tests.functions.test_stock_levels import follow, levels, record
from tests.functions.test_supply import part, put
from tests.interruptions import before_commit, calm
from tests.order_doors import Doors, doors
from tests.order_world import world

__all__ = ["doors", "world"]


def promote(doors: Doors, name: str, content: dict[str, Any]) -> None:
    path, api = f"/v1/inventory/rules/{name}", doors.api("rule_sets")
    assert api.put(path, content).status == 201
    assert api.post(f"{path}/promotions", {"number": 1}, headers={"if-match": "1"}).status == 200


def test_many_regions_in_several_rule_sets_do_not_stop_the_stream(doors: Doors):
    for name in ("one", "two", "three"):
        promote(doors, name, {"regions": [{"id": f"{name}-{n}", "nodes": ["DC1"]} for n in range(20)]})
    assert follow(doors, record("A", "DC1", 1, None, 10), record("B", "DC1", 2, None, 10)) == []


def test_a_region_of_two_rule_sets_is_the_same_for_all_who_ask(doors: Doors):
    promote(doors, "one", {"regions": [{"id": "east", "nodes": ["DC1"]}]})
    promote(doors, "two", {"regions": [{"id": "east", "nodes": ["S2"]}]})
    assert follow(doors, record("A", "DC1", 1, None, 10)) == []
    seen = doors.api("inventory").get("/v1/availability?skus=A&region=east").body["items"][0]["available"]
    assert levels(doors)["east"][0] == seen


def test_a_sum_of_old_rows_does_not_replace_one_of_newer_rows(doors: Doors):
    """Two batches of one item at once (parallelization factor 2): the first has read the rows and then waits."""
    assert follow(doors, record("A", "DC1", 1, None, 10)) == []
    state = {"rows_read": False, "done": False}

    def around(name: str, act: Any) -> Any:
        if name == "query stock":
            if not state["rows_read"]:
                state["rows_read"] = True
                return act()
            if not state["done"]:
                state["done"] = True
                doors.world.receive("A", "S1", 7)
                assert follow(doors, record("A", "S1", 3, 5, 12)) == []
        return act()

    doors.world.receive("A", "DC1", 1)
    doors.world.database.around = around
    assert follow(doors, record("A", "DC1", 2, 10, 11)) == []
    calm(doors)
    assert levels(doors)["network"][0] == 28


def test_an_older_word_that_comes_between_makes_nothing_older(doors: Doors):
    stock = doors.api("inventory")

    def say(source: str, as_of: str) -> Any:
        one = {
            "sku": "A",
            "node_id": "S1",
            "quantity": 5,
            "source": source,
            "sequence": 1,
            "as_of": as_of,
            "reason": "count",
        }
        return stock.post("/v1/inventory/snapshots", {"snapshots": [one]}, key=f"say-{source}")

    before_commit(doors, 1, lambda: say("till", "2026-11-23T11:30:00Z"))
    assert say("wms", "2026-11-23T10:00:00Z").status == 200
    calm(doors)
    assert doors.world.stock("A", "S1").told_at == "2026-11-23T11:30:00.000Z"


def test_an_unknown_centre_of_a_radius_is_refused(doors: Doors):
    answer = doors.api("inventory").get("/v1/availability?skus=A&postal_code=QQQQQ&within_km=50")
    assert answer.status == 422 or answer.body["items"][0]["available"], answer.body


def test_a_short_pause_does_not_hide_supply_of_next_month(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    card(doors, GROUND)
    doors.world.add_item("D", {"S1": 1})
    put(doors, "po-1", part(1, "D", 9, "2026-12-20"))
    assert promised(doors, basket("D", 4)).body["options"][0]["from_supply"] is not None
    pause(doors, "S1", until="2026-11-23T12:05:00Z")
    assert promised(doors, basket("D", 4)).body["options"][0]["from_supply"] is not None


def test_a_far_day_does_not_hide_a_near_one(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    card(doors, GROUND)
    doors.world.add_item("D", {"S1": 1})
    put(doors, "po-1", part(1, "D", 9, "2026-11-30"))
    assert put(doors, "po-2", part(1, "D", 9, "9999-12-31")).status in (201, 422)
    assert promised(doors, basket("D", 4)).status == 201

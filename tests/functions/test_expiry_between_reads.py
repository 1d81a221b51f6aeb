"""A basket whose time ends while somebody is at work with it, and holds of nodes whose names are alike."""

from __future__ import annotations

from datetime import datetime

import pytest

from oms.registry.store import node_write
from tests.functions.test_reservations import PATH, held, row, sweep
from tests.order_doors import Doors, doors
from tests.order_nodes import nodes
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

MOST_LOOKS = 12


def ends_at_look(doors: Doors, number: int) -> None:
    """Let the last second of a basket of a minute pass just before somebody looks at the clock; 0 is the first time."""
    clock = doors.world.clock
    clock.advance(seconds=59)
    looks = iter(range(1_000))

    def now() -> datetime:
        if next(looks) == number:
            clock.advance(seconds=1)
        return clock.instant

    clock.now = now  # type: ignore[method-assign]


@pytest.mark.capability("D3", "D4")
@pytest.mark.parametrize("number", range(MOST_LOOKS))
def test_a_basket_that_ends_while_its_order_is_placed_counts_once(doors: Doors, number: int):
    doors.world.add_item("L", {"DC1": 10})
    made = held(doors, ("L", 6), ttl_seconds=60)
    ends_at_look(doors, number)
    with_all = doors.api("place_order").post(
        "/v1/orders", document(line("L", 10), external_id="o-1", reservation_id=made.body["id"])
    )
    assert with_all.status == 201, with_all.body
    assert row(doors, "L") == (0, 10)
    doors.world.clock.advance(hours=3)
    sweep(doors)
    assert row(doors, "L") == (0, 10)


@pytest.mark.capability("D3", "D4")
@pytest.mark.parametrize("number", range(MOST_LOOKS))
def test_a_basket_that_ends_while_its_order_is_placed_gives_no_unit_twice(doors: Doors, number: int):
    doors.world.add_item("L", {"DC1": 10})
    made = held(doors, ("L", 6), ttl_seconds=60)
    ends_at_look(doors, number)
    refused = doors.api("place_order").post(
        "/v1/orders", document(line("L", 11), external_id="o-1", reservation_id=made.body["id"])
    )
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock"), refused.body


@pytest.mark.capability("D3")
@pytest.mark.parametrize("wanted", [10, 11, 4])
@pytest.mark.parametrize("number", range(MOST_LOOKS))
def test_a_basket_that_ends_while_it_is_changed_is_changed_or_over(doors: Doors, number: int, wanted: int):
    doors.world.add_item("L", {"DC1": 10})
    made = held(doors, ("L", 6), ttl_seconds=60)
    ends_at_look(doors, number)
    lines = [{"line_no": 1, "quantity": wanted}]
    changed = doors.api("reservations").send("PATCH", f"{PATH}/{made.body['id']}", {"ttl_seconds": 120, "lines": lines})
    if changed.status == 200:
        assert row(doors, "L") == (10 - wanted, wanted)
    else:
        assert changed.body["code"] in ("out_of_stock", "action_not_available"), changed.body
        assert wanted == 11 or changed.body["code"] == "action_not_available", changed.body
        assert row(doors, "L") == (4, 6)
    doors.world.clock.advance(hours=3)
    sweep(doors)
    assert row(doors, "L") == (10, 0)


@pytest.mark.capability("D3")
@pytest.mark.parametrize("name", ["DC1 north", "DC1!", 'DC1"', "DC1$", "DC1-2", "DC10"])
def test_an_expired_hold_is_of_its_own_node_whatever_the_next_is_called(doors: Doors, name: str):
    """A space, an exclamation or a quotation mark sorts before the sign that divides our keys."""
    world = doors.world
    like = next(node for node in nodes() if node.id == "S2")
    world.database.commit([node_write(TENANT, like.model_copy(update={"id": name}))])
    world.add_item("L", {"DC1": 4, name: 1})
    assert held(doors, ("L", 4), ttl_seconds=60).body["lines"][0]["held"] == [{"node_id": "DC1", "quantity": 4}]
    world.clock.advance(seconds=60)
    seen = doors.api("inventory").get("/v1/availability?skus=L").body["items"][0]
    assert {one["node_id"]: one["available"] for one in seen["nodes"]} == {"DC1": 4, name: 1}
    assert doors.api("place_order").post("/v1/orders", document(line("L", 4))).status == 201
    assert (row(doors, "L"), row(doors, "L", name)) == ((0, 4), (1, 0))

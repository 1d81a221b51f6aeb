"""Capacity under races, cancellations and many limits."""

from __future__ import annotations

from typing import Any

import pytest

from oms.platform.dynamodb import Conflict
from oms.platform.writes import Key, Kind, Write
from oms.registry import reads as registry
from oms.registry.limits import CapacityLimit
from oms.registry.store import node_write
from tests.functions.test_capacity import left, limited, order
from tests.functions.test_promises import GROUND, basket, card, promised, works
from tests.functions.test_rerouting import act, at, begun, reroute
from tests.functions.test_supply import part, put
from tests.interruptions import before_commit, calm
from tests.order_doors import Doors, doors, message
from tests.order_world import NEW_YORK, TENANT, line, world

__all__ = ["doors", "world"]


def test_a_limit_in_another_currency_that_is_used_up_does_not_count(doors: Doors):
    limited(doors, "DC1", ("value", "day", 1_000), currency="EUR")
    euro = doors.place(order(line("A", 1), number=1, currency="EUR"))
    doors.run_order_workflow(euro)
    assert at(doors, euro)[0][0] == "DC1"
    assert left(doors, "DC1") == [("value", "day", 1_000, 0)]
    dollar = doors.place(order(line("A", 1), number=2))
    doors.run_order_workflow(dollar)
    assert at(doors, dollar)[0][0] == "DC1"


def test_a_node_with_some_room_gives_what_it_has_room_for_over_two_skus(doors: Doors):
    limited(doors, "DC1", ("units", "day", 3))
    doors.world.add_item("D", {"DC1": 3})
    doors.world.add_item("E", {"DC1": 3, "S1": 3})
    seen = doors.see(doors.place(order(line("D", 3), line("E", 3))))
    assert seen["status"] != "PENDING_REVIEW", seen["validations"]


def test_a_basket_takes_no_more_units_than_there_is_room_for(doors: Doors):
    limited(doors, "DC1", ("units", "day", 3))
    body = {"channel": "web", "lines": [{"sku": "A", "quantity": 3}, {"sku": "B", "quantity": 3}]}
    held = doors.api("reservations").post("/v1/reservations", body)
    assert held.status == 201, held.body
    assert sum(doors.world.stock(sku, "DC1").reserved for sku in "AB") <= 3


def test_a_promise_is_made_from_nodes_that_have_room_for_all_of_it(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    card(doors, GROUND)
    now = registry.known_nodes(doors.world.database, TENANT, doors.world.clock.now())["DC1"]
    limit = CapacityLimit(of="units", per="day", most=3)
    changed = now.model_copy(update={"capacity": (limit,), "version": now.version + 1})
    doors.world.database.commit([node_write(TENANT, changed)])
    registry.forget()
    asked = {**basket("A", 3, "ship"), "sku": "A"}
    answer = promised(doors, asked, {**asked, "sku": "B"})
    (option,) = answer.body["options"]
    placed = doors.place(order(line("A", 3), line("B", 3)))
    nodes = {claim.node_id for one in doors.world.order(placed).lines for claim in one.claims}
    # The same basket as an order does not come from DC1.
    assert nodes == {"S1"}
    assert {kind for one in option["lines"] for kind in one["node_kinds"]} == {"store"}


def test_two_planners_do_not_pass_a_limit_together_where_others_have_the_units(doors: Doors):
    """The second order has room for some of its units at DC1; a third takes it just before the second commits."""
    doors.world.add_item("D", {"DC1": 20, "S1": 3, "S2": 3})
    limited(doors, "DC1", ("units", "day", 4))
    small, second, third = (doors.place(order(line("D", n), number=i)) for i, n in enumerate((2, 4, 2), start=1))
    assert doors.world.stock("D", "DC1").reserved == 8
    doors.task("source_order", order_id=small)
    assert left(doors, "DC1") == [("units", "day", 2, 2)]
    before_commit(doors, 1, lambda: doors.task("source_order", order_id=third))
    doors.task("source_order", order_id=second)
    calm(doors)
    taken = left(doors, "DC1")[0][2]
    # S1 and S2 have all four units of the second order.
    assert taken <= 4, (taken, at(doors, second), at(doors, third))


def test_an_order_of_which_a_unit_was_cancelled_goes_to_a_node_with_room(doors: Doors):
    limited(doors, "DC1", ("orders", "day", 1))
    first, second = (doors.place(order(line("A", 2), number=n)) for n in (1, 2))
    doors.task("source_order", order_id=first)
    one = {"reason": "late", "lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("change_orders").post(f"/v1/orders/{second}/cancellations", one).status == 200
    doors.task("source_order", order_id=second)
    assert at(doors, second)[0][0] == "S1"
    assert left(doors, "DC1") == [("orders", "day", 1, 0)]


def test_a_rerouting_that_lost_its_race_is_tried_again_the_next_day(doors: Doors):
    limited(doors, "S1", ("orders", "day", 1))
    doors.world.add_item("D", {"DC1": 5, "S1": 5})
    order_id, work = begun(doors, line("D", 1))
    act(doors, work, "reject", reason="too_busy")
    other = doors.place(order(line("A", 1, method="pickup", pickup_node="S1"), number=9))
    before_commit(doors, 1, lambda: doors.task("source_order", order_id=other))
    assert not reroute(doors, order_id, work)
    calm(doors)
    doors.world.clock.advance(days=1)
    assert reroute(doors, order_id, work)


def test_limits_do_not_tear_work_apart(doors: Doors):
    """30 rows, 12 pieces of work and 12 counters are 84 writes: they fit one transaction, as without limits."""
    order_id = spread(doors, limits=True)
    assert len(at(doors, order_id)) == 12


def spread(doors: Doors, *, limits: bool, periods: tuple[str, ...] = ("hour", "day", "week", "month")) -> str:
    """An order of ten lines to four addresses, each line from three nodes, once it is sourced."""
    skus = [f"K{n}" for n in range(10)]
    for sku in skus:
        doors.world.add_item(sku, {"DC1": 2, "S1": 2, "S2": 2})
    for node_id in ("DC1", "S1", "S2") if limits else ():
        limited(doors, node_id, *[("units", per, 1_000) for per in periods])
    towns = [{**NEW_YORK, "street": f"{n} Main St"} for n in range(4)]
    order_id = doors.place(order(*[line(sku, 6, ship_to=towns[n % 4]) for n, sku in enumerate(skus)]))
    doors.task("source_order", order_id=order_id)
    return order_id


def test_a_rerouting_that_found_no_room_is_tried_again_the_next_day(doors: Doors):
    """The same without the race: it holds."""
    limited(doors, "S1", ("orders", "day", 1))
    doors.world.add_item("D", {"DC1": 5, "S1": 5})
    order_id, work = begun(doors, line("D", 1))
    act(doors, work, "reject", reason="too_busy")
    other = doors.place(order(line("A", 1, method="pickup", pickup_node="S1"), number=9))
    doors.task("source_order", order_id=other)
    assert not reroute(doors, order_id, work)
    doors.world.clock.advance(days=1)
    assert reroute(doors, order_id, work)


@pytest.mark.parametrize("periods", [(), ("day",), ("hour", "day", "week", "month")])
def test_an_order_at_limited_nodes_can_be_cancelled(doors: Doors, periods: tuple[str, ...]):
    order_id = spread(doors, limits=bool(periods), periods=periods)
    answer = doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", {"reason": "late"})
    assert answer.status == 200, (len(at(doors, order_id)), answer.body)


def test_an_upper_limit_holds_for_a_counter_that_is_not_there_yet(function: Any, database: Any):
    """`at_most`: "an amount that is not there yet is 0", and 0 is more than -2; tests.memory_table has it so."""
    function("supply")
    key = Key("T#acme#CAPACITY#DC1", "day#2026-11-23")
    with pytest.raises(Conflict):
        database.commit([Write(Kind.CHANGE, "stock", key, add={"units": 5}, at_most={"units": -2})])


def test_a_pause_that_is_over_when_its_message_comes_is_no_dead_letter(doors: Doors):
    late = message("store.S1", "PauseNode", "p-1", reason="lunch", until="2026-11-23T11:59:00Z")
    assert doors.queue("node_messages", late) == []


def test_another_node_pauses_and_closes_nothing(doors: Doors):
    """Holds."""
    mine = ("fulfillment.write", "fulfillment.read", "node.S1")
    assert doors.api("capacity").post("/v1/nodes/DC1/pause", {"reason": "x"}, scopes=mine).status == 404
    assert doors.api("capacity").get("/v1/nodes/DC1/capacity", scopes=mine).status == 404
    put(doors, "tr-1", part(1, "A", 4), kind="transfer", from_node="DC1")
    for verb, node_id in (("close", "DC1"), ("receipts", "DC1"), ("dispatch", "S1"), ("close", "S2")):
        scopes = ("inventory.write", f"node.{node_id}")
        body = {"reason": "x"} if verb == "close" else {}
        assert doors.api("supply").post(f"/v1/supply/tr-1/{verb}", body, scopes=scopes).status == 404
    assert doors.api("supply").get("/v1/supply/tr-1", tenant="other").status == 404


def test_two_planners_with_room_for_one(doors: Doors):
    """Holds: the one that commits second is planned anew."""
    limited(doors, "DC1", ("orders", "day", 1))
    first, second = (doors.place(order(line("A", 2), number=n)) for n in (1, 2))
    before_commit(doors, 1, lambda: doors.task("source_order", order_id=second))
    doors.task("source_order", order_id=first)
    calm(doors)
    assert [at(doors, one)[0][0] for one in (first, second)] == ["S1", "DC1"]
    assert left(doors, "DC1") == [("orders", "day", 1, 0)]

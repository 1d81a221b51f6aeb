"""Units that nobody has: an order whose strategy lets it wait is accepted, and what becomes of what waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from oms.orders.changing import cancel_overdue_backorders
from oms.orders.quantities import quantities
from oms.orders.reads import backordered_orders, queue_of
from oms.platform.clock import format_instant
from tests.functions.conftest import Api
from tests.functions.test_rerouting import act, reroute
from tests.functions.test_strategies import hold
from tests.kits import SET, add_kit
from tests.order_doors import Doors, doors
from tests.order_world import NOW, TENANT, document, line, world

__all__ = ["doors", "world"]

WAITS = {"id": "waits", "otherwise": "backorder", "cancel_after_days": 14}
UNTIL = format_instant(NOW + timedelta(days=14))


def states(doors: Doors, order_id: str, line_no: int = 1) -> dict[str, int]:
    order = doors.world.order(order_id)
    return quantities(order, order.line(line_no))


@pytest.mark.capability("E3", "I3")
def test_units_that_nobody_has_wait_where_the_strategy_says_so(doors: Doors):
    hold(doors, WAITS)
    order_id = doors.place(document(line("A", 23), line("B", 2)))
    assert states(doors, order_id) == {"open": 20, "backordered": 3}
    assert states(doors, order_id, 2) == {"open": 2}
    shown = doors.api("read_orders").get(f"/v1/orders/{order_id}").body
    assert shown["status"] == "CONFIRMED"
    unknown = {"expected_on": None, "first_expected_on": None}
    assert shown["lines"][0]["backorder"] == {"quantity": 3, "cancel_at": UNTIL, **unknown}
    assert shown["lines"][1]["backorder"] is None
    (told,) = [row for row in doors.world.timeline(order_id) if row["event"] == "OrderBackordered"]
    assert told["data"]["lines"] == [{"line_no": 1, "sku": "A", "quantity": 3, "cancel_at": UNTIL, "expected_on": None}]
    assert doors.world.events(order_id) == ["OrderPlaced", "OrderBackordered"]
    (entry,) = queue_of(doors.world.database, TENANT, "A")
    assert (entry.order_id, entry.units, entry.due) == (order_id, 3, None)
    assert list(backordered_orders(doors.world.database, TENANT, 10)) == [(UNTIL, order_id, ["A"])]


@pytest.mark.capability("E3")
def test_without_such_a_scenario_the_order_is_refused_as_ever(doors: Doors):
    for scenarios in ([], [{"id": "next"}], [{"id": "stop", "otherwise": "stop"}, WAITS]):
        if scenarios:
            hold(doors, *scenarios)
        with doors.world.unchanged():
            refused = doors.api("place_order").post("/v1/orders", document(line("A", 21)))
            assert (refused.status, refused.pointers) == (409, ["/lines/0/quantity"])


@pytest.mark.capability("E3")
def test_a_pick_up_does_not_wait(doors: Doors):
    hold(doors, WAITS)
    with doors.world.unchanged():
        picked = line("A", 6, method="pickup", pickup_node="S1")
        refused = doors.api("place_order").post("/v1/orders", document(picked))
        assert (refused.status, refused.body["code"]) == (409, "out_of_stock")


@pytest.mark.capability("E3")
def test_more_than_twenty_items_do_not_wait_together(doors: Doors):
    for number in range(21):
        doors.world.add_item(f"N{number}", {})
    hold(doors, WAITS)
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(*(line(f"N{n}", 1) for n in range(21))))
        assert (refused.status, len(refused.pointers)) == (409, 21)
    order_id = doors.place(document(*(line(f"N{n}", 1) for n in range(20))))
    assert len(doors.world.order(order_id).header.backorders) == 20


@pytest.mark.capability("E3")
def test_an_order_of_nothing_but_waiting_units_is_sourced_and_paid_for_later(doors: Doors):
    doors.world.add_item("NEW", {})
    hold(doors, WAITS)
    order_id = doors.place(document(line("NEW", 2)))
    assert doors.world.released(order_id) == []
    order = doors.world.order(order_id)
    assert order.header.sourced
    assert (doors.world.view(order_id).status, doors.world.view(order_id).payment_status) == ("CONFIRMED", "AUTHORIZED")
    assert states(doors, order_id) == {"backordered": 2}
    assert doors.world.provider.amount("capture") == 0


@pytest.mark.capability("E3")
def test_what_waits_is_cancelled_first(doors: Doors):
    """Before and after sourcing: the units without stock go first, and then those that have it."""
    hold(doors, WAITS)
    order_id = doors.place(document(line("A", 23)))
    doors.world.cancel(order_id, {1: 2})
    assert states(doors, order_id) == {"open": 20, "backordered": 1, "cancelled": 2}
    (entry,) = queue_of(doors.world.database, TENANT, "A")
    assert entry.units == 1
    doors.world.cancel(order_id, {1: 2})
    assert states(doors, order_id) == {"open": 19, "cancelled": 4}
    assert queue_of(doors.world.database, TENANT, "A") == []
    assert list(backordered_orders(doors.world.database, TENANT, 10)) == []
    doors.world.check()
    doors.world.source(order_id)
    assert states(doors, order_id) == {"allocated": 19, "cancelled": 4}


@pytest.mark.capability("E3")
def test_all_of_an_order_that_waits_can_be_cancelled_after_sourcing(doors: Doors):
    hold(doors, WAITS)
    order_id = doors.place(document(line("A", 23), line("B", 1)))
    doors.world.released(order_id)
    assert states(doors, order_id) == {"released": 20, "backordered": 3}
    doors.world.cancel(order_id, {1: 4})
    assert states(doors, order_id) == {"released": 19, "cancelled": 4}
    doors.world.cancel(order_id)
    assert doors.world.view(order_id).status == "CANCELLED"
    doors.world.release_payment(order_id)
    assert doors.world.view(order_id).payment_status == "VOIDED"


def supplied(doors: Doors, sku: str, node_id: str, units: int, day: str) -> None:
    lines = [{"line_no": 1, "sku": sku, "quantity": units, "expected_on": day}]
    body = {"kind": "purchase_order", "node_id": node_id, "lines": lines}
    made = doors.api("supply").put(f"/v1/supply/po-{day}", body)
    assert made.status in (200, 201), made.body


@pytest.mark.capability("E3", "I3")
def test_the_day_is_known_where_supply_covers_those_who_wait_before(doors: Doors):
    doors.world.add_item("NEW", {})
    hold(doors, {**WAITS, "where": {"nodes": ["DC1", "S1"]}})
    supplied(doors, "NEW", "DC1", 3, "2026-12-01")
    supplied(doors, "NEW", "S2", 50, "2026-12-02")
    supplied(doors, "NEW", "S1", 3, "2026-12-05")
    days = []
    for number, units in enumerate((2, 2, 3)):
        order_id = doors.place(document(line("NEW", units), external_id=f"o-{number}"))
        days.append(doors.world.order(order_id).header.backorders[0].expected_on)
    assert days == ["2026-12-01", "2026-12-05", None], "what S2 is to get is for none of them"


@pytest.mark.capability("E3", "E10")
def test_who_comes_later_does_not_take_what_others_wait_for(doors: Doors):
    doors.world.add_item("NEW", {})
    hold(doors, WAITS)
    first = doors.place(document(line("NEW", 2), external_id="first"))
    doors.world.source(first)
    doors.world.receive("NEW", "DC1", 3)
    second = doors.place(document(line("NEW", 2), external_id="second"))
    assert states(doors, second) == {"open": 1, "backordered": 1}
    basket: dict[str, Any] = {"channel": "web", "postal_code": "10001", "lines": [{"sku": "NEW", "quantity": 1}]}
    assert doors.api("reservations").post("/v1/reservations", basket).body["code"] == "out_of_stock"


@pytest.mark.capability("E3", "E10")
def test_who_may_not_have_it_does_not_keep_it_from_others(doors: Doors):
    """The order that waits is for stores of its channel's scenario only: what is in the warehouse is for others."""
    doors.world.add_item("NEW", {})
    hold(doors, {**WAITS, "where": {"nodes": ["S1"]}})
    first = doors.place(document(line("NEW", 2), external_id="first"))
    doors.world.source(first)
    doors.world.receive("NEW", "DC1", 3)
    hold(doors, {**WAITS, "channels": ["web"], "where": {"nodes": ["S1"]}}, {"id": "rest", "channels": ["store"]})
    assert [one.order_id for one in queue_of(doors.world.database, TENANT, "NEW")] == [first]
    stays = {"channel": "store", "postal_code": "10001", "lines": [{"sku": "NEW", "quantity": 3}]}
    store = Api(doors.module("reservations").handler, ("reservations.write", "channel.store"), TENANT)
    assert store.post("/v1/reservations", stays).status == 201


@pytest.mark.parametrize(
    "scenario",
    [
        {"id": "a", "otherwise": "backorder"},
        {"id": "a", "cancel_after_days": 3},
        {"id": "a", "otherwise": "stop", "cancel_after_days": 3},
    ],
)
def test_waiting_without_an_end_is_refused(doors: Doors, scenario: dict[str, Any]):
    with doors.world.unchanged():
        refused = doors.api("rule_sets").put("/v1/sourcing/strategies/usual", {"scenarios": [scenario]})
        assert (refused.status, refused.pointers) == (422, ["/scenarios/0"])


@pytest.mark.capability("E3", "E8")
def test_what_nodes_gave_up_and_nobody_else_has_waits(doors: Doors):
    """The rest that others have moves first; what waits is no longer open, and the nodes are not asked again."""
    hold(doors, WAITS)
    doors.world.add_item("NEW", {"S1": 3, "S2": 1})
    order_id = doors.place(document(line("NEW", 3)))
    (work_id,) = doors.run_order_workflow(order_id)
    act(doors, work_id, "reject", reason="too_busy")
    assert reroute(doors, order_id, work_id)
    assert states(doors, order_id) == {"backordered": 2, "allocated": 1}
    assert doors.world.events(order_id)[-2:] == ["OrderRerouted", "OrderBackordered"]
    (entry,) = queue_of(doors.world.database, TENANT, "NEW")
    assert (entry.units, entry.without) == (2, ("S1",))
    before = doors.world.tables()
    assert reroute(doors, order_id, work_id), "a repeat finds nothing left"
    assert doors.world.tables() == before
    (second,) = doors.run_order_workflow(order_id)
    act(doors, second, "reject", reason="too_busy")
    assert reroute(doors, order_id, second)
    assert states(doors, order_id) == {"backordered": 3}
    (entry,) = queue_of(doors.world.database, TENANT, "NEW")
    assert (entry.units, entry.without) == (3, ("S1", "S2"))


@pytest.mark.capability("E10")
def test_what_is_not_there_in_time_is_cancelled_and_its_money_given_back(doors: Doors):
    hold(doors, WAITS)
    order_id = doors.place(document(line("A", 21), line("B", 1)))
    works = doors.run_order_workflow(order_id)
    doors.world.clock.advance(days=14, seconds=-1)
    with doors.world.unchanged():
        assert cancel_overdue_backorders(doors.world.runtime, TENANT, order_id) == 0
    doors.world.clock.advance(seconds=1)
    assert cancel_overdue_backorders(doors.world.runtime, TENANT, order_id) == 1
    with doors.world.unchanged():
        assert cancel_overdue_backorders(doors.world.runtime, TENANT, order_id) == 0
    assert states(doors, order_id) == {"released": 20, "cancelled": 1}
    assert doors.see(order_id)["cancellations"] == [{"line_no": 1, "quantity": 1, "reason": "backorder_overdue"}]
    assert list(backordered_orders(doors.world.database, TENANT, 10)) == []
    for work_id in works:
        act(doors, work_id, "accept")
        act(doors, work_id, "ship")
        doors.world.capture(work_id)
    doors.world.release_payment(order_id)
    order = doors.world.order(order_id)
    assert doors.world.view(order_id).status == "COMPLETED"
    (payment,) = order.payments
    assert (payment.captured, payment.released) == (21_000, 1_000), "the unit that never came is not paid for"


@pytest.mark.capability("E10")
def test_an_order_of_which_nothing_came_is_cancelled_whole(doors: Doors):
    doors.world.add_item("NEW", {})
    hold(doors, WAITS)
    order_id = doors.place(document(line("NEW", 2), postage=500))
    doors.run_order_workflow(order_id)
    doors.world.clock.advance(days=14)
    assert cancel_overdue_backorders(doors.world.runtime, TENANT, order_id) == 2
    doors.world.release_payment(order_id)
    view = doors.world.view(order_id)
    assert (view.status, view.payment_status) == ("CANCELLED", "VOIDED")
    assert doors.world.events(order_id)[-3:-1] == ["OrderLinesCancelled", "OrderCancelled"]


@pytest.mark.capability("E3")
def test_nothing_of_a_kit_waits(doors: Doors):
    """Of a kit either all is there or nothing: an order that lacks one is refused, whatever else might wait."""
    add_kit(doors.world, "SET", SET)
    hold(doors, WAITS)
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(line("SET", 30), line("C", 1)))
        assert (refused.status, refused.pointers) == (409, ["/lines/0/quantity"])

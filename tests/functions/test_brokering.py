"""Brokering: what orders wait for is given to them when it comes, by priority, from nodes that cost least in all."""

from __future__ import annotations

from typing import Any

import pytest

from oms.orders import reads
from oms.orders.reads import backordered_orders, queue_of
from oms.sourcing import brokering
from tests.functions.test_backorders import WAITS, states
from tests.functions.test_decisions import decided
from tests.functions.test_promises import card
from tests.functions.test_rerouting import ANYWHERE, act, reroute
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

PATH = "/v1/sourcing/strategies/usual"


def hold(doors: Doors, *scenarios: dict[str, Any], **more: Any) -> None:
    """Let scenarios hold, with what else the strategy says."""
    api = doors.api("rule_sets")
    now = api.get(PATH)
    match = {"if-match": str(now.body["version"])} if now.status == 200 else {}
    put = api.put(PATH, {"scenarios": list(scenarios), **more}, headers=match)
    assert put.status in (200, 201), put.body
    promotion = {"number": put.body["newest_number"]}
    made = api.post(f"{PATH}/promotions", promotion, headers={"if-match": str(put.body["version"])})
    assert made.status == 200, made.body


def waiting(doors: Doors, *lines: dict[str, Any], **more: Any) -> str:
    """An order that was placed, sourced and paid, and waits for what nobody has."""
    number = len(doors.world.order_ids())
    order_id = doors.place(document(*lines, **{"external_id": f"o-{number}", **more}))
    doors.run_order_workflow(order_id)
    doors.world.clock.advance(seconds=1)
    return order_id


def wish(kind: str, **data: Any) -> dict[str, Any]:
    meta = {"id": f"evt-{kind}", "tenant": TENANT, "type": kind}
    return {"source": "spine", "detail-type": kind, "detail": {"meta": meta, "data": data}}


def broker(doors: Doors, kind: str = "BacklogBrokeringRequested", **data: Any) -> None:
    assert doors.queue("broker_backlog", wish(kind, **data)) == []


def came(doors: Doors, sku: str, node_id: str, units: int) -> None:
    """Units come in, and the broker hears of it."""
    doors.world.receive(sku, node_id, units)
    broker(doors, "StockFreed", sku=sku)


@pytest.mark.capability("E10", "I3")
def test_what_came_in_is_allocated_and_ships_like_everything_else(doors: Doors):
    doors.world.add_item("NEW", {})
    hold(doors, WAITS)
    order_id = waiting(doors, line("NEW", 2), line("A", 1))
    came(doors, "NEW", "S1", 5)
    assert states(doors, order_id) == {"allocated": 2}
    assert doors.world.stock("NEW", "S1").allocated == 2
    assert queue_of(doors.world.database, TENANT, "NEW") == []
    (told,) = [row for row in doors.timeline(order_id) if row["event"] == "OrderBackordersAllocated"]
    work_id = doors.world.order(order_id).fulfillment_orders[-1].id
    assert (told["command"], told["actor"]) == ("broker_backlog", "broker_backlog")
    assert told["data"] == {
        "order_id": order_id,
        "external_id": "o-0",
        "fulfillment_order_ids": [work_id],
        "lines": [{"line_no": 1, "sku": "NEW", "node_id": "S1", "quantity": 2}],
        "waiting": 0,
    }
    last = decided(doors, order_id)[-1]
    assert (last["command"], last["groups"][0]["scenario"]) == ("broker_backlog", "usual@1/waits")
    assert last["groups"][0]["lines"][0]["nodes"] == {"S1": 2}
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="NEW")
        broker(doors)
    (first,) = [one.id for one in doors.world.order(order_id).fulfillment_orders if one.id != work_id]
    assert doors.run_order_workflow(order_id) == [work_id]
    for one in (first, work_id):
        act(doors, one, "accept")
        act(doors, one, "ship")
        doors.world.capture(one)
    view = doors.world.view(order_id)
    assert (view.status, view.payment_status, view.payments[0].captured) == ("COMPLETED", "CAPTURED", 3_000)


@pytest.mark.capability("E10", "E14", "I3")
def test_who_comes_first_is_said_by_promise_tier_channel_and_age(doors: Doors):
    """Placed in the reverse of their turn; each new unit goes to the one whose turn it is."""
    doors.world.add_item("NEW", {})
    hold(doors, WAITS, priority={"tiers": {"gold": 1, "silver": 2}, "channels": {"web": 5}})
    names = [
        waiting(doors, line("NEW", 1)),
        waiting(doors, line("NEW", 1)),
        waiting(doors, line("NEW", 1), customer={"tier": "silver"}),
        waiting(doors, line("NEW", 1), customer={"tier": "gold"}),
    ]
    turn = [names[3], names[2], names[0], names[1]]
    for number, order_id in enumerate(turn):
        came(doors, "NEW", "DC1", 1)
        assert [states(doors, one).get("allocated", 0) for one in turn] == [1] * (number + 1) + [0] * (3 - number)
        assert states(doors, order_id) == {"allocated": 1}


@pytest.mark.capability("E14")
def test_the_ranks_of_today_count_and_not_those_of_placing(doors: Doors):
    doors.world.add_item("NEW", {})
    hold(doors, WAITS, priority={"tiers": {"gold": 1}})
    gold = waiting(doors, line("NEW", 1), customer={"tier": "gold"})
    staff = waiting(doors, line("NEW", 1), customer={"tier": "staff"})
    hold(doors, WAITS, priority={"tiers": {"staff": 1, "gold": 2}})
    came(doors, "NEW", "DC1", 1)
    assert (states(doors, staff), states(doors, gold)) == ({"allocated": 1}, {"backordered": 1})


@pytest.mark.capability("E10", "E14")
def test_the_first_gets_all_there_is_and_the_rest_goes_on_waiting(doors: Doors):
    doors.world.add_item("NEW", {})
    hold(doors, WAITS)
    first, second = waiting(doors, line("NEW", 5)), waiting(doors, line("NEW", 1))
    came(doors, "NEW", "DC1", 3)
    assert states(doors, first) == {"backordered": 2, "allocated": 3}
    assert states(doors, second) == {"backordered": 1}
    came(doors, "NEW", "S1", 3)
    assert (states(doors, first), states(doors, second)) == ({"allocated": 5}, {"allocated": 1})
    assert [row["data"]["waiting"] for row in doors.timeline(first) if row["event"] == "OrderBackordersAllocated"] == [
        2,
        0,
    ]


@pytest.mark.capability("E10")
def test_an_order_that_waits_for_two_items_gets_both_in_one_parcel(doors: Doors):
    """And whoever comes before it for the other item is served first."""
    doors.world.add_item("NEW", {})
    doors.world.add_item("OLD", {})
    hold(doors, WAITS)
    before = waiting(doors, line("OLD", 1))
    both = waiting(doors, line("NEW", 1), line("OLD", 1))
    doors.world.receive("OLD", "DC1", 2)
    came(doors, "NEW", "DC1", 1)
    assert [len(one.lines) for one in doors.world.order(both).fulfillment_orders] == [2]
    assert states(doors, before) == {"allocated": 1}


@pytest.mark.capability("E10", "E3")
def test_a_run_goes_through_the_pages_of_those_that_have_waited_too_long(doors: Doors, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reads, "_BACKORDERS_PER_PAGE", 2)
    doors.world.add_item("NEW", {})
    hold(doors, WAITS)
    old = [waiting(doors, line("NEW", 1)) for _ in range(5)]
    doors.world.clock.advance(days=14)
    new = [waiting(doors, line("NEW", 1)) for _ in range(3)]
    listed = list(backordered_orders(doors.world.database, TENANT, 10))
    assert [order_id for _, order_id, _ in listed] == [*old, *new]
    # So many a run looks at: what is behind them is for the next one.
    monkeypatch.setattr(brokering, "_MOST_LISTED", 3)
    broker(doors)
    assert [doors.see(one)["status"] for one in old] == ["CANCELLED"] * 3 + ["CONFIRMED"] * 2
    monkeypatch.setattr(brokering, "_MOST_LISTED", 10)
    doors.world.receive("NEW", "DC1", 2)
    broker(doors)
    assert [doors.see(one)["status"] for one in old] == ["CANCELLED"] * 5
    assert [states(doors, one) for one in new] == [{"allocated": 1}, {"allocated": 1}, {"backordered": 1}]


@pytest.mark.capability("E10", "E5")
def test_together_they_cost_less_than_one_after_the_other(doors: Doors):
    """The first could come from either coast as cheaply; the second only from the east, unless it goes far."""
    doors.world.add_item("NEW", {})
    cost = {"id": "cost", "first": "cost", "cents_per_100_km": 100, "otherwise": "backorder", "cancel_after_days": 9}
    west = [{"where": {"nodes": ["S2"]}, "cents": 0}, {"where": {"nodes": ["DC1"]}, "cents": 0}]
    hold(doors, {**cost, "surcharges": west})
    chicago = {"city": "Chicago", "postal_code": "60601", "country": "US"}
    middle, east = waiting(doors, line("NEW", 1), ship_to=chicago), waiting(doors, line("NEW", 1))
    doors.world.receive("NEW", "DC1", 1)
    came(doors, "NEW", "S2", 1)
    places = [doors.world.order(one).fulfillment_orders[0].node_id for one in (middle, east)]
    assert places == ["S2", "DC1"], "Chicago gives way, since New York would pay more for the way from California"


@pytest.mark.capability("E10", "E8")
def test_nodes_that_gave_units_up_are_not_asked_again(doors: Doors):
    doors.world.add_item("NEW", {"S1": 1})
    hold(doors, WAITS)
    order_id = doors.place(document(line("NEW", 1)))
    (work_id,) = doors.run_order_workflow(order_id)
    act(doors, work_id, "reject", reason="too_busy")
    assert reroute(doors, order_id, work_id)
    with doors.world.unchanged():
        broker(doors)
    came(doors, "NEW", "S2", 1)
    assert [one.node_id for one in doors.world.order(order_id).fulfillment_orders] == ["S1", "S2"]
    assert states(doors, order_id) == {"allocated": 1}


@pytest.mark.capability("E10")
def test_an_order_in_review_or_not_yet_sourced_is_given_nothing(doors: Doors):
    doors.world.add_item("NEW", {})
    hold(doors, WAITS)
    unsourced = doors.place(document(line("NEW", 1), external_id="new"))
    review = doors.place(document(line("NEW", 1), external_id="doubt", cards=[5]))
    assert doors.see(review)["status"] == "PENDING_REVIEW"
    doors.world.receive("NEW", "DC1", 2)
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="NEW")
    doors.task("source_order", order_id=unsourced)
    (told,) = [row for row in doors.timeline(unsourced) if row["event"] == "OrderSourced"]
    assert told["data"]["waits"] is True
    broker(doors, "OrderSourced", order_id=unsourced)
    assert states(doors, unsourced) == {"allocated": 1}
    assert states(doors, review) == {"backordered": 1}


@pytest.mark.capability("E10")
def test_the_schedule_cancels_what_is_overdue_and_nodes_that_open_wake_the_broker(doors: Doors):
    doors.world.add_item("NEW", {})
    hold(doors, WAITS)
    old = waiting(doors, line("NEW", 1))
    doors.world.clock.advance(days=10)
    young = waiting(doors, line("NEW", 1))
    doors.world.clock.advance(days=4)
    broker(doors)
    assert (states(doors, old), states(doors, young)) == ({"cancelled": 1}, {"backordered": 1})
    assert doors.see(old)["status"] == "CANCELLED"
    doors.world.receive("NEW", "DC1", 1)
    with doors.world.unchanged():
        broker(doors, "NodeChanged", node={"id": "DC1", "status": "closed"})
    broker(doors, "NodeChanged", node={"id": "DC1", "status": "active"})
    assert states(doors, young) == {"allocated": 1}


@pytest.mark.capability("E10", "D9")
def test_a_node_takes_no_more_than_it_has_room_for(doors: Doors):
    doors.world.add_item("NEW", {})
    hold(doors, WAITS)
    api = doors.api("capacity")
    assert api.post("/v1/nodes/DC1/pause", {"reason": "stocktaking"}).status == 200
    order_id = waiting(doors, line("NEW", 1))
    doors.world.receive("NEW", "DC1", 1)
    with doors.world.unchanged():
        broker(doors)
    assert states(doors, order_id) == {"backordered": 1}


@pytest.mark.capability("E10", "E8")
def test_who_was_promised_sooner_comes_first_and_is_told_when_it_is_late(doors: Doors):
    """The promise had the units; they were lost, and come again two weeks later."""
    card(doors, ANYWHERE)
    doors.world.add_item("NEW", {"S1": 1})
    hold(doors, {**WAITS, "cancel_after_days": 60})
    lines = [{"sku": "NEW", "quantity": 1, "methods": ["ship"]}]
    basket = {"channel": "web", "postal_code": "10003", "lines": lines}
    promise = doors.api("promises").post("/v1/promises", basket).body
    plain = doors.place(document(line("NEW", 1), external_id="plain"))
    (work_id,) = doors.run_order_workflow(plain)
    later = waiting(doors, line("NEW", 1), customer={"tier": "gold"})
    sooner = waiting(doors, line("NEW", 1), promise_id=promise["id"])
    assert [one.due for one in queue_of(doors.world.database, TENANT, "NEW")] == ["2026-11-26", None]
    doors.world.clock.advance(days=14)
    came(doors, "NEW", "DC1", 1)
    assert (states(doors, sooner), states(doors, later)) == ({"allocated": 1}, {"backordered": 1})
    (work,) = doors.world.order(sooner).fulfillment_orders
    assert work.escalated_reason == "PROMISE_AT_RISK"
    assert doors.world.events(sooner)[-2:] == ["OrderBackordersAllocated", "FulfillmentOrderEscalated"]
    assert doors.world.work(work_id).escalated_reason is None

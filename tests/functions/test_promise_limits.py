"""A promise limits where an order may come from: nodes that are too late give only what nobody else has."""

from __future__ import annotations

from typing import Any

import pytest

from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.functions.test_backorders import WAITS, states
from tests.functions.test_brokering import came, waiting
from tests.functions.test_decisions import decided
from tests.functions.test_promises import GROUND, HOURS, LEAD_TIME, ZONES, basket, card, promised, works
from tests.functions.test_rerouting import act, at, begun, reroute
from tests.functions.test_simulations import simulated
from tests.functions.test_strategies import hold
from tests.functions.test_supply import part, put
from tests.order_doors import Doors, doors
from tests.order_nodes import PLACES, node
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

# A parcel takes two days from DC1, four from S1, and by air two from S2, which is far.
BY_AIR = {
    **GROUND,
    "zones": [
        {**ZONES[0], "slowest_days": 2},
        {**ZONES[1], "slowest_days": 4},
        {"id": "air", "cents": 3_000, "fastest_days": 1, "slowest_days": 2},
    ],
}


def shop(doors: Doors, service: dict[str, Any] = GROUND) -> None:
    works(doors, "DC1", "S1", "S2")
    card(doors, service)


def units_of(doors: Doors, order_id: str) -> dict[str, int]:
    return {claim.node_id: claim.quantity for placed in doors.world.order(order_id).lines for claim in placed.claims}


def risks(doors: Doors, order_id: str) -> dict[str, str | None]:
    """Why a person was told of the work of each node."""
    return {one.node_id: one.escalated_reason for one in doors.world.order(order_id).fulfillment_orders}


def taken(doors: Doors, sku: str, units: int) -> None:
    """Somebody else is faster, and takes units where they are nearest."""
    doors.place(document(line(sku, units), external_id="faster"))


@pytest.mark.capability("E5", "D9")
def test_a_dearer_node_serves_where_the_cheap_one_would_be_too_late(doors: Doors):
    """DC1 brings it by Wednesday, S1 by Thursday; by now a shipment from DC1 costs 90 dollars more."""
    shop(doors)
    promise = promised(doors, basket("A", 2)).body
    assert promise["options"][0]["latest"] == "2026-11-25"
    hold(doors, {"id": "far", "first": "cost", "surcharges": [{"where": {"nodes": ["DC1"]}, "cents": 9_000}]})
    free = doors.place(document(line("A", 2), external_id="free"))
    assert units_of(doors, free) == {"S1": 2}
    asked = document(line("A", 2), external_id="held", promise_id=promise["id"])
    (tried,) = simulated(doors, order=asked)["dry_run"]["groups"]
    assert tried["lines"][0]["nodes"] == {"DC1": 2}
    held = doors.place(asked)
    assert units_of(doors, held) == {"DC1": 2}
    (group,) = decided(doors, held)[0]["groups"]
    assert {one["node_id"]: (one["outcome"], one["reason"]) for one in group["candidates"]} == {
        "DC1": ("chosen", "has_everything"),
        "S1": ("removed", "too_late"),
        "S2": ("removed", "too_late"),
    }
    assert group["lines"][0]["says"] == (
        "2 from DC1: the best that scenario usual@1/far allows, at a cost of 9001. "
        "Next would have been S1, with 2 more of the units too late."
    )
    doors.run_order_workflow(held)
    assert risks(doors, held) == {"DC1": None}
    assert "FulfillmentOrderEscalated" not in doors.world.events(held)


@pytest.mark.capability("E5", "D9")
def test_only_what_nobody_else_has_comes_late_and_a_person_is_told(doors: Doors):
    """S1 could send all three in one parcel; DC1 has two of them in time, so one comes late and not three."""
    shop(doors)
    doors.world.add_item("NEW", {"DC1": 3, "S1": 5})
    promise = promised(doors, basket("NEW", 3)).body
    taken(doors, "NEW", 1)
    order_id = doors.place(document(line("NEW", 3), promise_id=promise["id"]))
    assert units_of(doors, order_id) == {"DC1": 2, "S1": 1}
    (group,) = decided(doors, order_id)[0]["groups"]
    assert group["proven"]
    assert group["lines"][0]["says"] == (
        "2 from DC1 and 1 from S1: no fewer than 2 nodes have everything, and these are the nearest. "
        "Nobody else has these units, and from S1 they are too late for what was promised. "
        "Next would have been S1, with 2 more of the units too late."
    )
    doors.run_order_workflow(order_id)
    assert risks(doors, order_id) == {"DC1": None, "S1": "PROMISE_AT_RISK"}
    assert doors.stored_event(order_id, "FulfillmentOrderEscalated")["detail"]["data"]["reason"] == "PROMISE_AT_RISK"
    assert doors.world.events(order_id).count("FulfillmentOrderEscalated") == 1
    doors.world.check()


@pytest.mark.capability("E5", "D9")
def test_an_order_is_kept_where_all_of_it_is_too_late_and_waits_for_nothing(doors: Doors):
    shop(doors)
    hold(doors, WAITS)
    doors.world.add_item("NEW", {"DC1": 2, "S1": 5})
    promise = promised(doors, basket("NEW", 2)).body
    taken(doors, "NEW", 2)
    order_id = doors.place(document(line("NEW", 2), promise_id=promise["id"]))
    assert units_of(doors, order_id) == {"S1": 2}
    assert states(doors, order_id) == {"open": 2}
    doors.run_order_workflow(order_id)
    assert risks(doors, order_id) == {"S1": "PROMISE_AT_RISK"}


@pytest.mark.capability("E5", "D9")
def test_units_that_were_late_are_moved_to_a_node_in_time_before_work_begins(doors: Doors):
    shop(doors)
    doors.world.add_item("NEW", {"DC1": 3, "S1": 5})
    promise = promised(doors, basket("NEW", 3)).body
    taken(doors, "NEW", 3)
    order_id = doors.place(document(line("NEW", 3), promise_id=promise["id"]))
    assert units_of(doors, order_id) == {"S1": 3}
    doors.world.receive("NEW", "DC1", 2)
    doors.run_order_workflow(order_id)
    assert at(doors, order_id) == [("DC1", "OPEN", [(1, 2)]), ("S1", "OPEN", [(1, 1)])]
    assert risks(doors, order_id) == {"DC1": None, "S1": "PROMISE_AT_RISK"}
    assert decided(doors, order_id)[-1]["command"] == "source_order"
    doors.world.check()


@pytest.mark.capability("E5", "D9")
def test_a_node_that_has_become_too_late_meanwhile_gives_way_although_it_was_the_best(doors: Doors):
    """DC1's cut-off passes before the order is paid; S1 still has the parcel ready for the same collection."""
    shop(doors, {**GROUND, "zones": [{**ZONES[0], "up_to_km": None}]})
    early = {"hours": HOURS, "lead_time": {**LEAD_TIME, "cut_off": "08:00"}}
    changed = node("DC1", *PLACES["DC1"], **early).model_copy(update={"version": 3})
    doors.world.database.commit([node_write(TENANT, changed)])
    registry.forget()
    promise = promised(doors, basket("A", 2)).body
    order_id = doors.place(document(line("A", 2), promise_id=promise["id"]))
    assert units_of(doors, order_id) == {"DC1": 2}
    assert doors.world.order(order_id).header.plan_is_best
    doors.world.clock.advance(hours=2)
    doors.run_order_workflow(order_id)
    assert at(doors, order_id) == [("S1", "OPEN", [(1, 2)])]
    assert risks(doors, order_id) == {"S1": None}
    doors.world.check()


@pytest.mark.capability("E5", "E8", "D9")
def test_what_a_node_gives_up_goes_to_a_node_in_time_before_a_nearer_one(doors: Doors):
    shop(doors, BY_AIR)
    doors.world.add_item("NEW", {"DC1": 3, "S1": 5, "S2": 2})
    promise = promised(doors, basket("NEW", 3)).body
    order_id, first = begun(doors, line("NEW", 3), promise_id=promise["id"])
    act(doors, first, "reject", reason="too_busy")
    assert reroute(doors, order_id, first)
    assert at(doors, order_id)[1:] == [("S1", "SCHEDULED", [(1, 1)]), ("S2", "SCHEDULED", [(1, 2)])]
    assert risks(doors, order_id) == {"DC1": None, "S1": "PROMISE_AT_RISK", "S2": None}
    (group,) = decided(doors, order_id)[-1]["groups"]
    assert {one["node_id"]: one["outcome"] for one in group["candidates"]} == {
        "S1": "chosen",
        "S2": "chosen",
        "DC1": "removed",
    }


@pytest.mark.capability("E5", "E10", "D9")
def test_who_waits_is_given_units_from_a_node_in_time(doors: Doors):
    shop(doors, BY_AIR)
    hold(doors, WAITS)
    doors.world.add_item("NEW", {"DC1": 1})
    promise = promised(doors, basket("NEW", 1)).body
    taken(doors, "NEW", 1)
    held, free = waiting(doors, line("NEW", 1), promise_id=promise["id"]), waiting(doors, line("NEW", 1))
    doors.world.receive("NEW", "S1", 1)
    came(doors, "NEW", "S2", 1)
    assert (risks(doors, held), risks(doors, free)) == ({"S2": None}, {"S1": None})
    (group,) = decided(doors, held)[-1]["groups"]
    assert {one["node_id"]: (one["outcome"], one["reason"]) for one in group["candidates"]} == {
        "S2": ("chosen", "has_everything"),
        "S1": ("removed", "too_late"),
    }


@pytest.mark.capability("E5", "E10", "D9")
def test_no_exchange_among_those_who_waited_breaks_a_promise(doors: Doors):
    """To swap the two would spare 7,600 cents: one unit is in the west, where the other order goes."""
    shop(doors, BY_AIR)
    hold(doors, {**WAITS, "first": "cost", "cents_per_100_km": 100})
    doors.world.add_item("NEW", {"DC1": 1})
    promise = promised(doors, basket("NEW", 1)).body
    taken(doors, "NEW", 1)
    west = {"city": "Los Angeles", "postal_code": "90001", "country": "US"}
    held = waiting(doors, line("NEW", 1), promise_id=promise["id"])
    free = waiting(doors, line("NEW", 1), ship_to=west)
    doors.world.receive("NEW", "S1", 1)
    came(doors, "NEW", "S2", 1)
    assert (risks(doors, held), risks(doors, free)) == ({"S2": None}, {"S1": None})


@pytest.mark.capability("D9", "E10")
def test_units_that_orders_wait_for_are_promised_to_nobody_else(doors: Doors):
    shop(doors)
    hold(doors, WAITS)
    doors.world.add_item("NEW", {})
    waiting(doors, line("NEW", 3))
    doors.world.receive("NEW", "DC1", 5)
    (more,) = promised(doors, basket("NEW", 3)).body["options"]
    assert (more["can"], more["lines"][0]["missing"]) == (False, 1)
    (rest,) = promised(doors, basket("NEW", 2)).body["options"]
    assert (rest["can"], rest["latest"]) == (True, "2026-11-25")
    with doors.world.unchanged():
        refused = doors.api("reservations").post(
            "/v1/reservations", {"channel": "web", "postal_code": "10003", "lines": [{"sku": "NEW", "quantity": 3}]}
        )
        assert refused.status == 409, "a basket gets no more than it was promised"


@pytest.mark.capability("D9", "D7", "E10")
def test_supply_that_orders_wait_for_is_promised_to_nobody_else(doors: Doors):
    shop(doors)
    hold(doors, WAITS)
    doors.world.add_item("NEW", {})
    waiting(doors, line("NEW", 4))
    assert put(doors, "po-1", part(1, "NEW", 5, "2026-11-30"), part(2, "NEW", 5, "2026-12-07")).status == 201
    (one,) = promised(doors, basket("NEW", 1)).body["options"]
    (two,) = promised(doors, basket("NEW", 2)).body["options"]
    assert (one["can"], one["from_supply"]["expected_on"]) == (False, "2026-11-30")
    assert (two["can"], two["from_supply"]["expected_on"]) == (False, "2026-12-07")


@pytest.mark.capability("D9")
@pytest.mark.parametrize(("minutes", "told"), [(29, None), (180, "PROMISE_AT_RISK")])
def test_a_pick_up_is_late_when_it_is_not_ready_in_time_but_for_the_minutes_to_order(
    doors: Doors, minutes: int, told: str | None
):
    """Ready an hour after the order: the half hour that a customer may take is not what a person is told of."""
    doors.world.clock.advance(hours=3)
    shop(doors)
    promise = promised(doors, basket("A", 1, "pickup"), pickup_node="S1").body
    assert promise["options"][0]["ready_at"] == "2026-11-23T16:00:00.000Z"
    picked = line("A", 1, method="pickup", pickup_node="S1")
    doors.world.clock.advance(minutes=min(minutes, 29))
    order_id = doors.place(document(picked, promise_id=promise["id"]))
    doors.world.clock.advance(minutes=minutes - min(minutes, 29))
    doors.run_order_workflow(order_id)
    assert risks(doors, order_id) == {"S1": told}


@pytest.mark.capability("D9")
@pytest.mark.parametrize(("minutes", "told"), [(59, None), (61, "PROMISE_AT_RISK")])
def test_without_days_and_collections_an_order_is_late_when_it_leaves_an_hour_later(
    doors: Doors, minutes: int, told: str | None
):
    promise = promised(doors, basket("A", 1)).body
    assert promise["options"][0]["ship_by"] == "2026-11-23T12:00:00.000Z"
    order_id = doors.place(document(line("A", 1), promise_id=promise["id"]))
    doors.world.clock.advance(minutes=minutes)
    doors.run_order_workflow(order_id)
    assert risks(doors, order_id) == {"DC1": told}

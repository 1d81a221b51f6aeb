"""What becomes of units that a scenario does not cover: each thing that it may say."""

from __future__ import annotations

from typing import Any

import pytest

from oms.orders.reads import queue_of
from tests.functions.test_backorders import WAITS, states
from tests.functions.test_brokering import broker, came, waiting
from tests.functions.test_decisions import decided
from tests.functions.test_rerouting import act, begun, reroute
from tests.functions.test_strategies import given, hold
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

ASKS = {"id": "asks", "otherwise": "review", "cancel_after_days": 14}
DROPS = {"id": "drops", "otherwise": "cancel"}


@pytest.mark.capability("E3")
def test_a_quantity_is_split_and_a_line_is_not_where_it_may_not(doors: Doors):
    """Two lines of eight: as lines they go apart; one of twelve goes apart by quantity, or not at all."""
    doors.world.add_item("E", {"S1": 8})
    doors.world.add_item("F", {"S2": 8})
    hold(doors, {"id": "lines", "most_nodes_per_item": 1, "otherwise": "stop"})
    assert given(doors, line("E", 8), line("F", 8)) == {"S1": 8, "S2": 8}
    with doors.world.unchanged():
        assert doors.api("place_order").post("/v1/orders", document(line("A", 12), external_id="o-x")).status == 409
    hold(doors, {"id": "quantities", "otherwise": "stop"})
    assert given(doors, line("A", 12)) == {"DC1": 10, "S1": 2}


@pytest.mark.capability("E3")
def test_the_order_is_taken_and_what_nobody_has_is_cancelled(doors: Doors):
    hold(doors, DROPS)
    order_id = doors.place(document(line("A", 23), line("B", 2)))
    assert states(doors, order_id) == {"open": 20, "backordered": 3}
    doors.run_order_workflow(order_id)
    broker(doors, "OrderSourced", order_id=order_id)
    assert states(doors, order_id) == {"released": 20, "cancelled": 3}
    assert states(doors, order_id, 2) == {"released": 2}
    assert queue_of(doors.world.database, TENANT, "A") == []
    (group,) = decided(doors, order_id)[0]["groups"]
    assert " 3 of it are cancelled." in group["lines"][0]["says"]
    (told,) = [row for row in doors.timeline(order_id) if row["event"] == "OrderLinesCancelled"]
    assert [(one["line_no"], one["quantity"]) for one in told["data"]["lines"]] == [(1, 3)]


@pytest.mark.capability("E3")
def test_an_order_of_which_nobody_has_anything_is_cancelled_whole(doors: Doors):
    doors.world.add_item("NEW", {})
    hold(doors, DROPS)
    order_id = doors.place(document(line("NEW", 1)))
    doors.run_order_workflow(order_id)
    broker(doors, "OrderSourced", order_id=order_id)
    assert doors.see(order_id)["status"] == "CANCELLED"


@pytest.mark.capability("E3")
def test_a_person_is_asked_and_what_they_accept_waits(doors: Doors):
    hold(doors, ASKS)
    order_id = doors.place(document(line("A", 23)))
    seen = doors.see(order_id)
    assert seen["status"] == "PENDING_REVIEW"
    failed = [one for one in seen["validations"] if one["verdict"] == "fail"]
    assert failed == [{"name": "stock", "verdict": "fail", "detail": "3 units have no node"}]
    assert queue_of(doors.world.database, TENANT, "A") == [], "a person decides first"
    came(doors, "A", "DC1", 5)
    assert states(doors, order_id) == {"open": 20, "backordered": 3}
    (group,) = decided(doors, order_id)[0]["groups"]
    assert " 3 of it are for a person to decide." in group["lines"][0]["says"]
    accepted = doors.api("change_orders").post(
        f"/v1/orders/{order_id}/review", {"decision": "accept", "reason": "will wait"}
    )
    assert (accepted.status, accepted.body["status"]) == (200, "CONFIRMED")
    doors.run_order_workflow(order_id)
    broker(doors, "OrderSourced", order_id=order_id)
    assert states(doors, order_id) == {"released": 20, "allocated": 3}


@pytest.mark.capability("E3", "E8")
@pytest.mark.parametrize(
    ("scenario", "settled", "after"), [(ASKS, False, {"open": 2}), (DROPS, True, {"cancelled": 2})]
)
def test_what_a_node_gives_up_and_nobody_has_is_for_a_person_or_cancelled(
    doors: Doors, scenario: dict[str, Any], settled: bool, after: dict[str, int]
):
    """What is not settled the workflow hands to a person."""
    doors.world.add_item("NEW", {"DC1": 2})
    hold(doors, scenario)
    order_id, work_id = begun(doors, line("NEW", 2))
    act(doors, work_id, "reject", reason="damaged")
    assert reroute(doors, order_id, work_id) is settled
    broker(doors)
    assert states(doors, order_id) == after


@pytest.mark.capability("E3", whole=True)
def test_who_waits_starts_again_with_the_first_scenario(doors: Doors):
    """The last scenario took the order; what comes in at a store is given by the first, which wants stores."""
    doors.world.add_item("NEW", {})
    hold(doors, {"id": "stores", "where": {"kinds": ["store"]}}, {**WAITS, "where": {"kinds": ["dc"]}})
    order_id = waiting(doors, line("NEW", 1))
    (group,) = decided(doors, order_id)[0]["groups"]
    assert group["scenario"] == "usual@1/stores"
    came(doors, "NEW", "S2", 1)
    (work,) = doors.world.order(order_id).fulfillment_orders
    assert work.node_id == "S2"
    assert decided(doors, order_id)[-1]["groups"][0]["scenario"] == "usual@1/stores"

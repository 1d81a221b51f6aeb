"""Until when units wait and on which day they are to come, where more of their line begins to wait."""

from __future__ import annotations

from datetime import timedelta

import pytest

from oms.orders.changing import cancel_overdue_backorders
from oms.platform.clock import format_instant
from tests.functions.test_backorders import WAITS, states
from tests.functions.test_rerouting import act, reroute
from tests.functions.test_slips import hear, supply, told
from tests.functions.test_strategies import hold
from tests.order_doors import Doors, doors
from tests.order_world import NOW, TENANT, document, line, world

__all__ = ["doors", "world"]

DAY = "2026-12-05"


@pytest.mark.capability("E8", "E3")
def test_units_that_begin_to_wait_do_not_shorten_the_time_of_those_that_wait_already(doors: Doors):
    doors.world.add_item("NEW", {"S1": 2})
    hold(doors, WAITS)
    order_id = doors.place(document(line("NEW", 4)))
    (work,) = doors.run_order_workflow(order_id)
    hold(doors, {"id": "waits", "otherwise": "cancel"})
    act(doors, work, "reject", reason="too_busy")
    assert reroute(doors, order_id, work)
    until = format_instant(NOW + timedelta(days=14))
    shown = doors.see(order_id)["lines"][0]["backorder"]
    assert (shown["quantity"], shown["cancel_at"]) == (4, until)
    (_, fact) = [row["data"]["lines"] for row in doors.world.timeline(order_id) if row["event"] == "OrderBackordered"]
    assert [(one["quantity"], one["cancel_at"]) for one in fact] == [(2, until)]
    assert cancel_overdue_backorders(doors.world.runtime, TENANT, order_id) == 0
    assert states(doors, order_id) == {"backordered": 4}


@pytest.mark.capability("E8", "D7")
def test_the_day_that_was_told_first_stays_when_more_of_the_line_begins_to_wait(doors: Doors):
    doors.world.add_item("NEW", {"S1": 2})
    hold(doors, WAITS)
    supply(doors, "po-1", 2, DAY)
    order_id = doors.place(document(line("NEW", 4)))
    (work,) = doors.run_order_workflow(order_id)
    act(doors, work, "reject", reason="too_busy")
    assert reroute(doors, order_id, work)
    shown = doors.see(order_id)["lines"][0]["backorder"]
    assert (shown["quantity"], shown["expected_on"], shown["first_expected_on"]) == (4, None, DAY)
    hear(doors, supply(doors, "po-2", 2, "2026-12-08"))
    assert [
        (one["expected_on"], one["first_expected_on"], one["late_days"]) for one in told(doors, order_id)[0]["lines"]
    ] == [("2026-12-08", DAY, 3)]

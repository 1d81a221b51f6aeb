"""Whether an order of which something waits goes as it can, whole, or each line on its own day; until time is over."""

from __future__ import annotations

import pytest

from oms.orders.unfinished import is_unfinished
from tests.functions.test_backorders import WAITS, states
from tests.functions.test_brokering import broker, came, hold
from tests.functions.test_rerouting import act
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

COMPLETE, BY_LINE = "ship_complete", "by_line_date"


@pytest.fixture
def new(doors: Doors) -> Doors:
    """A retailer whose customers wait for an item that nobody has; what goes together waits for ten days."""
    doors.world.add_item("NEW", {})
    hold(doors, {**WAITS, "cancel_after_days": 60, "together_for_days": 10})
    return doors


def placed(doors: Doors, preference: str | None, *lines: dict[str, object], name: str = "o-1") -> tuple[str, list[str]]:
    """An order with a preference, and the work that was released of it at once."""
    more = {"ship_preference": preference} if preference else {}
    order_id = doors.place(document(*(lines or (line("A", 2), line("NEW", 1))), external_id=name, **more))
    return order_id, doors.run_order_workflow(order_id)


@pytest.mark.capability("I5")
def test_as_available_goes_as_it_can_and_complete_waits_for_the_rest(new: Doors):
    usual, at_once = placed(new, None)
    assert (len(at_once), new.see(usual)["ship_preference"]) == (1, "as_available")
    order_id, at_once = placed(new, COMPLETE, name="o-2")
    seen = new.see(order_id)
    assert (at_once, seen["ship_preference"], seen["together_until"]) == (
        *([], COMPLETE),
        "2026-12-03T12:00:00.000Z",
    )
    assert (states(new, order_id), states(new, order_id, 2)) == ({"allocated": 2}, {"backordered": 1})
    # The recovery has nothing to do for it either.
    assert not is_unfinished(new.world.order(order_id))
    came(new, "NEW", "DC1", 2)
    assert len(new.run_order_workflow(order_id)) == 2
    for work in new.world.order(order_id).fulfillment_orders:
        act(new, work.id, "ship")
        new.world.capture(work.id)
    assert new.see(order_id)["status"] == "COMPLETED"


@pytest.mark.capability("I5")
def test_by_line_date_each_line_goes_whole_on_its_own_day(new: Doors):
    new.world.receive("NEW", "DC1", 1)
    order_id, released = placed(new, BY_LINE, line("A", 2), line("NEW", 3))
    # Both lines have work at one node; the one of which units wait holds it back.
    assert (released, states(new, order_id, 2)) == ([], {"allocated": 1, "backordered": 2})
    other, released = placed(new, BY_LINE, line("A", 2), line("NEW", 3, method="delivery"), name="o-2")
    assert (len(released), states(new, other, 2)) == (1, {"backordered": 3})
    came(new, "NEW", "DC1", 2)
    assert states(new, order_id, 2) == {"allocated": 3}
    assert len(new.run_order_workflow(order_id)) == 2


@pytest.mark.capability("I5")
def test_after_the_days_of_the_strategy_it_goes_as_it_can_once(new: Doors):
    order_id, released = placed(new, COMPLETE)
    assert released == []
    new.world.clock.advance(days=10, seconds=-1)
    with new.world.unchanged():
        broker(new)
    new.world.clock.advance(seconds=1)
    broker(new)
    (told,) = new.told("OrderShipsAsAvailable")
    assert told["detail"]["data"] == {"order_id": order_id, "external_id": "o-1", "reason": "waited_long_enough"}
    assert (new.see(order_id)["ship_preference"], new.see(order_id)["together_until"]) == ("as_available", None)
    assert states(new, order_id, 2) == {"backordered": 1}
    with new.world.unchanged():
        broker(new)
    assert len(new.run_order_workflow(order_id)) == 1


@pytest.mark.capability("I5", "C5")
def test_what_is_cancelled_holds_nothing_back(new: Doors):
    order_id, released = placed(new, COMPLETE)
    assert released == []
    body = {"reason": "changed_mind", "lines": [{"line_no": 2, "quantity": 1}]}
    assert new.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", body).status == 200
    (told,) = new.told("OrderShipsAsAvailable")
    assert told["detail"]["data"]["reason"] == "nothing_to_come"
    assert len(new.run_order_workflow(order_id)) == 1


@pytest.mark.capability("I5")
def test_a_preference_that_nobody_knows_is_refused(new: Doors):
    with new.world.unchanged():
        refused = new.api("place_order").post("/v1/orders", document(line("A", 1), ship_preference="some_day"))
    assert (refused.status, refused.pointers) == (422, ["/ship_preference"])

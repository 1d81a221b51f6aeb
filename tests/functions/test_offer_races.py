"""Nodes, time and cancellations in the same moment, and the store bus: of an offer exactly one thing becomes true."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.test_node_messages import say as message_of
from tests.functions.test_offers import listed, offered, say, seen, told
from tests.functions.test_rerouting import at, begun, cancel, reroute, rows
from tests.interruptions import Died, before_commit, calm, die_at_commit
from tests.kits import add_kit
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


@pytest.mark.capability("E13")
@pytest.mark.parametrize(("first", "second"), [("S1", "S2"), ("S2", "S1"), ("DC1", "S1"), ("S1", "DC1")])
def test_of_two_that_accept_in_the_same_moment_exactly_one_has_it(doors: Doors, first: str, second: str):
    order_id, work = offered(doors)
    won: list[Any] = []
    before_commit(doors, 1, lambda: won.append(say(doors, work, "accept", first)))
    lost = say(doors, work, "accept", second)
    assert (won[0].status, lost.status, lost.body["code"]) == (200, 409, "offer_over")
    has = [(node_id, status) for node_id, status, _ in at(doors, order_id) if status != "REPLACED"]
    assert has == [(first, "ACCEPTED")]
    assert {node_id: allocated for node_id, (_, allocated) in rows(doors, "A").items()} == {
        node_id: 2 * (node_id == first) for node_id in ("DC1", "S1", "S2")
    }
    doors.world.check()


@pytest.mark.capability("E13")
def test_time_that_is_over_in_the_moment_of_an_accept(doors: Doors):
    order_id, work = offered(doors)
    # The wait of the workflow may end a little before the offer does.
    before_commit(doors, 1, lambda: say(doors, work, "accept", "S1"))
    assert reroute(doors, order_id, work, "TIMED_OUT")
    assert at(doors, order_id) == [("DC1", "REPLACED", [(1, 0)]), ("S1", "ACCEPTED", [(1, 2)])]
    other, silent = begun(doors, line("A", 2), external_id="second")
    before_commit(doors, 1, lambda: reroute(doors, other, silent, "TIMED_OUT"))
    assert say(doors, silent, "accept", "S2").body["code"] == "offer_over"
    assert at(doors, other) == [("DC1", "REJECTED", [(1, 0)]), ("S1", "SCHEDULED", [(1, 2)])]


@pytest.mark.capability("E13")
def test_a_person_is_told_of_nothing_that_was_taken_in_the_same_moment(doors: Doors):
    order_id, work = offered(doors)
    task = {"order_id": order_id, "fulfillment_order_id": work, "reason": "TIMED_OUT"}
    before_commit(doors, 1, lambda: doors.task("escalate_fulfillment", **task))
    assert say(doors, work, "accept", "S1").body["code"] == "offer_over"
    assert told(doors, order_id)[2:] == [("FulfillmentOrderOfferEnded", n, "TIMED_OUT") for n in ("S1", "S2")]
    assert at(doors, order_id) == [("DC1", "OPEN", [(1, 2)])]


@pytest.mark.capability("E13")
def test_a_cancellation_in_the_moment_of_an_accept(doors: Doors):
    order_id, work = offered(doors)
    before_commit(doors, 1, lambda: cancel(doors, order_id))
    assert say(doors, work, "accept", "S1").body["code"] == "offer_over"
    assert at(doors, order_id) == [("DC1", "CANCELLED", [(1, 0)])]
    # The other way round the node is asked, as any that has taken its work.
    other, work = begun(doors, line("A", 2), external_id="second")
    before_commit(doors, 1, lambda: say(doors, work, "accept", "S1"))
    asked = doors.api("change_orders").post(f"/v1/orders/{other}/cancellations", {"reason": "late"})
    assert asked.status == 202
    taken = doors.world.order(other).fulfillment_orders[1]
    assert (at(doors, other)[1], taken.asked) == (("S1", "ACCEPTED", [(1, 2)]), {1: 2})
    assert say(doors, taken.id, "cancel-response", "S1", accepted=True).status == 200
    assert rows(doors, "A") == {"DC1": (10, 0), "S1": (5, 0), "S2": (5, 0)}
    doors.world.check()


@pytest.mark.capability("E13")
def test_stock_that_is_taken_in_the_moment_of_an_accept_is_not_sold_twice(doors: Doors):
    doors.world.add_item("D", {"DC1": 2, "S1": 2})
    order_id, work = offered(doors, line("D", 2), nodes=2)
    # DC1 has 2 for this order; the next order can only have those of S1.
    before_commit(doors, 1, lambda: doors.place(document(line("D", 2), external_id="second")))
    refused = say(doors, work, "accept", "S1")
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    assert at(doors, order_id) == [("DC1", "OPEN", [(1, 2)])]
    doors.world.check()


@pytest.mark.capability("E13")
@pytest.mark.parametrize("committed", [False, True])
def test_a_process_that_dies_while_a_node_accepts_leaves_all_or_nothing(doors: Doors, committed: bool):
    order_id, work = offered(doors)
    if committed:
        # It dies with its answer on the way: the repeat finds what was done.
        done = say(doors, work, "accept", "S1", key="k")
        assert say(doors, work, "accept", "S1", key="k").body == done.body
    else:
        die_at_commit(doors, 1)
        with doors.world.unchanged(), pytest.raises(Died):
            say(doors, work, "accept", "S1", key="k")
        calm(doors)
        assert say(doors, work, "accept", "S1", key="k").status == 200
    assert at(doors, order_id) == [("DC1", "REPLACED", [(1, 0)]), ("S1", "ACCEPTED", [(1, 2)])]


@pytest.mark.capability("E13", "H2")
def test_over_the_store_bus_the_first_message_has_it_and_a_late_one_is_dropped(doors: Doors):
    order_id, work = offered(doors)
    first, late, own = (
        message_of("Accept", work, f"m-{source}", source) for source in ("store.S2", "store.S1", "wms.DC1")
    )
    assert doors.queue("node_messages", first) == []
    assert at(doors, order_id) == [("DC1", "REPLACED", [(1, 0)]), ("S2", "ACCEPTED", [(1, 2)])]
    with doors.world.unchanged():
        assert doors.queue("node_messages", first, late, own) == []
    # In one batch the order is not read again for each message, and the answers are the same.
    other, work = begun(doors, line("A", 2), external_id="second")
    batch = [message_of("Reject", work, "n-1", "store.S2", reason="too_busy")]
    batch += [message_of("Accept", work, f"n-{source}", source) for source in ("store.S1", "store.S2", "wms.DC1")]
    assert doors.queue("node_messages", *batch) == []
    assert at(doors, other) == [("DC1", "REPLACED", [(1, 0)]), ("S1", "ACCEPTED", [(1, 2)])]
    assert told(doors, other)[2:] == [("FulfillmentOrderWithdrawn", "DC1", "OFFER_TAKEN")]


@pytest.mark.capability("E13")
def test_what_was_shipped_before_its_workflow_began_is_paid(doors: Doors):
    order_id, work = offered(doors)
    second = say(doors, work, "accept", "S1").body["id"]
    assert say(doors, second, "ship", "S1").status == 200
    assert doors.queue("resume_fulfillment", doors.stored_event(order_id, "ShipmentShipped")) == []
    assert ("orders", f"T#acme#ORDER#{order_id}", "OPEN") in {
        (table, key.pk, key.sk) for table, key in doors.world.database.rows
    }
    assert doors.world.capture(second) == 2_000
    assert doors.world.view(order_id).payment_status == "CAPTURED"


@pytest.mark.capability("E13", "D13")
def test_a_kit_is_offered_where_all_its_components_are(doors: Doors):
    doors.world.add_item("D", {"DC1": 3, "S1": 3, "S2": 1})
    add_kit(doors.world, "DUO", {"D": 2, "A": 1})
    order_id, work = offered(doors, line("DUO", 1))
    assert doors.world.work(work).offered_to == ("S1",)
    assert seen(doors, work, "S1").body["lines"][0]["components"] == [
        {"sku": "D", "quantity": 2},
        {"sku": "A", "quantity": 1},
    ]
    assert say(doors, work, "accept", "S1").status == 200
    assert at(doors, order_id)[1] == ("S1", "ACCEPTED", [(1, 1)])
    assert (doors.world.stock("D", "S1").allocated, doors.world.stock("A", "S1").allocated) == (2, 1)
    assert listed(doors, "S1") == []

"""Work is offered to several nodes: the first that accepts has it, and nobody else can."""

from __future__ import annotations

from typing import Any

import pytest

from oms.fulfillment.model import Outcome
from tests.functions.conftest import Answer
from tests.functions.test_brokering import hold
from tests.functions.test_capacity import left, limited
from tests.functions.test_rerouting import act, at, begun, cancel, reroute, rows
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]

# To New York a shipment costs 110 from DC1, 130 from S1 and 500 from S2; each has 5 of A or more.
NEAR = {"id": "near", "shipment_cents": 100, "cents_per_100_km": 10}
OFFER = {**NEAR, "offer": {"nodes": 3, "minutes": 30}}


def offered(doors: Doors, *lines: dict[str, Any], nodes: int = 3, **more: Any) -> tuple[str, str]:
    """An order whose work is with DC1 and on offer to others."""
    hold(doors, {**NEAR, "offer": {"nodes": nodes, "minutes": 30}})
    return begun(doors, *(lines or (line("A", 2),)), **more)


def node(node_id: str) -> tuple[str, ...]:
    return ("fulfillment.write", "fulfillment.read", f"node.{node_id}")


def say(doors: Doors, work: str, verb: str, node_id: str, key: str | None = None, **body: Any) -> Answer:
    """A verb over HTTP with a token of one node."""
    url = f"/v1/fulfillment-orders/{work}/{verb}"
    return doors.api("fulfillment").post(url, body, key=key, scopes=node(node_id))


def seen(doors: Doors, work: str, node_id: str) -> Answer:
    return doors.api("fulfillment").get(f"/v1/fulfillment-orders/{work}", scopes=node(node_id))


def listed(doors: Doors, node_id: str, status: str = "OPEN") -> list[tuple[str, list[str]]]:
    """The list of a node as it is read with its token: ids and what can be done."""
    url = f"/v1/fulfillment-orders?node={node_id}&status={status}"
    answer = doors.api("fulfillment").get(url, scopes=node(node_id))
    assert answer.status == 200
    return [(one["id"], one["available_actions"]) for one in answer.body["fulfillment_orders"]]


def told(doors: Doors, order_id: str, *kinds: str) -> list[tuple[str, str, str | None]]:
    """Event, node and reason of what was told about offers, in order."""
    wanted = kinds or ("FulfillmentOrderOffered", "FulfillmentOrderOfferEnded", "FulfillmentOrderWithdrawn")
    rows_of = [row for row in doors.timeline(order_id) if row["event"] in wanted]
    return [(row["event"], row["data"]["node_id"], row["data"].get("reason")) for row in rows_of]


@pytest.mark.capability("E13", whole=True)
def test_the_first_of_several_nodes_that_accepts_has_the_work_and_what_nobody_takes_in_time_goes_on(doors: Doors):
    order_id, first = offered(doors)
    assert at(doors, order_id) == [("DC1", "OPEN", [(1, 2)])]
    assert rows(doors, "A") == {"DC1": (8, 2), "S1": (5, 0), "S2": (5, 0)}
    # Each is told what the first node is told, and until when.
    assert told(doors, order_id) == [("FulfillmentOrderOffered", n, None) for n in ("S1", "S2")]
    offer, release = (
        doors.stored_event(order_id, kind)["detail"]["data"]
        for kind in ("FulfillmentOrderOffered", "FulfillmentOrderReleased")
    )
    assert {**offer, "node_id": "DC1", "destination_node": None} == release
    assert (offer["node_id"], offer["respond_by"]) == ("S2", "2026-11-23T12:30:00.000Z")
    assert (offer["lines"][0]["sku"], offer["lines"][0]["quantity"], offer["ship_to"]["city"]) == ("A", 2, "New York")
    stored = [row for row in doors.world.database.rows.values() if row.get("type") == "FulfillmentOrderOffered"]
    assert [row["for_nodes"] for row in stored] == [True, True]
    # They find it in their lists and by its id, and can accept it; the first node can do all that it ever could.
    assert listed(doors, "S1") == listed(doors, "S2") == [(first, ["accept"])]
    assert listed(doors, "DC1") == [(first, ["accept", "reject", "pick", "pack", "ship"])]
    view = seen(doors, first, "S1").body
    assert (view["node_id"], view["offered_to"], view["available_actions"]) == ("DC1", ["S1", "S2"], ["accept"])
    assert view["respond_by"] == "2026-11-23T12:30:00.000Z"
    # S2 is first: in one transaction it has the work, with its stock.
    taken = say(doors, first, "accept", "S2", key="mine")
    second = doors.world.order(order_id).fulfillment_orders[1].id
    assert (taken.status, taken.body["id"], taken.body["replaces"]) == (200, second, first)
    assert (taken.body["node_id"], taken.body["status"]) == ("S2", "ACCEPTED")
    assert at(doors, order_id) == [("DC1", "REPLACED", [(1, 0)]), ("S2", "ACCEPTED", [(1, 2)])]
    assert rows(doors, "A") == {"DC1": (10, 0), "S1": (5, 0), "S2": (3, 2)}
    old = seen(doors, first, "DC1").body
    assert (old["replaced_reason"], old["lines"][0]["replaced"], old["offered_to"]) == ("OFFER_TAKEN", 2, [])
    assert told(doors, order_id)[2:] == [
        ("FulfillmentOrderWithdrawn", "DC1", "OFFER_TAKEN"),
        ("FulfillmentOrderOfferEnded", "S1", "OFFER_TAKEN"),
    ]
    assert doors.stored_event(order_id, "FulfillmentOrderOfferTaken")["detail"]["data"] == {
        "order_id": order_id,
        "fulfillment_order_id": second,
        "node_id": "S2",
        "replaces": first,
    }
    # Everybody else is too late, and nothing changes; a repeat of the same call has the same answer.
    with doors.world.unchanged():
        for late in ("DC1", "S1", "S2"):
            refused = say(doors, first, "accept", late)
            assert (refused.status, refused.body["code"]) == (409, "offer_over")
        again = say(doors, first, "accept", "S2", key="mine")
        assert (again.status, again.body) == (200, taken.body)
        assert [listed(doors, n) for n in ("DC1", "S1", "S2")] == [[], [], []]
        assert seen(doors, first, "S1").body["available_actions"] == []
    assert listed(doors, "S2", "ACCEPTED") == [(second, ["reject", "pick", "pack", "ship", "close"])]
    # The first node's workflow ends, the new work gets one, and the order goes on as any other.
    assert doors.queue("resume_fulfillment", doors.stored_event(order_id, "FulfillmentOrderWithdrawn")) == []
    assert doors.world.continued == [(f"token-{first}", Outcome.CANCELLED)]
    assert doors.run_order_workflow(order_id) == [second]
    assert doors.run_order_workflow(order_id) == []
    assert say(doors, second, "ship", "S2").status == 200
    doors.world.capture(second)
    order = doors.world.view(order_id)
    assert (order.status, order.payment_status) == ("COMPLETED", "CAPTURED")
    # Nobody takes the next one: when time is over it goes on as any work that nobody answered for.
    other, silent = begun(doors, line("A", 2), external_id="second")
    doors.world.clock.advance(seconds=1_800)
    with doors.world.unchanged():
        assert say(doors, silent, "accept", "S1").status == 409
    assert reroute(doors, other, silent, "TIMED_OUT")
    assert at(doors, other) == [("DC1", "REJECTED", [(1, 0)]), ("S1", "SCHEDULED", [(1, 2)])]
    assert told(doors, other)[2:] == [
        ("FulfillmentOrderWithdrawn", "DC1", "TIMED_OUT"),
        ("FulfillmentOrderOfferEnded", "S1", "TIMED_OUT"),
        ("FulfillmentOrderOfferEnded", "S2", "TIMED_OUT"),
    ]
    doors.world.check()


@pytest.mark.capability("E13")
def test_the_first_node_accepts_as_ever_and_the_offer_is_over(doors: Doors):
    order_id, work = offered(doors)
    assert say(doors, work, "accept", "DC1").body["status"] == "ACCEPTED"
    assert at(doors, order_id) == [("DC1", "ACCEPTED", [(1, 2)])]
    assert told(doors, order_id)[2:] == [("FulfillmentOrderOfferEnded", n, "OFFER_TAKEN") for n in ("S1", "S2")]
    with doors.world.unchanged():
        refused = say(doors, work, "accept", "S1")
        assert (refused.status, refused.body["code"]) == (409, "offer_over")
        assert listed(doors, "S1") == listed(doors, "S2") == []


@pytest.mark.capability("E13")
def test_a_node_that_declines_is_off_the_offer_and_the_others_are_not(doors: Doors):
    order_id, work = offered(doors)
    declined = say(doors, work, "reject", "S1", reason="too_busy")
    assert (declined.status, declined.body["offered_to"], declined.body["available_actions"]) == (200, ["S2"], [])
    assert (at(doors, order_id), listed(doors, "S1")) == ([("DC1", "OPEN", [(1, 2)])], [])
    assert told(doors, order_id, "FulfillmentOrderOfferDeclined") == [
        ("FulfillmentOrderOfferDeclined", "S1", "too_busy")
    ]
    with doors.world.unchanged():
        assert say(doors, work, "accept", "S1").body["code"] == "offer_over"
        assert say(doors, work, "reject", "S2").pointers == ["/reason"]
        for verb in ("pick", "ship", "close"):
            assert say(doors, work, verb, "S2", reason="x").body["code"] == "action_not_available"
    assert say(doors, work, "accept", "S2").status == 200
    assert at(doors, order_id)[1] == ("S2", "ACCEPTED", [(1, 2)])


@pytest.mark.capability("E13")
def test_a_rejection_by_the_first_node_ends_the_offer_and_the_units_go_on(doors: Doors):
    order_id, work = offered(doors)
    act(doors, work, "reject", reason="too_busy")
    assert told(doors, order_id)[2:] == [("FulfillmentOrderOfferEnded", n, "REJECTED") for n in ("S1", "S2")]
    with doors.world.unchanged():
        assert say(doors, work, "accept", "S1").body["code"] == "offer_over"
    assert reroute(doors, order_id, work)
    assert at(doors, order_id)[1] == ("S1", "SCHEDULED", [(1, 2)])
    # What goes on is not offered again.
    assert doors.world.order(order_id).fulfillment_orders[1].offered_to == ()


@pytest.mark.capability("E13")
def test_a_cancellation_ends_it_for_all_and_one_of_a_part_offers_what_is_left(doors: Doors):
    order_id, work = offered(doors)
    one = {"reason": "late", "lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", one).status == 200
    assert told(doors, order_id)[2:] == [("FulfillmentOrderOffered", n, None) for n in ("S1", "S2")]
    assert doors.stored_event(order_id, "FulfillmentOrderOffered")["detail"]["data"]["lines"][0]["quantity"] == 1
    cancel(doors, order_id)
    assert told(doors, order_id)[4:] == [("FulfillmentOrderOfferEnded", n, "CANCELLED") for n in ("S1", "S2")]
    with doors.world.unchanged():
        assert say(doors, work, "accept", "S1").body["code"] == "offer_over"
        assert listed(doors, "S1") == []
    assert rows(doors, "A") == {"DC1": (10, 0), "S1": (5, 0), "S2": (5, 0)}


@pytest.mark.capability("E13")
def test_who_takes_what_is_left_after_a_cancellation_gets_no_more(doors: Doors):
    order_id, work = offered(doors)
    one = {"reason": "late", "lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", one).status == 200
    assert say(doors, work, "accept", "S1").status == 200
    assert at(doors, order_id) == [("DC1", "REPLACED", [(1, 0)]), ("S1", "ACCEPTED", [(1, 1)])]
    assert rows(doors, "A") == {"DC1": (10, 0), "S1": (4, 1), "S2": (5, 0)}


@pytest.mark.capability("E13")
def test_who_has_not_got_all_units_any_more_cannot_take_it(doors: Doors):
    order_id, work = offered(doors, line("A", 2), line("B", 1))
    taken = [{"node_id": "S1", "sku": "A", "kind": "damaged", "quantity": 4, "reason": "water"}]
    assert doors.api("inventory").post("/v1/inventory/movements", {"movements": taken}).status == 200
    with doors.world.unchanged():
        refused = say(doors, work, "accept", "S1")
        assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
        assert refused.body["detail"] == "The stock of A at this node is less than what was offered."
    assert say(doors, work, "accept", "S2").status == 200
    assert at(doors, order_id)[1] == ("S2", "ACCEPTED", [(1, 2), (2, 1)])


@pytest.mark.capability("E13", "D10")
def test_capacity_moves_with_the_work_and_a_full_node_is_offered_nothing(doors: Doors):
    limited(doors, "DC1", ("orders", "day", 5))
    limited(doors, "S1", ("units", "day", 1))
    limited(doors, "S2", ("orders", "day", 3))
    order_id, work = offered(doors)
    assert doors.world.work(work).offered_to == ("S2",)
    assert (left(doors, "DC1"), left(doors, "S2")) == ([("orders", "day", 1, 4)], [("orders", "day", 0, 3)])
    assert say(doors, work, "accept", "S2").status == 200
    assert (left(doors, "DC1"), left(doors, "S2")) == ([("orders", "day", 0, 5)], [("orders", "day", 1, 2)])
    assert at(doors, order_id)[1][0] == "S2"


@pytest.mark.capability("E13")
def test_where_nobody_else_has_it_a_person_is_told_and_the_offer_is_over(doors: Doors):
    doors.world.add_item("D", {"DC1": 2, "S1": 2})
    order_id, work = offered(doors, line("D", 2), nodes=2)
    assert doors.world.work(work).offered_to == ("S1",)
    doors.world.clock.advance(seconds=1_800)
    moved = [{"node_id": "S1", "sku": "D", "kind": "damaged", "quantity": 2, "reason": "water"}]
    assert doors.api("inventory").post("/v1/inventory/movements", {"movements": moved}).status == 200
    assert not reroute(doors, order_id, work, "TIMED_OUT")
    doors.task("escalate_fulfillment", order_id=order_id, fulfillment_order_id=work, reason="TIMED_OUT")
    assert told(doors, order_id)[1:] == [("FulfillmentOrderOfferEnded", "S1", "TIMED_OUT")]
    assert doors.world.work(work).escalated_reason == "TIMED_OUT"
    assert listed(doors, "S1") == []
    # The first node may still do it.
    act(doors, work, "accept")


@pytest.mark.capability("E13")
def test_work_that_was_accepted_in_its_offer_is_late_only_after_the_time_of_any_work(doors: Doors):
    order_id, work = offered(doors)
    assert [doors.world.to_release(order_id), doors.world.work(work).timeout_seconds] == [[], 86_400]
    act(doors, work, "accept")
    doors.world.clock.advance(seconds=1_800)
    late = {"order_id": order_id, "fulfillment_order_id": work, "reason": "TIMED_OUT"}
    with doors.world.unchanged():
        assert not reroute(doors, order_id, work, "TIMED_OUT")
        doors.task("escalate_fulfillment", **late)
    doors.world.clock.advance(seconds=86_400 - 1_800)
    doors.task("escalate_fulfillment", **late)
    assert doors.world.work(work).escalated_reason == "TIMED_OUT"


@pytest.mark.capability("E13")
def test_the_workflow_waits_for_as_long_as_the_offer_and_then_as_for_any_work(doors: Doors):
    hold(doors, OFFER)
    order_id = doors.place(document(line("A", 2)))
    doors.task("source_order", order_id=order_id)
    (work,) = doors.task("authorize_payment", order_id=order_id)["fulfillment_orders"]
    assert (work["timeout_seconds"], work["rest_seconds"]) == (1_800, 86_400)
    # Before it is released nobody else hears of it.
    with doors.world.unchanged():
        work_id = str(work["fulfillment_order_id"])
        assert (seen(doors, work_id, "S1").status, say(doors, work_id, "accept", "S1").status) == (404, 404)
        assert listed(doors, "S1", "SCHEDULED") == listed(doors, "S1") == []
    cancel(doors, order_id)
    assert told(doors, order_id) == []

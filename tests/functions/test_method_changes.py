"""Units that are not picked go another way: other method, store or address, in one transaction."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.interruptions import before_commit
from tests.order_doors import Doors, doors
from tests.order_world import NEW_YORK, document, line, world

__all__ = ["doors", "world"]
NOWHERE = {"method": "ship", "pickup_node": None}
HOME = {"city": "New York", "postal_code": "10003", "country": "US"}


def change(doors: Doors, order_id: str, lines: dict[int, int], method: str, **more: Any) -> Answer:
    """Send units of lines another way."""
    place = {"ship_to": HOME} if method == "ship" else {"pickup_node": "S2"}
    wish = {"reason": "customer", "method": method, **place, **more}
    wish["lines"] = [{"line_no": n, "quantity": units} for n, units in lines.items()]
    return doors.api("change_orders").post(f"/v1/orders/{order_id}/method-changes", wish)


def collected(doors: Doors, *lines: dict[str, Any], **changes: Any) -> tuple[str, str]:
    """An order that S1 is to hand over, and its work there."""
    own = [one | {"method": "pickup", "pickup_node": "S1"} for one in lines]
    order_id = doors.place(document(*own, **changes))
    (work,) = doors.run_order_workflow(order_id)
    return order_id, work


def started(doors: Doors, order_id: str) -> list[str]:
    """The work that begins when what was told of the change runs the order's workflow once more."""
    return doors.run_order_workflow(order_id)


def stock(doors: Doors, sku: str = "A") -> dict[str, tuple[int, int]]:
    """What of an item is allocated and available at each node."""
    rows = {node: doors.world.stock(sku, node) for node in ("DC1", "S1", "S2")}
    return {node: (row.allocated, row.available) for node, row in rows.items()}


@pytest.mark.capability("F10")
def test_what_was_to_be_collected_is_sent_home_for_what_was_agreed(doors):
    order_id, work = collected(doors, line("A", 3, 333, tax=10))
    assert stock(doors) == {"DC1": (0, 10), "S1": (3, 2), "S2": (0, 5)}

    answer = change(doors, order_id, {1: 2}, "ship")

    assert (answer.status, answer.body["status"]) == (200, "CONFIRMED")
    order = doors.see(order_id)
    assert [(one["line_no"], one["method"], one["total"], one["tax"], one["quantities"]) for one in order["lines"]] == [
        (1, "pickup", 1009, 10, {"released": 1, "cancelled": 2}),
        (2, "ship", 673, 7, {"allocated": 2}),
    ]
    assert order["cancellations"] == [{"line_no": 1, "quantity": 2, "reason": "method_changed"}]
    assert [(one["group_no"], one["method"], one["pickup_node"]) for one in order["groups"]] == [
        (1, "pickup", "S1"),
        (2, "ship", None),
    ]
    told = doors.stored_event(order_id, "OrderMethodChanged")["detail"]["data"]
    assert (told["method"], told["difference"], told["lines"]) == (
        "ship",
        0,
        [{"from_line_no": 1, "line_no": 2, "sku": "A", "quantity": 2}],
    )
    (new,) = started(doors, order_id)
    assert told["fulfillment_order_ids"] == [new]
    sender = doors.world.work(new).node_id
    assert (doors.world.work(new).group_no, doors.world.work(new).method) == (2, "ship")
    for verb in ("accept", "pick", "pack", "ship"):
        doors.world.act(new, verb)
    for verb in ("accept", "stage", "hand-over"):
        doors.world.act(work, verb)
    for one in (new, work):
        doors.task("capture_payment", order_id=order_id, fulfillment_order_id=one)
    order = doors.see(order_id)
    assert (order["status"], order["payment_status"]) == ("COMPLETED", "CAPTURED")
    assert sorted(one["total"] for one in order["shipments"]) == [336, 673]
    assert (doors.world.provider.amount("capture"), sender) == (1009, "DC1")


@pytest.mark.capability("F10")
def test_what_was_to_be_sent_is_collected_in_a_store_and_moves_to_another_one(doors):
    order_id = doors.place(document(line("A", 2)))
    doors.run_order_workflow(order_id)
    assert change(doors, order_id, {1: 2}, "pickup", pickup_node="S1").status == 200
    assert stock(doors) == {"DC1": (0, 10), "S1": (2, 3), "S2": (0, 5)}
    assert change(doors, order_id, {2: 2}, "pickup", pickup_node="S2").status == 200
    assert stock(doors) == {"DC1": (0, 10), "S1": (0, 5), "S2": (2, 3)}

    (work,) = started(doors, order_id)
    for verb in ("accept", "stage", "hand-over"):
        doors.world.act(work, verb)
    doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)

    order = doors.see(order_id)
    assert [one["quantities"] for one in order["lines"]] == [{"cancelled": 2}, {"cancelled": 2}, {"collected": 2}]
    assert (order["status"], order["payment_status"], doors.world.provider.amount("capture")) == (
        "COMPLETED",
        "CAPTURED",
        2000,
    )


@pytest.mark.capability("F10")
def test_units_that_stay_at_their_node_are_not_given_up_for_a_moment(doors):
    """S1 has all there is: what it was to hand over it sends, and nobody else can have it in between."""
    doors.world.add_item("D", {"S1": 2})
    order_id, _ = collected(doors, line("D", 2))
    moves = len([row for (table, _), row in doors.world.database.rows.items() if table == "stock"])

    assert change(doors, order_id, {1: 2}, "ship").status == 200

    row = doors.world.stock("D", "S1")
    assert (row.allocated, row.available) == (2, 0)
    assert len([row for (table, _), row in doors.world.database.rows.items() if table == "stock"]) == moves


@pytest.mark.capability("F10")
def test_what_a_store_has_rejected_is_collected_elsewhere(doors):
    order_id, work = collected(doors, line("A", 2))
    doors.world.act(work, "reject", reason="damaged")
    assert not doors.task("reroute_fulfillment", fulfillment_order_id=work, reason="REJECTED")["rerouted"]
    with doors.world.unchanged():
        again = change(doors, order_id, {1: 2}, "pickup", pickup_node="S1")
    assert (again.status, again.body["code"], again.pointers) == (409, "out_of_stock", ["/lines/0/quantity"])

    assert change(doors, order_id, {1: 2}, "pickup").status == 200
    assert doors.world.work(started(doors, order_id)[0]).node_id == "S2"


@pytest.mark.capability("F10")
def test_a_lower_charge_is_let_go_of_and_a_higher_one_is_refused(doors):
    sent = line("A", 2, freight=500)
    order_id = doors.place(document(sent))
    doors.run_order_workflow(order_id)
    with doors.world.unchanged():
        more = change(doors, order_id, {1: 2}, "ship", charges=[{"kind": "express", "amount": 551}])
    assert (more.status, more.body["code"], more.pointers) == (409, "payment_needed", ["/charges"])

    assert change(doors, order_id, {1: 2}, "pickup", pickup_node="S1", charges=[]).status == 200

    told = doors.stored_event(order_id, "OrderMethodChanged")["detail"]["data"]
    assert (told["difference"], told["currency"]) == (-550, "USD")
    (work,) = started(doors, order_id)
    for verb in ("accept", "stage", "hand-over"):
        doors.world.act(work, verb)
    doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    assert doors.world.provider.amount("capture") == 2000
    assert doors.see(order_id)["lines"][1]["charges"] == []


@pytest.mark.capability("F10")
def test_what_the_channel_took_too_much_of_is_owed_back(doors):
    paid = [{"provider": "paypal", "reference": "pp-1", "captured": True, "amount": 1550}]
    order_id = doors.place(document(line("A", 1, freight=500), payments=paid))
    doors.run_order_workflow(order_id)

    assert change(doors, order_id, {1: 1}, "pickup", charges=[]).status == 200

    (refund,) = doors.see(order_id)["refunds"]
    assert (refund["cause"], refund["amount"]) == ("cancellation", 550)


@pytest.mark.capability("F10")
def test_picked_units_stay_and_others_of_the_same_work_go(doors):
    order_id, work = collected(doors, line("A", 3))
    doors.world.act(work, "accept")
    doors.world.act(work, "pick", lines={1: 1})
    with doors.world.unchanged():
        refused = change(doors, order_id, {1: 3}, "ship")
    assert (refused.status, refused.body["code"], refused.pointers) == (
        409,
        "action_not_available",
        ["/lines/0/quantity"],
    )

    assert change(doors, order_id, {1: 2}, "ship").status == 200

    assert doors.world.work(work).lines[0].remaining == 1
    gone = doors.stored_event(order_id, "FulfillmentOrderCancelled")["detail"]["data"]
    assert (gone["fulfillment_order_id"], gone["lines"][0]["quantity"]) == (work, 2)


@pytest.mark.capability("F10")
@pytest.mark.parametrize(
    ("changes", "status", "pointer", "code"),
    [
        ({"pickup_node": None}, 422, "/pickup_node", "required"),
        ({"pickup_node": "S9"}, 422, "/pickup_node", "unknown_node"),
        ({"pickup_node": "WEB"}, 422, "/pickup_node", "node_closed"),
        ({"ship_to": NEW_YORK}, 422, "/ship_to", "required"),
        (NOWHERE, 422, "/ship_to", "required"),
        (
            {"method": "ship", "pickup_node": None, "ship_to": {"country": "US"}},
            422,
            "/ship_to/postal_code",
            "required",
        ),
        ({"lines": [{"line_no": 2, "quantity": 1}]}, 422, "/lines/0/line_no", "unknown_line"),
        ({"lines": [{"line_no": 1, "quantity": 7}]}, 409, "/lines/0/quantity", "action_not_available"),
    ],
)
def test_a_way_without_a_place_and_units_that_are_not_there_are_refused(doors, changes, status, pointer, code):
    order_id, _ = collected(doors, line("A", 2))
    wish = {"reason": "customer", "method": "pickup", "pickup_node": "S2", "lines": [{"line_no": 1, "quantity": 1}]}
    with doors.world.unchanged():
        refused = doors.api("change_orders").post(f"/v1/orders/{order_id}/method-changes", {**wish, **changes})
    assert (refused.status, refused.pointers, refused.body["errors"][0]["code"]) == (status, [pointer], code)


@pytest.mark.capability("F10")
def test_an_order_that_is_not_sourced_or_over_stays_as_it_is(doors):
    order_id = doors.place(document(line("A", 2)))
    with doors.world.unchanged():
        assert change(doors, order_id, {1: 1}, "pickup").body["code"] == "action_not_available"
    doors.world.cancel(order_id)
    with doors.world.unchanged():
        assert change(doors, order_id, {1: 1}, "pickup").body["code"] == "action_not_available"
    unknown = change(doors, "ord_1", {1: 1}, "pickup")
    assert unknown.status == 404


@pytest.mark.capability("F10")
def test_a_repeat_is_answered_and_changes_nothing(doors):
    order_id, _ = collected(doors, line("A", 2))
    wish = {"reason": "customer", "method": "pickup", "pickup_node": "S2", "lines": [{"line_no": 1, "quantity": 1}]}
    path = f"/v1/orders/{order_id}/method-changes"
    first = doors.api("change_orders").post(path, wish, key="once")
    with doors.world.unchanged():
        again = doors.api("change_orders").post(path, wish, key="once")
    assert (first.status, again.status, again.body) == (200, 200, first.body)
    stale = doors.api("change_orders").post(path, wish, headers={"if-match": "1"})
    assert (stale.status, stale.body["code"]) == (409, "stale_version")


@pytest.mark.capability("F10")
def test_a_node_that_picks_in_the_same_moment_keeps_its_units(doors):
    order_id, work = collected(doors, line("A", 2))
    doors.world.act(work, "accept")
    before_commit(doors, 1, lambda: doors.world.act(work, "pick"))
    refused = change(doors, order_id, {1: 2}, "ship")
    assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    assert stock(doors) == {"DC1": (0, 10), "S1": (2, 3), "S2": (0, 5)}
    assert len(doors.see(order_id)["lines"]) == 1


@pytest.mark.capability("F10")
def test_the_last_unit_of_the_other_store_is_sold_once(doors):
    doors.world.add_item("D", {"S1": 1, "S2": 1})
    order_id, _ = collected(doors, line("D", 1))
    other = document(line("D", 1, method="pickup", pickup_node="S2"), external_id="other")
    before_commit(doors, 1, lambda: doors.place(other))
    refused = change(doors, order_id, {1: 1}, "pickup")
    assert (refused.status, refused.body["code"]) == (409, "out_of_stock")
    rows = [doors.world.stock("D", node) for node in ("S1", "S2")]
    assert [(row.allocated, row.reserved, row.available) for row in rows] == [(1, 0, 0), (0, 1, 0)]

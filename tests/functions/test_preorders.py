"""Pre-orders: sold before the street date up to a limit, paid for as the item says, and never given out before it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from oms.orders.backorders import preorder_key
from oms.platform.dynamodb import Conflict
from oms.platform.writes import Kind, Write
from oms.registry import reads as registry
from tests.functions.test_backorders import states
from tests.functions.test_brokering import broker
from tests.functions.test_rerouting import act
from tests.functions.test_slips import days, hear, supply
from tests.interruptions import before_commit, calm
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

STREET = "2026-12-04"
# The street date begins at midnight in New York.
BEGINS = datetime(2026, 12, 4, 5, tzinfo=UTC)


def put(doors: Doors, sku: str = "GAME", version: int = 0, **terms: Any) -> None:
    body = {"description": sku, "preorder": {"street_date": STREET, **terms}}
    made = doors.api("registry").put(f"/v1/items/{sku}", body, headers={"if-match": str(version)})
    assert made.status in (200, 201), made.body
    registry.forget()


def preordered(doors: Doors, units: int, external_id: str, *more: dict[str, Any], **changes: Any) -> str:
    order_id = doors.place(document(line("GAME", units), *more, external_id=external_id, **changes))
    doors.run_order_workflow(order_id)
    return order_id


def taken(doors: Doors) -> int:
    row = doors.world.database.rows.get(("stock", preorder_key(TENANT, "GAME")), {})
    return int(str(row.get("taken", 0)))


@pytest.mark.capability("I4")
def test_nothing_is_given_out_before_the_street_date_even_where_it_lies_there(doors: Doors):
    put(doors, most_units=10)
    doors.world.receive("GAME", "DC1", 5)
    order_id = preordered(doors, 2, "o-1", line("A", 1))
    assert (states(doors, order_id), states(doors, order_id, 2)) == ({"backordered": 2}, {"released": 1})
    assert days(doors, order_id) == [(STREET, STREET)]
    (work,) = doors.world.order(order_id).fulfillment_orders
    act(doors, work.id, "ship")
    doors.world.capture(work.id)
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="GAME")
        broker(doors)
    doors.world.clock.advance(seconds=(BEGINS - doors.world.clock.now()).total_seconds() - 1)
    with doors.world.unchanged():
        broker(doors)
    doors.world.clock.advance(seconds=1)
    broker(doors)
    assert states(doors, order_id) == {"allocated": 2}
    (work_id,) = doors.run_order_workflow(order_id)
    act(doors, work_id, "ship")
    doors.world.capture(work_id)
    assert doors.see(order_id)["status"] == "COMPLETED"


@pytest.mark.capability("I4")
def test_from_the_street_date_on_it_is_an_item_like_all_others(doors: Doors):
    put(doors, most_units=1)
    doors.world.receive("GAME", "DC1", 5)
    first = preordered(doors, 1, "o-1")
    doors.world.clock.advance(seconds=(BEGINS - doors.world.clock.now()).total_seconds())
    registry.forget()
    # Who waits comes before who comes, and the limit of pre-orders is no limit any more.
    later = doors.place(document(line("GAME", 4), external_id="o-2"))
    assert (states(doors, later), states(doors, first), taken(doors)) == ({"open": 4}, {"backordered": 1}, 1)
    broker(doors)
    assert states(doors, first) == {"allocated": 1}


@pytest.mark.capability("I4")
def test_no_more_are_sold_than_the_item_says_and_what_is_cancelled_may_be_sold_again(doors: Doors):
    put(doors, most_units=3)
    first = preordered(doors, 2, "o-1")
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(line("GAME", 2), external_id="o-2"))
    assert (refused.status, refused.body["code"], refused.pointers) == (
        *(409, "preorder_sold_out"),
        ["/lines/0/quantity"],
    )
    assert taken(doors) == 2
    path = f"/v1/orders/{first}/cancellations"
    body = {"reason": "changed_mind", "lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("change_orders").post(path, body).status == 200
    assert taken(doors) == 1
    preordered(doors, 2, "o-2")
    assert taken(doors) == 3


@pytest.mark.capability("I4")
def test_without_a_limit_as_many_are_sold_as_there_are_and_are_to_come(doors: Doors):
    put(doors)
    doors.world.receive("GAME", "S1", 1)
    hear(doors, supply(doors, "po-1", 2, "2026-12-08", sku="GAME"))
    preordered(doors, 2, "o-1")
    refused = doors.api("place_order").post("/v1/orders", document(line("GAME", 2), external_id="o-2"))
    assert (refused.status, refused.body["code"]) == (409, "preorder_sold_out")
    preordered(doors, 1, "o-3")
    assert taken(doors) == 3


@pytest.mark.capability("I4")
def test_two_at_once_do_not_pass_the_limit_together(doors: Doors):
    put(doors, most_units=3)
    other: list[int] = []

    def faster() -> None:
        body = document(line("GAME", 2), external_id="faster")
        other.append(doors.api("place_order").post("/v1/orders", body).status)

    before_commit(doors, 1, faster)
    slower = doors.api("place_order").post("/v1/orders", document(line("GAME", 2), external_id="slower"))
    calm(doors)
    assert (other, slower.status, slower.body["code"], taken(doors)) == ([201], 409, "preorder_sold_out", 2)


@pytest.mark.capability("I4")
def test_of_a_thousand_that_count_in_at_once_the_guard_lets_in_as_many_as_there_are(doors: Doors):
    """All of them have read that nothing was taken."""
    key, let_in = preorder_key(TENANT, "GAME"), 0
    for _ in range(1_000):
        try:
            doors.world.database.commit(
                [Write(Kind.CHANGE, "stock", key, add={"taken": 1}, at_most={"taken": 700 - 1})]
            )
            let_in += 1
        except Conflict:
            continue
    assert (let_in, taken(doors)) == (700, 700)


@pytest.mark.capability("I4", "K1")
def test_a_card_is_authorised_so_many_days_before_by_the_workflow_of_its_payment(doors: Doors):
    put(doors, most_units=10, authorize_days_before=3, street_date="2026-11-28")
    doors.world.receive("GAME", "DC1", 5)
    order_id = preordered(doors, 2, "o-1")
    since = "2026-11-25T05:00:00.000Z"
    (told,) = doors.told("PaymentDeferred")
    assert (told["detail"]["data"]["amount"], told["detail"]["data"]["authorize_from"]) == (2_000, since)
    seen = doors.see(order_id)
    assert (seen["payment_status"], seen["status"], doors.world.provider.effects) == ("PENDING", "CONFIRMED", [])
    # One wait for as long as it takes: until New York's midnight three days before.
    wait = doors.task("care_for_payment", order_id=order_id)["wait_seconds"]
    assert wait == (datetime(2026, 11, 25, 5, tzinfo=UTC) - doors.world.clock.now()).total_seconds()
    doors.world.clock.advance(seconds=wait)
    # Then it waits for the time at which the hold, which lasts until 30 November at noon, is to be renewed.
    assert doors.task("care_for_payment", order_id=order_id) == {"wait_seconds": 127 * 3_600 * 80 // 100}
    assert doors.see(order_id)["payment_status"] == "AUTHORIZED"
    # Whatever was allocated by then may go on.
    assert [one["detail"]["data"]["order_id"] for one in doors.told("OrderPaymentSettled")] == [order_id]
    doors.world.clock.advance(days=3)
    broker(doors)
    (work_id,) = doors.run_order_workflow(order_id)
    act(doors, work_id, "ship")
    doors.world.capture(work_id)
    assert doors.see(order_id)["payment_status"] == "CAPTURED"


@pytest.mark.capability("I4")
def test_who_cancels_before_the_card_is_asked_was_never_asked(doors: Doors):
    put(doors, most_units=10, authorize_days_before=3)
    order_id = preordered(doors, 2, "o-1")
    path = f"/v1/orders/{order_id}/cancellations"
    assert doors.api("change_orders").post(path, {"reason": "changed_mind"}).status == 200
    assert (doors.task("care_for_payment", order_id=order_id), doors.world.provider.effects) == (
        {"wait_seconds": 0},
        [],
    )
    assert (doors.see(order_id)["status"], taken(doors)) == ("CANCELLED", 0)


@pytest.mark.capability("I4")
def test_only_items_of_stock_are_sold_before_a_street_date(doors: Doors):
    body = {"description": "A song", "kind": "digital", "preorder": {"street_date": STREET}}
    with doors.world.unchanged():
        refused = doors.api("registry").put("/v1/items/SONG", body)
    assert (refused.status, refused.pointers) == (422, ["/preorder"])

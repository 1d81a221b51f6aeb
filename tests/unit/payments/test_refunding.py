"""What is owed back of an order: from which tenders, never more than was taken, and what becomes of the tenders."""

from __future__ import annotations

from typing import Any

import pytest

from oms.orders.model import Order, payment_status
from oms.orders.writes import change_order
from oms.payments.model import Rollup, State, given_back
from oms.payments.refunding import owe_refund, plan_refund, refundable
from oms.payments.refunds import Cause, OverRefund, PartState, Refund
from oms.platform.commands import Decision, execute
from oms.platform.dynamodb import Conflict
from tests.order_world import TENANT, World, line, world
from tests.single_order import the_order

__all__ = ["world"]


def paid(world: World, cards: list[int], *lines: dict[str, Any]) -> Order:
    """An order that was shipped and taken, whose tenders are charged in this order."""
    (work,) = world.released(world.placed(*(lines or (line("A", 5),)), cards=cards))
    world.act(work, "ship")
    world.capture(work)
    return world.order(the_order(world))


def owe(world: World, cause_id: str, amount: int, to: str | None = None, *, order: Order | None = None) -> Order:
    """Owe an amount in a transaction of its own, decided on the order as it is or as it was read."""
    before = order or world.order(the_order(world))
    call = world.call("owe_refund", [cause_id])

    def decide() -> Decision:
        refund, events = owe_refund(before, Cause.RETURN, cause_id, amount, to, at="2026-11-23T12:00:00Z")
        after, writes, drafts = change_order(TENANT, before, events=events, refunds=[refund])
        return Decision(writes, drafts, body={"order_id": after.header.id})

    execute(world.runtime, call, decide)
    return world.order(the_order(world))


def parts(refund: Refund) -> list[tuple[str, int]]:
    return [(part.sources[0].payment_id.rpartition("_")[2], part.amount) for part in refund.parts]


@pytest.mark.capability("K2")
def test_the_tender_charged_last_gives_back_first(world: World):
    order = paid(world, [2000, 3000])
    assert list(refundable(order).values()) == [2000, 3000]
    first = owe(world, "ret_1", 3500)
    assert parts(first.refunds[0]) == [("2", 3000), ("1", 500)]
    assert list(refundable(first).values()) == [1500, 0]
    second = owe(world, "ret_2", 1500)
    assert parts(second.refunds[1]) == [("1", 1500)]
    assert [(p.captured, p.refunded, p.refund_pending) for p in second.payments] == [(2000, 0, 2000), (3000, 0, 3000)]
    assert world.events(the_order(world))[-2:] == ["RefundOwed", "RefundOwed"]


@pytest.mark.capability("J10")
def test_more_than_was_taken_is_never_owed(world: World):
    paid(world, [5000])
    owe(world, "ret_1", 4000)
    with world.unchanged(), pytest.raises(OverRefund) as refused:
        owe(world, "ret_2", 1001)
    assert (refused.value.status, refused.value.code) == (409, "refund_exceeds_captured")
    assert refused.value.detail == "1001 would be given back, and 1000 can be."
    assert owe(world, "ret_3", 1000).payments[0].refund_pending == 5000


@pytest.mark.capability("J10")
def test_of_two_decided_on_the_same_order_one_is_stored(world: World):
    """A return and an appeasement at once: the order's version lets one of them through."""
    order = paid(world, [5000])
    after = owe(world, "ret_1", 3000, order=order)
    with world.unchanged(), pytest.raises(Conflict):
        world.database.commit(_writes(order, 3000))
    assert [refund.cause_id for refund in after.refunds] == ["ret_1"]


def _writes(order: Order, amount: int) -> Any:
    refund, events = owe_refund(order, Cause.APPEASEMENT, "app_1", amount)
    return change_order(TENANT, order, events=events, refunds=[refund])[1]


@pytest.mark.capability("K8")
def test_another_tender_is_paid_from_all_that_can_be_given_back(world: World):
    order = paid(world, [2000, 3000])
    (part,) = plan_refund(order, 4330, "cash")
    assert (part.tender, part.provider, part.amount) == ("cash", None, 4330)
    assert [(one.payment_id.rpartition("_")[2], one.amount) for one in part.sources] == [("2", 3000), ("1", 1330)]
    (part,) = plan_refund(order, 100, "store_credit")
    assert (part.tender, part.provider) == ("store_credit", "stored_value")
    with pytest.raises(OverRefund):
        plan_refund(order, 5001, "cash")


def test_each_authorization_gives_back_what_it_took(world: World):
    """A provider with one capture for each authorization: the money came from two of them."""
    world.provider.max_captures = world.provider.says_max_captures = 1
    (work,) = world.released(world.placed(line("A", 5)))
    for units in (2, 3):
        world.act(work, "ship", lines={1: units})
        world.capture(work)
    order = world.order(the_order(world))
    assert [(one.reference, one.captured) for one in order.payments[0].takings] == [("psp_1", 2000), ("psp_2", 3000)]
    assert [(p.sources[0].reference, p.amount) for p in plan_refund(order, 3500)] == [("psp_2", 3000), ("psp_1", 500)]
    after = owe(world, "ret_1", 3500)
    assert [(p.sources[0].reference, p.amount) for p in plan_refund(after, 1500)] == [("psp_1", 1500)]


def test_the_states_of_a_tender_follow_what_was_given_back(world: World):
    order = paid(world, [5000])
    (payment,) = order.payments
    states = [given_back(payment, refunded, 0).state for refunded in (0, 1, 4999, 5000)]
    assert states == [State.CAPTURED, State.PARTIALLY_REFUNDED, State.PARTIALLY_REFUNDED, State.REFUNDED]
    whole = given_back(payment, 5000, 0)
    assert given_back(whole, 4000, 1000).state is State.PARTIALLY_REFUNDED
    assert given_back(whole, 0, 5000).state is State.CAPTURED
    owed = owe(world, "ret_1", 5000)
    assert (owed.refunds[0].status, payment_status(owed)) == (PartState.PLANNED, Rollup.CAPTURED)


def test_the_order_shows_what_is_owed(world: World):
    paid(world, [5000])
    owe(world, "ret_1", 1200)
    shown = world.view(the_order(world))
    assert (shown.payments[0].refunded, shown.payments[0].refund_pending) == (0, 1200)
    assert shown.refunds[0].model_dump() == {
        "id": f"rfd_{the_order(world).partition('_')[2]}_1",
        "cause": "return",
        "cause_id": "ret_1",
        "currency": "USD",
        "amount": 1200,
        "executed": 0,
        "status": "PLANNED",
        "owed_at": "2026-11-23T12:00:00Z",
        "parts": [
            {
                "number": 1,
                "tender": "card",
                "payment_id": world.order(the_order(world)).payments[0].id,
                "amount": 1200,
                "state": "PLANNED",
                "attempt": 1,
                "movement_id": None,
                "account_id": None,
                "failure_code": None,
            }
        ],
    }

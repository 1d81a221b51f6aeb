"""The fulfilment order by itself: which verbs are possible when, and what they do to quantities."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.fulfillment import packing, protocol
from oms.fulfillment.model import CancelRequest, FulfillmentOrder, Status, WorkLine, WorkUnits
from oms.fulfillment.protocol import TAKEN, Action, AlreadyDone, available_actions
from oms.fulfillment.writes import give_way, may_be_replaced
from oms.platform.problems import ActionNotAvailable, InvalidRequest, Problem

VERBS: dict[Action, Any] = {
    Action.ACCEPT: protocol.accept,
    Action.REJECT: lambda work: protocol.reject(work, "damaged"),
    Action.PICK: lambda work: protocol.pick(work, None),
    Action.PACK: lambda work: protocol.pack(work, None),
    Action.STAGE: protocol.stage,
    Action.SHIP: lambda work: protocol.leave(work, None, Action.SHIP),
    Action.HAND_OVER: lambda work: protocol.leave(work, None, Action.HAND_OVER),
    Action.CLOSE: lambda work: protocol.close(work, "damaged"),
    Action.UNSTAGE: packing.unstaged,
    Action.CANCEL: lambda work: protocol.cancel(work, {1: 1}),
    Action.REQUEST_CANCELLATION: lambda work: protocol.request_cancellation(work, {1: 1}, "customer"),
}
# What the node protocol says, state by state, for parcels and for the counter.
PARCEL = {
    Status.SCHEDULED: set(),
    Status.OPEN: {"accept", "reject", "pick", "pack", "ship"},
    Status.ACCEPTED: {"reject", "pick", "pack", "ship", "close"},
    Status.PICKING: {"reject", "pick", "pack", "ship", "close"},
    Status.PACKED: {"ship", "close"},
    Status.READY: {"close"},
    Status.ON_HOLD: set(),
    Status.IN_TRANSIT: set(),
    Status.COMPLETED: set(),
    Status.REJECTED: set(),
    Status.INCOMPLETE: set(),
    Status.CANCELLED: set(),
    Status.REPLACED: set(),
}
COUNTER = {
    **PARCEL,
    Status.OPEN: {"accept", "reject", "pick", "pack", "stage"},
    Status.ACCEPTED: {"reject", "pick", "pack", "stage", "close"},
    Status.PICKING: {"reject", "pick", "pack", "stage", "close"},
    Status.PACKED: {"stage", "close"},
    Status.READY: {"hand-over", "close", "unstage"},
}
# What its order does with the work, which is no verb of a node: it takes units away, or asks the node for them.
ORDERS_OWN = {
    **dict.fromkeys((Status.SCHEDULED, Status.OPEN, Status.ON_HOLD), frozenset({"cancel"})),
    **dict.fromkeys(TAKEN, frozenset({"request-cancellation"})),
}


def work(status: Status = Status.OPEN, method: str = "ship", **line: int) -> FulfillmentOrder:
    return FulfillmentOrder(
        id="ful_1_1",
        order_id="ord_1",
        node_id="S1",
        legal_entity="100",
        group_no=1,
        method=method,
        status=status,
        lines=(WorkLine(**{"line_no": 1, "sku": "A", "quantity": 5, **line}),),
        created_at="2026-11-23T12:00:00.000Z",
    )


def counts(order: FulfillmentOrder) -> tuple[int, int, int, int, int]:
    (one,) = order.lines
    return one.quantity, one.picked, one.packed, one.shipped, one.cancelled


@pytest.mark.capability("E12")
@pytest.mark.parametrize("status", Status)
def test_only_work_that_its_node_has_and_has_not_begun_gives_way(status: Status):
    order = work(status, cancelled=1)
    assert may_be_replaced(order) is (status is Status.OPEN)
    if status is not Status.OPEN:
        with pytest.raises(ActionNotAvailable):
            give_way(order, "BETTER_PLAN")
        return
    gone, told = give_way(order, "BETTER_PLAN")
    (one,) = gone.lines
    assert (gone.status, gone.replaced_reason, gone.rejected_reason, gone.is_closed) == (
        Status.REPLACED,
        "BETTER_PLAN",
        None,
        True,
    )
    assert (one.quantity, one.cancelled, one.given_up, one.replaced, one.held, one.remaining) == (5, 1, 0, 4, 0, 0)
    assert (told.fulfillment_order_id, told.node_id, told.reason) == ("ful_1_1", "S1", "BETTER_PLAN")
    assert not may_be_replaced(work(status, picked=1))


@pytest.mark.capability("B4", "H2")
@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("method", ["ship", "delivery", "digital", "pickup", "ship_to_store"])
def test_what_is_listed_is_possible_and_nothing_else(status: Status, method: str):
    table = COUNTER if method in ("pickup", "ship_to_store") else PARCEL
    order = work(status, method)
    assert set(available_actions(order)) == table[status]
    possible = table[status] | ORDERS_OWN.get(status, set())
    for action, verb in VERBS.items():
        if action.value in possible:
            assert verb(order) != order
        else:
            with pytest.raises(ActionNotAvailable):
                verb(order)


@pytest.mark.capability("H2")
def test_a_step_that_was_overtaken_says_so():
    for status, late in (
        (Status.ACCEPTED, Action.ACCEPT),
        (Status.PACKED, Action.PICK),
        (Status.PACKED, Action.ACCEPT),
        (Status.COMPLETED, Action.SHIP),
        (Status.COMPLETED, Action.PACK),
    ):
        with pytest.raises(AlreadyDone):
            VERBS[late](work(status))
    for status in (Status.CANCELLED, Status.REJECTED):
        with pytest.raises(ActionNotAvailable) as refused:
            VERBS[Action.SHIP](work(status))
        assert not isinstance(refused.value, AlreadyDone)


def test_packing_implies_picking_and_shipping_implies_both():
    assert counts(protocol.pack(work(), {1: 2})) == (5, 2, 2, 0, 0)
    assert protocol.pack(work(), {1: 2}).status is Status.PICKING
    assert protocol.pack(work(), None).status is Status.PACKED
    shipped = protocol.leave(work(), {1: 2}, Action.SHIP)
    assert (counts(shipped), shipped.status) == ((5, 2, 2, 2, 0), Status.ACCEPTED)
    rest = protocol.leave(shipped, None, Action.SHIP)
    assert (counts(rest), rest.status) == ((5, 5, 5, 5, 0), Status.COMPLETED)


@pytest.mark.capability("B1")
def test_three_states_in_one_line():
    shipped = protocol.leave(protocol.pick(work(), {1: 3}), {1: 2}, Action.SHIP)
    order = protocol.accept_cancellation(protocol.request_cancellation(shipped, {1: 1}, "customer"), None)
    assert counts(order) == (5, 3, 2, 2, 1)
    assert order.lines[0].remaining == 2


def asked(order: FulfillmentOrder, units: int) -> FulfillmentOrder:
    return protocol.request_cancellation(order, {1: units}, "customer")


def test_a_node_is_asked_only_after_it_has_taken_the_work():
    for status in (Status.SCHEDULED, Status.OPEN):
        assert counts(protocol.cancel(work(status), {1: 5})) == (5, 0, 0, 0, 5)
        with pytest.raises(ActionNotAvailable):
            asked(work(status), 1)
    for status in (Status.ACCEPTED, Status.PICKING, Status.PACKED, Status.READY):
        with pytest.raises(ActionNotAvailable):
            protocol.cancel(work(status), {1: 1})
        order = asked(work(status), 2)
        assert (order.asked, counts(order)) == ({1: 2}, counts(work(status)))
        assert "cancel-response" in available_actions(order)


def test_no_more_is_asked_for_than_has_not_left():
    shipped = protocol.leave(work(), {1: 2}, Action.SHIP)
    assert asked(asked(shipped, 1), 2).asked == {1: 3}
    with pytest.raises(ActionNotAvailable):
        asked(asked(shipped, 1), 3)
    with pytest.raises(InvalidRequest):
        protocol.request_cancellation(shipped, {2: 1}, "customer")


def test_letting_go_takes_the_unpacked_units_first_and_packed_ones_too():
    packed = protocol.pack(work(), {1: 4})
    assert counts(protocol.accept_cancellation(asked(packed, 1), None)) == (5, 4, 4, 0, 1)
    assert counts(protocol.accept_cancellation(asked(packed, 3), None)) == (5, 2, 2, 0, 3)
    everything = protocol.accept_cancellation(asked(packed, 5), None)
    assert (counts(everything), everything.status) == ((5, 0, 0, 0, 5), Status.CANCELLED)


def test_letting_go_of_the_rest_of_a_parcel_completes_it():
    order = protocol.accept_cancellation(asked(protocol.leave(work(), {1: 2}, Action.SHIP), 3), None)
    assert (counts(order), order.status) == ((5, 2, 2, 2, 3), Status.COMPLETED)


def test_a_node_may_let_go_of_some_of_what_it_is_asked_for():
    order = protocol.accept_cancellation(asked(work(Status.ACCEPTED), 3), {1: 2})
    assert (counts(order), order.asked) == ((5, 0, 0, 0, 2), {})
    assert order.cancel_request is not None
    assert order.cancel_request.answer == "ACCEPTED"
    for wrong in ({1: 4}, {2: 1}):
        with pytest.raises(InvalidRequest):
            protocol.accept_cancellation(asked(work(Status.ACCEPTED), 3), wrong)


def test_a_refusal_leaves_everything_and_it_may_be_asked_again():
    refused = protocol.reject_cancellation(asked(work(Status.PACKED), 3))
    assert (counts(refused), refused.asked) == (counts(work()), {})
    assert asked(refused, 2).asked == {1: 2}


def test_a_request_shrinks_to_what_has_not_left():
    order = asked(work(Status.ACCEPTED), 3)
    assert protocol.leave(order, {1: 2}, Action.SHIP).asked == {1: 3}
    assert protocol.leave(order, {1: 4}, Action.SHIP).asked == {1: 1}
    left = protocol.leave(order, None, Action.SHIP)
    assert left.cancel_request == CancelRequest(
        lines=(WorkUnits(line_no=1, quantity=3),), reason="customer", answer="REJECTED"
    )


@pytest.mark.parametrize("answer", [lambda one: protocol.accept_cancellation(one, None), protocol.reject_cancellation])
def test_an_answer_that_nobody_waits_for(answer: Any):
    """Never asked: refused. Asked and settled, by an answer or because everything left: it was done before."""
    with pytest.raises(ActionNotAvailable) as refused:
        answer(work(Status.ACCEPTED))
    assert not isinstance(refused.value, AlreadyDone)
    for settled in (
        protocol.reject_cancellation(asked(work(Status.ACCEPTED), 3)),
        protocol.accept_cancellation(asked(work(Status.ACCEPTED), 3), None),
        protocol.leave(asked(work(Status.ACCEPTED), 3), None, Action.SHIP),
    ):
        with pytest.raises(AlreadyDone):
            answer(settled)


@pytest.mark.capability("H2")
def test_closing_gives_up_what_has_not_left():
    shipped = protocol.leave(protocol.pack(work(), {1: 4}), {1: 2}, Action.SHIP)
    closed = protocol.close(shipped, "damaged")
    assert (counts(closed), closed.lines[0].given_up) == ((5, 2, 2, 2, 0), 3)
    assert (closed.status, closed.closed_reason, closed.is_closed) == (Status.INCOMPLETE, "damaged", True)
    rejected = protocol.reject(protocol.pick(work(), {1: 4}), "damaged")
    assert (counts(rejected), rejected.lines[0].given_up) == ((5, 0, 0, 0, 0), 5)


def test_a_part_that_has_left_cannot_be_rejected():
    with pytest.raises(ActionNotAvailable):
        protocol.reject(protocol.leave(work(), {1: 1}, Action.SHIP), "lost")


@pytest.mark.parametrize(("verb", "room"), [(protocol.pick, 5), (protocol.pack, 5)])
def test_more_than_there_is_is_refused(verb: Any, room: int):
    with pytest.raises(InvalidRequest) as refused:
        verb(work(), {1: room + 1})
    assert [error.code for error in refused.value.errors] == ["quantity_too_large"]
    with pytest.raises(InvalidRequest) as refused:
        verb(work(), {2: 1})
    assert [error.code for error in refused.value.errors] == ["unknown_line"]


def test_more_than_is_left_cannot_leave():
    with pytest.raises(InvalidRequest):
        protocol.leave(work(cancelled=2), {1: 4}, Action.SHIP)
    with pytest.raises(InvalidRequest):
        protocol.leave(work(cancelled=5), None, Action.SHIP)


@settings(max_examples=200, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(list(Action)), st.none() | st.dictionaries(st.integers(1, 2), st.integers(1, 6))),
        max_size=10,
    ),
    method=st.sampled_from(["ship", "pickup"]),
)
def test_whatever_happens_the_quantities_stay_in_order(steps: list[tuple[Action, Any]], method: str):
    """Quantities stay within each other, no more is asked for than there is, and a closed one never changes again."""
    order = work(method=method)
    for action, quantities in steps:
        verbs: dict[Action, Any] = {
            **VERBS,
            Action.PICK: lambda one, q=quantities: protocol.pick(one, q),
            Action.PACK: lambda one, q=quantities: protocol.pack(one, q),
            Action.SHIP: lambda one, q=quantities: protocol.leave(one, q, Action.SHIP),
            Action.HAND_OVER: lambda one, q=quantities: protocol.leave(one, q, Action.HAND_OVER),
            Action.CANCEL: lambda one, q=quantities: protocol.cancel(one, q or {}),
            Action.REQUEST_CANCELLATION: lambda one, q=quantities: protocol.request_cancellation(one, q or {1: 1}, "x"),
            Action.CANCEL_RESPONSE: lambda one, q=quantities: protocol.accept_cancellation(one, q),
        }
        if action not in verbs:
            continue
        before = order
        try:
            order = verbs[action](order)
        except Problem:
            continue
        assert not before.is_closed
        for line in order.lines:
            assert 0 <= line.shipped <= line.packed <= line.picked <= line.quantity - line.cancelled - line.given_up
            assert 0 <= order.asked.get(line.line_no, 0) <= line.remaining
        gone = all(line.remaining == 0 for line in order.lines) and any(line.shipped for line in order.lines)
        assert (order.status is Status.COMPLETED) == (gone and order.status is not Status.INCOMPLETE)

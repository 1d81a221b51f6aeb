"""The fulfilment order by itself: which verbs are possible when, and what they do to quantities."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.fulfillment import model
from oms.fulfillment.model import Action, AlreadyDone, FulfillmentOrder, Status, WorkLine, available_actions
from oms.platform.problems import ActionNotAvailable, InvalidRequest, Problem

VERBS: dict[Action, Any] = {
    Action.ACCEPT: model.accept,
    Action.REJECT: lambda work: model.reject(work, "damaged"),
    Action.PICK: lambda work: model.pick(work, None),
    Action.PACK: lambda work: model.pack(work, None),
    Action.STAGE: model.stage,
    Action.SHIP: lambda work: model.leave(work, None, Action.SHIP),
    Action.HAND_OVER: lambda work: model.leave(work, None, Action.HAND_OVER),
    Action.CANCEL: lambda work: model.cancel(work, {1: 1}),
}
# What the node protocol says, state by state, for parcels and for the counter.
PARCEL = {
    Status.SCHEDULED: set(),
    Status.OPEN: {"accept", "reject", "pick", "pack", "ship"},
    Status.ACCEPTED: {"reject", "pick", "pack", "ship"},
    Status.PICKING: {"reject", "pick", "pack", "ship"},
    Status.PACKED: {"ship"},
    Status.READY: set(),
    Status.ON_HOLD: set(),
    Status.IN_TRANSIT: set(),
    Status.COMPLETED: set(),
    Status.REJECTED: set(),
    Status.INCOMPLETE: set(),
    Status.CANCELLED: set(),
}
COUNTER = {
    **PARCEL,
    Status.OPEN: {"accept", "reject", "pick", "pack", "stage"},
    Status.ACCEPTED: {"reject", "pick", "pack", "stage"},
    Status.PICKING: {"reject", "pick", "pack", "stage"},
    Status.PACKED: {"stage"},
    Status.READY: {"hand-over"},
}
# What its order may still take away from the work, of which no node is told a verb.
MAY_BE_CANCELLED = {Status.SCHEDULED, Status.OPEN, Status.ACCEPTED, Status.PICKING}


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


@pytest.mark.capability("B4", "H2")
@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("method", ["ship", "delivery", "digital", "pickup", "ship_to_store"])
def test_what_is_listed_is_possible_and_nothing_else(status: Status, method: str):
    table = COUNTER if method in ("pickup", "ship_to_store") else PARCEL
    order = work(status, method)
    assert set(available_actions(order)) == table[status]
    possible = table[status] | ({"cancel"} if status in MAY_BE_CANCELLED else set())
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
    assert counts(model.pack(work(), {1: 2})) == (5, 2, 2, 0, 0)
    assert model.pack(work(), {1: 2}).status is Status.PICKING
    assert model.pack(work(), None).status is Status.PACKED
    shipped = model.leave(work(), {1: 2}, Action.SHIP)
    assert (counts(shipped), shipped.status) == ((5, 2, 2, 2, 0), Status.OPEN)
    rest = model.leave(shipped, None, Action.SHIP)
    assert (counts(rest), rest.status) == ((5, 5, 5, 5, 0), Status.COMPLETED)


@pytest.mark.capability("B1")
def test_three_states_in_one_line():
    order = model.cancel(model.leave(model.pick(work(), {1: 3}), {1: 2}, Action.SHIP), {1: 1})
    assert counts(order) == (5, 3, 2, 2, 1)
    assert order.lines[0].remaining == 2


def test_units_that_are_packed_stay():
    packed = model.pack(work(), {1: 4})
    assert counts(model.cancel(packed, {1: 1})) == (5, 4, 4, 0, 1)
    with pytest.raises(ActionNotAvailable, match="fewer than 2 units"):
        model.cancel(packed, {1: 2})


def test_cancelling_takes_picked_units_back():
    order = model.cancel(model.pick(work(), None), {1: 5})
    assert (counts(order), order.status) == ((5, 0, 0, 0, 5), Status.CANCELLED)


def test_cancelling_the_rest_of_a_parcel_completes_it():
    order = model.cancel(model.leave(work(), {1: 2}, Action.SHIP), {1: 3})
    assert (counts(order), order.status) == ((5, 2, 2, 2, 3), Status.COMPLETED)


def test_a_part_that_has_left_cannot_be_rejected():
    with pytest.raises(ActionNotAvailable):
        model.reject(model.leave(work(), {1: 1}, Action.SHIP), "lost")


@pytest.mark.parametrize(("verb", "room"), [(model.pick, 5), (model.pack, 5)])
def test_more_than_there_is_is_refused(verb: Any, room: int):
    with pytest.raises(InvalidRequest) as refused:
        verb(work(), {1: room + 1})
    assert [error.code for error in refused.value.errors] == ["quantity_too_large"]
    with pytest.raises(InvalidRequest) as refused:
        verb(work(), {2: 1})
    assert [error.code for error in refused.value.errors] == ["unknown_line"]


def test_more_than_is_left_cannot_leave():
    with pytest.raises(InvalidRequest):
        model.leave(work(cancelled=2), {1: 4}, Action.SHIP)
    with pytest.raises(InvalidRequest):
        model.leave(work(cancelled=5), None, Action.SHIP)


@settings(max_examples=200, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(list(Action)), st.none() | st.dictionaries(st.integers(1, 2), st.integers(1, 6))),
        max_size=10,
    ),
    method=st.sampled_from(["ship", "pickup"]),
)
def test_whatever_happens_the_quantities_stay_in_order(steps: list[tuple[Action, Any]], method: str):
    """shipped <= packed <= picked <= quantity - cancelled, at every moment, and a closed one never changes again."""
    order = work(method=method)
    for action, quantities in steps:
        verbs: dict[Action, Any] = {
            **VERBS,
            Action.PICK: lambda one, q=quantities: model.pick(one, q),
            Action.PACK: lambda one, q=quantities: model.pack(one, q),
            Action.SHIP: lambda one, q=quantities: model.leave(one, q, Action.SHIP),
            Action.HAND_OVER: lambda one, q=quantities: model.leave(one, q, Action.HAND_OVER),
            Action.CANCEL: lambda one, q=quantities: model.cancel(one, q or {}),
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
            assert 0 <= line.shipped <= line.packed <= line.picked <= line.quantity - line.cancelled
            assert line.remaining >= 0
        assert (order.status is Status.COMPLETED) == (
            all(line.remaining == 0 for line in order.lines) and any(line.shipped for line in order.lines)
        )

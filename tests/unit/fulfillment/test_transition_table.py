"""The table of the node protocol, cell by cell: what each verb meets in each state."""

from __future__ import annotations

import pytest

from oms.fulfillment import protocol
from oms.fulfillment.model import Capture, FulfillmentOrder, Status, WorkLine
from oms.fulfillment.protocol import Action, AlreadyDone, available_actions
from oms.platform.problems import ActionNotAvailable, InvalidRequest

# + is allowed, d was done before, - is refused.
EARLY = ["SCHEDULED", "OPEN", "ON_HOLD", "ACCEPTED", "PICKING", "PACKED"]
STATES = [*EARLY, "READY", "IN_TRANSIT", "COMPLETED", "REJECTED", "INCOMPLETE", "CANCELLED", "REPLACED"]
TABLE = {
    "release": "+ d + d d d d d d - - - -",
    "accept": "- + - d d d d d d - - - -",
    "reject": "- + - + + - - - - - - - -",
    "pick": "- + - + + d d d d - - - -",
    "pack": "- + - + + d d d d - - - -",
    "stage": "- + - + + + d d d - - - -",
    "ship": "- + - + + + - - d - - - -",
    "hand-over": "- - - - - - + - d - - - -",
    "close": "- - - + + + + - - - - - -",
    "cancel": "+ + + - - - - - - - - - -",
    "request-cancellation": "- - - + + + + - - - - - -",
    "cancel-response": "- - - + + + + - - - - - -",
    "receive": "- - - + + + - + d - - - -",
    "prepare": "- - - - + d d d d - - - -",
    "unpack": "- - - - + + - - - - - - -",
    "unstage": "- - - - - - + - - - - - -",
}


def work(status: Status, method: str = "ship", **line: int) -> FulfillmentOrder:
    return FulfillmentOrder(
        id="ful_1_1",
        order_id="ord_1",
        node_id="S1",
        legal_entity="100",
        group_no=1,
        method=method,
        status=status,
        lines=(WorkLine(**{"line_no": 1, "sku": "A", "quantity": 5, **line}),),
        created_at="x",
    )


def test_the_table_is_about_every_verb_and_every_state():
    assert set(TABLE) == {action.value for action in Action}
    assert sorted(STATES) == sorted(status.value for status in Status)


@pytest.mark.parametrize("action", list(Action))
def test_what_each_verb_meets_in_each_state(action: Action):
    found = []
    for name in STATES:
        try:
            protocol.require(work(Status(name)), action)
            found.append("+")
        except AlreadyDone:
            found.append("d")
        except ActionNotAvailable:
            found.append("-")
    assert " ".join(found) == TABLE[action.value]


def test_what_has_left_in_part_cannot_be_rejected_but_is_still_listed_otherwise():
    assert available_actions(work(Status.ACCEPTED)) == ["reject", "pick", "pack", "ship", "close"]
    assert available_actions(work(Status.ACCEPTED, picked=1, packed=1, shipped=1)) == ["pick", "pack", "ship", "close"]
    asked = protocol.request_cancellation(work(Status.READY, "pickup"), {1: 2}, "customer")
    assert available_actions(asked) == ["hand-over", "close", "cancel-response", "unstage"]


def test_work_for_the_counter_is_staged_with_all_that_it_holds():
    order = work(Status.PICKING, "pickup", picked=1, cancelled=2)
    (line,) = protocol.stage(order).lines
    assert (line.picked, line.packed, line.shipped, line.held) == (3, 3, 0, 3)
    handed = protocol.leave(protocol.stage(order), {1: 1}, Action.HAND_OVER)
    assert (handed.status, handed.lines[0].shipped, handed.lines[0].remaining) == (Status.READY, 1, 2)


def two_lines(status: Status = Status.ACCEPTED) -> FulfillmentOrder:
    lines = (WorkLine(line_no=1, sku="A", quantity=5), WorkLine(line_no=2, sku="B", quantity=3))
    return work(status).model_copy(update={"lines": lines})


def test_a_line_that_is_not_named_is_left_as_it_is():
    picked = protocol.pick(two_lines(), {2: 3})
    assert [(line.picked, line.packed) for line in picked.lines] == [(0, 0), (3, 0)]
    packed = protocol.pack(picked, {2: 3})
    assert ([(line.picked, line.packed) for line in packed.lines], packed.status) == ([(0, 0), (3, 3)], Status.PICKING)
    shipped = protocol.leave(packed, {2: 3}, Action.SHIP)
    assert ([line.shipped for line in shipped.lines], shipped.status) == ([0, 3], Status.PICKING)
    cancelled = protocol.cancel(two_lines(Status.OPEN), {2: 3})
    assert ([line.cancelled for line in cancelled.lines], cancelled.status) == ([0, 3], Status.OPEN)
    asked = protocol.request_cancellation(two_lines(), {2: 1}, "customer")
    assert [line.cancelled for line in protocol.accept_cancellation(asked, None).lines] == [0, 1]


def test_picking_moves_the_work_on():
    assert protocol.pick(two_lines(), None).status is Status.PICKING
    assert protocol.pick(protocol.pick(two_lines(), {1: 1}), {1: 4}).lines[0].picked == 5


def test_why_a_node_refused_or_gave_up_is_kept():
    rejected = protocol.reject(two_lines(), "out_of_stock")
    assert (rejected.status, rejected.rejected_reason, rejected.closed_reason) == (
        Status.REJECTED,
        "out_of_stock",
        None,
    )
    closed = protocol.close(two_lines(), "broken")
    assert (closed.status, closed.rejected_reason, closed.closed_reason) == (Status.INCOMPLETE, None, "broken")
    assert [line.given_up for line in closed.lines] == [5, 3]


def test_units_that_are_not_there_are_refused_by_name():
    asked = protocol.request_cancellation(two_lines(), {1: 2}, "customer")
    done = work(Status.ACCEPTED, picked=5, packed=5, shipped=5)
    for refused, code in (
        (lambda: protocol.pick(two_lines(), {2: 4}), "quantity_too_large"),
        (lambda: protocol.leave(two_lines(), {1: 5, 2: 4}, Action.SHIP), "quantity_too_large"),
        (lambda: protocol.accept_cancellation(asked, {1: 3}), "quantity_too_large"),
        (lambda: protocol.accept_cancellation(asked, {2: 1}), "quantity_too_large"),
        (lambda: protocol.accept_cancellation(asked, {2: 0}), "nothing_asked"),
        (lambda: protocol.leave(done, None, Action.SHIP), "nothing_left"),
        (lambda: protocol.pick(two_lines(), {3: 1}), "unknown_line"),
    ):
        with pytest.raises(InvalidRequest) as problem:
            refused()
        assert [(error.pointer, error.code) for error in problem.value.errors] == [("/lines", code)]


def test_each_attempt_at_a_capture_has_a_key_of_its_own():
    capture = Capture(payment_id="pay_1", amount=500)
    keys = [capture.model_copy(update={"attempt": attempt}).key("shp_1_1") for attempt in (1, 2, 3)]
    assert keys == [
        "shp_1_1:capture:pay_1:500",
        "shp_1_1:capture:pay_1:500:2",
        "shp_1_1:capture:pay_1:500:3",
    ]

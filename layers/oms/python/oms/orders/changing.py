"""The verbs that change an order, review_order and cancel_order: one transaction, or parts that are each done once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from itertools import chain, count
from typing import TypeAlias, cast

from oms.orders.backorders import WAITED_LONG_ENOUGH
from oms.orders.cancelling import cancellation_parts, require_something, units_to_cancel, what_is_left
from oms.orders.events import OrderReviewAccepted, OrderShipsAsAvailable
from oms.orders.model import Order
from oms.orders.request import CancellationRequest, LineQuantity, ReviewRequest
from oms.orders.states import refuse_unmanaged
from oms.orders.store import fresh_orders, load_order, partition
from oms.orders.taking_out import answered_with, cancellation
from oms.orders.views import summary
from oms.orders.writes import change_order
from oms.payments.changes import renewals
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute, find_outcome
from oms.platform.consumers import call_from_workflow
from oms.platform.principal import authorize
from oms.platform.problems import (
    ActionNotAvailable,
    NotFound,
    StaleVersion,
)
from oms.platform.writes import MOST_ACTIONS, Value, merge

# Lines of a cancellation that go together: some units of named lines, all that is left of a range, or of the order.
Part: TypeAlias = "Sequence[LineQuantity] | range | None"
# Why units are cancelled that waited for stock until their time was over.
BACKORDER_OVERDUE = "backorder_overdue"


class _TooManyNodes(Exception):
    """The units lie at more nodes than one transaction can change."""


def review_order(runtime: Runtime, call: Call, order_id: str, request: ReviewRequest) -> Outcome:
    """A person accepts an order in review, so that it goes on and failed tenders are tried again, or cancels it.

    An order whose tenders do not cover its total cannot be accepted: nobody would pay for the rest.
    """
    if request.decision == "cancel":
        require_review(_any_version(runtime, call, order_id), runtime, call)
        return _cancel_in_parts(runtime, call, order_id, None, request.reason)

    def decide() -> Decision:
        order = require_order(runtime, call, order_id)
        require_review(order, runtime, call)
        covered, total = sum(payment.amount for payment in order.payments), order.header.totals.total
        if covered < total and order.header.reserved is None:
            raise ActionNotAvailable(f"The tenders cover {covered} of {total}; cancel the order and place it anew.")
        header = order.header.model_copy(update={"in_review": False})
        event = OrderReviewAccepted(order_id=order_id, external_id=header.external_id, status="CONFIRMED")
        again = renewals(order, format_instant(runtime.clock.now()))
        after, writes, events = change_order(
            call.tenant,
            order,
            events=[event, *again.events],
            header=header,
            payments=again.payments,
            shipments=again.shipments,
            fulfillment_orders=again.work,
        )
        return Decision(writes, events, body=summary(after).model_dump())

    return execute(runtime, call, decide)


def cancel_order(runtime: Runtime, call: Call, order_id: str, request: CancellationRequest) -> Outcome:
    """Cancel units that have not left: at once those that no node has taken, while its node is asked for the others.

    The claims of cancelled units go back and their money is never taken. Without lines, everything that has not left;
    an order that is over raises ActionNotAvailable. The answer is an OrderSummary, with 202 while a node is asked.
    What does not fit one transaction is cancelled in parts of lines, and at very many nodes in steps of a part, each
    exactly once; a refusal of a later one leaves those before it cancelled, and a repeat goes on from there.
    """
    return _cancel_in_parts(runtime, call, order_id, request.lines, request.reason)


def cancel_overdue_backorders(runtime: Runtime, tenant: str, order_id: str) -> int:
    """Cancel the units of an order that have waited for stock until their time was over; answers how many.

    A repeat finds none. Raises ActionNotAvailable while the order is being handed to its nodes.
    """
    first = load_order(runtime.database, tenant, order_id)
    if first is None or not _overdue(first, runtime):
        return 0
    call = call_from_workflow("cancel_overdue_backorders", tenant, f"{order_id}#{first.header.version}")
    orders = fresh_orders(runtime.database, tenant, first)

    def decide() -> Decision:
        order = next(orders)
        units = _overdue(order, runtime)
        if not units:
            return Decision([], body={"units": 0})
        made = cancellation(call, order, units, BACKORDER_OVERDUE, runtime.clock.now())
        return replace(made, body={"units": sum(units.values())})

    return int(str(execute(runtime, call, decide).body["units"]))


def ship_as_available(runtime: Runtime, tenant: str, order_id: str) -> bool:
    """Let an order go as it can once it has waited long enough to go together; whether it does so from now on."""
    first = load_order(runtime.database, tenant, order_id)
    if first is None or not _has_waited(first, runtime):
        return False
    call = call_from_workflow("ship_as_available", tenant, f"{order_id}#{first.header.version}")
    orders = fresh_orders(runtime.database, tenant, first)

    def decide() -> Decision:
        order = next(orders)
        if not _has_waited(order, runtime):
            return Decision([], body={"changed": False})
        header = order.header.model_copy(update={"together": None})
        told = OrderShipsAsAvailable(order_id=order_id, external_id=header.external_id, reason=WAITED_LONG_ENOUGH)
        _, writes, events = change_order(tenant, order, events=[told], header=header)
        return Decision(writes, events, body={"changed": True})

    return bool(execute(runtime, call, decide).body["changed"])


def _has_waited(order: Order, runtime: Runtime) -> bool:
    together = order.header.together
    return together is not None and together[1] <= format_instant(runtime.clock.now())


def _overdue(order: Order, runtime: Runtime) -> dict[int, int]:
    now = format_instant(runtime.clock.now())
    return {one.line_no: one.quantity for one in order.header.backorders if one.cancel_at <= now}


def _cancel_in_parts(
    runtime: Runtime, call: Call, order_id: str, lines: Sequence[LineQuantity] | None, reason: str
) -> Outcome:
    at = runtime.clock.now()
    first = _any_version(runtime, call, order_id)
    parts = cancellation_parts(first, lines)
    if len(parts) > 1:
        done = find_outcome(runtime, call)
        if done is not None:
            return done
        if find_outcome(runtime, _part_of(call, 0)) is None:
            require_something(first)
    for number, part in enumerate(parts[:-1]):
        own = _part_of(call, number)
        _cancel_part(runtime, own, _as_it_is(runtime, own, order_id), part, reason, at)
    if len(parts) > 1:
        call = replace(call, expected_version=None)
        orders = _as_it_is(runtime, call, order_id)
    else:
        orders = chain([first], _as_it_is(runtime, call, order_id))
    return _cancel_part(runtime, call, orders, parts[-1], reason, at)


def _cancel_part(
    runtime: Runtime, call: Call, orders: Iterator[Order], part: Part, reason: str, at: datetime
) -> Outcome:
    """Cancel a part in one transaction; where its units lie at too many nodes, in steps before it, each done once."""
    for step in count():
        own = _step_of(call, step)
        # Of all that is left nothing is taken twice; of units that were named it would be, and a version is not met.
        once = isinstance(part, list | tuple) or call.expected_version is not None
        done = find_outcome(runtime, own) if once else None
        if done is None:
            try:
                return execute(runtime, call, partial(_cancel_lines, call, orders, part, reason, at))
            except _TooManyNodes:
                done = execute(runtime, own, partial(_cancel_some, own, orders, part, reason, at))
        part, call = _rest(done, part), replace(call, expected_version=None)
    raise AssertionError("steps do not end")


def _step_of(call: Call, number: int) -> Call:
    return replace(call, command=f"{call.command}_step", key=f"{call.key}#{number}")


def _rest(done: Outcome, part: Part) -> Part:
    """What of a part is to be cancelled behind one of its steps."""
    if part is None or isinstance(part, range):
        return range(1, cast(int, done.body["lines"]) + 1) if part is None else part
    left = cast("list[list[int]]", done.body["left"])
    return [LineQuantity(line_no=line_no, quantity=units) for line_no, units in left]


def _part_of(call: Call, number: int) -> Call:
    """The call of one part; the first is held to the version that the caller has read, the others follow from it."""
    version = call.expected_version if number == 0 else None
    return replace(call, command=f"{call.command}_part", key=f"{call.key}#{number}", expected_version=version)


def _as_it_is(runtime: Runtime, call: Call, order_id: str) -> Iterator[Order]:
    """The order, read anew each time it is asked for."""
    while True:
        yield _any_version(runtime, call, order_id)


def _any_version(runtime: Runtime, call: Call, order_id: str) -> Order:
    """The order whatever its version: a repeat of a call that has changed it must still find its answer."""
    return require_order(runtime, replace(call, expected_version=None), order_id)


def _cancel_lines(call: Call, orders: Iterator[Order], lines: Part, reason: str, at: datetime) -> Decision:
    order = next(orders)
    require_version(call, order)
    wanted = _wanted(order, lines)
    if not wanted:
        return Decision([], status=answered_with(order), body=summary(order).model_dump())
    made = cancellation(call, order, wanted, reason, at)
    if not _fits(made):
        raise _TooManyNodes
    return made


def _cancel_some(call: Call, orders: Iterator[Order], lines: Part, reason: str, at: datetime) -> Decision:
    """Cancel as many of the units as one transaction takes; the answer says which of them are left."""
    order = next(orders)
    require_version(call, order)
    some = wanted = _wanted(order, lines)
    made = Decision([])
    while some:
        made = cancellation(call, order, some, reason, at)
        if _fits(made):
            break
        some = _fewer(some)
    left: list[Value] = [[no, units - some.get(no, 0)] for no, units in wanted.items() if units > some.get(no, 0)]
    return replace(made, status=200, body={"lines": len(order.lines), "left": left})


def _wanted(order: Order, lines: Part) -> dict[int, int]:
    return what_is_left(order, lines) if isinstance(lines, range) else units_to_cancel(order, lines)


def _fewer(units: Mapping[int, int]) -> dict[int, int]:
    """Half of the units of each line, and half of the lines where that are single ones."""
    if max(units.values()) > 1:
        return {line_no: -(-count // 2) for line_no, count in units.items()}
    return dict(list(units.items())[: len(units) // 2])


def _fits(made: Decision) -> bool:
    # The record of the command is one more.
    return len(merge(made.writes)) + len(made.events) + 1 <= MOST_ACTIONS


def require_review(order: Order, runtime: Runtime, call: Call) -> None:
    """Refuse where nobody has to decide, unless this very call has decided before."""
    if not order.header.in_review and find_outcome(runtime, call) is None:
        raise ActionNotAvailable("The order is not in review.")


def require_order(runtime: Runtime, call: Call, order_id: str) -> Order:
    """The order as it is now; unknown raises NotFound, another version than If-Match names raises StaleVersion."""
    authorize(call.principal, "orders.write", partition(call.tenant, order_id))
    order = load_order(runtime.database, call.tenant, order_id)
    if order is None:
        raise NotFound(f"There is no order {order_id}.")
    refuse_unmanaged(order.header.history)
    require_version(call, order)
    return order


def require_version(call: Call, order: Order) -> None:
    """Refuse a change of an order that is not as the caller has read it."""
    if call.expected_version is not None and call.expected_version != order.header.version:
        raise StaleVersion(f"The order is at version {order.header.version}.")

"""Work that waits at a node for the legs that others send there: what it waits for, and when it begins. Pure.

It begins once nothing is to come any more, or when its deadline has passed. Whatever changes an order asks for this in
the same transaction, so no verb can forget to let it begin.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from oms.capacity.model import CapacityUse, uses_of
from oms.fulfillment.model import MOST_LINES, FulfillmentOrder, Status, WorkLine
from oms.fulfillment.offers import has_time_left, released_event
from oms.orders.charges import amounts_to_come
from oms.orders.model import Order
from oms.orders.unfinished import awaits_payment, secured_status
from oms.payments.model import Rollup
from oms.platform.clock import format_instant, parse_instant
from oms.platform.events import EventData
from oms.platform.ids import child_id
from oms.registry.hours import respond_by
from oms.registry.model import Node

_MAY_SHIP = frozenset({Rollup.AUTHORIZED, Rollup.PARTIALLY_CAPTURED, Rollup.CAPTURED, Rollup.PARTIALLY_REFUNDED})


def is_paid(order: Order, work: FulfillmentOrder) -> bool:
    """Whether the money of some work is secured, so that its node may be given it, or a till is to take it.

    What an edit added waits for its own money, and holds back nothing else.
    """
    if order.header.reserved is not None:
        return True
    if awaits_payment(order, work):
        return False
    secured = secured_status(order)
    # What a change left for nothing needs no hold, and keeps none.
    free = secured is Rollup.VOIDED and not amounts_to_come(order).total
    return not order.header.totals.total or secured in _MAY_SHIP or free


def legs_to(order: Order, group_no: int, node_id: str) -> list[FulfillmentOrder]:
    """The legs of a group that will still bring units to a node."""
    return [
        work
        for work in order.fulfillment_orders
        if work.group_no == group_no
        and work.destination_node == node_id
        and not work.is_closed
        and any(line.remaining or line.in_transit for line in work.lines)
    ]


def held_at(order: Order, group_no: int, node_id: str) -> list[FulfillmentOrder]:
    """The work of a group that waits at a node for legs: one, unless it has too many lines."""
    return [
        work
        for work in order.fulfillment_orders
        if work.status is Status.ON_HOLD and work.gathers and (work.group_no, work.node_id) == (group_no, node_id)
    ]


def is_waiting(order: Order, work: FulfillmentOrder) -> bool:
    """Whether anything may still come for work on hold: by a leg, or of units that are to find another node."""
    if not work.gathers:
        return False
    if not order.header.sourced or legs_to(order, work.group_no, work.node_id):
        return True
    for line in order.lines:
        if line.group_no == work.group_no and line.claims_stock:
            held = sum(part.held for _, part in order.parts.get(line.line_no, ()))
            gone = order.cancelled.get(line.line_no, 0) + order.backordered(line.line_no)
            if line.quantity > held + gone:
                return True
    return False


def is_over(work: FulfillmentOrder, now: datetime) -> bool:
    """Whether the time to wait for legs has passed."""
    return work.hold_until is not None and parse_instant(work.hold_until) <= now


def is_in_time(work: FulfillmentOrder, now: datetime) -> bool:
    """Whether nobody needs to be told of work that has not ended when its workflow wakes up.

    It must not begin, or only just may; it waits for legs, or did and has still time to answer; it is on its way; or
    it was taken while it was on offer.
    """
    if work.is_paused and not work.is_closed:
        return True
    if work.reclaimed:
        return True
    if work.is_leg:
        return work.status is Status.IN_TRANSIT and not is_over(work, now)
    if work.status is Status.ON_HOLD:
        return True
    return has_time_left(work, now) or may_still_answer(work, now)


def may_still_answer(work: FulfillmentOrder, now: datetime) -> bool:
    """Whether work that had to wait is with its node for less than the time that any node is given."""
    waited = work.was_deferred or work.gathers
    return waited and work.respond_by is not None and not work.is_closed and now < parse_instant(work.respond_by or "")


def begun(order: Order) -> tuple[list[FulfillmentOrder], list[EventData]]:
    """The work of an order that need not wait any more, in the hands of its node, and what that is told.

    Work whose workflow has not asked for it yet begins when it does.
    """
    works = [
        work.model_copy(update={"status": Status.OPEN})
        for work in order.fulfillment_orders
        if work.status in (Status.SCHEDULED, Status.ON_HOLD)
        and work.task_token
        and not work.is_paused
        and not is_waiting(order, work)
        and is_paid(order, work)
    ]
    return works, [released_event(order.header, work) for work in works]


def wait_seconds(work: FulfillmentOrder) -> int:
    """For how long work on hold waits at most, from when it was made."""
    wait = parse_instant(work.hold_until or work.created_at) - parse_instant(work.created_at)
    return max(1, -(-wait // timedelta(seconds=1)))


def joined(held: Iterable[FulfillmentOrder], lines: Sequence[WorkLine]) -> FulfillmentOrder | None:
    """The first work on hold that can take more units, with them; none may have more lines than a transaction moves."""
    for work in held:
        found = {line.line_no: line for line in work.lines}
        for line in lines:
            known = found.get(line.line_no)
            units = line.quantity + (known.quantity if known else 0)
            found[line.line_no] = (known or line).model_copy(update={"quantity": units})
        if len(found) <= MOST_LINES:
            return work.model_copy(update={"lines": tuple(found[line_no] for line_no in sorted(found))})
    return None


def onward(
    order: Order, leg: FulfillmentOrder, units: Mapping[int, int], node: Node | None, now: datetime
) -> FulfillmentOrder:
    """The work of the node that a leg goes to with units that have arrived: more of what waits there, or new work.

    It counts against the limits of the node, whatever room these leave: the units are there.
    """
    assert leg.destination_node is not None
    lines = [
        WorkLine(
            line_no=line.line_no,
            sku=line.sku,
            segment=line.segment,
            quantity=units[line.line_no],
            components=line.components,
            part_of=line.part_of,
            gift=line.gift,
            minimum_age=line.minimum_age,
        )
        for line in leg.lines
        if units.get(line.line_no)
    ]
    more = joined(held_at(order, leg.group_no, leg.destination_node), lines)
    if more is not None:
        return more.model_copy(update={"capacity": without_limit(more.capacity)})
    group = order.header.groups[leg.group_no - 1]
    until = max(now, parse_instant(leg.hold_until or format_instant(now)))
    answer = respond_by(node, until)
    return FulfillmentOrder(
        id=child_id("ful", order.header.id, len(order.fulfillment_orders) + 1),
        order_id=order.header.id,
        node_id=leg.destination_node,
        legal_entity=leg.legal_entity,
        group_no=leg.group_no,
        method=group.method.value,
        status=Status.ON_HOLD,
        lines=tuple(lines),
        created_at=format_instant(now),
        respond_by=format_instant(answer),
        service=leg.service,
        due_at=leg.due_at,
        hold_until=leg.hold_until,
        timeout_seconds=-(-(answer - until) // timedelta(seconds=1)),
        capacity=without_limit(uses_of(node, now) if node else ()),
    )


def without_limit(uses: Iterable[CapacityUse]) -> tuple[CapacityUse, ...]:
    """The same limits for work that counts against them whatever room they leave."""
    return tuple(one.model_copy(update={"most": None}) for one in uses)

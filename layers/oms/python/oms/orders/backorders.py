"""Units of an order that wait for stock: how many are left, and the lists by which they are found. Pure.

Each group of an order stands in the queue of every item that it waits for, as long as the order may go on; the order
itself stands in the list of what is to be cancelled, by the first instant at which something of it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from oms.fulfillment.model import FulfillmentOrder
from oms.orders.events import BackorderedLine, OrderBackordered, OrderShipsAsAvailable
from oms.orders.model import Backorder, Group, Header, Order
from oms.orders.request import ShipPreference, tier_of
from oms.orders.store import backorder_key, backorders_list, waiting_key, waiting_list
from oms.platform.clock import format_instant
from oms.platform.events import EventData
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Kind, Write, put

# Of one order so many groups and items may wait; each has its entry in the transaction that stores the order.
MOST_WAITING = 20
# An order to which nothing was promised waits behind all to which something was.
_NO_DAY = "9999-12-31"
# Why work need not wait for what was to go with it.
NOTHING_TO_COME, WAITED_LONG_ENOUGH = "nothing_to_come", "waited_long_enough"


class Waiting(BaseModel):
    """Units of an item that a group of an order waits for, as the queue of the item has it.

    `due` is the day that was promised, if any; the nodes in `without` gave some of these units up; nothing is
    given out before the street date `not_before`.
    """

    model_config = ConfigDict(frozen=True)
    order_id: str
    group_no: int
    sku: str
    units: int
    channel: str
    method: str
    tier: str | None = None
    due: str | None = None
    placed_at: str
    without: tuple[str, ...] = ()
    not_before: str | None = None


def backorders(
    missing: Iterable[tuple[int, int]], days: int, now: datetime, expected: Mapping[int, str]
) -> list[Backorder]:
    """Units per line number that begin to wait now, for so many days; `expected` is the day of lines that have one."""
    until = format_instant(now + timedelta(days=days))
    return [
        Backorder(line_no=line_no, quantity=units, cancel_at=until, expected_on=expected.get(line_no))
        for line_no, units in missing
    ]


def until_street_date(one: Backorder, street_date: str) -> Backorder:
    """Units that wait for a street date besides: they come no sooner."""
    return one.model_copy(
        update={"not_before": street_date, "expected_on": max(one.expected_on or street_date, street_date)}
    )


def preorder_key(tenant: str, sku: str) -> Key:
    """Where it is counted how many units of an item were sold before its street date (table `stock`)."""
    return Key(f"{tenant_prefix(tenant)}PREORDER#{sku}", "PREORDER")


def waits_for_more(order: Order, work: FulfillmentOrder) -> bool:
    """Whether some work is not begun yet, because what goes with it waits for stock: the order, or one of its lines."""
    if order.header.together is None:
        return False
    if order.header.together[0] == ShipPreference.SHIP_COMPLETE:
        return bool(order.header.backorders)
    return any(order.backordered(line.line_no) for line in work.lines)


def set_free(before: Order, header: Header) -> list[EventData]:
    """What is told where work need not wait any more, since what was to go with it was cancelled."""
    held = [work for work in before.fulfillment_orders if work.needs_workflow and waits_for_more(before, work)]
    after = replace(before, header=header)
    if not any(not waits_for_more(after, work) for work in held):
        return []
    return [OrderShipsAsAvailable(order_id=header.id, external_id=header.external_id, reason=NOTHING_TO_COME)]


def fewer(waiting: Sequence[Backorder], units: Mapping[int, int]) -> tuple[Backorder, ...]:
    """What goes on waiting once some units of lines do not any more."""
    left = [one.model_copy(update={"quantity": one.quantity - units.get(one.line_no, 0)}) for one in waiting]
    return tuple(one for one in left if one.quantity)


def joined(known: Sequence[Backorder], more: Sequence[Backorder]) -> tuple[list[Backorder], tuple[Backorder, ...]]:
    """Units that begin to wait, each until the line's other units do where that is later, and all that waits then.

    When there will be enough for both is not known; what the customer was told first stays.
    """
    before = {one.line_no: one for one in known}
    told = [
        one.model_copy(update={"cancel_at": max(one.cancel_at, before[one.line_no].cancel_at)})
        if one.line_no in before
        else one
        for one in more
    ]
    together = [_with_older(one, before[one.line_no]) if one.line_no in before else one for one in told]
    new = {one.line_no for one in told}
    return told, (*(one for one in known if one.line_no not in new), *together)


def _with_older(one: Backorder, older: Backorder) -> Backorder:
    first = older.first_expected_on or older.expected_on
    return one.model_copy(update={"quantity": one.quantity + older.quantity, "first_expected_on": first})


def backordered(order: Order, lines: Sequence[Backorder]) -> OrderBackordered:
    """What is told of units that begin to wait."""
    return OrderBackordered(
        order_id=order.header.id,
        external_id=order.header.external_id,
        lines=tuple(
            BackorderedLine(
                line_no=one.line_no,
                sku=order.line(one.line_no).agreed.sku,
                quantity=one.quantity,
                cancel_at=one.cancel_at,
                expected_on=one.expected_on,
            )
            for one in lines
        ),
    )


def waiting_of(order: Order) -> dict[tuple[int, str], Waiting]:
    """What an order waits for, by group and item."""
    found: dict[tuple[int, str], Waiting] = {}
    for one in order.header.backorders:
        line = order.line(one.line_no)
        name, gave_up = (line.group_no, line.agreed.stock_sku), nodes_that_gave_up(order, one.line_no)
        known = found.get(name)
        group = order.header.groups[line.group_no - 1]
        found[name] = Waiting(
            order_id=order.header.id,
            group_no=line.group_no,
            sku=line.agreed.stock_sku,
            units=one.quantity + (known.units if known else 0),
            channel=order.header.channel,
            method=group.method.value,
            tier=tier_of(order.header.customer),
            due=promised_day(group),
            placed_at=order.header.placed_at,
            without=tuple(sorted(gave_up & set(known.without) if known else gave_up)),
            not_before=one.not_before,
        )
    return found


def nodes_that_gave_up(order: Order, line_no: int) -> set[str]:
    """The nodes that gave units of a line up: they are not asked for it again."""
    return {work.node_id for work, part in order.parts.get(line_no, ()) if part.given_up}


def promised_day(group: Group) -> str | None:
    """The last day that was promised for a group: of its arrival, else of its leaving or being ready."""
    promise = group.promise
    day = (promise.latest or promise.due_at) if promise else None
    return day[:10] if day else None


def backorder_writes(tenant: str, before: Order | None, after: Order) -> list[Write]:
    """The entries of the lists that a change of an order changes."""
    was, now = _entries(tenant, before), _entries(tenant, after)
    gone: Item = {"body": ""}
    changed = dict.fromkeys(key for key in (*was, *now) if was.get(key) != now.get(key))
    return [*(put("orders", key, now.get(key, gone)) for key in changed), *_sold_no_more(tenant, before, after)]


def _sold_no_more(tenant: str, before: Order | None, after: Order) -> list[Write]:
    """Units that were sold before their street date and cancelled while they waited: others may have them."""
    freed: dict[str, int] = {}
    for one in before.header.backorders if before else ():
        if before is not None and one.not_before is not None:
            cancelled = after.cancelled.get(one.line_no, 0) - before.cancelled.get(one.line_no, 0)
            units = min(cancelled, before.backordered(one.line_no) - after.backordered(one.line_no))
            sku = after.line(one.line_no).agreed.sku
            freed[sku] = freed.get(sku, 0) + units
    return [
        Write(Kind.CHANGE, "stock", preorder_key(tenant, sku), add={"taken": -units})
        for sku, units in freed.items()
        if units
    ]


def _entries(tenant: str, order: Order | None) -> dict[Key, Item]:
    if order is None or not order.header.backorders:
        return {}
    header, waiting = order.header, waiting_of(order)
    skus = sorted({sku for _, sku in waiting})
    first = min(*(one.cancel_at for one in header.backorders), header.together[1] if header.together else _NO_DAY)
    found: dict[Key, Item] = {
        backorder_key(tenant, header.id): {"body": "\n".join(skus), **backorders_list(tenant, f"{first}#{header.id}")}
    }
    if _waits(header):
        for (group_no, sku), one in waiting.items():
            place = f"{one.due or _NO_DAY}#{one.placed_at}#{header.id}#{group_no}"
            listed = waiting_list(tenant, sku, place)
            found[waiting_key(tenant, header.id, group_no, sku)] = {"body": one.model_dump_json(), **listed}
    return found


def _waits(header: Header) -> bool:
    """Whether stock may be given to the order: a person has nothing to decide about it."""
    return not header.in_review

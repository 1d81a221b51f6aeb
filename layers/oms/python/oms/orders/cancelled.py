"""The header of an order without some units, and what is told of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from oms.orders.backorders import fewer
from oms.orders.charges import charges_left
from oms.orders.events import CancelledLine, OrderCancelled, OrderLinesCancelled
from oms.orders.model import Cancellation, Header, Line, Order
from oms.platform.events import EventData


def cancelled_units(
    order: Order, units: Mapping[int, int], reason: str, waiting: Mapping[int, int] = MappingProxyType({})
) -> tuple[Header, list[EventData]]:
    """The header of an order without some units, and what is told of it; `waiting` are those that had no stock.

    When no goods remain, the lines that only accompany them, such as postage, are cancelled too.
    """
    header = order.header
    gone = {**units, **(_companions(order) if _no_goods_left(order, units) else {})}
    nothing_left = not any(_left(order, line, gone) for line in order.lines)
    events: list[EventData] = [
        OrderLinesCancelled(
            order_id=header.id,
            external_id=header.external_id,
            lines=tuple(
                CancelledLine(line_no=n, sku=order.line(n).agreed.sku, quantity=count)
                for n, count in sorted(gone.items())
            ),
            reason=reason,
            nothing_left=nothing_left,
        )
    ]
    if nothing_left:
        events.append(OrderCancelled(order_id=header.id, external_id=header.external_id, reason=reason))
    cancelled = tuple(Cancellation(line_no=n, quantity=count, reason=reason) for n, count in gone.items())
    changes = {
        "cancellations": (*header.cancellations, *cancelled),
        "backorders": fewer(header.backorders, waiting),
        "in_review": header.in_review and not nothing_left,
    }
    return header.model_copy(update=changes), events


def _companions(order: Order) -> dict[int, int]:
    """What is left of the lines without work, unless it has left with goods."""
    if charges_left(order):
        return {}
    return {line.line_no: _left(order, line, {}) for line in order.lines if not line.work and _left(order, line, {})}


def _no_goods_left(order: Order, units: Mapping[int, int]) -> bool:
    goods = [line for line in order.work_lines if line.claims_stock] or order.work_lines
    return not any(_left(order, line, units) for line in goods)


def _left(order: Order, line: Line, units: Mapping[int, int]) -> int:
    """Units of a line that are not cancelled once these are."""
    return line.quantity - order.cancelled.get(line.line_no, 0) - units.get(line.line_no, 0)

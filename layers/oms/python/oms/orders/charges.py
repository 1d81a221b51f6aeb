"""What accompanies the goods of an order: its charges and its lines without work, which leave with a shipment once.

Pure arithmetic over an order; amounts in minor units.
"""

from __future__ import annotations

from collections.abc import Iterable

from oms.orders.amounts import (
    Amounts,
    charge_amounts,
    goods_taxes,
    less_taxes,
    line_amounts,
    share,
    summed_taxes,
)
from oms.orders.model import DIGITAL, Header, Line, Order


def order_charges(header: Header) -> Amounts:
    """The charges of the order itself, which leave with its first shipment."""
    return charge_amounts(header.charges)


def line_total(line: Line) -> Amounts:
    """All of a line by component."""
    return line_amounts(line.agreed)


def accompanying_amounts(order: Order) -> Amounts:
    """What leaves once beside the goods: the order's charges, and what is left of the lines without work."""
    extra: Iterable[Amounts] = (
        share(line_amounts(line.agreed), 0, line.quantity - order.cancelled.get(line.line_no, 0), line.quantity)
        for line in order.lines
        if not line.work
    )
    return sum(extra, order_charges(order.header))


def kept_amounts(order: Order) -> dict[int, Amounts]:
    """What the units of each line cost that are not cancelled, and under 0 the charges of the order itself."""
    if all(order.cancelled.get(line.line_no, 0) == line.quantity for line in order.lines):
        return {line.line_no: Amounts() for line in order.lines} | {0: Amounts()}
    kept = {
        line.line_no: share(
            line_amounts(line.agreed), 0, line.quantity - order.cancelled.get(line.line_no, 0), line.quantity
        )
        for line in order.lines
    }
    return kept | {0: order_charges(order.header)}


def amounts_to_come(order: Order) -> Amounts:
    """What units that have neither left nor been cancelled cost, with what accompanies goods if that has not left."""
    units: Iterable[Amounts] = (
        share(
            line_amounts(line.agreed),
            order.shipped(line.line_no),
            line.quantity - order.cancelled.get(line.line_no, 0),
            line.quantity,
        )
        for line in order.lines
        if line.work
    )
    return sum(units, Amounts() if charges_left(order) else accompanying_amounts(order))


def takes_charges(order: Order, mode: str) -> bool:
    """Whether a shipment of this mode takes along what accompanies the goods.

    The first one that brings goods does. What is delivered digitally does so only where the order has no goods.
    """
    return not charges_left(order) and (mode != DIGITAL or not _has_goods(order))


def charges_left(order: Order) -> bool:
    """Whether what accompanies the goods has left with a shipment."""
    return any(shipment.mode != DIGITAL or not _has_goods(order) for shipment in order.shipments)


def _has_goods(order: Order) -> bool:
    return any(line.claims_stock for line in order.lines)


def shipping_taxes(order: Order) -> dict[str | None, int]:
    """The tax of the shipping that has been charged, by jurisdiction: what of the tax is not that of goods."""
    charged = summed_taxes(shipment.amounts.by_jurisdiction for shipment in order.shipments)
    goods = summed_taxes(_goods_taxes(order, line) for line in order.lines)
    return {name: amount for name, amount in less_taxes(charged, goods).items() if amount > 0}


def _goods_taxes(order: Order, line: Line) -> dict[str | None, int]:
    """The tax of the goods of a line that has been charged."""
    gone = order.shipped(line.line_no) if line.work else line.quantity - order.cancelled.get(line.line_no, 0)
    return goods_taxes(line.agreed, gone)

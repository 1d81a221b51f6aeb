"""What work takes of its node's capacity: worked out from the work itself, so no verb can forget to give it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oms.capacity.model import Load
from oms.capacity.writes import LoadChange, count_load
from oms.fulfillment.model import FulfillmentOrder
from oms.orders.model import Line, Order
from oms.platform.clock import parse_instant
from oms.platform.writes import Write


def load_of(currency: str, parts: Iterable[tuple[Line, int]]) -> Load:
    """What so many units of some lines come to as one fulfilment order; their value goes by the lines' totals.

    A kit counts as the units of its components: these are what somebody has to pick.
    """
    units = value = 0
    for line, quantity in parts:
        units += sum(line.stock(quantity).values()) if line.components else quantity
        value += (line.agreed.total if line.worth is None else line.worth) * quantity // line.quantity
    return Load(orders=1 if units else 0, units=units, value=value, currency=currency)


def load_writes(tenant: str, before: Order, changed: Sequence[FulfillmentOrder]) -> list[Write]:
    """What changed or new work of an order takes of the limits of its nodes, and what it gives back to them."""
    was = {work.id: work for work in before.fulfillment_orders}
    return count_load(
        tenant,
        [
            LoadChange(
                work.node_id,
                work.capacity,
                parse_instant(work.created_at),
                _load(before, was[work.id]) if work.id in was else Load(),
                _load(before, work),
            )
            for work in changed
            if work.capacity
        ],
    )


def _load(order: Order, work: FulfillmentOrder) -> Load:
    return load_of(order.header.currency, [(order.line(part.line_no), part.held) for part in work.lines])

"""What leaves and what it costs: the shipment with exactly its own share of the order's money."""

from __future__ import annotations

from collections.abc import Sequence

from oms.fulfillment.events import EventLine, ShipmentShipped
from oms.fulfillment.model import COUNTER_METHODS, Capture, FulfillmentOrder, Package, Shipment, ShippedLine
from oms.fulfillment.request import ActionRequest
from oms.orders.amounts import Amounts, share
from oms.orders.model import DIGITAL, Order, accompanying_amounts, line_total, takes_charges
from oms.payments.model import plan_captures
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.ids import child_id


def new_shipment(
    runtime: Runtime, order: Order, work: FulfillmentOrder, lines: Sequence[EventLine], request: ActionRequest
) -> Shipment:
    """The units that leave now, their money, and which tender pays it; order charges go with the first parcel."""
    mode = _mode(work)
    amounts = shipment_amounts(order, lines, mode)
    return Shipment(
        id=child_id("shp", order.header.id, len(order.shipments) + 1),
        order_id=order.header.id,
        fulfillment_order_id=work.id,
        node_id=work.node_id,
        mode=mode,
        lines=tuple(ShippedLine(**line.model_dump()) for line in lines),
        packages=tuple(Package(**package.model_dump()) for package in request.shipment.packages),
        carrier=request.shipment.carrier,
        tracking_number=request.shipment.tracking_number,
        shipped_at=format_instant(request.occurred_at or runtime.clock.now()),
        goods=amounts.goods,
        discount=amounts.discount,
        shipping=amounts.shipping,
        tax=amounts.tax,
        captures=_captures(order, amounts),
    )


def _mode(work: FulfillmentOrder) -> str:
    if work.method == DIGITAL:
        return DIGITAL
    return "pickup" if work.method in COUNTER_METHODS else "ship"


def shipment_amounts(order: Order, lines: Sequence[EventLine], mode: str) -> Amounts:
    """What some units cost: their cumulative share of each line, and once per order what accompanies the goods."""
    total = accompanying_amounts(order) if takes_charges(order, mode) else Amounts()
    for part in lines:
        line = order.line(part.line_no)
        before = order.shipped(part.line_no)
        total = total + share(line_total(line), before, before + part.quantity, line.quantity)
    return total


def _captures(order: Order, amounts: Amounts) -> tuple[Capture, ...]:
    planned: dict[str, int] = {}
    for shipment in order.shipments:
        for capture in shipment.captures:
            if capture.capture_id is None:
                planned[capture.payment_id] = planned.get(capture.payment_id, 0) + capture.amount
    parts = plan_captures(order.payments, planned, amounts.total)
    return tuple(Capture(payment_id=payment_id, amount=amount) for payment_id, amount in parts)


def shipment_event(order: Order, shipment: Shipment) -> ShipmentShipped:
    """The fact that these units left."""
    header = order.header
    return ShipmentShipped(
        order_id=header.id,
        fulfillment_order_id=shipment.fulfillment_order_id,
        shipment_id=shipment.id,
        node_id=shipment.node_id,
        mode=shipment.mode,
        goods=shipment.goods,
        discount=shipment.discount,
        shipping=shipment.shipping,
        tax=shipment.tax,
        total=shipment.amounts.total,
        currency=header.currency,
        legal_entity=header.legal_entity,
        store=header.selling_node,
        channel=header.channel,
        lines=tuple(EventLine(**line.model_dump()) for line in shipment.lines),
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
    )

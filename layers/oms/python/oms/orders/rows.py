"""The items of an order as they are written, one by one; what changes an order whole is in `writes`."""

from __future__ import annotations

from collections.abc import Sequence

from oms.fulfillment.model import Shipment
from oms.orders.backorders import backorder_writes
from oms.orders.model import Header, Order
from oms.orders.states import statuses
from oms.orders.store import PROGRESS, agreed_key, header_key, partition
from oms.payments.model import Payment
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put


def new_order_writes(tenant: str, order: Order, lines: Sequence[tuple[str, Item]]) -> list[Write]:
    """The header, lines and tenders of an order that is stored for the first time."""
    header = order.header
    return [
        create("orders", header_key(tenant, header.id), _header_item(tenant, order)),
        create("orders", agreed_key(tenant, header.id), {"body": _agreed(header)}),
        *(create("orders", Key(partition(tenant, header.id), sk), item) for sk, item in lines),
        *(shipment_write(tenant, shipment) for shipment in order.shipments),
        *(payment_write(tenant, payment) for payment in order.payments),
        *backorder_writes(tenant, None, order),
    ]


def payment_write(tenant: str, payment: Payment) -> Write:
    """A tender as it is now."""
    return child_write(
        tenant, payment.order_id, f"PAYMENT#{payment.id}", payment.model_dump_json(exclude_defaults=True)
    )


def shipment_write(tenant: str, shipment: Shipment) -> Write:
    """What has left, as it is now."""
    body = shipment.model_dump_json(exclude_defaults=True)
    return child_write(tenant, shipment.order_id, f"SHIPMENT#{shipment.id}", body)


def child_write(tenant: str, order_id: str, sk: str, body: str) -> Write:
    """A part of an order as it is now, in the order's partition."""
    return put("orders", Key(partition(tenant, order_id), sk), {"body": body})


def progress_of(header: Header) -> str:
    """What of the header changes, as it is stored."""
    return header.model_dump_json(include=set(PROGRESS), exclude_defaults=True)


def _header_item(tenant: str, order: Order) -> Item:
    header = order.header
    return {
        "progress": progress_of(header),
        "version": header.version,
        "sequence": header.sequence,
        "gsi1pk": f"{tenant_prefix(tenant)}ORDERS#{header.placed_at[:10]}",
        "gsi1sk": f"{header.placed_at}#{header.id}",
        "channel": header.channel,
        "external_id": header.external_id,
        "total": header.totals.total,
        "currency": header.currency,
        **statuses(order),
    }


def _agreed(header: Header) -> str:
    return header.model_dump_json(exclude={"version", "sequence", *PROGRESS}, exclude_defaults=True)

"""The items of an order as they are written, one by one, with the states that stand in them.

What changes an order whole is in `writes`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from oms.choices.model import Choice
from oms.choices.model import Status as ChoiceStatus
from oms.fulfillment.model import Shipment
from oms.orders.backorders import backorder_writes
from oms.orders.events import OrderLinesAdded, PlacedLine
from oms.orders.model import Group, Header, Line, Order, fulfillment_status, payment_status, status
from oms.orders.store import PROGRESS, agreed_key, choice_key, choices_list, header_key, partition, rma_item
from oms.payments.model import Payment
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Write, create, put
from oms.returns.model import Rma


class Additions(BaseModel):
    """The groups and lines that one change adds to an order; what was agreed at first is never rewritten.

    Added lines are numbered on from those that the order has, and are lines like all others.
    """

    model_config = ConfigDict(frozen=True)
    groups: tuple[Group, ...] = ()
    lines: tuple[Line, ...]


def statuses(order: Order) -> Item:
    """The statuses that follow from the children."""
    return {
        "status": str(status(order)),
        "payment_status": str(payment_status(order)),
        "fulfillment_status": str(fulfillment_status(order)),
    }


def state_changes(before: Order, after: Order) -> dict[str, tuple[str | None, str | None]]:
    """Every state that is not what it was, before and after: of the order, of its work, its tenders and its refunds."""
    was, now = states(before), states(after)
    return {name: (was.get(name), state) for name, state in now.items() if was.get(name) != state}


def states(order: Order) -> dict[str, str]:
    """Every state of an order and of its work, parcels, tenders, refunds and choices, by its name in the timeline."""
    return {
        **{name: str(value) for name, value in statuses(order).items()},
        **{f"fulfillment_order {work.id}": work.status.value for work in order.fulfillment_orders},
        **{f"parcel {one.tracking_number}": one.status.value for left in order.shipments for one in left.parcels},
        **{f"payment {payment.id}": payment.state.value for payment in order.payments},
        **{f"refund {refund.id}": refund.status.value for refund in order.refunds},
        **{f"choice {choice.id}": choice.status.value for choice in order.choices},
        **{f"return {rma.id}": rma.state.value for rma in order.rmas},
    }


def with_groups(header: Header, added: Additions | None) -> Header:
    """The header of an order with the groups that a change adds."""
    return header.model_copy(update={"groups": (*header.groups, *added.groups)}) if added else header


def addition_write(tenant: str, before: Order, added: Additions) -> Write:
    """The row of what a change adds; it can be created once for each number of lines."""
    key = Key(partition(tenant, before.header.id), f"XLINES#{len(before.lines):06d}")
    return create("orders", key, {"body": added.model_dump_json(exclude_defaults=True)})


def placed_lines(lines: Iterable[Line]) -> tuple[PlacedLine, ...]:
    """Lines as they are told, without the components of kits."""
    return tuple(
        PlacedLine(
            line_no=line.line_no,
            sku=line.agreed.sku,
            quantity=line.quantity,
            method=line.agreed.method.value,
            total=line.agreed.total,
        )
        for line in lines
        if line.part_of is None
    )


def lines_added(header: Header, added: Additions) -> OrderLinesAdded:
    """The fact that lines joined an order."""
    return OrderLinesAdded(order_id=header.id, external_id=header.external_id, lines=placed_lines(added.lines))


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


def choice_write(tenant: str, choice: Choice) -> Write:
    """A choice as it is now; one that has ended stands in no list."""
    item: Item = {"body": choice.model_dump_json(exclude_defaults=True)}
    if choice.status is ChoiceStatus.OPEN:
        item |= choices_list(tenant, f"{choice.expires_at}#{choice.order_id}#{choice.id}")
    return put("orders", choice_key(tenant, choice), item)


def rma_write(tenant: str, rma: Rma) -> Write:
    """A return by post as it is now."""
    return put("orders", Key(partition(tenant, rma.order_id), f"RMA#{rma.id}"), rma_item(tenant, rma))


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

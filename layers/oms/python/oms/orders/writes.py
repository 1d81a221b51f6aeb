"""Writes for the items of an order, for this context and for those that work on an order.

Every change of an order or of its children goes through `change_order`: it holds the transaction to the version that
was read, counts the events and stores the statuses that follow from the children.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

from oms.choices.model import Choice
from oms.fulfillment import holds
from oms.fulfillment.model import FulfillmentOrder, Shipment
from oms.fulfillment.offers import Settled, settle
from oms.orders.backorders import backorder_writes
from oms.orders.events import OrderCompleted
from oms.orders.loads import load_writes
from oms.orders.model import (
    Header,
    Order,
    Status,
    status,
)
from oms.orders.rows import Additions as Additions
from oms.orders.rows import (
    addition_write,
    child_write,
    choice_write,
    lines_added,
    payment_write,
    progress_of,
    rma_write,
    shipment_write,
    state_changes,
    statuses,
)
from oms.orders.rows import with_groups as with_groups
from oms.orders.states import refuse_unmanaged
from oms.orders.store import (
    arrival_key,
    arrival_place,
    header_key,
    offer_key,
    unfinished_key,
    unfinished_position,
    work_key,
    work_place,
)
from oms.orders.unfinished import needs_sweeper
from oms.payments.model import Payment
from oms.payments.refunding import cancellation_refund
from oms.payments.refunds import Refund, refunded_payments
from oms.platform.events import EventData, EventDraft
from oms.platform.writes import Item, Kind, Write, put
from oms.returns.model import Return, Rma


class _Named(Protocol):
    @property
    def id(self) -> str: ...


_Child = TypeVar("_Child", bound=_Named)


def change_order(
    tenant: str,
    before: Order,
    *,
    events: Sequence[EventData],
    header: Header | None = None,
    fulfillment_orders: Sequence[FulfillmentOrder] = (),
    shipments: Sequence[Shipment] = (),
    payments: Sequence[Payment] = (),
    refunds: Sequence[Refund] = (),
    returns: Sequence[Return] = (),
    choices: Sequence[Choice] = (),
    rmas: Sequence[Rma] = (),
    added: Additions | None = None,
    kind: str | None = None,
    pricing: str | None = None,
) -> tuple[Order, list[Write], list[EventDraft]]:
    """The order with some children replaced or added, the writes that store it, and its events in sequence.

    The transaction fails if the order changed since it was read. An order that becomes complete says so by itself, and
    so does work that others may take, or may not any more. Units that are cancelled after their money was taken leave a
    refund owed, and tenders follow from the refunds. What is `added` are lines beside those that were agreed.
    Nothing changes without a fact that says what. What changes what was agreed leaves a change order; where
    nobody names its `kind`, that follows from what changed.
    """
    refuse_unmanaged(before.header.history)
    if not events:
        raise ValueError(f"a change of {before.header.id} without an event")
    old = before.header
    known = {work.id: work for work in before.fulfillment_orders}
    now = with_groups(header or old, added)
    offers = [settle(now, known.get(work.id), work) for work in fulfillment_orders]
    fulfillment_orders = [one.work for one in offers]
    after = replace(
        before,
        header=now,
        lines=(*before.lines, *(added.lines if added else ())),
        fulfillment_orders=_replaced(before.fulfillment_orders, fulfillment_orders),
        shipments=_replaced(before.shipments, shipments),
        payments=_replaced(before.payments, payments),
        refunds=_replaced(before.refunds, refunds),
        returns=_replaced(before.returns, returns),
        choices=_replaced(before.choices, choices),
        rmas=_replaced(before.rmas, rmas),
    )
    owed = cancellation_refund(before, after)
    if owed is not None:
        refunds, events = [*refunds, owed[0]], [*events, *owed[1]]
    if refunds:
        after = replace(after, refunds=_replaced(before.refunds, refunds))
        payments = _replaced(payments, refunded_payments(after.payments, after.refunds))
        after = replace(after, payments=_replaced(before.payments, payments))
    begun, released = holds.begun(after)
    after = replace(after, fulfillment_orders=_replaced(after.fulfillment_orders, begun)) if begun else after
    fulfillment_orders = _replaced(fulfillment_orders, begun)
    events = [*events, *(told for one in offers for told in one.events), *released]
    if added is not None:
        events = [*events, lines_added(old, added)]
    if status(after) is Status.COMPLETED and status(before) is not Status.COMPLETED:
        events = [*events, completed(after)]
    number, changed = _change(tenant, before, after, events, kind, pricing)
    counts = {"version": old.version + 1, "sequence": old.sequence + len(events)}
    counts |= {"changes": number}
    after = replace(after, header=after.header.model_copy(update=counts))
    progress = bool(changed) or (header is not None and header != old)
    writes = [
        _header_change(tenant, before, after, header_changed=progress),
        *changed,
        *(work_write(tenant, work) for work in fulfillment_orders),
        *(write for one in offers for write in offer_writes(tenant, one)),
        *(write for work in fulfillment_orders for write in arrival_writes(tenant, known.get(work.id), work)),
        *(shipment_write(tenant, shipment) for shipment in shipments),
        *(payment_write(tenant, payment) for payment in payments),
        *(
            child_write(tenant, old.id, f"REFUND#{one.id}", one.model_dump_json(exclude_defaults=True))
            for one in refunds
        ),
        *(
            child_write(tenant, old.id, f"RETURN#{one.id}", one.model_dump_json(exclude_defaults=True))
            for one in returns
        ),
        *(choice_write(tenant, one) for one in choices),
        *(rma_write(tenant, one) for one in rmas),
        *([addition_write(tenant, before, added)] if added else []),
        *load_writes(tenant, replace(before, lines=after.lines), fulfillment_orders),
        *([unfinished_write(tenant, after)] if needs_sweeper(before, after) else []),
        *backorder_writes(tenant, before, after),
    ]
    changes = state_changes(before, after)
    drafts = [
        EventDraft(
            entity=f"ORDER#{old.id}",
            sequence=old.sequence + position,
            data=data,
            changes=changes if position == 1 else {},
            channel=old.channel,
            legal_entity=old.legal_entity,
            correlation_id=old.correlation_id or None,
            reason=getattr(data, "reason", None),
        )
        for position, data in enumerate(events, start=1)
    ]
    return after, writes, drafts


def completed(order: Order) -> OrderCompleted:
    """The fact that nothing of an order is left to do."""
    header = order.header
    return OrderCompleted(
        order_id=header.id,
        external_id=header.external_id,
        currency=header.currency,
        shipped=sum(shipment.amounts.total for shipment in order.shipments),
    )


def unfinished_write(tenant: str, order: Order) -> Write:
    """List the order among the unfinished ones, for the sweeper to look at next."""
    header = order.header
    item: Item = {"version": header.version, "looks": 0, **unfinished_position(tenant, header.id)}
    return put("orders", unfinished_key(tenant, header.id), item)


def work_write(tenant: str, work: FulfillmentOrder) -> Write:
    """A fulfilment order as it is now, listed under its node and status."""
    item: Item = {
        "body": work.model_dump_json(exclude_defaults=True),
        **work_place(tenant, work, work.node_id),
    }
    return put("orders", work_key(tenant, work.order_id, work.id), item)


def offer_writes(tenant: str, offer: Settled) -> list[Write]:
    """The entries of some work in the lists of the nodes that it is offered to; one that is over stands in no list."""
    work = offer.work
    return [
        *(
            put("orders", offer_key(tenant, work, node_id), work_place(tenant, work, node_id))
            for node_id in offer.listed
        ),
        *(put("orders", offer_key(tenant, work, node_id), {"body": ""}) for node_id in offer.unlisted),
    ]


def arrival_writes(tenant: str, before: FulfillmentOrder | None, leg: FulfillmentOrder) -> list[Write]:
    """The entry of a leg in the list of the node that it goes to, as long as anything is on its way."""
    there, was = arrival_place(tenant, leg), arrival_place(tenant, before) if before else None
    if there == was or leg.destination_node is None:
        return []
    return [put("orders", arrival_key(tenant, leg), there or {"body": ""})]


def _header_change(tenant: str, before: Order, after: Order, *, header_changed: bool) -> Write:
    was, now = statuses(before), statuses(after)
    changed: Item = {name: value for name, value in now.items() if was[name] != value}
    if header_changed:
        changed["progress"] = progress_of(after.header)
    return Write(
        Kind.CHANGE,
        "orders",
        header_key(tenant, after.header.id),
        set=changed,
        add={"version": 1, "sequence": after.header.sequence - before.header.sequence},
        equals={"version": before.header.version},
    )


def _change(
    tenant: str, before: Order, after: Order, events: Sequence[EventData], kind: str | None, pricing: str | None
) -> tuple[int, list[Write]]:
    """How many change orders the order has then, and the row of the new one where what was agreed changed."""
    untouched = before.header.cancellations == after.header.cancellations and before.returns == after.returns
    if untouched and len(before.lines) == len(after.lines):
        return before.header.changes, []
    # Loaded with the first such change.
    from oms.orders.change_orders import change_between, change_write

    made = change_between(before, after, events, kind, pricing)
    return made.number, [change_write(tenant, made)]


def _replaced(old: Sequence[_Child], new: Sequence[_Child]) -> tuple[_Child, ...]:
    """The children with the new ones in place of those with the same id, or at the end."""
    newest = {child.id: child for child in new}
    known = {child.id for child in old}
    return (*(newest.get(child.id, child) for child in old), *(child for child in new if child.id not in known))

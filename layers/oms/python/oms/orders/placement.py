"""What makes a new order exist: its items, its claims, its event and the note of its external id."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oms.orders.backorders import backordered
from oms.orders.events import OrderPlaced
from oms.orders.model import Order, status
from oms.orders.rows import new_order_writes, placed_lines, states
from oms.orders.store import external_key, lines_items
from oms.orders.views import summary
from oms.payments.writes import told_at_first
from oms.platform.commands import Call, Decision, command_key
from oms.platform.events import EventData, EventDraft
from oms.platform.writes import Item, Write, create

_MOST_LINES_IN_EVENT = 50


def placement(
    call: Call,
    order: Order,
    claims: Iterable[Write] = (),
    events: Iterable[EventDraft] = (),
    *,
    more: Sequence[EventData] | None = None,
) -> Decision:
    """Everything that makes an order exist, with its claims and the facts about what it comes from.

    `more` are facts of its own that became true at once, and say what was paid, too; its header has counted them.
    """
    header = order.header
    note: Item = {"order_id": header.id, "record": command_key(call.tenant, call.command, call.key).pk}
    writes: list[Write] = [
        create("orders", external_key(call.tenant, header.channel, header.external_id), note),
        *new_order_writes(call.tenant, order, list(lines_items(order.lines))),
        *claims,
    ]
    event = EventDraft(
        entity=f"ORDER#{header.id}",
        sequence=1,
        data=_order_placed(order),
        changes={name: (None, state) for name, state in states(order).items()},
        channel=header.channel,
        legal_entity=header.legal_entity,
    )
    told = [event, _waits(order)] if header.backorders else [event]
    paid = _true_at_once(order) if more is None else more
    told += [_fact(order, len(told) + number, data) for number, data in enumerate(paid, start=1)]
    return Decision([*writes], [*told, *events], status=201, body=summary(order).model_dump())


def _true_at_once(order: Order) -> Sequence[EventData]:
    """What is told of how an order is paid: what was taken, is asked for later, or waits for a till."""
    if order.header.reserved is not None and order.header.reserved.until is not None:
        # Loaded for such orders only.
        from oms.orders.paying_in_store import told_reserved

        return [told_reserved(order, order.header.reserved.until)]
    return told_at_first(order)


def _waits(order: Order) -> EventDraft:
    """That some of its units wait for stock."""
    return _fact(order, 2, backordered(order, order.header.backorders))


def _fact(order: Order, sequence: int, data: EventData) -> EventDraft:
    header = order.header
    return EventDraft(
        entity=f"ORDER#{header.id}",
        sequence=sequence,
        data=data,
        channel=header.channel,
        legal_entity=header.legal_entity,
    )


def _order_placed(order: Order) -> OrderPlaced:
    header = order.header
    lines = placed_lines(order.lines)
    return OrderPlaced(
        order_id=header.id,
        external_id=header.external_id,
        status=status(order).value,
        currency=header.currency,
        legal_entity=header.legal_entity,
        store=header.selling_node,
        total=header.totals.total,
        line_count=header.line_count,
        lines=lines if len(lines) <= _MOST_LINES_IN_EVENT else None,
    )

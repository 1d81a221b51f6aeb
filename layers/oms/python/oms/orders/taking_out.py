"""The one transaction that cancels units of an order: for whoever cancels them, and for the choices that end by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from oms.choices.model import Choice
from oms.inventory.writes import StockChanges
from oms.orders.cancelling import TakenOut, cancelled_units, take_out
from oms.orders.model import Order
from oms.orders.views import summary
from oms.orders.writes import change_order
from oms.platform.commands import Call, Decision
from oms.platform.events import EventData


def cancellation(
    call: Call,
    order: Order,
    wanted: Mapping[int, int],
    reason: str,
    at: datetime,
    *,
    told: Sequence[EventData] = (),
    choices: Sequence[Choice] = (),
    taken: TakenOut | None = None,
) -> Decision:
    """The transaction that cancels units of lines, with what is `told` and the `choices` that end by it.

    `taken` says from where, if that is known already. Its answer is an OrderSummary, with 202 while a node is asked.
    """
    taken = taken or take_out(order, wanted, reason)
    header, events = cancelled_units(order, taken.units, reason, taken.waiting) if taken.units else (None, [])
    after, writes, drafts = change_order(
        call.tenant,
        order,
        events=[*told, *taken.events, *events],
        header=header,
        fulfillment_orders=taken.work,
        choices=choices,
    )
    ends = StockChanges(call.tenant, movement_id=order.next_change, cause=order.header.id, at=at)
    for back in taken.given_back:
        end = ends.release_allocation if back.allocated else ends.release_reservation
        end(back.sku, back.node_id, back.quantity)
    return Decision([*writes, *ends.writes()], drafts, status=answered_with(after), body=summary(after).model_dump())


def answered_with(order: Order) -> int:
    """202 while a node has still to say whether it lets go of units that are to be cancelled."""
    return 202 if any(work.asked for work in order.fulfillment_orders) else 200

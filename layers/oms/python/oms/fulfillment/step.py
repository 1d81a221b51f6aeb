"""What one verb of the node protocol changes, as a value: the transaction is made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from oms.fulfillment.model import FulfillmentOrder, Shipment
from oms.fulfillment.request import ActionRequest
from oms.orders.model import Header, Order
from oms.platform.commands import Call, Runtime
from oms.platform.events import EventData, EventDraft
from oms.platform.problems import FieldError, InvalidRequest, Problem
from oms.platform.writes import Write


@dataclass(frozen=True, slots=True)
class Step:
    """What one verb changes: the work, perhaps a shipment or the order's own header, the events, and the stock."""

    work: FulfillmentOrder
    events: Sequence[EventData]
    shipments: Sequence[Shipment] = ()
    stock: Sequence[Write] = field(default_factory=tuple)
    header: Header | None = None
    # Other work that changes with it, as it is then: of the node before, or where the units of a leg go on.
    others: Sequence[FulfillmentOrder] = ()
    # Facts about something else than the order, such as a task that it opens.
    drafts: Sequence[EventDraft] = ()


Verb = Callable[[Runtime, Call, Order, FulfillmentOrder, ActionRequest], Step]


def required_reason(request: ActionRequest, needed: str) -> str:
    """The reason that a verb must give."""
    if not request.reason:
        raise InvalidRequest(errors=[FieldError("/reason", "required", needed)])
    return request.reason


class PaidAtTheTill(Problem):
    status = 409
    code = "pay_at_the_till"
    title = "The customer has not paid for these goods."
    remedy = "Sell them at a till of the store, in a transaction that names the order as its reserved_order."


def refuse_unpaid(order: Order, work: FulfillmentOrder) -> None:
    """Units that a till is to be paid for are handed over by its sale only; raises PaidAtTheTill."""
    if order.header.reserved is not None and not work.is_leg:
        raise PaidAtTheTill()

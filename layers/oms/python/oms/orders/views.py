"""What callers see of an order. These are the response shapes of the API; amounts in minor units."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from oms.choices.model import Choice
from oms.fulfillment.views import FulfillmentOrderView, work_view
from oms.orders.amounts import Sums, sums
from oms.orders.model import Line, Order, Status, Validation, fulfillment_status, payment_status, status
from oms.orders.money_views import (
    PaymentView,
    RefundView,
    ShipmentView,
    View,
    payment_view,
    refund_view,
    shipment_view,
)
from oms.orders.quantities import ReturnRollup, quantities, return_status
from oms.orders.request import AS_AVAILABLE, Address, Charge, Collector, Customer, Discount, Gift, TaxPart, Totals
from oms.orders.states import History
from oms.payments.model import Reserved
from oms.registry.kits import Component
from oms.registry.segments import Segment

_ACTIONS: Mapping[Status, tuple[str, ...]] = {
    Status.PENDING_REVIEW: ("review", "cancel"),
    Status.CONFIRMED: ("cancel",),
    Status.IN_PROGRESS: ("cancel",),
}


def available_actions(status: Status) -> list[str]:
    """What may be done with an order in a status: until it is over, some unit of it can be cancelled or asked for."""
    return list(_ACTIONS.get(status, ()))


class BackorderView(View):
    """How many units of a line wait for stock, until when, and the day on which enough is to come, if known.

    `first_expected_on` is the day that the customer was told first: what comes later than that is late.
    """

    quantity: int
    cancel_at: str
    expected_on: str | None
    first_expected_on: str | None


class LineView(View):
    """A line as agreed, with how many of its units are in each state."""

    line_no: int
    line_id: str | None
    type: str
    sku: str
    segment: Segment | None
    description: str | None
    quantity: int
    unit_price: int
    discounts: list[Discount]
    charges: list[Charge]
    tax: int
    taxes: list[TaxPart]
    total: int
    method: str
    ship_to: Address | None
    pickup_node: str | None
    service: str | None
    gift: Gift | None
    minimum_age: int | None
    group_no: int
    components: list[Component]
    part_of: int | None = Field(description="the line of the kit of which it is a component that may go on its own")
    replaces: int | None = Field(description="the line of which it sends lost units again, without a price")
    quantities: dict[str, int]
    backorder: BackorderView | None
    attributes: dict[str, object]


class OrderSummary(View):
    """An order in a list, and the answer to placing it."""

    id: str
    external_id: str
    channel: str
    status: str
    payment_status: str
    fulfillment_status: str
    version: int
    currency: str
    total: int
    line_count: int
    placed_at: str
    available_actions: list[str]


class OrderView(OrderSummary):
    """An order whole. `written_off` was delivered and given up unpaid, in minor units."""

    legal_entity: str
    selling_node: str
    taken_by: str
    locale: str
    ordered_at: str
    customer: Customer | None
    collectors: list[Collector] = Field(description="who may collect the goods besides the customer")
    consolidate: bool = Field(description="whether the customer wants what several nodes have in one parcel")
    ship_preference: str = Field(description="whether it goes as it can, or waits for what is to go with it")
    together_until: str | None = Field(description="until when it waits; then it goes as it can")
    groups: list[dict[str, object]]
    lines: list[LineView]
    charges: list[Charge]
    tax_mode: str
    totals: Totals
    original: Sums = Field(description="what the order came to when it was placed; nothing changes that")
    summary: Sums = Field(description="what it comes to now: the original and the amounts of all its change orders")
    changes: int = Field(description="how many change orders it has")
    validations: list[Validation]
    fulfillment_orders: list[FulfillmentOrderView]
    shipments: list[ShipmentView]
    payments: list[PaymentView]
    refunds: list[RefundView]
    return_status: ReturnRollup
    rmas: list[str] = Field(description="its returns by post, see GET /v1/returns/{id}")
    reserved: Reserved | None = Field(description="until when goods are held that a till is to be paid for")
    choices: list[Choice] = Field(description="what the customer may decide about it, or has decided")
    history: History | None = Field(description="what another system told of it; such an order is not managed here")
    written_off: int
    cancellations: list[dict[str, object]]
    note: str | None
    attributes: dict[str, object]


def summary(order: Order) -> OrderSummary:
    """The short form."""
    return OrderSummary(**_common(order))


def view(order: Order) -> OrderView:
    """The long form."""
    # Loaded with the first order that is shown whole.
    from oms.orders.change_orders import standing

    header = order.header
    return OrderView(
        **_common(order),
        legal_entity=header.legal_entity,
        selling_node=header.selling_node,
        taken_by=header.taken_by,
        locale=header.locale,
        ordered_at=header.ordered_at,
        customer=header.customer,
        collectors=list(header.collectors),
        consolidate=header.consolidate,
        ship_preference=header.together[0] if header.together else AS_AVAILABLE,
        together_until=header.together[1] if header.together else None,
        groups=[group.model_dump(mode="json") for group in header.groups],
        lines=[_line(order, line) for line in order.lines],
        charges=list(header.charges),
        tax_mode=header.tax_mode.value,
        totals=header.totals,
        original=Sums(**header.totals.model_dump()),
        summary=sums(standing(order).total),
        changes=header.changes,
        validations=list(header.validations),
        fulfillment_orders=[work_view(work, header.version) for work in order.fulfillment_orders],
        shipments=[shipment_view(shipment) for shipment in order.shipments],
        payments=[payment_view(payment) for payment in order.payments],
        refunds=[refund_view(refund) for refund in order.refunds],
        return_status=return_status(order),
        rmas=[rma.id for rma in order.rmas],
        reserved=header.reserved,
        choices=list(order.choices),
        history=header.history,
        written_off=header.written_off,
        cancellations=[c.model_dump() for c in header.cancellations],
        note=header.note,
        attributes=header.attributes,
    )


def _common(order: Order) -> dict[str, object]:
    header = order.header
    return {
        "id": header.id,
        "external_id": header.external_id,
        "channel": header.channel,
        "status": status(order).value,
        "payment_status": payment_status(order).value,
        "fulfillment_status": fulfillment_status(order).value,
        "version": header.version,
        "currency": header.currency,
        "total": header.totals.total,
        "line_count": header.line_count,
        "placed_at": header.placed_at,
        "available_actions": available_actions(status(order)),
    }


def _line(order: Order, line: Line) -> LineView:
    agreed = line.agreed
    return LineView(
        line_no=line.line_no,
        line_id=agreed.line_id,
        type=agreed.type.value,
        sku=agreed.sku,
        segment=agreed.segment,
        description=agreed.description,
        quantity=agreed.quantity,
        unit_price=agreed.unit_price,
        discounts=list(agreed.discounts),
        charges=list(agreed.charges),
        tax=agreed.tax,
        taxes=list(agreed.taxes),
        total=agreed.total,
        method=agreed.method.value,
        ship_to=agreed.ship_to,
        pickup_node=agreed.pickup_node,
        service=agreed.service,
        gift=agreed.gift,
        minimum_age=agreed.minimum_age,
        group_no=line.group_no,
        components=list(line.components),
        part_of=line.part_of.line_no if line.part_of else None,
        replaces=line.replaces,
        quantities=quantities(order, line),
        backorder=next(
            (
                BackorderView(
                    quantity=one.quantity,
                    cancel_at=one.cancel_at,
                    expected_on=one.expected_on,
                    first_expected_on=one.first_expected_on or one.expected_on,
                )
                for one in order.header.backorders
                if one.line_no == line.line_no
            ),
            None,
        ),
        attributes=agreed.attributes,
    )

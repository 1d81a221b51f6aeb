"""Facts about the work of nodes and what left them. Amounts in minor units of `currency`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from oms.orders.amounts import Taxed
from oms.platform.events import EventData
from oms.registry.kits import Component
from oms.registry.segments import Segment


class EventLine(BaseModel):
    """Units of one order line."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int


class WorkOfLine(EventLine):
    """Units of one order line that a node is given.

    Each unit of a kit consists of `components`; a component that goes on its own is `part_of` the line of its kit.
    With a `segment` only units of that lot, owner or condition will do.
    """

    components: tuple[Component, ...] = ()
    part_of: int | None = None
    segment: Segment | None = None


class _Work(EventData):
    order_id: str
    fulfillment_order_id: str
    node_id: str


class FulfillmentOrderReleased(_Work):
    """A node is given work: which units, by which method, to where, and by when it must answer.

    A leg, whose method is `transfer`, goes to `destination_node` and not to the customer.
    """

    version: ClassVar[int] = 4
    for_nodes: ClassVar[bool] = True
    external_id: str
    method: str
    lines: tuple[WorkOfLine, ...]
    ship_to: dict[str, str | None] | None = None
    respond_by: str
    attributes: dict[str, object] = Field(default_factory=dict)
    destination_node: str | None = None


class BoughtUnits(EventLine):
    """Units of one line that a supplier is to send, at what it asks for each; without `unit_cost` none is agreed."""

    unit_cost: int | None
    supplier_sku: str | None = None


class _Bought(_Work):
    purchase_order_id: str
    cost: int
    commission: int
    payable: int
    currency: str
    legal_entity: str
    store: str
    channel: str


class PurchaseOrderPlaced(_Bought):
    """A supplier is given work by a purchase order, to be acknowledged before `acknowledge_by`.

    It is to be paid `payable`: the `cost` of all units less our `commission`.
    """

    for_nodes: ClassVar[bool] = True
    acknowledge_by: str
    lines: tuple[BoughtUnits, ...]


class PurchaseOrderShipped(_Bought):
    """Units of a purchase order left the supplier: what they cost is owed to it from now on."""

    shipment_id: str


class FulfillmentOrderOffered(_Work):
    """A node may take work of another one by accepting it before `respond_by`; whoever accepts first has it.

    `node_id` is the node that it is offered to. A later offer of the same work says what is left of it.
    """

    for_nodes: ClassVar[bool] = True
    external_id: str
    method: str
    lines: tuple[WorkOfLine, ...]
    ship_to: dict[str, str | None] | None = None
    respond_by: str
    attributes: dict[str, object] = Field(default_factory=dict)


class FulfillmentOrderOfferTaken(_Work):
    """A node was first to accept work that was offered to it: it has it now, under an id of its own.

    `replaces` is the fulfilment order that was offered.
    """

    for_nodes: ClassVar[bool] = True
    replaces: str


class FulfillmentOrderOfferDeclined(_Work):
    """A node does not want work that was offered to it; the others may still take it."""

    reason: str


class FulfillmentOrderOfferEnded(_Work):
    """Work is not offered to a node any more: another node has it, it was rejected or cancelled, or time is over."""

    for_nodes: ClassVar[bool] = True
    reason: str


class FulfillmentOrderAwaited(_Work):
    """A workflow waits for the node once more: after a parcel, after a time-out, or where handing over had failed."""


class FulfillmentOrderCancelled(_Work):
    """Units were taken out of a node's work; `nothing_left` when it has nothing to do any more."""

    for_nodes: ClassVar[bool] = True
    lines: tuple[EventLine, ...]
    nothing_left: bool


class FulfillmentOrderCancellationRequested(_Work):
    """A node that has taken the work is asked to let go of units; it answers with `cancel-response`."""

    for_nodes: ClassVar[bool] = True
    lines: tuple[EventLine, ...]
    reason: str


class FulfillmentOrderCancellationAccepted(_Work):
    """A node let go of units that it was asked for; `nothing_left` when it has nothing to do any more."""

    lines: tuple[EventLine, ...]
    nothing_left: bool


class FulfillmentOrderCancellationRejected(_Work):
    """A node goes on with units that it was asked to let go of, or they had left already (`reason` is `shipped`)."""

    lines: tuple[EventLine, ...]
    reason: str


class FulfillmentOrderAccepted(_Work):
    """A node took the work."""


class FulfillmentOrderRejected(_Work):
    """A node refused the work; its units went back to stock."""

    reason: str


class FulfillmentOrderWithdrawn(_Work):
    """Work that a node had not answered for was taken from it and given to others.

    For the reason BETTER_PLAN the node has done nothing wrong: others send the units at less cost; nor for OFFER_TAKEN,
    where another node that it was offered to was first to accept, MOVED, where an operator gave it to another node,
    and MERGED, where it became part of other work of the node.
    """

    for_nodes: ClassVar[bool] = True
    reason: str


class FulfillmentOrderClosed(_Work):
    """A node that had taken the work gave up what it had not shipped; these units are open again."""

    lines: tuple[EventLine, ...]
    reason: str


class FulfillmentOrderPicked(_Work):
    """Units were taken from the shelf."""

    lines: tuple[EventLine, ...]


class FulfillmentOrderReady(_Work):
    """Goods wait for the customer at the counter; `late_seconds` is how long after what was promised.

    With `captures` money is to be taken for them now. Where they are given up at last (`expires`), it is `pickup_by`.
    `staging_bay` is where they are, as far as that is told. `pickup_code` and the name of `arrival_link` are for the
    customer alone.
    """

    version: ClassVar[int] = 6
    hidden: ClassVar[tuple[str, ...]] = ("pickup_code", "arrival_link")

    due_at: str | None = None
    late_seconds: int | None = None
    captures: bool = False
    expires: bool = False
    pickup_by: str | None = None
    pickup_code: str | None = None
    arrival_link: str | None = None
    staging_bay: str | None = None


class FulfillmentOrderDispatched(_Work):
    """Units of a leg have left for the node that it goes to, `node_id`, which says `receive` when they arrive."""

    for_nodes: ClassVar[bool] = True

    from_node: str
    lines: tuple[EventLine, ...]
    carrier: str | None = None
    tracking_number: str | None = None


class FulfillmentOrderReceived(_Work):
    """Units of a leg have arrived at `node_id` and are part of its work `onward`; `begins_work` where that is new.

    `unwanted` units were cancelled on their way and are available there. `lost` ones will not come, `damaged` ones
    came and cannot be sold: those that the order still wants are open again. `over` came beyond what was sent.
    """

    version: ClassVar[int] = 2

    from_node: str
    lines: tuple[EventLine, ...]
    unwanted: tuple[EventLine, ...] = ()
    lost: tuple[EventLine, ...] = ()
    damaged: tuple[EventLine, ...] = ()
    over: tuple[EventLine, ...] = ()
    reason: str | None = None
    onward: str | None = None
    begins_work: bool = False


class FulfillmentOrderReminded(_Work):
    """A node is reminded of a deadline of its work (`ACCEPT`, `PICK`), which is at `due_at`."""

    for_nodes: ClassVar[bool] = True

    deadline: str
    due_at: str


class FulfillmentOrderEscalated(_Work):
    """Work needs a person: the node did not answer in time, refused it, or its money could not be taken."""

    reason: str


class ShipmentShipped(EventData):
    """Units left a node, shipped or handed over, with exactly the money that belongs to them.

    `taxes` says whose the `tax` is, where that is known of any of it; `gift_cards` is what of `goods` was gift cards.
    """

    version: ClassVar[int] = 4

    order_id: str
    fulfillment_order_id: str
    shipment_id: str
    node_id: str
    mode: str
    goods: int
    discount: int
    shipping: int
    tax: int
    taxes: tuple[Taxed, ...] = ()
    total: int
    currency: str
    legal_entity: str
    store: str
    channel: str
    lines: tuple[EventLine, ...]
    carrier: str | None = None
    tracking_number: str | None = None
    # What was promised for it, and how long after that it left.
    due_at: str | None = None
    late_seconds: int | None = None
    gift_cards: int = 0

"""Facts about an order. Amounts in minor units of `currency`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from oms.platform.events import EventData


class PlacedLine(BaseModel):
    """One line of a placed order."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int
    method: str
    total: int


class CancelledLine(BaseModel):
    """Units of a line that were cancelled."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int


class OrderPlaced(EventData):
    """An order was accepted and has its units, or waits for some; of more than 50 lines, `lines` is left out."""

    order_id: str
    external_id: str
    status: str
    currency: str
    legal_entity: str
    store: str
    total: int
    line_count: int
    lines: tuple[PlacedLine, ...] | None = None


class OrderImported(EventData):
    """An order of the past was stored as another system told it; nothing else follows from it."""

    order_id: str
    external_id: str
    status: str
    currency: str
    legal_entity: str
    store: str
    total: int
    line_count: int
    ordered_at: str


class OrderFileLoaded(EventData):
    """A file of orders was taken in; how many of its rows were placed, imported and refused, and where that stands."""

    file: str
    object_version: str
    manifest: str
    rows: int
    placed: int
    imported: int
    refused: int


class OrderLinesAdded(EventData):
    """Lines joined an order after it was placed; what was agreed at first stays as it is."""

    order_id: str
    external_id: str
    lines: tuple[PlacedLine, ...]


class MovedLine(BaseModel):
    """Units of a line that go another way, and the line that has them from then on."""

    model_config = ConfigDict(frozen=True)
    from_line_no: int
    line_no: int
    sku: str
    quantity: int


class OrderMethodChanged(EventData):
    """Units of an order go another way: by another method, to another store or address.

    `difference` is what they cost more, or with a minus less, in minor units of `currency`.
    """

    order_id: str
    external_id: str
    reason: str
    method: str
    pickup_node: str | None
    lines: tuple[MovedLine, ...]
    difference: int
    currency: str
    fulfillment_order_ids: tuple[str, ...]


class OrderReviewAccepted(EventData):
    """A person accepted an order that was in review."""

    order_id: str
    external_id: str
    status: str


class OrderReserved(EventData):
    """Goods of an order are held for a customer who pays for them at a till of the node, until an instant."""

    order_id: str
    external_id: str
    node_id: str
    total: int
    currency: str
    until: str


class OrderPaymentSettled(EventData):
    """An order whose money was in doubt has it now, and may go on."""

    order_id: str
    external_id: str


class OrderSourced(EventData):
    """Claims of an order were allocated to nodes as fulfilment orders; `is_last` when that is all of them.

    `waits` says that the order also waits for stock, and may be given some from now on.
    """

    version: ClassVar[int] = 2

    order_id: str
    fulfillment_order_ids: tuple[str, ...]
    is_last: bool
    waits: bool


class ReroutedLine(BaseModel):
    """Units of a line that another node gives."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    node_id: str
    quantity: int


class OrderRerouted(EventData):
    """Units that a node gave up, or had not answered for, were allocated to other nodes.

    `missing` units nobody else has; `late` says that the promise is at risk. Of both a person is told. For the reason
    BETTER_PLAN a cheaper plan took over work that its node had not accepted, and `saving` is by how much, in minor
    units. For OFFER_TAKEN a node that the work was offered to was first to accept it.
    """

    version: ClassVar[int] = 2

    order_id: str
    fulfillment_order_id: str
    reason: str
    fulfillment_order_ids: tuple[str, ...]
    lines: tuple[ReroutedLine, ...]
    missing: int
    late: bool
    saving: int | None = None


class BackorderedLine(BaseModel):
    """Units of a line that wait for stock, until when, and the day on which enough is to come, if known."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int
    cancel_at: str
    expected_on: str | None


class OrderBackordered(EventData):
    """Units of an order wait for stock, since nobody has them; what is not there by its `cancel_at` is cancelled."""

    order_id: str
    external_id: str
    lines: tuple[BackorderedLine, ...]


class RepromisedLine(BaseModel):
    """Units of a line that wait, and the day on which enough is to come: before, now and as it was told first.

    None is a day that nobody knows. `late_days` counts from the first day to the new one.
    """

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int
    expected_before: str | None
    expected_on: str | None
    first_expected_on: str | None
    late_days: int | None


class OrderPromiseChanged(EventData):
    """What an order waits for is to come on another day; `cause` is the id of the supply, or `queue` without any.

    Then those who come before were served or left, or the day passed and nothing came.
    """

    order_id: str
    external_id: str
    cause: str
    lines: tuple[RepromisedLine, ...]


class OrderShipsAsAvailable(EventData):
    """An order that was to go together goes as it can from now on, for it waited long enough or nothing is to come."""

    order_id: str
    external_id: str
    reason: str


class OrderBackordersAllocated(EventData):
    """Units that waited were allocated to nodes; `waiting` units of the order go on waiting."""

    order_id: str
    external_id: str
    fulfillment_order_ids: tuple[str, ...]
    lines: tuple[ReroutedLine, ...]
    waiting: int


class OrderLinesCancelled(EventData):
    """Some units of an order were cancelled before they were packed."""

    order_id: str
    external_id: str
    lines: tuple[CancelledLine, ...]
    reason: str
    nothing_left: bool


class OrderCancelled(EventData):
    """Every unit of an order was cancelled."""

    order_id: str
    external_id: str
    reason: str


class OrderCompleted(EventData):
    """Every unit of an order has left or was cancelled; `shipped` is the worth of what left."""

    order_id: str
    external_id: str
    currency: str
    shipped: int


class OrderEdited(EventData):
    """An order was edited: by `difference` it costs more than before, or with a minus less, in minor units.

    `change_id` names the change order; none where all that was asked waits for the answer of a node. `lines` are units
    that have a line of their own from then on. `to_collect` is what its tenders did not cover, and `payment_id` the
    tender that it is asked of.
    """

    order_id: str
    external_id: str
    reason: str
    change_id: str | None
    lines: tuple[MovedLine, ...]
    difference: int
    currency: str
    to_collect: int
    payment_id: str | None
    fulfillment_order_ids: tuple[str, ...]

"""Shapes of answers that the product builds as plain documents, for the API description only.

A test sends real calls to the handlers and holds every answer to these shapes.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from oms.finance.events import FinanceExportRequested
from oms.fulfillment.views import FulfillmentOrderView
from oms.inventory.model import MovementKind
from oms.registry.model import Item, NodeDetails, NodeKind


class Answer(BaseModel):
    """Base of the shapes here: nothing that is not named."""

    model_config = ConfigDict(extra="forbid")


class FieldProblem(Answer):
    """One wrong field: a JSON pointer into the body (or `/query/…`, `/header/…`), a stable code and a sentence."""

    pointer: str
    code: str
    detail: str


class ProblemDocument(BaseModel):
    """Why a call was refused (RFC 9457). `code` is stable; `remedy` says what to do about it."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    remedy: str
    errors: list[FieldProblem] = Field(default_factory=list)


class GatewayRefusal(Answer):
    """What the gateway itself answers, before any function runs."""

    message: str


class ListedOrder(Answer):
    """An order in a list."""

    id: str
    placed_at: str
    external_id: str
    channel: str
    status: str
    payment_status: str
    fulfillment_status: str
    currency: str
    total: int
    version: int
    available_actions: list[str]


class OrderList(Answer):
    """A page of orders, newest first; `next_cursor` is null at the end."""

    orders: list[ListedOrder]
    next_cursor: str | None


class TimelineRow(Answer):
    """One fact: what happened, by which command, who did it, and the statuses it changed (before, after)."""

    sequence: int
    occurred_at: str
    event: str
    command: str
    actor: str
    role: str
    channel: str | None
    reason: str | None
    correlation_id: str
    causation_id: str
    changes: dict[str, tuple[str | None, str | None]]
    data: dict[str, Any]


class Timeline(Answer):
    """Every fact about an order, oldest first."""

    events: list[TimelineRow]


class FulfillmentOrderList(Answer):
    """A page of fulfilment orders, oldest first; `next_cursor` is null at the end."""

    fulfillment_orders: list[FulfillmentOrderView]
    next_cursor: str | None


class NodeVersion(NodeDetails):
    """One version of a node; coordinates in degrees."""

    version: int
    effective_from: str
    latitude: float
    longitude: float


class NodeDocument(NodeVersion):
    """A node; `version` is its newest change, `in_force` the one that holds now, `upcoming` those planned."""

    in_force: int | None
    upcoming: list[NodeVersion]
    available_actions: list[str]


class NodeList(Answer):
    """A page of nodes by id; `next_cursor` is null at the end."""

    nodes: list[NodeDocument]
    next_cursor: str | None


_ITEM_FIELDS: dict[str, Any] = {
    name: (field.annotation, field) for name, field in Item.model_fields.items() if name != "told"
}
ItemDocument = create_model(
    "ItemDocument",
    __base__=Answer,
    __doc__="An item as it is stored.",
    **_ITEM_FIELDS,
    available_actions=(list[str], ...),
)


class NodeRow(Answer):
    """What became of one row: its version, or the problem for which it was refused."""

    row: int
    id: str | None
    status: int
    version: int | None = None
    problem: ProblemDocument | None = None


class ItemRow(Answer):
    """What became of one row: its version, or the problem for which it was refused."""

    row: int
    sku: str | None
    status: int
    version: int | None = None
    problem: ProblemDocument | None = None


class NodesLoaded(Answer):
    """The result of a bulk load, row by row."""

    accepted: int
    refused: int
    results: list[NodeRow]


class ItemsLoaded(Answer):
    """The result of a bulk load, row by row."""

    accepted: int
    refused: int
    results: list[ItemRow]


class StockBuckets(Answer):
    """Units by bucket: available is on_hand less reserved, allocated, safety, damaged, quality_control and blocked."""

    on_hand: int
    reserved: int
    allocated: int
    safety: int
    damaged: int
    quality_control: int
    blocked: int
    in_transit: int
    future: int
    available: int
    deficit: int


class NodeStock(StockBuckets):
    """The stock of an item at one node."""

    node_id: str
    version: int


class Stock(Answer):
    """The stock of an item at every node that the caller may see, and its sums."""

    sku: str
    nodes: list[NodeStock]
    totals: StockBuckets
    available_actions: list[str]


class LedgerMovement(Answer):
    """One movement of a stock row: the number that its cause stated, and the signed units per bucket it led to."""

    kind: MovementKind
    quantity: int
    changes: dict[str, int]
    at: str
    cause: str
    source: str | None
    sequence: int | None
    reason: str | None


class StockLedger(Answer):
    """A page of the stock ledger of an item at one node, newest first."""

    sku: str
    node_id: str
    movements: list[LedgerMovement]
    next_cursor: str | None


class AvailableAtNode(Answer):
    """What one node has; `metres` as the crow flies, None where no place is given or known."""

    node_id: str
    kind: NodeKind
    available: int
    metres: int | None


class AvailableItem(Answer):
    """What can be had of an item, in all and at each node that has some."""

    sku: str
    available: int
    nodes: list[AvailableAtNode]


class Availability(Answer):
    """What can be had of each item that exists."""

    as_of: str
    items: list[AvailableItem]
    unknown_skus: list[str]


class RecordedMovement(Answer):
    """One movement, recorded or ignored as a repeat; `deficit` is what the row now lacks of what was promised."""

    sku: str
    node_id: str
    kind: str
    quantity: int
    outcome: Literal["recorded", "ignored"]
    deficit: int


class RecordedMovements(Answer):
    """What became of each movement, in their order."""

    movements: list[RecordedMovement]


ExportAccepted = create_model(
    "ExportAccepted",
    __base__=Answer,
    __doc__="The wish was recorded; its files follow.",
    **{name: (field.annotation, field) for name, field in FinanceExportRequested.model_fields.items()},
    status=(Literal["REQUESTED"], ...),
)


class HintTaken(Answer):
    """What the message led to: a payment outcome, `nothing`, or `left to our own call`."""

    done: str

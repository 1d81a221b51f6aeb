"""Shapes of answers that the product builds as plain documents, for the API description only.

A test sends real calls to the handlers and holds every answer to these shapes.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from oms.finance.events import FinanceExportRequested
from oms.fulfillment.views import FulfillmentOrderView
from oms.registry.model import Item, NodeDetails


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


class HintTaken(Answer):
    """What the message led to: a payment outcome, `nothing`, or `left to our own call`."""

    done: str


ExportAccepted = create_model(
    "ExportAccepted",
    __base__=Answer,
    __doc__="The wish was recorded; its files follow.",
    **{name: (field.annotation, field) for name, field in FinanceExportRequested.model_fields.items()},
    status=(Literal["REQUESTED"], ...),
)

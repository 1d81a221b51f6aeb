"""What is said about one route, and the queries that are read by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, Field

from oms.fulfillment.model import Status as WorkStatus
from oms.orders.model import FulfillmentRollup
from oms.orders.model import Status as OrderStatus
from oms.orders.reads import MOST_PER_PAGE
from oms.payments.model import Rollup

Model = type[BaseModel]

# What is said of If-Match.
VERSION = "The version that was read; if the object has changed since, the call is refused with 409."
CONFIGURATION = f"{VERSION} Required where the object exists."


class OrderListQuery(BaseModel):
    """Orders placed within some days (UTC, both included), or the one order with an external id."""

    placed_from: date = Field(description="31 days before placed_to, where it is left out")
    placed_to: date = Field(description="today, where it is left out")
    status: OrderStatus
    payment_status: Rollup
    fulfillment_status: FulfillmentRollup
    channel: str
    external_id: str = Field(description="with `channel`: only the order that this channel placed under this id")
    limit: Annotated[int, Field(ge=1, le=MOST_PER_PAGE)] = 25
    cursor: str = Field(description="`next_cursor` of the page before")


class WorkListQuery(BaseModel):
    """The work of one node in one state."""

    node: str
    status: WorkStatus
    limit: Annotated[int, Field(ge=1, le=MOST_PER_PAGE)] = 25
    cursor: str = Field(description="`next_cursor` of the page before")


@dataclass(frozen=True, slots=True)
class Rows:
    """The body of a bulk load: one list of at most so many objects."""

    name: str
    model: Model
    most: int


@dataclass(frozen=True, slots=True)
class Route:
    """One route: `answers` by status; `if_match` says whether the version of the object may or must be sent.

    `refusals` are statuses besides those that follow from the kind of route. `required` are the query parameters,
    read by hand, that must be sent. `named` is the field of the body that the path names, so that it may be left out.
    """

    summary: str
    answers: Mapping[int, Model | str]
    notes: str = ""
    if_match: str = ""
    query: Model | None = None
    required: tuple[str, ...] = ()
    rows: Rows | None = None
    named: str = ""
    path: Mapping[str, Any] = field(default_factory=dict)
    refusals: tuple[int, ...] = ()
    # The bodies that it takes, where which one depends on the path; each may be left out.
    bodies: tuple[Model, ...] = ()


def in_words_of_the_standard(schema: Any) -> Any:
    """Limits of numbers as JSON Schema calls them; pydantic does not translate those behind a check of our own.

    The schemas of events, which never change, keep them as they are: readers ignore what they do not know.
    """
    if isinstance(schema, list):
        return [in_words_of_the_standard(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    limits = {"ge": "minimum", "le": "maximum"} if schema.get("type") == "integer" else {}
    return {limits.get(key, key): in_words_of_the_standard(value) for key, value in schema.items()}

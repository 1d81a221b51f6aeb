"""What is said of choices: what a node offers in place of units, and what a customer decides."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from oms.choices.model import Option
from oms.orders.request import Address
from oms.platform.fields import Code, Quantity
from oms.platform.intake import Request


class OfferSubstitutes(Request):
    """A node offers something else in place of units that it has not picked.

    Without `substitutes`, all that the rules have for the item.
    """

    line_no: Annotated[int, Field(strict=True, ge=1)]
    quantity: Quantity
    substitutes: Annotated[tuple[Code, ...], Field(max_length=10)] = ()


class AnswerChoice(Request):
    """What a customer decides: of `substitute` which `sku`, of `ship` where to, of `pickup` at which node."""

    option: Option
    sku: Code | None = None
    ship_to: Address | None = None
    pickup_node: Code | None = None


class AnswerForCustomer(AnswerChoice):
    """The same, said by an associate who has asked the customer, and how."""

    asked: Literal["in_person", "by_phone"]

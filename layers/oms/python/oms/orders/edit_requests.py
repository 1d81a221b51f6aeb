"""What a caller may ask to change of an order, one action after the other, and whether to look at it or to do it."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from oms.orders.request import Address, Discount, LineRequest, TaxParts
from oms.platform.fields import Amount, Code, Quantity
from oms.platform.intake import Request

# So that an edit is one transaction, with the stock of both sides.
MOST_ACTIONS_OF_AN_EDIT = 10


class AddLine(Request):
    """A line that joins the order; where it says no address, it goes to that of the order's first group."""

    action: Literal["add_line"]
    line: LineRequest


class SetQuantity(Request):
    """How many units of a line there are to be: of those that were not cancelled, also of those that have left."""

    action: Literal["set_quantity"]
    line_no: Annotated[int, Field(ge=1)]
    quantity: Annotated[int, Field(ge=0, le=1_000_000, strict=True)]


class ChangePrice(Request):
    """Another price for units of a line that are not picked, with its tax; without that it changes with the price."""

    action: Literal["change_price"]
    line_no: Annotated[int, Field(ge=1)]
    unit_price: Amount
    quantity: Quantity | None = None
    tax: Amount | None = None
    taxes: TaxParts = ()


class ChangeAddress(Request):
    """Another address for what is sent and not picked: of one line, or of all."""

    action: Literal["change_address"]
    line_no: Annotated[int, Field(ge=1)] | None = None
    ship_to: Address


class AddDiscount(Request):
    """An amount off, with where it is from: of one line, or split over all by what they cost."""

    action: Literal["add_discount"]
    line_no: Annotated[int, Field(ge=1)] | None = None
    discount: Discount


class RemoveDiscount(Request):
    """A discount of one line, or of all, that does not hold any more."""

    action: Literal["remove_discount"]
    line_no: Annotated[int, Field(ge=1)] | None = None
    source: Code


Action: TypeAlias = Annotated[
    AddLine | SetQuantity | ChangePrice | ChangeAddress | AddDiscount | RemoveDiscount, Field(discriminator="action")
]
Actions: TypeAlias = Annotated[tuple[Action, ...], Field(min_length=1, max_length=MOST_ACTIONS_OF_AN_EDIT)]


class EditRequest(Request):
    """An edit to look at, or to carry out: its actions, or the preview in which they were looked at."""

    mode: Literal["preview", "commit"]
    reason: Code | None = None
    actions: Actions | None = None
    preview_id: Code | None = None

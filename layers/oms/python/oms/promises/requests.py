"""How a call for a promise is read."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from oms.orders.request import Method
from oms.platform.fields import Amount, Code, Quantity
from oms.platform.intake import Request, no_more_than
from oms.registry.segments import Segment, stock_name

MOST_LINES = 40

# What is delivered digitally needs no promise.
PromisedMethod = Literal["ship", "pickup", "ship_to_store", "delivery"]


class BasketLine(Request):
    """Units of an item, or of a segment of its stock, and the methods that it may go by.

    A fee may depend on what the goods cost.
    """

    sku: Code
    segment: Segment | None = None
    quantity: Quantity
    unit_price: Amount = 0
    methods: Annotated[tuple[PromisedMethod, ...], Field(min_length=1, max_length=4)] = ("ship",)

    @property
    def stock_sku(self) -> str:
        """The name of the stock that it asks for."""
        return stock_name(self.sku, self.segment)

    def may_go(self, method: Method) -> bool:
        """Whether it may go this way."""
        return method.value in self.methods


class PromiseRequest(Request):
    """A basket, where it goes, and the node where it would be picked up; without one, any that has the units."""

    channel: Code
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "US"
    postal_code: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    pickup_node: Code | None = None
    lines: Annotated[tuple[BasketLine, ...], no_more_than(MOST_LINES), Field(min_length=1)]

    @model_validator(mode="after")
    def _store_is_named(self) -> Self:
        if self.pickup_node is None and any(line.may_go(Method.SHIP_TO_STORE) for line in self.lines):
            raise ValueError("what is shipped to a store names it as pickup_node")
        return self

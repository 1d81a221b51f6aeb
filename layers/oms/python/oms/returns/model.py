"""The return: units that a customer brought back, with the money that belongs to exactly these units. Pure.

Amounts are integers in minor units of the order's currency.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from oms.orders.amounts import Taxed, less_taxes, summed_taxes, taxed, taxes_of


class State(StrEnum):
    """The states of a return. What a store accepts at once is closed at once; its refund is told apart."""

    CLOSED = "CLOSED"


class Disposition(StrEnum):
    """What becomes of a unit that came back."""

    SELLABLE = "sellable"
    DAMAGED = "damaged"


# What became of a unit that is paid back and never came: its parcel was lost or damaged.
Lost = Literal["lost"]


class ReturnLine(BaseModel):
    """Units of a line: `goods` is their price net of discount, `tax` that of the goods.

    `appeased_goods` and `appeased_tax` are the part of these that an appeasement gave back before. `taxes` and
    `appeased_taxes` say whose both taxes are, where that is known of any of it.
    """

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int
    disposition: Disposition | Lost
    goods: int
    tax: int
    taxes: tuple[Taxed, ...] = ()
    appeased_goods: int = 0
    appeased_tax: int = 0
    appeased_taxes: tuple[Taxed, ...] = ()


class Return(BaseModel):
    """What came back at once at one node, or is paid back because it never arrived.

    `shipping` is what is given back of it, with its tax.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    order_id: str
    node_id: str
    reason: str
    state: State = State.CLOSED
    lines: tuple[ReturnLine, ...]
    shipping: int = 0
    shipping_tax: int = 0
    shipping_taxes: tuple[Taxed, ...] = ()
    fee: int = 0
    to: str | None = None
    to_reason: str | None = None
    refund_id: str | None = None
    accepted_at: str
    accepted_by: str

    @property
    def goods(self) -> int:
        return sum(line.goods for line in self.lines)

    @property
    def tax(self) -> int:
        """The tax of the goods and of the shipping."""
        return sum(line.tax for line in self.lines) + self.shipping_tax

    @property
    def taxes(self) -> tuple[Taxed, ...]:
        """Whose tax goes back now, without what appeasements gave before."""
        given = [taxes_of(line.appeased_tax, line.appeased_taxes) for line in self.lines]
        whole = [taxes_of(line.tax, line.taxes) for line in self.lines]
        whole.append(taxes_of(self.shipping_tax, self.shipping_taxes))
        return taxed(less_taxes(summed_taxes(whole), summed_taxes(given)))

    @property
    def appeased_goods(self) -> int:
        return sum(line.appeased_goods for line in self.lines)

    @property
    def appeased_tax(self) -> int:
        return sum(line.appeased_tax for line in self.lines)

    @property
    def owed(self) -> int:
        """What the customer gets."""
        given_before = self.appeased_goods + self.appeased_tax
        return self.goods + self.shipping + self.tax - given_before - self.fee

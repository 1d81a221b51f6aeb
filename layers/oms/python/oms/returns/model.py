"""The return: units that a customer brought back, with the money that belongs to exactly these units. Pure.

A return by post is an authorisation (RMA) of units that may come; what is owed for them are returns of their own, one
for each time that money becomes due (decision 65). Amounts are integers in minor units of the order's currency.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from oms.orders.amounts import Taxed, less_taxes, summed_taxes, taxed, taxes_of


class State(StrEnum):
    """The states of a return. What a store accepts at once is closed at once; its refund is told apart."""

    REQUESTED = "REQUESTED"  # a person must approve or decline it
    APPROVED = "APPROVED"  # its units may be sent
    DECLINED = "DECLINED"
    IN_TRANSIT = "IN_TRANSIT"  # a carrier has a parcel of it
    RECEIVED = "RECEIVED"  # units are there that nobody has inspected
    INSPECTED = "INSPECTED"  # all units that are there were inspected, others are still to come
    CLOSED = "CLOSED"  # nothing of it is to come or to be inspected
    CANCELLED = "CANCELLED"


class Disposition(StrEnum):
    """What becomes of a unit that came back."""

    SELLABLE = "sellable"
    DAMAGED = "damaged"
    RESTOCK = "restock"  # for sale again
    REPAIR = "repair"  # held back as in quality control
    VENDOR = "vendor"  # held back until its vendor takes it
    LIQUIDATE = "liquidate"  # held back as damaged until somebody buys it up
    DESTROY = "destroy"


class Grade(StrEnum):
    """The condition in which a unit came back, from as new to useless."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


# What became of a unit that is paid back and never came: its parcel was lost or damaged. Of units that are paid back
# before they were inspected it is not known yet.
Lost = Literal["lost"]
Open = Literal["open"]
# What the customer keeps although it is paid back.
Kept = Literal["kept"]


class Trigger(StrEnum):
    """From when on the money of units is owed that come back by post."""

    RECEIPT = "receipt"
    INSPECTION = "inspection"


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True)


class Fee(_Stored):
    """What is kept back of what was paid, by its kind; minor units."""

    kind: str
    amount: int


class Override(_Stored):
    """That somebody let come back what the rules do not: why, who, and by its codes what it went against."""

    reason: str
    by: str
    against: tuple[str, ...]


class ReturnLine(_Stored):
    """Units of a line: `goods` is their price net of discount, `tax` that of the goods.

    `appeased_goods` and `appeased_tax` are the part of these that an appeasement gave back before. `taxes` and
    `appeased_taxes` say whose both taxes are, where that is known of any of it.
    """

    line_no: int
    sku: str
    quantity: int
    disposition: Disposition | Lost | Open | Kept
    grade: Grade | None = None
    goods: int
    tax: int
    taxes: tuple[Taxed, ...] = ()
    appeased_goods: int = 0
    appeased_tax: int = 0
    appeased_taxes: tuple[Taxed, ...] = ()


class Return(_Stored):
    """What came back at once at one node, or is paid back because it never arrived.

    `shipping` is what is given back of it, with its tax. `fees` says what `fee` is made of, and `kept` which charges of
    the units are not given back.
    """

    id: str
    order_id: str
    # The return by post that it is a part of.
    rma_id: str | None = None
    node_id: str
    reason: str
    state: State = State.CLOSED
    lines: tuple[ReturnLine, ...]
    shipping: int = 0
    shipping_tax: int = 0
    shipping_taxes: tuple[Taxed, ...] = ()
    fee: int = 0
    fees: tuple[Fee, ...] = ()
    kept: tuple[Fee, ...] = ()
    override: Override | None = None
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


# In these states its units are bound to it.
OPEN = frozenset({State.REQUESTED, State.APPROVED, State.IN_TRANSIT, State.RECEIVED, State.INSPECTED})
# In these its units may arrive.
EXPECTING = OPEN - {State.REQUESTED}


class FeeTerm(_Stored):
    """What is kept back: so much for each unit in minor units of a currency, or millionths of what its goods cost."""

    kind: str
    currency: str | None = None
    each: int | None = None
    ppm: int | None = None


class Terms(_Stored):
    """What the rule that held when units were asked for says of their money."""

    rule: str
    refund_at: Trigger
    fees: tuple[FeeTerm, ...] = ()
    charges_back: tuple[str, ...] = ()


class Graded(_Stored):
    """Units that were inspected at a node, what they are like, and what becomes of them."""

    quantity: int
    grade: Grade
    disposition: Disposition
    node_id: str


class RmaLine(_Stored):
    """Units of a line of the order: how many may come, how many came, and of how many the money is owed by now.

    Units that are missing in their parcel, that are of another item (`wrong`), or that did not come in time (`expired`)
    have left the return.
    """

    line_no: int
    sku: str
    quantity: int
    condition: str | None = None
    terms: Terms
    received: int = 0
    missing: int = 0
    wrong: int = 0
    expired: int = 0
    owed: int = 0
    # Units that are there and not inspected yet, by the node that has them.
    waiting: dict[str, int] = {}
    graded: tuple[Graded, ...] = ()

    @property
    def left_it(self) -> int:
        """Units that do not belong to the return any more."""
        return self.missing + self.wrong + self.expired

    @property
    def to_come(self) -> int:
        """Units that are still expected."""
        return self.quantity - self.received - self.left_it

    @property
    def inspected(self) -> int:
        return sum(one.quantity for one in self.graded)

    @property
    def bound(self) -> int:
        """Units that belong to it and whose money is not owed yet."""
        return max(0, self.quantity - self.left_it - self.owed)

    @property
    def due(self) -> int:
        """Units whose money is due by now and not owed yet, those of a drop-off apart."""
        done = self.inspected if self.terms.refund_at is Trigger.INSPECTION else self.received
        return max(0, done - self.owed)


class Rma(_Stored):
    """A return by post, or one that waits for its customer. `node_id` is where its units are to go.

    Until `expires_at` (RFC 3339 in UTC) its units may come; `dropped_off_at` is when a carrier took a parcel of it.
    """

    id: str
    order_id: str
    node_id: str
    reason: str
    state: State
    lines: tuple[RmaLine, ...]
    days: int
    to: str | None = None
    to_reason: str | None = None
    override: Override | None = None
    requested_at: str
    requested_by: str
    decided_at: str | None = None
    decided_by: str | None = None
    decision_reason: str | None = None
    expires_at: str | None = None
    dropped_off_at: str | None = None

    def line(self, line_no: int) -> RmaLine | None:
        """The units of a line; None where there are none."""
        return next((one for one in self.lines if one.line_no == line_no), None)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def to_come(self) -> int:
        """Units that are still expected."""
        return sum(one.to_come for one in self.lines)

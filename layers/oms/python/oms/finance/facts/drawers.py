"""What finance reads from the events of cash drawers. Amounts are minor units of `currency`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from oms.finance.facts.base import Fact, Tender
from oms.platform.fields import Amount, Code, IsoDate, SignedAmount
from oms.platform.ids import child_id


class DrawerFact(Fact):
    """Cash in a session of a drawer. It belongs to the session's business date, whenever it is told."""

    store: Annotated[Code, Field(validation_alias="node_id")]
    channel: Code = "store"
    tender: Tender | None = Tender.CASH
    session_id: Code
    drawer_id: Code
    business_date: IsoDate


class DrawerOpened(DrawerFact):
    """A float went from the safe into a drawer."""

    opening_float: Amount


class DrawerMovementRecorded(DrawerFact):
    """Cash went in or out; of a sale, `tax` is a part of `amount`. The id follows from the till's own number.

    With `sale_id` it is the cash of a sale that posts it itself.
    """

    movement_id: Code
    kind: Literal["cash_sale", "cash_refund", "drop", "paid_in", "paid_out"]
    amount: Amount
    tax: Amount = 0
    sale_id: Code | None = None
    refund_id: Code | None = None

    @model_validator(mode="after")
    def _tax_is_a_part(self) -> DrawerMovementRecorded:
        if self.tax > (self.amount if self.kind == "cash_sale" else 0):
            raise ValueError("tax is no part of the amount")
        return self


class DrawerClosed(DrawerFact):
    """What was expected and counted; the counted cash went to the safe."""

    expected: SignedAmount
    counted: Amount
    variance: SignedAmount

    @model_validator(mode="after")
    def _adds_up(self) -> DrawerClosed:
        if self.counted - self.expected != self.variance:
            raise ValueError("variance is not counted - expected")
        return self


class DrawerRestated(DrawerClosed):
    """The same, stated anew, beside what was stated before."""

    statement: int
    counted_before: Amount
    variance_before: SignedAmount

    @property
    def name(self) -> str:
        """What names the statement."""
        return child_id("drs", self.session_id, self.statement)

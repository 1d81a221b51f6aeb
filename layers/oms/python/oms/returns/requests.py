"""How the calls about returns and refunds are read. Amounts are minor units of the order's currency."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from oms.orders.request import LineQuantity
from oms.platform.fields import Amount, Code, Label
from oms.platform.intake import Request
from oms.returns.model import Disposition

MOST_LINES = 20


class PaidBy(StrEnum):
    """Where money goes instead of back to what it was paid with."""

    CASH = "cash"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"


class _Elsewhere(Request):
    to: PaidBy | None = None
    to_reason: Label | None = None
    # The node whose company gives the gift card or store credit; without one, the company that sold does.
    issuer_node: Code | None = None

    @model_validator(mode="after")
    def _says_why(self) -> _Elsewhere:
        if (self.to is None) != (self.to_reason is None):
            raise ValueError("money that goes elsewhere has a reason, to_reason, and only such money")
        if self.issuer_node is not None and self.to not in (PaidBy.GIFT_CARD, PaidBy.STORE_CREDIT):
            raise ValueError("only a gift card or store credit has an issuer, issuer_node")
        return self


class ReturnedUnits(LineQuantity):
    """Units of a line that came back, and whether they can be sold again."""

    disposition: Disposition = Disposition.SELLABLE


class ReturnRequest(_Elsewhere):
    """Units that a store accepted; `fee` is kept back, `shipping` is what is given back of the shipping charged."""

    node_id: Code
    reason: Code
    lines: Annotated[tuple[ReturnedUnits, ...], Field(min_length=1, max_length=MOST_LINES)]
    fee: Amount = 0
    shipping: Amount = 0


class ConfirmationRequest(Request):
    """What the channel calls the refund that it made."""

    reference: Code


class AttemptRequest(_Elsewhere):
    """Try the parts of a refund again that failed, perhaps by another tender."""

    reason: Label

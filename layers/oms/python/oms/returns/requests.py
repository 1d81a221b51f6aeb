"""How the calls about returns and refunds are read. Amounts are minor units of the order's currency."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from oms.orders.request import LineQuantity
from oms.platform.fields import Amount, Code, Label
from oms.platform.intake import Request
from oms.returns.model import Disposition, Grade

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


class Kind(StrEnum):
    """How units come back."""

    STORE = "store"  # a store has accepted them
    MAIL_IN = "mail_in"  # the customer wants to send them


class ReturnedUnits(LineQuantity):
    """Units of a line that came back, whether they can be sold again, and their condition, where rules ask for it."""

    disposition: Disposition = Disposition.SELLABLE
    condition: Code | None = None
    grade: Grade | None = None


class ReturnRequest(_Elsewhere):
    """Units that a store accepted, or that a customer wants to send back by post.

    `fee` is kept back, `shipping` is what is given back of the shipping charged; where they are left out, they are as
    the rules say. `override_reason` is why it is accepted against the rules. A return by post goes to `node_id`, or to
    where its units came from.
    """

    kind: Kind = Kind.STORE
    node_id: Code | None = None
    reason: Code
    lines: Annotated[tuple[ReturnedUnits, ...], Field(min_length=1, max_length=MOST_LINES)]
    fee: Amount | None = None
    shipping: Amount | None = None
    override_reason: Label | None = None


class ReturnableQuery(Request):
    """For which reason, and in which condition, units would come back."""

    reason: Code | None = None
    condition: Code | None = None


class ConfirmationRequest(Request):
    """What the channel calls the refund that it made."""

    reference: Code


class AttemptRequest(_Elsewhere):
    """Try the parts of a refund again that failed, perhaps by another tender."""

    reason: Label

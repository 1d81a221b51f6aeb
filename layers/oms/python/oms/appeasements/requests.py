"""How the calls about appeasements are read. Amounts are minor units of the order's currency."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict, model_validator

from oms.appeasements.model import On, PaidTo, Reason
from oms.platform.fields import Amount, Code, Label
from oms.platform.intake import Request

Positive = Annotated[Amount, Field(ge=1)]
LineNo = Annotated[int, Strict(), Field(ge=1)]
MOST_LINES = 100
MOST_LISTED = 100
# For how long a coupon is taken where nobody says it.
COUPON_DAYS = 180


class RequestAppeasement(Request):
    """Goodwill on an order: an amount without tax, or a percentage of what was delivered of it.

    `lines` name those it is for, where it is on lines; on `tax`, the amount is what the customer gets in all. The
    reason OTHER needs a text. A coupon is taken for `coupon_days`, 180 where nobody says it.
    """

    on: On = On.ORDER
    lines: Annotated[tuple[LineNo, ...], Field(min_length=1, max_length=MOST_LINES)] | None = None
    amount: Positive | None = None
    percent: Annotated[int, Strict(), Field(ge=1, le=100)] | None = None
    reason: Reason
    text: Label | None = None
    paid_to: PaidTo = PaidTo.ORIGINAL
    # The node whose company gives the gift card or store credit; without one, the company that sold does.
    issuer_node: Code | None = None
    coupon_days: Annotated[int, Strict(), Field(ge=1, le=730)] | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> RequestAppeasement:
        if (self.amount is None) == (self.percent is None):
            raise ValueError("either an amount or a percentage")
        if (self.on is On.LINES) != (self.lines is not None):
            raise ValueError("lines are named where it is on lines, and nowhere else")
        if self.lines is not None and len(set(self.lines)) != len(self.lines):
            raise ValueError("a line is named twice")
        if self.reason is Reason.OTHER and self.text is None:
            raise ValueError("the reason OTHER needs a text")
        if self.coupon_days is not None and self.paid_to is not PaidTo.COUPON:
            raise ValueError("only a coupon has coupon_days")
        if self.issuer_node is not None and self.paid_to in (PaidTo.ORIGINAL, PaidTo.COUPON):
            raise ValueError("only a gift card or store credit has an issuer, issuer_node")
        return self


class WaitingQuery(Request):
    """Which page of the requests that wait for approval to show."""

    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 25
    cursor: Annotated[str, Field(max_length=1024)] | None = None


class DecideAppeasement(Request):
    """What somebody decides on a request that waits, and why."""

    decision: Literal["approve", "reject"]
    reason: Label

"""An appeasement: goodwill on an order, as it was asked for, judged and decided. Pure.

What is stored is never changed: a request with its judgement, and at most one ruling on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.orders.amounts import Taxed, summed_taxes, taxed, taxes_of
from oms.payments.refunds import Issuer
from oms.platform.fields import Instant

# How long a request waits for somebody who may approve it.
WAITS = timedelta(hours=72)
# Who grants what a rule of the retailer says, without a call.
POLICY = "policy"


class State(StrEnum):
    """Where an appeasement stands."""

    GRANTED = "GRANTED"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"


class Action(StrEnum):
    """What can be done to an appeasement."""

    APPROVE = "approve"
    REJECT = "reject"


class On(StrEnum):
    """What the goodwill is for: all goods of the order that were delivered, some lines of them, shipping, or the tax.

    Goodwill for the tax is measured by it and is less price all the same: the tax itself is not ours to give.
    """

    ORDER = "order"
    LINES = "lines"
    SHIPPING = "shipping"
    TAX = "tax"


class Kind(StrEnum):
    """Whether an amount was named, or a share of what was delivered."""

    AMOUNT = "amount"
    PERCENT = "percent"


class Reason(StrEnum):
    """Why; OTHER says it in words."""

    LATE = "LATE"
    DAMAGE = "DAMAGE"
    WRONG_ITEM = "WRONG_ITEM"
    MISSING_ITEM = "MISSING_ITEM"
    PRICE_MATCH = "PRICE_MATCH"
    SERVICE = "SERVICE"
    SHIPPING = "SHIPPING"
    OTHER = "OTHER"


class PaidTo(StrEnum):
    """How the customer gets it: back on what was paid with, as credit for later, or as a coupon of the shop."""

    ORIGINAL = "original"
    STORE_CREDIT = "store_credit"
    GIFT_CARD = "gift_card"
    COUPON = "coupon"


class Role(StrEnum):
    """Who grants, in rising order of what they may."""

    ASSOCIATE = "associate"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"


class PendingReason(StrEnum):
    """Why somebody else must approve."""

    ROLE_LIMIT = "ROLE_LIMIT"
    VELOCITY = "VELOCITY"


class Stored(BaseModel):
    """Base of what is stored. Amounts are minor units of the order's currency."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Part(Stored):
    """What of it falls on one line, and of its tax; line 0 is shipping.

    `taxes` says whose the tax is, where that is known of any of it.
    """

    line_no: int
    net: int
    tax: int
    taxes: tuple[Taxed, ...] = ()


class Seen(Stored):
    """How much goodwill a customer or an actor had before, as it was counted when this was judged.

    `of` is `customer` or `actor`; `name` tells counters apart and names nobody.
    """

    of: str
    name: str
    grants: int
    amount: int
    beyond: bool


class Evaluation(Stored):
    """The limits and counters as they were seen when it was judged.

    `goods` are those of the order net of discount and of what was cancelled; `granted_before` is all goodwill on the
    order without its tax; `refundable` is what of its money was neither given back nor is owed. The limits of the role
    are an amount and a percentage of `goods`, over all grants on the order.
    """

    role: Role
    goods: int
    granted_before: int
    order_cap: int
    role_amount: int
    role_percent: int
    refundable: int
    seen: tuple[Seen, ...] = ()
    pending: tuple[PendingReason, ...] = ()
    needs_role: Role | None = None


class Ruling(Stored):
    """What somebody decided on a request that waited; `evaluation` is of an approval."""

    approved: bool
    reason: str
    decided_by: str
    channel: str | None = None
    role: Role | None = None
    decided_at: Instant
    evaluation: Evaluation | None = None


class Because(Stored):
    """What goodwill is for that nobody asked for, once for each cause, and by which rule of the retailer."""

    cause: str
    rule: str


class Coupon(Stored):
    """A code that the shop takes off a later purchase, once, until an instant; its value is minor units of `currency`.

    The price of that purchase is lower then, and so is its tax: nothing of it is owed or posted here.
    """

    code: str
    value: int
    currency: str
    valid_until: Instant


class Appeasement(Stored):
    """One request for goodwill with its judgement; `net` = goods + shipping, on which `tax` comes.

    One that is paid with a coupon has the code and the days of it from the start, and the coupon once it is granted.
    """

    id: str
    number: int
    order_id: str
    on: On
    lines: tuple[int, ...] = ()
    kind: Kind
    percent: int | None = None
    reason: Reason
    text: str | None = None
    paid_to: PaidTo
    issuer: Issuer | None = None
    coupon_code: str | None = None
    coupon_days: int | None = None
    currency: str
    parts: tuple[Part, ...]
    # What it was granted for without a call, and by which rule of the retailer.
    cause: str | None = None
    rule: str | None = None
    requested_by: str
    channel: str | None = None
    requested_at: Instant
    evaluation: Evaluation
    ruling: Ruling | None = None

    @property
    def goods(self) -> int:
        return sum(part.net for part in self.parts if part.line_no)

    @property
    def shipping(self) -> int:
        return sum(part.net for part in self.parts if not part.line_no)

    @property
    def net(self) -> int:
        return sum(part.net for part in self.parts)

    @property
    def tax(self) -> int:
        return sum(part.tax for part in self.parts)

    @property
    def taxes(self) -> tuple[Taxed, ...]:
        """Whose the tax is, where that is known of any of it."""
        return taxed(summed_taxes(taxes_of(part.tax, part.taxes) for part in self.parts))

    @property
    def total(self) -> int:
        """What the customer gets."""
        return self.net + self.tax

    @property
    def expires_at(self) -> datetime | None:
        """Until when it could be approved; None where nobody had to."""
        return self.requested_at + WAITS if self.evaluation.pending else None

    @property
    def granted(self) -> bool:
        """Whether it is owed to the customer."""
        return self.ruling.approved if self.ruling else not self.evaluation.pending

    @property
    def granted_at(self) -> datetime | None:
        """Since when it is owed to the customer; None where it is not."""
        if not self.granted:
            return None
        return self.ruling.decided_at if self.ruling else self.requested_at

    @property
    def coupon(self) -> Coupon | None:
        """The coupon that it was paid with, once it is granted."""
        if self.coupon_code is None or self.coupon_days is None or self.granted_at is None:
            return None
        until = self.granted_at + timedelta(days=self.coupon_days)
        return Coupon(code=self.coupon_code, value=self.total, currency=self.currency, valid_until=until)

    @property
    def version(self) -> int:
        return 1 if self.ruling is None else 2

    def state(self, now: datetime) -> State:
        """Where it stands at an instant: a request that waited too long has expired, whoever looks."""
        if self.granted:
            return State.GRANTED
        if self.ruling is not None:
            return State.REJECTED
        return State.EXPIRED if now - self.requested_at >= WAITS else State.PENDING_APPROVAL

    def available_actions(self, now: datetime) -> tuple[Action, ...]:
        return (Action.APPROVE, Action.REJECT) if self.state(now) is State.PENDING_APPROVAL else ()


def given(appeasements: Sequence[Appeasement]) -> dict[int, Part]:
    """What was granted by line, net and tax; line 0 is shipping. A return of a line gives back only the rest.

    A coupon gave nothing of the money that was paid.
    """
    sums: dict[int, Part] = {}
    owed = (one for one in appeasements if one.granted and one.paid_to is not PaidTo.COUPON)
    for part in (part for one in owed for part in one.parts):
        known = sums.get(part.line_no, Part(line_no=part.line_no, net=0, tax=0))
        taxes = summed_taxes([taxes_of(known.tax, known.taxes), taxes_of(part.tax, part.taxes)])
        sums[part.line_no] = Part(
            line_no=part.line_no, net=known.net + part.net, tax=known.tax + part.tax, taxes=taxed(taxes)
        )
    return sums

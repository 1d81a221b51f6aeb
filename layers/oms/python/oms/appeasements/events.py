"""What happened to appeasements, as facts of their order. Amounts are minor units of `currency`.

`store` is the node that sold the order. Actors are those that the tokens name.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from oms.orders.amounts import Taxed
from oms.platform.events import EventData


class AppeasedLine(BaseModel):
    """What of it falls on one line, and of its tax; line 0 is shipping."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    line_no: int
    net: int
    tax: int


class _OfAppeasement(EventData):
    order_id: str
    external_id: str
    appeasement_id: str
    currency: str
    legal_entity: str
    store: str
    channel: str
    reason: str
    paid_to: str
    goods: int
    shipping: int
    tax: int
    total: int
    requested_by: str
    role: str


class AppeasementRequested(_OfAppeasement):
    """Goodwill was asked for that somebody else must approve until `expires_at`; `pending` says why."""

    pending: tuple[str, ...]
    needs_role: str
    expires_at: str


class AppeasementGranted(_OfAppeasement):
    """Goodwill is owed to the customer: `total` is goods, shipping and the tax on them.

    `taxes` says whose the tax is, where that is known of any of it.
    """

    version: ClassVar[int] = 2

    taxes: tuple[Taxed, ...] = ()
    lines: tuple[AppeasedLine, ...]
    approved_by: str | None


class CouponIssued(_OfAppeasement):
    """Goodwill was granted as a coupon: the shop takes `total` off a later purchase, once, until `valid_until`.

    Nothing is owed for it and the ledger has nothing of it: what it is used for costs less then.
    """

    hidden: ClassVar[tuple[str, ...]] = ("code",)

    code: str
    valid_until: str
    approved_by: str | None


class GoodwillRateExceeded(EventData):
    """A customer within 90 days, or an actor on a business date, has more goodwill than the alert of a rule says.

    It is told once on a business date. `of` is `customer` or `actor`; `name` tells counters apart and names nobody.
    `amount` is all of it in `currency` without tax; the order and the appeasement are those that passed the bound.
    """

    of: str
    name: str
    actor: str | None
    alert: str
    grants: int
    amount: int
    currency: str
    business_date: str
    order_id: str
    appeasement_id: str


class AppeasementRejected(_OfAppeasement):
    """Somebody decided against goodwill that was asked for; `rejection` is why."""

    rejection: str
    rejected_by: str

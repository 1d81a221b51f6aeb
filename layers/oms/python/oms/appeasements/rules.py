"""The rules of goodwill: what is granted without a call, and when somebody is to look at who grants or gets much. Pure.

They are rule sets of kind `goodwill`; without one nothing is granted by policy and nobody is alerted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, Strict, model_validator

from oms.appeasements.limits import ACTOR, CUSTOMER, CUSTOMER_WINDOW
from oms.appeasements.model import On, PaidTo
from oms.appeasements.requests import Positive
from oms.platform.fields import Code, Currency
from oms.platform.intake import Request

KIND = "goodwill"
_MOST_MINUTES = 60 * 24 * 90
_Count = Annotated[int, Strict(), Field(ge=1, le=1000)]


class Trigger(StrEnum):
    """What went wrong for a customer who has not called."""

    PROMISE_BROKEN = "promise_broken"
    CANCELLED_BY_US = "cancelled_by_us"
    LOST_PARCEL = "lost_parcel"


class GoodwillRule(Request):
    """What a customer of some channels is granted, once for each thing that went wrong; without `channels`, of all.

    An amount, or a percentage of what was delivered that is `most` at most, in minor units of `currency`: orders of
    another one get nothing. Of a broken promise it takes `minimum_late_minutes`. One customer is granted goodwill by
    policy `per_customer` times in `period_days`.
    """

    id: Code
    event: Trigger
    channels: Annotated[tuple[Code, ...], Field(max_length=100)] = ()
    currency: Currency
    minimum_late_minutes: Annotated[int, Strict(), Field(ge=0, le=_MOST_MINUTES)] = 0
    on: Literal[On.ORDER, On.SHIPPING] = On.ORDER
    amount: Positive | None = None
    percent: Annotated[int, Strict(), Field(ge=1, le=25)] | None = None
    most: Positive | None = None
    paid_to: PaidTo = PaidTo.ORIGINAL
    coupon_days: Annotated[int, Strict(), Field(ge=1, le=730)] | None = None
    per_customer: _Count = 1
    period_days: Annotated[int, Strict(), Field(ge=1, le=CUSTOMER_WINDOW.days)] = CUSTOMER_WINDOW.days

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.amount is None) == (self.percent is None):
            raise ValueError("either an amount or a percentage")
        if self.percent is not None and self.most is None:
            raise ValueError("a percentage needs the most that it may come to")
        if self.coupon_days is not None and self.paid_to is not PaidTo.COUPON:
            raise ValueError("only a coupon has coupon_days")
        return self

    def fits(self, event: Trigger, channel: str, currency: str, late_minutes: int) -> bool:
        """Whether it is for something that went wrong with an order of a channel and currency."""
        return (
            event is self.event
            and currency == self.currency
            and (not self.channels or channel in self.channels)
            and (event is not Trigger.PROMISE_BROKEN or late_minutes >= self.minimum_late_minutes)
        )


class Alert(Request):
    """From when on somebody looks: more `grants` than this, or more than `amount` without tax in minor units.

    Of a customer within 90 days, of an actor within a business date; an amount is compared in its own currency.
    """

    id: Code
    of: Literal["customer", "actor"]
    grants: _Count | None = None
    amount: Positive | None = None
    currency: Currency | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if self.grants is None and self.amount is None:
            raise ValueError("a number of grants or an amount")
        if (self.amount is None) != (self.currency is None):
            raise ValueError("an amount has a currency, and nothing else has")
        return self

    def is_passed(self, of: str, grants: int, amount: int, currency: str) -> bool:
        """Whether grants of a customer or an actor, and their sum in a currency, are beyond it."""
        if of != {"customer": CUSTOMER, "actor": ACTOR}[self.of]:
            return False
        more = self.grants is not None and grants > self.grants
        return more or (self.amount is not None and currency == self.currency and amount > self.amount)


class GoodwillRules(Request):
    """Rules of which the first that fits holds, and what alerts."""

    rules: Annotated[tuple[GoodwillRule, ...], Field(max_length=100)] = ()
    alerts: Annotated[tuple[Alert, ...], Field(max_length=100)] = ()


def rule_for(
    sets: Iterable[GoodwillRules], event: Trigger, channel: str, currency: str, late_minutes: int = 0
) -> GoodwillRule | None:
    """The first rule that fits; None where nothing is granted by policy."""
    fitting = (rule for one in sets for rule in one.rules if rule.fits(event, channel, currency, late_minutes))
    return next(fitting, None)


def alerts_of(sets: Iterable[GoodwillRules]) -> Iterator[Alert]:
    """What alerts, of all sets that hold."""
    return (alert for one in sets for alert in one.alerts)

"""How much a node takes on, and in which periods of its own time; how much is sold before its street date. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from oms.platform.fields import Amount, Currency, IsoDate, Quantity
from oms.platform.intake import Request

Per = Literal["hour", "day", "week", "month"]


class PreOrder(Request):
    """An item that is sold before its street date and never given out before it: at most so many units.

    Without `most_units`, as many as there are and are to come. Cards are authorised when the order is placed, or so
    many days before the street date. What is not there so many days after it is cancelled.
    """

    street_date: IsoDate
    most_units: Quantity | None = None
    authorize_days_before: Annotated[int, Field(strict=True, ge=0, le=365)] | None = None
    cancel_after_days: Annotated[int, Field(strict=True, ge=1, le=365)] = 60


class CapacityLimit(Request):
    """The most fulfilment orders, units or value that a node takes on in a period; with 0 it takes nothing on.

    `value` is in minor units of `currency`, and goods in other currencies do not count against it.
    """

    of: Literal["orders", "units", "value"]
    per: Per
    most: Amount
    currency: Currency | None = None

    @model_validator(mode="after")
    def _value_has_a_currency(self) -> Self:
        if (self.of == "value") != (self.currency is not None):
            raise ValueError("a limit of value has a currency, and no other limit has one")
        return self


def _each_once(limits: Sequence[CapacityLimit]) -> Sequence[CapacityLimit]:
    if len({(one.of, one.per, one.currency) for one in limits}) != len(limits):
        raise ValueError("a limit stands in the list twice")
    return limits


Capacity = Annotated[tuple[CapacityLimit, ...], Field(max_length=12), AfterValidator(_each_once)]


def period(per: Per, now: datetime, time_zone: str) -> str:
    """The name of the period of a zone's local time that an instant is in, such as `day#2026-11-27`.

    Weeks begin on Monday (ISO 8601). An hour is named by its beginning in UTC: one that a clock change repeats is two.
    """
    local = now.astimezone(ZoneInfo(time_zone))
    if per == "hour":
        # By the offset that holds now: a clock change may come in the middle of an hour.
        past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        begins = now.astimezone(UTC) - past
        return f"hour#{begins:%Y-%m-%dT%H:%MZ}"
    if per == "week":
        year, week, _ = local.isocalendar()
        return f"week#{year:04d}-W{week:02d}"
    return f"{per}#{local:%Y-%m}" if per == "month" else f"day#{local:%Y-%m-%d}"

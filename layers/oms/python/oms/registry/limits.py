"""How much a node takes on in which periods; what is sold before its street date; how digital units are given. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from oms.platform.fields import Amount, Code, Currency, IsoDate, Quantity
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


class ActivatedBy(StrEnum):
    """What a unit of a digital item is delivered from."""

    LICENCE_POOL = "licence_pool"  # a code that was loaded for the item
    GIFT_CARD = "gift_card"  # a gift card of what the unit was sold for
    PROVIDER = "provider"  # whoever outside activates it


class ItemActivation(Request):
    """How units of a digital item are delivered when they are paid for; only a `provider` outside has a name."""

    by: ActivatedBy
    provider: Code | None = None

    @model_validator(mode="after")
    def _provider_has_a_name(self) -> Self:
        if (self.by is ActivatedBy.PROVIDER) != (self.provider is not None):
            raise ValueError("what a provider activates names it, and nothing else does")
        return self


# All activations of an order are kept with its work, which is one item of a table.
MOST_ACTIVATIONS = 200


class ActivationStatus(StrEnum):
    """The states of an activation."""

    REQUESTED = "REQUESTED"  # its provider is to be asked, or has not answered
    ACTIVATED = "ACTIVATED"
    FAILED = "FAILED"  # its provider refused; it is asked for anew


# state -> the states that may follow.
TRANSITIONS: Mapping[ActivationStatus, frozenset[ActivationStatus]] = {
    ActivationStatus.REQUESTED: frozenset({ActivationStatus.ACTIVATED, ActivationStatus.FAILED}),
    ActivationStatus.FAILED: frozenset({ActivationStatus.REQUESTED}),
    ActivationStatus.ACTIVATED: frozenset(),
}


class Activation(BaseModel):
    """One unit of a line: who gives it, and what it is called there (`activation_id`), once it is activated.

    That is the licence, the gift card, or the provider's own name. The code itself is kept apart from the order.
    `attempt` counts how often its provider was asked anew after a refusal, and `shipment_id` is what it left with.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    by: ActivatedBy
    status: ActivationStatus
    provider: str | None = None
    activation_id: str | None = None
    attempt: int = 1
    refused: str | None = None
    shipment_id: str | None = None

    @property
    def key(self) -> str:
        """What its provider knows the wish by, the same for every repeat."""
        return self.id if self.attempt == 1 else f"{self.id}.{self.attempt}"

    def moved(self, status: ActivationStatus, **changes: object) -> Activation:
        """The activation in another state; one that may not follow raises ValueError."""
        if status not in TRANSITIONS[self.status]:
            raise ValueError(f"an activation that is {self.status.value} does not become {status.value}")
        return self.model_copy(update={"status": status, **changes})


def activation_id(work_id: str, line_no: int, number: int) -> str:
    """The id of the n-th activation of a line of some work."""
    return f"act_{work_id.partition('_')[2]}_{line_no}_{number}"


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

"""How calls about subscriptions are read."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from oms.platform.fields import Instant, Label
from oms.platform.intake import Request
from oms.webhooks.addresses import fault_of
from oms.webhooks.model import DeliveryState

SubscriptionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
DetailType = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z]{2,63}$")]
DeliveryId = Annotated[str, StringConstraints(pattern=r"^[0-9TZ:.-]{20,32}_evt_[0-9A-Za-z]{4,40}$")]
MOST_TYPES = 200
MOST_NAMED = 100


class Named(Request):
    """The name of a subscription, which the caller chooses."""

    subscription_id: SubscriptionId


class PutSubscription(Request):
    """Where events of which types go; no types at all means every event."""

    url: str = Field(description="an address on the public internet over https")
    detail_types: tuple[DetailType, ...] = Field(
        default=(), max_length=MOST_TYPES, description="the events that are sent, by name; none means all"
    )

    @field_validator("url")
    @classmethod
    def _public(cls, url: str) -> str:
        fault = fault_of(url)
        if fault is not None:
            raise ValueError(fault)
        return url


class PauseSubscription(Request):
    """Why events wait."""

    reason: Label


class Nothing(Request):
    """A call without content."""


class Redelivery(Request):
    """What goes out again: deliveries by name, or those of a time, the end of which does not belong to it."""

    delivery_ids: tuple[DeliveryId, ...] = Field(default=(), max_length=MOST_NAMED)
    occurred_from: Instant | None = None
    occurred_to: Instant | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        is_time = self.occurred_from is not None and self.occurred_to is not None
        if bool(self.delivery_ids) == is_time or (self.occurred_from is None) != (self.occurred_to is None):
            raise ValueError("either delivery_ids, or occurred_from and occurred_to")
        if self.occurred_from is not None and self.occurred_to is not None and self.occurred_to <= self.occurred_from:
            raise ValueError("occurred_to is after occurred_from")
        return self


class DeliveryQuery(Request):
    """Which deliveries are listed."""

    state: DeliveryState | None = None
    cursor: str | None = None


class DeadLetterQuery(Request):
    """From where the dead letters are listed."""

    cursor: str | None = None

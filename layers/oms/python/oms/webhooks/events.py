"""What is told of subscriptions. The last two are also how work begins: whoever follows the events takes it up."""

from __future__ import annotations

from oms.platform.events import EventData


class WebhookSubscriptionPut(EventData):
    """A subscription was made or changed."""

    subscription_id: str
    url: str
    detail_types: list[str]


class WebhookSubscriptionPaused(EventData):
    """Events wait for the subscription to be resumed."""

    subscription_id: str
    reason: str


class WebhookSubscriptionResumed(EventData):
    """Events go out again, first those that have waited."""

    subscription_id: str


class WebhookSecretRotated(EventData):
    """Messages are signed by a new secret, for a day by the old one, too."""

    subscription_id: str
    secret_number: int


class WebhookRedeliveryRequested(EventData):
    """Deliveries go out again: those named, or those of events that occurred in a time."""

    subscription_id: str
    delivery_ids: list[str]
    occurred_from: str | None
    occurred_to: str | None

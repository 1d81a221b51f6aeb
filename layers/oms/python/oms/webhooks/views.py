"""Subscriptions, deliveries and dead letters as callers see them. Response shapes of the API."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field

from oms.platform.commands import Runtime
from oms.platform.cursors import bad_cursor, decode_cursor, encode_cursor
from oms.platform.dynamodb import Database, Page
from oms.platform.problems import NotFound
from oms.platform.writes import Item, Value
from oms.webhooks.model import Attempt, Delivery, Subscription
from oms.webhooks.requests import DeadLetterQuery, DeliveryQuery
from oms.webhooks.signing import secret_of
from oms.webhooks.store import (
    dead_letter_page,
    delivery_page,
    load_delivery,
    load_subscription,
    load_subscriptions,
)

_PAGE = 50


class WebhookSubscription(BaseModel):
    """Where events of which types go."""

    model_config = ConfigDict(frozen=True)
    id: str
    url: str
    detail_types: list[str] = Field(description="the events that are sent, by name; none means all")
    state: str = Field(description="ACTIVE or PAUSED")
    reason: str | None = Field(description="why it is paused")
    since: str = Field(description="events that occurred from then on are sent")
    secret_number: int = Field(description="how often its secret was made anew, from 1")
    version: int
    available_actions: list[str]


class WebhookSubscriptions(BaseModel):
    """The subscriptions of a tenant, by id."""

    model_config = ConfigDict(frozen=True)
    subscriptions: list[WebhookSubscription]


class WebhookSecrets(BaseModel):
    """By what the messages of a subscription are signed now, the newest first."""

    model_config = ConfigDict(frozen=True)
    secrets: list[str]


class WebhookDelivery(BaseModel):
    """One event on its way to a subscriber, with the last of its tries."""

    model_config = ConfigDict(frozen=True)
    id: str
    subscription_id: str
    event_id: str = Field(description="the header webhook-id; the same in every try")
    detail_type: str
    entity: str
    sequence: int
    occurred_at: str
    state: str = Field(description="RETRYING, DELIVERED or DEAD")
    tries: int
    attempts: list[Attempt]


class WebhookDeliveries(BaseModel):
    """Deliveries of a subscription, the newest events first."""

    model_config = ConfigDict(frozen=True)
    deliveries: list[WebhookDelivery]
    next_cursor: str | None


class DeadLetter(BaseModel):
    """What could not be delivered in any of its tries."""

    model_config = ConfigDict(frozen=True)
    id: str
    delivery: WebhookDelivery
    available_actions: list[str]


class DeadLetters(BaseModel):
    """Dead letters, the newest events first."""

    model_config = ConfigDict(frozen=True)
    dead_letters: list[DeadLetter]
    next_cursor: str | None


def subscription_view(found: Subscription) -> WebhookSubscription:
    """A subscription as it is now."""
    shown = found.model_dump(mode="json", exclude={"secret_changed_at"})
    return WebhookSubscription(**shown, available_actions=found.available_actions)


def subscription_document(found: Subscription) -> dict[str, Value]:
    """The same as the answer of a command."""
    document: dict[str, Value] = subscription_view(found).model_dump(mode="json")
    return document


def read_subscriptions(database: Database, tenant: str) -> WebhookSubscriptions:
    """All subscriptions of a tenant."""
    return WebhookSubscriptions(subscriptions=[subscription_view(one) for one in load_subscriptions(database, tenant)])


def read_subscription(database: Database, tenant: str, subscription_id: str) -> WebhookSubscription:
    """One subscription; raises NotFound."""
    return subscription_view(_found(database, tenant, subscription_id))


def read_secrets(runtime: Runtime, master: Callable[[], str], tenant: str, subscription_id: str) -> WebhookSecrets:
    """By what a subscription is signed now; raises NotFound."""
    found = _found(runtime.database, tenant, subscription_id)
    numbers = found.secrets_at(runtime.clock.now())
    return WebhookSecrets(secrets=[secret_of(master(), tenant, found.id, number) for number in numbers])


def read_deliveries(database: Database, tenant: str, subscription_id: str, query: DeliveryQuery) -> WebhookDeliveries:
    """A page of the deliveries of a subscription; with a state, those of the page that are in it."""
    _found(database, tenant, subscription_id)
    page = delivery_page(database, tenant, subscription_id, _after(query.cursor), _PAGE)
    found = [Delivery.model_validate_json(str(item["body"])) for item in page.items]
    shown = [delivery_view(subscription_id, one) for one in found if query.state in (None, one.state)]
    return WebhookDeliveries(deliveries=shown, next_cursor=_cursor(page))


def read_delivery(database: Database, tenant: str, subscription_id: str, delivery_id: str) -> WebhookDelivery:
    """One delivery; raises NotFound."""
    found = load_delivery(database, tenant, subscription_id, delivery_id)
    if found is None:
        raise NotFound()
    return delivery_view(subscription_id, found)


def read_dead_letters(database: Database, tenant: str, query: DeadLetterQuery) -> DeadLetters:
    """A page of the dead letters of a tenant."""
    page = dead_letter_page(database, tenant, _after(query.cursor), _PAGE)
    letters = [_letter(database, tenant, item) for item in page.items]
    return DeadLetters(
        dead_letters=[one for one in letters if one is not None],
        next_cursor=_cursor(page),
    )


def delivery_view(subscription_id: str, delivery: Delivery) -> WebhookDelivery:
    """A delivery as it is now."""
    return WebhookDelivery(subscription_id=subscription_id, **delivery.model_dump(mode="json", exclude={"version"}))


def _letter(database: Database, tenant: str, item: Item) -> DeadLetter | None:
    subscription_id, delivery_id = str(item["subscription_id"]), str(item["delivery_id"])
    found = load_delivery(database, tenant, subscription_id, delivery_id)
    if found is None:
        return None
    return DeadLetter(id=str(item["sk"]), delivery=delivery_view(subscription_id, found), available_actions=["redrive"])


def _found(database: Database, tenant: str, subscription_id: str) -> Subscription:
    found = load_subscription(database, tenant, subscription_id)
    if found is None:
        raise NotFound()
    return found


def _after(cursor: str | None) -> str | None:
    if cursor is None:
        return None
    position = decode_cursor(cursor)
    if position.keys() != {"at"} or not position["at"].startswith("2"):
        raise bad_cursor()
    return position["at"]


def _cursor(page: Page) -> str | None:
    return encode_cursor({"at": page.next["sk"]}) if page.next else None

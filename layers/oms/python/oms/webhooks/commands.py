"""The verbs of a subscription. Its secret is never a part of an answer that is kept: it is read by itself."""

from __future__ import annotations

from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventData, EventDraft
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, NotFound, StaleVersion
from oms.webhooks.events import (
    WebhookRedeliveryRequested,
    WebhookSecretRotated,
    WebhookSubscriptionPaused,
    WebhookSubscriptionPut,
    WebhookSubscriptionResumed,
)
from oms.webhooks.model import State, Subscription
from oms.webhooks.requests import PauseSubscription, PutSubscription, Redelivery
from oms.webhooks.store import load_dead_letter, load_subscription, load_subscriptions, subscription_write
from oms.webhooks.views import subscription_document

MOST_SUBSCRIPTIONS = 50


class TooManySubscriptions(ActionNotAvailable):
    code = "too_many_subscriptions"
    title = "The tenant has as many subscriptions as it may have."
    remedy = "Let one subscriber pass events on, or put a subscription that is no longer used to other use."


def put_webhook_subscription(runtime: Runtime, call: Call, subscription_id: str, content: PutSubscription) -> Outcome:
    """Make a subscription, or change where its events go and which; the answer is a WebhookSubscription.

    A new one hears of what occurs from now on. Raises StaleVersion when it was changed since it was read,
    InvalidRequest without If-Match on one that exists, TooManySubscriptions.
    """

    def decide() -> Decision:
        before = load_subscription(runtime.database, call.tenant, subscription_id)
        _hold_to_version(call, before)
        types = tuple(dict.fromkeys(content.detail_types))
        if before is None:
            if len(load_subscriptions(runtime.database, call.tenant)) >= MOST_SUBSCRIPTIONS:
                raise TooManySubscriptions()
            since = format_instant(runtime.clock.now())
            after = Subscription(id=subscription_id, url=content.url, detail_types=types, since=since)
        else:
            changed = {"url": content.url, "detail_types": types, "version": before.version + 1}
            after = before.model_copy(update=changed)
        told = WebhookSubscriptionPut(subscription_id=after.id, url=after.url, detail_types=list(types))
        return _decision(call, after, before, told)

    return execute(runtime, call, decide)


def pause_webhook_subscription(
    runtime: Runtime, call: Call, subscription_id: str, request: PauseSubscription
) -> Outcome:
    """Let events wait; raises ActionNotAvailable for one that is paused."""

    def decide() -> Decision:
        before = _existing(runtime, call, subscription_id)
        if before.state is State.PAUSED:
            raise ActionNotAvailable("It is paused already.")
        after = before.model_copy(
            update={"state": State.PAUSED, "reason": request.reason, "version": before.version + 1}
        )
        return _decision(
            call, after, before, WebhookSubscriptionPaused(subscription_id=after.id, reason=request.reason)
        )

    return execute(runtime, call, decide)


def resume_webhook_subscription(runtime: Runtime, call: Call, subscription_id: str) -> Outcome:
    """Let events go out again, with all that have waited; raises ActionNotAvailable for one that is not paused."""

    def decide() -> Decision:
        before = _existing(runtime, call, subscription_id)
        if before.state is State.ACTIVE:
            raise ActionNotAvailable("It is not paused.")
        after = before.model_copy(update={"state": State.ACTIVE, "reason": None, "version": before.version + 1})
        return _decision(call, after, before, WebhookSubscriptionResumed(subscription_id=after.id))

    return execute(runtime, call, decide)


def rotate_webhook_secret(runtime: Runtime, call: Call, subscription_id: str) -> Outcome:
    """Sign by a new secret from now on, and for a day by the old one, too."""

    def decide() -> Decision:
        before = _existing(runtime, call, subscription_id)
        after = before.model_copy(
            update={
                "secret_number": before.secret_number + 1,
                "secret_changed_at": format_instant(runtime.clock.now()),
                "version": before.version + 1,
            }
        )
        told = WebhookSecretRotated(subscription_id=after.id, secret_number=after.secret_number)
        return _decision(call, after, before, told)

    return execute(runtime, call, decide)


def redeliver_webhooks(runtime: Runtime, call: Call, subscription_id: str, wanted: Redelivery) -> Outcome:
    """Let deliveries go out again, with the ids that they had; raises ActionNotAvailable while it is paused."""
    bounds = (wanted.occurred_from, wanted.occurred_to)
    first, last = (None if one is None else format_instant(one) for one in bounds)
    return _redeliver(runtime, call, subscription_id, list(wanted.delivery_ids), first, last)


def redrive_dead_letter(runtime: Runtime, call: Call, letter_id: str) -> Outcome:
    """Let a dead letter go out again; what its subscriber takes is none any more. Raises NotFound for any other."""
    found = load_dead_letter(runtime.database, call.tenant, letter_id)
    if found is None:
        raise NotFound()
    return _redeliver(runtime, call, str(found["subscription_id"]), [str(found["delivery_id"])], None, None)


def _redeliver(
    runtime: Runtime, call: Call, subscription_id: str, names: list[str], first: str | None, last: str | None
) -> Outcome:
    def decide() -> Decision:
        before = _existing(runtime, call, subscription_id)
        if before.state is State.PAUSED:
            raise ActionNotAvailable("It is paused; resume it first.")
        after = before.model_copy(update={"version": before.version + 1})
        told = WebhookRedeliveryRequested(
            subscription_id=after.id, delivery_ids=names, occurred_from=first, occurred_to=last
        )
        return _decision(call, after, before, told, status=202)

    return execute(runtime, call, decide)


def _decision(
    call: Call, after: Subscription, before: Subscription | None, told: EventData, status: int | None = None
) -> Decision:
    event = EventDraft(f"WEBHOOK_SUBSCRIPTION#{after.id}", after.version, told)
    write = subscription_write(call.tenant, after, before)
    return Decision([write], [event], status=status or (200 if before else 201), body=subscription_document(after))


def _existing(runtime: Runtime, call: Call, subscription_id: str) -> Subscription:
    found = load_subscription(runtime.database, call.tenant, subscription_id)
    if found is None:
        raise NotFound()
    if call.expected_version is not None and call.expected_version != found.version:
        raise StaleVersion(f"If-Match names version {call.expected_version}; it is at version {found.version}.")
    return found


def _hold_to_version(call: Call, before: Subscription | None) -> None:
    current = before.version if before else 0
    if before is not None and call.expected_version is None:
        detail = f"the subscription exists; send If-Match with its version, {current}"
        raise InvalidRequest(errors=[FieldError("/header/If-Match", "required", detail)])
    if call.expected_version is not None and call.expected_version != current:
        raise StaleVersion(f"If-Match names version {call.expected_version}; it is at version {current}.")

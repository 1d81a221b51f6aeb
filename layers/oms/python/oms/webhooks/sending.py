"""Work on the queue of outgoing webhooks: the events of an entity go to a subscriber one after another.

What a subscriber has answered is recorded after it was sent, so after a crash a message goes out again under the same
`webhook-id`. A try that fails holds up its own entity only. The message that brings the next try is on the queue before
the lane is let go of: a lane that waits always has one.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from oms.platform.clock import format_instant
from oms.platform.commands import Call, Runtime, input_hash
from oms.platform.dynamodb import Conflict
from oms.platform.observability import counted, logger
from oms.platform.principal import system_principal
from oms.platform.problems import ActionNotAvailable
from oms.platform.writes import Kind, Write
from oms.webhooks.commands import pause_webhook_subscription
from oms.webhooks.messages import Work
from oms.webhooks.model import PAUSES, Attempt, Delivery, DeliveryState, Lane, State, Subscription, pause_after
from oms.webhooks.port import Answered, Sender
from oms.webhooks.requests import PauseSubscription
from oms.webhooks.signing import secret_of, signed_headers
from oms.webhooks.store import (
    Told,
    dead_letter_gone,
    dead_letter_write,
    delivery_write,
    events_after,
    lane_write,
    load_delivery,
    load_event,
    load_lane,
    load_subscription,
    subscription_key,
    waiting_write,
)

# A function has 60 seconds, and a message may take eleven of them.
MOST_MESSAGES = 20
MOST_SECONDS = 40
# How long a message waits for whoever works on its lane.
_TAKEN_SECONDS = 10
# A queue keeps a message back for no longer.
_LONGEST_DELAY = 900
GONE = 410


class Send(Protocol):
    """Puts a message on the queue of this function, to be seen after a while."""

    def __call__(self, body: str, *, delay_seconds: int = 0) -> None: ...


class Office:
    """What it takes to send: time and tables, the queue, the outside, and the secret of the deployment."""

    def __init__(self, runtime: Runtime, sender: Sender, send: Send, master: Callable[[], str]) -> None:
        self.runtime = runtime
        self.sender = sender
        self.send = send
        self.master = master

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.runtime.clock.now()

    def post(self, tenant: str, subscription: Subscription, told: Told) -> tuple[Attempt, Answered]:
        """Send an event once."""
        now, body = self.now, told.detail.encode()
        numbers = subscription.secrets_at(now)
        secrets = [secret_of(self.master(), tenant, subscription.id, number) for number in numbers]
        headers = signed_headers(secrets, told.id, int(now.timestamp()), body)
        answered = self.sender.post(
            subscription.url, {**headers, "content-type": "application/json", "user-agent": "Spine"}, body
        )
        at = format_instant(now)
        made = Attempt(at=at, status=answered.status, failure=answered.failure, milliseconds=answered.milliseconds)
        return made, answered

    def delivery(self, tenant: str, subscription: Subscription, told: Told) -> tuple[Delivery, Delivery | None]:
        """The delivery of an event as it stands, and as it is stored, if it is."""
        name = f"{told.occurred_at}_{told.id}"
        stored = load_delivery(self.runtime.database, tenant, subscription.id, name)
        entity = json.loads(told.detail)["meta"]["entity"]
        fresh = Delivery(
            id=name,
            event_id=told.id,
            detail_type=told.type,
            entity=entity,
            sequence=told.sequence,
            occurred_at=told.occurred_at,
            state=DeliveryState.RETRYING,
            tries=0,
            attempts=(),
            version=0,
        )
        return stored or fresh, stored

    def commit(self, *writes: Write) -> bool:
        """Whether all of it happened; not where somebody else was before us."""
        try:
            self.runtime.database.commit(writes)
        except Conflict:
            return False
        return True


def serve_lane(office: Office, work: Work) -> None:
    """Send what is new of an entity to a subscriber, in order, until there is nothing or a try fails."""
    database = office.runtime.database
    subscription = load_subscription(database, work.tenant, work.subscription_id)
    if subscription is None:
        return
    if subscription.state is State.PAUSED:
        _wait(office, work, subscription)
        return
    before = load_lane(database, work.tenant, subscription.id, work.entity)
    now = format_instant(office.now)
    if before.done >= work.sequence:
        return
    if before.is_taken(now):
        office.send(work.body(), delay_seconds=_TAKEN_SECONDS)
        return
    if before.next_try_at is not None and now < before.next_try_at:
        # Its next try has a message of its own, which is kept back again where its time is far.
        if work.is_retry:
            office.send(work.body(), delay_seconds=_delay(office, before.next_try_at))
        return
    lane = before.taken(office.now)
    if not office.commit(lane_write(work.tenant, subscription.id, lane, before)):
        office.send(work.body(), delay_seconds=_TAKEN_SECONDS)
        return
    _run(office, work, subscription, lane)


def _run(office: Office, work: Work, subscription: Subscription, lane: Lane) -> None:
    begun, sent, stored = office.now, 0, lane
    for told in events_after(office.runtime.database, work.tenant, lane.entity, lane.done):
        if told.occurred_at < subscription.since or not subscription.wants(told.type):
            lane = lane.model_copy(update={"done": told.sequence})
            continue
        if sent >= MOST_MESSAGES or (office.now - begun).total_seconds() > MOST_SECONDS:
            office.send(work.model_copy(update={"sequence": told.sequence, "is_retry": True}).body())
            break
        attempt, answered = office.post(work.tenant, subscription, told)
        sent += 1
        wait = None if attempt.succeeded else pause_after(lane.tries + 1, answered.retry_after)
        delivery, known = office.delivery(work.tenant, subscription, told)
        after = delivery.tried(attempt, is_last=wait is None)
        log = delivery_write(work.tenant, subscription.id, after, known, office.now)
        if wait is not None:
            _fail(office, work, subscription, lane, stored, told, log, wait)
            if answered.status == GONE:
                _give_up(office, work.tenant, subscription, told)
            return
        lane = lane.passed(told.sequence)
        writes = [lane_write(work.tenant, subscription.id, lane, stored), log]
        if after.state is DeliveryState.DEAD:
            writes.append(dead_letter_write(work.tenant, subscription.id, after, office.now))
            logger().error(
                "a message was given up",
                subscription_id=subscription.id,
                delivery_id=after.id,
                **counted("WebhooksGivenUp", office.now),
            )
        if not office.commit(*writes):
            return
        stored = lane
    office.commit(lane_write(work.tenant, subscription.id, lane.left(), stored))


def _fail(
    office: Office,
    work: Work,
    subscription: Subscription,
    lane: Lane,
    stored: Lane,
    told: Told,
    log: Write,
    wait: int,
) -> None:
    again = work.model_copy(update={"sequence": max(work.sequence, told.sequence), "is_retry": True})
    office.send(again.body(), delay_seconds=min(wait, _LONGEST_DELAY))
    office.commit(lane_write(work.tenant, subscription.id, lane.failed(office.now, wait), stored), log)


def _wait(office: Office, work: Work, subscription: Subscription) -> None:
    """Note that an entity waits, as long as the subscription is paused: whoever resumes it reads the notes."""
    note = waiting_write(work.tenant, subscription.id, work.entity, work.sequence)
    key = subscription_key(work.tenant, subscription.id)
    held = Write(Kind.CHECK, "registry", key, equals={"version": subscription.version})
    if not office.commit(note, held):
        office.send(work.body(), delay_seconds=1)


def _give_up(office: Office, tenant: str, subscription: Subscription, told: Told) -> None:
    """A subscriber that says it is gone (410) is paused until a person resumes it."""
    call = Call(
        command="pause_webhook_subscription",
        principal=system_principal(tenant, "send_webhooks"),
        key=f"gone#{subscription.id}#{told.id}",
        input_hash=input_hash([subscription.id, told.id]),
        correlation_id=None,
        causation_id=told.id,
    )
    try:
        reason = PauseSubscription(reason="Its address answered 410 Gone.")
        pause_webhook_subscription(office.runtime, call, subscription.id, reason)
    except ActionNotAvailable:
        return


def send_again(office: Office, work: Work) -> None:
    """Send one delivery again, whatever became of it; a try that fails is repeated for some hours."""
    subscription = load_subscription(office.runtime.database, work.tenant, work.subscription_id)
    known = load_delivery(office.runtime.database, work.tenant, work.subscription_id, work.delivery_id)
    if subscription is None or known is None or subscription.state is State.PAUSED:
        return
    told = load_event(office.runtime.database, work.tenant, known.entity, known.sequence)
    if told is None:
        return
    attempt, _ = office.post(work.tenant, subscription, told)
    is_last = work.tries + 1 >= len(PAUSES) // 2
    # The tries of its lane go on beside these: only they give a message up.
    after = known.tried(attempt, is_last=known.state is DeliveryState.DEAD)
    if not attempt.succeeded and not is_last:
        more = work.model_copy(update={"tries": work.tries + 1})
        office.send(more.body(), delay_seconds=min(PAUSES[work.tries], _LONGEST_DELAY))
    writes = [delivery_write(work.tenant, subscription.id, after, known, office.now)]
    if after.state is DeliveryState.DELIVERED:
        writes.append(dead_letter_gone(work.tenant, subscription.id, known.id))
    office.commit(*writes)


def _delay(office: Office, instant: str) -> int:
    left = (datetime.fromisoformat(instant) - office.now).total_seconds()
    return max(1, min(math.ceil(left), _LONGEST_DELAY))

"""What providers tell: events of Stripe's partner bus, and what was recorded of disputes, payouts and parcels."""

from __future__ import annotations

import json
from typing import Any

from oms.carriers.events import TrackingReported
from oms.carriers.tracking import take_tracking
from oms.payments.adapters import stripe_webhook
from oms.payments.adapters.configured import provider, secret, settings_of
from oms.payments.news import take_told
from oms.platform.commands import Runtime
from oms.platform.consumers import consume_messages, event_from_queue
from oms.settlement.reported import take_reported

runtime = Runtime()


def take(body: str) -> None:
    envelope = json.loads(body)
    if envelope["source"] == "spine":
        event = event_from_queue(body)
        if event.type == TrackingReported.__name__:
            take_tracking(runtime, event)
        else:
            take_reported(runtime, provider, event)
        return
    # Nothing is signed here: the rule of the partner bus lets in the account's own source only.
    event = stripe_webhook.event_of(envelope)
    take_told(runtime, provider, stripe_webhook.told_by(event, settings_of(secret(), "stripe")))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_messages(event, take)

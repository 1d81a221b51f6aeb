"""The functions of outgoing webhooks: who hears, that there is something to hear, and what goes out."""

from __future__ import annotations

from infra import grants as g
from infra.function_spec import FunctionSpec, Ring

GIVEN_UP = Ring(
    "WebhooksGivenUp",
    "A subscriber of outgoing webhooks has not taken a message for more than a day.",
    "webhooks-given-up",
)

WEBHOOK_HTTP = (
    FunctionSpec(
        "webhook_subscriptions",
        "Keeps who hears of which events over HTTPS, and shows what was delivered and what could not be.",
        (*g.COMMAND, *g.table("registry", "get", "query", "put"), *g.WEBHOOK_SECRET),
        routes=(
            *("GET /v1/webhook-subscriptions", "GET /v1/webhook-subscriptions/{subscription_id}"),
            *(
                "PUT /v1/webhook-subscriptions/{subscription_id}",
                "GET /v1/webhook-subscriptions/{subscription_id}/secrets",
            ),
            "POST /v1/webhook-subscriptions/{subscription_id}/secret-rotations",
            "POST /v1/webhook-subscriptions/{subscription_id}/pause",
            "POST /v1/webhook-subscriptions/{subscription_id}/resume",
            "POST /v1/webhook-subscriptions/{subscription_id}/redeliveries",
            "GET /v1/webhook-subscriptions/{subscription_id}/deliveries",
            "GET /v1/webhook-subscriptions/{subscription_id}/deliveries/{delivery_id}",
            *("GET /v1/dead-letters", "POST /v1/dead-letters/{letter_id}/redrive"),
        ),
        memory=512,
        timeout=15,
    ),
)

WEBHOOK_CONSUMERS = (
    FunctionSpec(
        "send_webhooks",
        "Sends the events of an entity to a subscriber in order, signed, and again until they are taken.",
        (
            *g.COMMAND,
            *g.table("events", "get", "query"),
            *g.table("registry", "get", "query", "put", "delete", "check"),
            *g.WEBHOOK_SECRET,
        ),
        timeout=60,
        # A subscriber may be slow: its messages do not wait with those of others.
        batch=1,
        concurrency=20,
        divides_work=True,
        rings=(GIVEN_UP,),
    ),
)

WEBHOOK_STREAM = FunctionSpec(
    "queue_webhooks",
    "Tells the subscribers' queue that there is something new of an entity, where anybody is to hear of it.",
    (*g.table("registry", "query"), *g.WEBHOOK_QUEUE),
)

"""What the handlers' code does not say about outgoing webhooks."""

from __future__ import annotations

from oms.webhooks import views
from tools.openapi_shapes import CONFIGURATION, VERSION, Route

_ONE = "/v1/webhook-subscriptions/{subscription_id}"
WEBHOOK_ROUTES: dict[str, Route] = {
    "GET /v1/webhook-subscriptions": Route("List who hears of events", {200: views.WebhookSubscriptions}),
    f"GET {_ONE}": Route("Read a subscription to events", {200: views.WebhookSubscription}),
    f"PUT {_ONE}": Route(
        "Let a system of yours hear of events",
        {200: views.WebhookSubscription, 201: views.WebhookSubscription},
        notes=(
            "Each event is sent as POST: its body is the event's envelope, signed as Standard Webhooks has it "
            "(`webhook-id`, `webhook-timestamp`, `webhook-signature`). Events of one entity come in order, each at "
            "least once; a repeat has the same `webhook-id`. Any 2xx within 8 seconds says that it is taken. Whatever "
            "else is answered, it comes again after 5 seconds and later and later for a little more than a day; then "
            "it is a dead letter and the next one goes on. 410 pauses the subscription. A new one hears of what occurs "
            "from now on."
        ),
        refusals=(409,),
        if_match=CONFIGURATION,
    ),
    f"GET {_ONE}/secrets": Route(
        "Read by what its messages are signed",
        {200: views.WebhookSecrets},
        notes="For a day after a rotation there are two, and each message has a signature of both.",
    ),
    f"POST {_ONE}/secret-rotations": Route(
        "Sign by a new secret", {200: views.WebhookSubscription}, notes="The body may be empty.", if_match=VERSION
    ),
    f"POST {_ONE}/pause": Route(
        "Let its events wait",
        {200: views.WebhookSubscription},
        notes="What occurs meanwhile is sent in order when it is resumed.",
        refusals=(409,),
        if_match=VERSION,
    ),
    f"POST {_ONE}/resume": Route(
        "Send its events again, first those that waited",
        {200: views.WebhookSubscription},
        notes="The body may be empty.",
        refusals=(409,),
        if_match=VERSION,
    ),
    f"POST {_ONE}/redeliveries": Route(
        "Send deliveries again, by name or by time",
        {202: views.WebhookSubscription},
        notes="Whatever became of them; each has the `webhook-id` that it had. Deliveries are known for 30 days.",
        refusals=(409,),
        if_match=VERSION,
    ),
    f"GET {_ONE}/deliveries": Route(
        "List what was sent to it, with every try",
        {200: views.WebhookDeliveries},
        notes="`state` is looked for within each page, so a page may be short before the last one.",
    ),
    f"GET {_ONE}/deliveries/{{delivery_id}}": Route("Read a delivery", {200: views.WebhookDelivery}),
    "GET /v1/dead-letters": Route("List what could not be delivered", {200: views.DeadLetters}),
    "POST /v1/dead-letters/{letter_id}/redrive": Route(
        "Send a dead letter again",
        {202: views.WebhookSubscription},
        notes="What its subscriber takes is no dead letter any more. The body may be empty.",
        refusals=(409,),
        if_match=VERSION,
    ),
}

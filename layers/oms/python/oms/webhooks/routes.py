"""The routes of subscriptions and of what could not be delivered."""

from __future__ import annotations

from collections.abc import Callable

from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read, read_optional, read_query
from oms.platform.intake import validate
from oms.webhooks import commands, views
from oms.webhooks.requests import (
    DeadLetterQuery,
    DeliveryQuery,
    Named,
    Nothing,
    PauseSubscription,
    PutSubscription,
    Redelivery,
)

_ONE = "/v1/webhook-subscriptions/<subscription_id>"
_TARGET = "WEBHOOKS"


def serve(app: Api, runtime: Callable[[], Runtime], master: Callable[[], str]) -> None:
    """Give a function the routes; `master` reads the secret of the deployment."""

    @app.get("/v1/webhook-subscriptions")
    def list_webhook_subscriptions() -> Answer:
        return ok(views.read_subscriptions(runtime().database, caller(app, "webhooks.read", _TARGET).tenant))

    @app.get(_ONE)
    def read_webhook_subscription(subscription_id: str) -> Answer:
        return ok(
            views.read_subscription(runtime().database, caller(app, "webhooks.read", _TARGET).tenant, subscription_id)
        )

    @app.get(f"{_ONE}/secrets")
    def read_webhook_secrets(subscription_id: str) -> Answer:
        return ok(
            views.read_secrets(runtime(), master, caller(app, "webhooks.secrets", _TARGET).tenant, subscription_id)
        )

    @app.get(f"{_ONE}/deliveries")
    def list_webhook_deliveries(subscription_id: str) -> Answer:
        tenant, query = caller(app, "webhooks.read", _TARGET).tenant, read_query(app, DeliveryQuery)
        return ok(views.read_deliveries(runtime().database, tenant, subscription_id, query))

    @app.get(f"{_ONE}/deliveries/<delivery_id>")
    def read_webhook_delivery(subscription_id: str, delivery_id: str) -> Answer:
        return ok(
            views.read_delivery(
                runtime().database, caller(app, "webhooks.read", _TARGET).tenant, subscription_id, delivery_id
            )
        )

    @app.put(_ONE)
    def put_webhook_subscription(subscription_id: str) -> Answer:
        principal, body = caller(app, "webhooks.write", _TARGET), read(app, PutSubscription)
        named = validate(Named, {"subscription_id": subscription_id}).subscription_id
        own = call(app, "put_webhook_subscription", principal, body, target=named)
        return answer(commands.put_webhook_subscription(runtime(), own, named, body))

    @app.post(f"{_ONE}/pause")
    def pause_webhook_subscription(subscription_id: str) -> Answer:
        principal, body = caller(app, "webhooks.write", _TARGET), read(app, PauseSubscription)
        own = call(app, "pause_webhook_subscription", principal, body, target=subscription_id)
        return answer(commands.pause_webhook_subscription(runtime(), own, subscription_id, body))

    @app.post(f"{_ONE}/resume")
    def resume_webhook_subscription(subscription_id: str) -> Answer:
        principal, body = caller(app, "webhooks.write", _TARGET), read_optional(app, Nothing)
        own = call(app, "resume_webhook_subscription", principal, body, target=subscription_id)
        return answer(commands.resume_webhook_subscription(runtime(), own, subscription_id))

    @app.post(f"{_ONE}/secret-rotations")
    def rotate_webhook_secret(subscription_id: str) -> Answer:
        principal, body = caller(app, "webhooks.write", _TARGET), read_optional(app, Nothing)
        own = call(app, "rotate_webhook_secret", principal, body, target=subscription_id)
        return answer(commands.rotate_webhook_secret(runtime(), own, subscription_id))

    @app.post(f"{_ONE}/redeliveries")
    def redeliver_webhooks(subscription_id: str) -> Answer:
        principal, body = caller(app, "webhooks.write", _TARGET), read(app, Redelivery)
        own = call(app, "redeliver_webhooks", principal, body, target=subscription_id)
        return answer(commands.redeliver_webhooks(runtime(), own, subscription_id, body))

    @app.get("/v1/dead-letters")
    def list_dead_letters() -> Answer:
        return ok(
            views.read_dead_letters(
                runtime().database, caller(app, "webhooks.read", _TARGET).tenant, read_query(app, DeadLetterQuery)
            )
        )

    @app.post("/v1/dead-letters/<letter_id>/redrive")
    def redrive_dead_letter(letter_id: str) -> Answer:
        principal, body = caller(app, "webhooks.write", _TARGET), read_optional(app, Nothing)
        own = call(app, "redrive_dead_letter", principal, body, target=letter_id)
        return answer(commands.redrive_dead_letter(runtime(), own, letter_id))

"""webhook_subscriptions: who hears of which events over HTTPS, what was delivered, and what could not be."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.platform.http import api
from oms.webhooks.adapters.secret import master
from oms.webhooks.routes import serve

app = api()
runtime = Runtime()
serve(app, lambda: runtime, lambda: master())


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

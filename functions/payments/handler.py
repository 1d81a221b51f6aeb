"""Another card for what a tender did not pay, by a person of the channel or by the customer with a pay link."""

from __future__ import annotations

from typing import Any

from oms.payments.adapters.configured import provider
from oms.payments.routes import serve
from oms.platform.commands import Runtime
from oms.platform.http import api

app = api()
runtime = Runtime()
serve(app, lambda: runtime, lambda name: provider(name))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

"""gift_cards: gift cards and store credit are issued, shown, and their unused rest recognised as income."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.platform.http import api
from oms.stored_value.routes import serve

app = api()
runtime = Runtime()
serve(app, lambda: runtime)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

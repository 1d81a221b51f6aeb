"""pos: transactions of tills; a sale becomes an order, and numbers that are missing are known."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.platform.http import api
from oms.pos.routes import serve

app = api()
runtime = Runtime()
serve(app, lambda: runtime)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

"""appeasements: goodwill on an order is asked for, decided on and shown."""

from __future__ import annotations

from typing import Any

from oms.appeasements.routes import serve
from oms.platform.commands import Runtime
from oms.platform.http import api

app = api()
runtime = Runtime()
serve(app, lambda: runtime)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

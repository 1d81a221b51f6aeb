"""returns: what a store takes back, what is owed for it, and refunds that are tried again."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.platform.http import api
from oms.returns.routes import serve

app = api()
runtime = Runtime()
serve(app, lambda: runtime)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

"""/v1/…/papers: a node prints what goes with its work, as PDF."""

from __future__ import annotations

from typing import Any

from oms.papers.adapters.pdf import drawn
from oms.papers.routes import serve
from oms.platform import http
from oms.platform.commands import Runtime

app = http.api()
runtime = Runtime()
serve(app, lambda: runtime, drawn)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

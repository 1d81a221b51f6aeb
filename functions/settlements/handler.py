"""settlements: payouts, deposits, bank lines, suspense, disputes, write-offs, purchase orders, debts of entities."""

from __future__ import annotations

from typing import Any

from oms.platform.commands import Runtime
from oms.platform.http import api
from oms.purchasing import routes as purchasing
from oms.settlement.routes import serve

app = api()
runtime = Runtime()
serve(app, lambda: runtime)
purchasing.serve(app, lambda: runtime)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

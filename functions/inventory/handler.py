"""inventory: stock movements in, the stock of an item out."""

from __future__ import annotations

from typing import Any

from oms.inventory import commands
from oms.inventory.requests import Movements
from oms.inventory.views import read_stock
from oms.platform.commands import Runtime
from oms.platform.http import Answer, answer, api, call, caller, ok, read

app = api()
runtime = Runtime()


@app.post("/v1/inventory/movements")
def record_movements() -> Answer:
    principal, body = caller(app, "inventory.write", "SKU#"), read(app, Movements)
    command = call(app, "record_movements", principal, body)
    return answer(commands.record_movements(runtime, command, body.movements))


@app.get("/v1/inventory/<sku>")
def read_inventory(sku: str) -> Answer:
    return ok(read_stock(runtime.database, caller(app, "inventory.read", f"SKU#{sku}"), sku, runtime.clock.now()))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

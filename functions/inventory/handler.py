"""inventory: stock movements and foretold demand in; the stock of an item, its ledger, what can be had where out."""

from __future__ import annotations

from typing import Any

from oms.inventory import commands
from oms.inventory.availability import read_availability
from oms.inventory.levels.views import read_levels
from oms.inventory.requests import AvailabilityQuery, LevelsQuery, Movements, MovementsQuery, Snapshots
from oms.inventory.shards import routes as hot_stock
from oms.inventory.views import read_movements, read_stock
from oms.platform.commands import Runtime
from oms.platform.http import Answer, answer, api, call, caller, ok, read, read_query

app = api()
runtime = Runtime()
hot_stock.serve(app, lambda: runtime)


@app.post("/v1/inventory/movements")
def record_movements() -> Answer:
    principal, body = caller(app, "inventory.write", "SKU#"), read(app, Movements)
    command = call(app, "record_movements", principal, body)
    return answer(commands.record_movements(runtime, command, body.movements))


@app.post("/v1/inventory/snapshots")
def record_snapshots() -> Answer:
    principal, body = caller(app, "inventory.write", "SKU#"), read(app, Snapshots)
    return answer(commands.record_snapshots(runtime, call(app, "record_snapshots", principal, body), body.snapshots))


@app.get("/v1/inventory/<sku>/movements")
def list_movements(sku: str) -> Answer:
    principal, wanted = caller(app, "inventory.read", f"SKU#{sku}"), read_query(app, MovementsQuery)
    return ok(read_movements(runtime.database, principal, sku, wanted, runtime.clock.now()))


@app.get("/v1/availability")
def availability() -> Answer:
    principal, wanted = caller(app, "availability.read", "SKU#"), read_query(app, AvailabilityQuery)
    return ok(read_availability(runtime.database, principal.tenant, wanted, runtime.clock.now()))


@app.get("/v1/availability/levels")
def levels() -> Answer:
    principal, wanted = caller(app, "availability.read", "SKU#"), read_query(app, LevelsQuery)
    return ok(read_levels(runtime, principal.tenant, wanted))


@app.get("/v1/inventory/<sku>")
def read_inventory(sku: str) -> Answer:
    return ok(read_stock(runtime.database, caller(app, "inventory.read", f"SKU#{sku}"), sku, runtime.clock.now()))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

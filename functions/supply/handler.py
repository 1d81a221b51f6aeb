"""supply: what is to arrive at nodes and when, and what becomes of it."""

from __future__ import annotations

from typing import Any

from oms.inventory.supply import commands, views
from oms.inventory.supply.putting import put_supply
from oms.inventory.supply.requests import Closing, Dispatch, PutSupply, Receipt, SupplyQuery, supply_name
from oms.platform.commands import Runtime
from oms.platform.http import Answer, answer, api, call, caller, ok, read, read_optional, read_query

app = api()
runtime = Runtime()


@app.put("/v1/supply/<supply_id>")
def put(supply_id: str) -> Answer:
    principal, body = caller(app, "inventory.write", f"SUPPLY#{supply_id}"), read(app, PutSupply)
    own = call(app, "put_supply", principal, body, target=supply_id)
    return answer(put_supply(runtime, own, supply_name(supply_id), body))


@app.get("/v1/supply/<supply_id>")
def read_supply(supply_id: str) -> Answer:
    return ok(views.read_supply(runtime, caller(app, "inventory.read", f"SUPPLY#{supply_id}"), supply_id))


@app.get("/v1/supply")
def read_coming() -> Answer:
    principal, wanted = caller(app, "inventory.read", "SKU#"), read_query(app, SupplyQuery)
    return ok(views.read_coming(runtime, principal, wanted.sku))


@app.post("/v1/supply/<supply_id>/dispatch")
def dispatch(supply_id: str) -> Answer:
    principal, body = caller(app, "inventory.write", f"SUPPLY#{supply_id}"), read_optional(app, Dispatch)
    own = call(app, "dispatch_supply", principal, body, target=supply_id)
    return answer(commands.dispatch_supply(runtime, own, supply_id, body))


@app.post("/v1/supply/<supply_id>/receipts")
def receive(supply_id: str) -> Answer:
    principal, body = caller(app, "inventory.write", f"SUPPLY#{supply_id}"), read_optional(app, Receipt)
    own = call(app, "receive_supply", principal, body, target=supply_id)
    return answer(commands.receive_supply(runtime, own, supply_id, body))


@app.post("/v1/supply/<supply_id>/close")
def close(supply_id: str) -> Answer:
    principal, body = caller(app, "inventory.write", f"SUPPLY#{supply_id}"), read(app, Closing)
    return answer(
        commands.close_supply(runtime, call(app, "close_supply", principal, body, target=supply_id), supply_id, body)
    )


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

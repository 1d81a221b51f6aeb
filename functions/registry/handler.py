"""registry: nodes and items, put one by one or in bulk, and read; what suppliers ask for items; pools of licences."""

from __future__ import annotations

from typing import Any

from oms.activations.routes import serve_licences
from oms.platform.commands import Runtime
from oms.platform.http import Answer, answer, api, call, caller, ok, raw_body, read, read_query
from oms.purchasing.item_routes import serve
from oms.registry import commands, views
from oms.registry.model import PutItem, PutNode
from oms.registry.requests import At, NodeFilter, PutItems, PutNodes, named_by_path

app = api()
runtime = Runtime()
serve(app, lambda: runtime)
serve_licences(app, lambda: runtime)


@app.put("/v1/nodes")
def put_nodes() -> Answer:
    principal, body = caller(app, "registry.write", "NODE"), read(app, PutNodes)
    return answer(commands.put_nodes(runtime, call(app, "put_nodes", principal, body), body.nodes))


@app.put("/v1/nodes/<node_id>")
def put_node(node_id: str) -> Answer:
    principal, put = caller(app, "registry.write", "NODE"), named_by_path(PutNode, raw_body(app), "id", node_id)
    return answer(commands.put_node(runtime, call(app, "put_node", principal, put, target=node_id), put))


@app.get("/v1/nodes/<node_id>")
def read_node(node_id: str) -> Answer:
    tenant, asked = caller(app, "registry.read", "NODE").tenant, read_query(app, At)
    return ok(views.read_node(runtime.database, tenant, node_id, asked.at or runtime.clock.now()))


@app.get("/v1/nodes")
def list_nodes() -> Answer:
    tenant, wanted = caller(app, "registry.read", "NODE").tenant, read_query(app, NodeFilter)
    return ok(views.list_nodes(runtime.database, tenant, wanted, runtime.clock.now()))


@app.put("/v1/items")
def put_items() -> Answer:
    principal, body = caller(app, "registry.write", "ITEM#"), read(app, PutItems)
    return answer(commands.put_items(runtime, call(app, "put_items", principal, body), body.items))


@app.put("/v1/items/<sku>")
def put_item(sku: str) -> Answer:
    principal = caller(app, "registry.write", f"ITEM#{sku}")
    put = named_by_path(PutItem, raw_body(app), "sku", sku)
    return answer(commands.put_item(runtime, call(app, "put_item", principal, put, target=sku), put))


@app.get("/v1/items/<sku>")
def read_item(sku: str) -> Answer:
    tenant = caller(app, "registry.read", f"ITEM#{sku}").tenant
    return ok(views.read_item(runtime.database, tenant, sku))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

"""registry: nodes and items, put one by one or in bulk, and read."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from oms.platform.commands import Runtime
from oms.platform.http import answer, api, call, caller, ok, raw_body, read
from oms.platform.intake import read_json, validate
from oms.registry import commands, views
from oms.registry.model import PutItem, PutNode
from oms.registry.requests import At, NodeFilter, PutItems, PutNodes, named_by_path

app = api()
runtime = Runtime()


@app.put("/v1/nodes")
def put_nodes() -> Response[str]:
    principal, body = caller(app, "registry.write"), read(app, PutNodes)
    return answer(commands.put_nodes(runtime, call(app, "put_nodes", principal, body), body.nodes))


@app.put("/v1/nodes/<node_id>")
def put_node(node_id: str) -> Response[str]:
    principal = caller(app, "registry.write")
    put = named_by_path(PutNode, read_json(raw_body(app)), "id", node_id)
    return answer(commands.put_node(runtime, call(app, "put_node", principal, put, target=node_id), put))


@app.get("/v1/nodes/<node_id>")
def read_node(node_id: str) -> Response[str]:
    tenant = caller(app, "registry.read").tenant
    at = validate(At, app.current_event.query_string_parameters).at or runtime.clock.now()
    return ok(views.read_node(runtime.database, tenant, node_id, at))


@app.get("/v1/nodes")
def list_nodes() -> Response[str]:
    tenant = caller(app, "registry.read").tenant
    wanted = validate(NodeFilter, app.current_event.query_string_parameters)
    return ok(views.list_nodes(runtime.database, tenant, wanted, runtime.clock.now()))


@app.put("/v1/items")
def put_items() -> Response[str]:
    principal, body = caller(app, "registry.write"), read(app, PutItems)
    return answer(commands.put_items(runtime, call(app, "put_items", principal, body), body.items))


@app.put("/v1/items/<sku>")
def put_item(sku: str) -> Response[str]:
    principal = caller(app, "registry.write")
    put = named_by_path(PutItem, read_json(raw_body(app)), "sku", sku)
    return answer(commands.put_item(runtime, call(app, "put_item", principal, put, target=sku), put))


@app.get("/v1/items/<sku>")
def read_item(sku: str) -> Response[str]:
    tenant = caller(app, "registry.read").tenant
    return ok(views.read_item(runtime.database, tenant, sku))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)

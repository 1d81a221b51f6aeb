"""Every answer of the handlers is what the API description says, and every event they store is what its schema says."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from oms.finance.adapters.export_bucket import StoredObject
from oms.finance.model import PostedEntry
from oms.finance.posting import postings_of
from oms.finance.store import entry_write
from oms.payments.adapters import configured
from oms.platform.clock import FixedClock
from tests.contracts.test_contracts import TRIGGERS, check_event, read
from tests.order_world import World, document, line, world  # noqa: F401 (a fixture)
from tools import openapi
from tools.openapi_handlers import handled_routes
from tools.openapi_routes import ROUTES

DESCRIPTION = read(openapi.OPENAPI)
FUNCTIONS = sorted({route.function for route in handled_routes()})
MANIFEST = "finance/v1/tenant=acme/manifests/entity=100/business_date=2026-11-23/batch=0001.json"
SCOPES = " ".join(
    f"acme/{scope}"
    for scope in (
        *DESCRIPTION["components"]["securitySchemes"]["token"]["flows"]["clientCredentials"]["scopes"],
        "channel.web",
    )
)


class ListedBucket:
    """An export bucket that holds one manifest."""

    def folders(self, prefix: str) -> Iterator[str]:
        yield f"{prefix}entity=100/"

    def objects(self, prefix: str) -> Iterator[StoredObject]:
        yield StoredObject(MANIFEST, 512)

    def link(self, key: str) -> str:
        return f"https://bucket.example/{key}?signature"


class Gateway:
    """Calls the handlers as the gateway does, and holds each call and its answer to the description."""

    def __init__(self, shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = shop
        self.calls = 0
        self.answered: set[str] = set()
        self.modules = {name: importlib.import_module(f"functions.{name}.handler") for name in FUNCTIONS}
        for module in self.modules.values():
            if hasattr(module, "runtime"):
                monkeypatch.setattr(module, "runtime", shop.runtime)
        monkeypatch.setattr(self.modules["finance"], "bucket", ListedBucket())

    def send(
        self,
        method: str,
        url: str,
        body: object = None,
        *,
        headers: dict[str, str] | None = None,
        raw: str | None = None,
        scopes: str = SCOPES,
    ) -> tuple[int, Any]:
        self.calls += 1
        path, _, query = url.partition("?")
        sent = {"idempotency-key": f"call-{self.calls}", **(headers or {})}
        event = {
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "queryStringParameters": dict(pair.split("=", 1) for pair in query.split("&")) if query else None,
            "headers": sent,
            "requestContext": {
                "stage": "$default",
                "requestId": f"request-{self.calls}",
                "http": {"method": method, "path": path},
                "authorizer": {"jwt": {"claims": {"sub": "client-1", "scope": scopes}}},
            },
            "body": raw if raw is not None else None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        route = next(
            one
            for one in handled_routes()
            if one.method == method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", one.path), path)
        )
        answer = self.modules[route.function].handler(event, None)
        self._check(route.path, method.lower(), body, answer)
        if answer["statusCode"] < 300:
            self.answered.add(route.key)
        text = answer["body"]
        return answer["statusCode"], json.loads(text) if "json" in _content_type(answer) else text

    def _check(self, path: str, method: str, body: object, answer: dict[str, Any]) -> None:
        operation = DESCRIPTION["paths"][path][method]
        status = answer["statusCode"]
        assert str(status) in operation["responses"], f"{method} {path} answered {status}: {answer['body']}"
        response = operation["responses"][str(status)]
        if "$ref" in response:
            response = DESCRIPTION["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
        kind = _content_type(answer)
        accepted = response["content"].get(kind, response["content"].get("*/*"))
        assert accepted is not None, f"{method} {path} answered {kind}"
        if "schema" in accepted:
            _validate(accepted["schema"], json.loads(answer["body"]))
        if status < 300 and body is not None:
            _validate(operation["requestBody"]["content"]["application/json"]["schema"], body)


def _content_type(answer: dict[str, Any]) -> str:
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    return str(headers["content-type"]).split(";")[0]


def _validate(schema: dict[str, Any], instance: object) -> None:
    """Hold a document to a schema of the description."""
    whole = {**schema, "components": DESCRIPTION["components"]}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(instance)


@pytest.fixture(name="gateway")
def gateway_fixture(world: World, monkeypatch: pytest.MonkeyPatch) -> Gateway:  # noqa: F811
    return Gateway(world, monkeypatch)


NODE = {
    "id": "S9",
    "kind": "store",
    "name": "Store 9",
    "legal_entity": "100",
    "address": {"lines": ["1 Main St"], "city": "Town", "country": "US"},
    "latitude": 40.5,
    "longitude": -74.25,
    "time_zone": "America/New_York",
    "hours": {"monday": [["10:00", "21:00"]]},
    "holidays": [{"date": "2026-12-25", "name": "Christmas Day"}],
    "journeys": ["ship"],
}
ITEM = {"sku": "D", "description": "An item"}


def _registry_and_stock(gateway: Gateway) -> None:
    assert gateway.send("PUT", "/v1/nodes", {"nodes": [NODE]})[1]["accepted"] == 1
    assert gateway.send("PUT", "/v1/nodes", raw=json.dumps({"nodes": [NODE, {"id": "S8"}]}))[1]["refused"] == 1
    later = {**NODE, "name": "Store nine", "effective_from": "2027-01-01T00:00:00Z"}
    assert gateway.send("PUT", "/v1/nodes/S9", later, headers={"if-match": "1"})[0] == 200
    assert gateway.send("PUT", "/v1/nodes/S7", {**NODE, "id": "S7"})[0] == 201
    assert gateway.send("GET", "/v1/nodes/S9")[1]["upcoming"]
    assert len(gateway.send("GET", "/v1/nodes?kind=store&limit=2")[1]["nodes"]) == 2
    assert gateway.send("PUT", "/v1/items", raw=json.dumps({"items": [ITEM, {"sku": "E"}]}))[1]["refused"] == 1
    assert gateway.send("PUT", "/v1/items", {"items": [{"sku": "G", "description": "Another"}]})[1]["accepted"] == 1
    assert gateway.send("PUT", "/v1/items/F", {**ITEM, "sku": "F"})[0] == 201
    assert gateway.send("GET", "/v1/items/D")[1]["version"] == 1
    movements = [{"sku": "D", "node_id": "S9", "kind": "received", "quantity": 5}]
    assert gateway.send("POST", "/v1/inventory/movements", {"movements": movements})[0] == 200
    gateway.world.received["D", "S9"] = 5
    assert gateway.send("GET", "/v1/inventory/D")[1]["totals"]["available"] == 5
    assert gateway.send("GET", "/v1/inventory/D/movements?node_id=S9")[1]["movements"][0]["quantity"] == 5
    assert gateway.send("GET", "/v1/availability?skus=D,none")[1]["items"][0]["available"] == 5


def _orders(gateway: Gateway) -> str:
    order = document(line("A", 3, 333, tax=10, off=5, freight=50), line("B", 1), postage=100)
    status, placed = gateway.send("POST", "/v1/orders", order)
    assert status == 201
    assert gateway.send("POST", "/v1/orders", order)[0] == 200
    order_id = str(placed["id"])
    gateway.world.released(order_id)
    return order_id


def _fulfilment(gateway: Gateway, order_id: str) -> None:
    whole = gateway.send("GET", f"/v1/orders/{order_id}")[1]
    work = whole["fulfillment_orders"][0]
    listed = gateway.send("GET", f"/v1/fulfillment-orders?node={work['node_id']}&status=OPEN")[1]
    assert listed["fulfillment_orders"]
    path = f"/v1/fulfillment-orders/{work['id']}"
    assert gateway.send("GET", path)[0] == 200
    assert gateway.send("POST", f"{path}/accept")[0] == 200
    assert gateway.send("POST", f"{path}/pick", {"lines": [{"line_no": 1, "quantity": 1}]})[0] == 200
    shipment = {"carrier": "UPS", "tracking_number": "1Z", "packages": [{"package_no": 1, "weight_grams": 700}]}
    assert gateway.send("POST", f"{path}/ship", {"shipment": shipment})[0] == 200
    gateway.world.capture(str(work["id"]))


def _reading(gateway: Gateway, order_id: str) -> None:
    assert gateway.send("GET", f"/v1/orders/{order_id}")[1]["shipments"]
    assert len(gateway.send("GET", f"/v1/orders/{order_id}/timeline")[1]["events"]) >= 6
    assert gateway.send("GET", "/v1/orders?limit=1")[1]["next_cursor"]
    assert gateway.send("GET", "/v1/orders?channel=web&external_id=536365")[1]["orders"]


def _changes(gateway: Gateway) -> None:
    other = gateway.send("POST", "/v1/orders", document(line("C", 2), external_id="second"))[1]
    lines = [{"line_no": 1, "quantity": 1}]
    path = f"/v1/orders/{other['id']}"
    assert gateway.send("POST", f"{path}/cancellations", {"reason": "changed_mind", "lines": lines})[0] == 200
    doubtful = gateway.send("POST", "/v1/orders", document(line("C", 1), external_id="third", cards=[9999]))[1]
    assert doubtful["status"] == "PENDING_REVIEW"
    settled = {"decision": "accept", "reason": "paid in the store"}
    assert gateway.send("POST", f"/v1/orders/{doubtful['id']}/review", settled)[0] == 200


def _finance(gateway: Gateway, order_id: str) -> None:
    wish = {"entity": "100", "business_date": "2026-11-23", "kind": "interim"}
    assert gateway.send("POST", "/v1/finance/exports", wish)[0] == 202
    assert gateway.send("GET", "/v1/finance/exports?business_date=2026-11-23&entity=100")[1]["exports"]
    assert gateway.send("GET", "/v1/finance/trial-balance?entity=100&from=2026-11-23")[0] == 200
    shipped = next(row for row in gateway.world.timeline(order_id) if row["event"] == "ShipmentShipped")
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    (posting,) = postings_of("ShipmentShipped", shipped["data"], "evt_1", at)
    entry = PostedEntry(**posting.entry.model_dump(), posted_at=at, business_date=date(2026, 11, 23))
    gateway.world.database.commit([entry_write("acme", posting, entry)])
    assert gateway.send("GET", f"/v1/finance/journal?order_id={order_id}")[1]["entries"]


def _outside(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = read(TRIGGERS / "webhook.json")
    module = gateway.modules["psp_webhook"]
    monkeypatch.setattr(configured, "secret", lambda: {"webhook_secret": "whsec_test"})
    monkeypatch.setattr(module, "secret", configured.secret, raising=False)
    monkeypatch.setattr(gateway.world.runtime, "clock", FixedClock(datetime(2026, 3, 9, 17, 0, 2, tzinfo=UTC)))
    assert gateway.send("POST", sample["rawPath"], raw=sample["body"], headers=sample["headers"])[0] == 200
    assert gateway.send("POST", sample["rawPath"], raw="{}", headers=sample["headers"])[0] == 401
    assert gateway.send("GET", "/console")[0] == 200
    assert gateway.send("GET", "/console/style.css")[0] == 200
    assert gateway.send("GET", "/console/none.css")[0] == 404


def test_every_route_answers_as_it_is_described(gateway, monkeypatch):
    _registry_and_stock(gateway)
    order_id = _orders(gateway)
    _fulfilment(gateway, order_id)
    _reading(gateway, order_id)
    _changes(gateway)
    _finance(gateway, order_id)
    _check_events(gateway.world)
    _outside(gateway, monkeypatch)
    assert gateway.answered == set(ROUTES)


def _check_events(shop: World) -> None:
    kinds = set()
    for (table, _), row in shop.database.rows.items():
        if table == "events":
            check_event({"source": "spine", "detail-type": row["type"], "detail": json.loads(str(row["detail"]))})
            kinds.add(row["type"])
    assert len(kinds) >= 14, sorted(kinds)


@pytest.mark.parametrize(
    ("status", "method", "url", "more"),
    [
        (400, "POST", "/v1/orders", {"raw": "{"}),
        (400, "POST", "/v1/orders", {"body": document(), "headers": {"idempotency-key": ""}}),
        (401, "GET", "/v1/orders", {"scopes": ""}),
        (403, "GET", "/v1/orders", {"scopes": "acme/orders.write"}),
        (404, "GET", "/v1/orders/ord_none", {}),
        (404, "POST", "/v1/fulfillment-orders/ful_none/fly", {}),
        (409, "POST", "/v1/orders", {"body": document(line("A", 999, 1))}),
        (413, "POST", "/v1/orders", {"raw": '{"note": "' + "x" * 300_000 + '"}'}),
        (422, "POST", "/v1/orders", {"body": document(line("UNKNOWN"))}),
        (422, "GET", "/v1/orders?status=LOST", {}),
        (422, "GET", "/v1/finance/journal", {}),
        (422, "GET", "/v1/nodes?limit=0", {}),
    ],
)
def test_refusals_are_as_they_are_described(gateway, status, method, url, more):
    answered, problem = gateway.send(method, url, **more)
    assert (answered, problem["status"]) == (status, status)


@pytest.mark.parametrize("key", sorted(key for key, route in ROUTES.items() if route.if_match))
def test_a_stale_version_is_refused_where_if_match_is_described(gateway, key):
    order_id = _orders(gateway)
    (work, *_) = gateway.world.order(order_id).fulfillment_orders
    method, path = key.split(" ")
    url = path.format(order_id=order_id, node_id="DC1", sku="A", fulfillment_order_id=work.id, action="accept")
    bodies = {
        "cancellations": {"reason": "changed_mind"},
        "review": {"decision": "accept", "reason": "checked"},
        "DC1": {**NODE, "id": "DC1"},
        "A": {**ITEM, "sku": "A"},
    }
    answered, problem = gateway.send(method, url, bodies.get(url.rsplit("/", 1)[1], {}), headers={"if-match": "999"})
    assert (answered, problem["code"]) == (409, "stale_version")

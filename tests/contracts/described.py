"""The handlers as a gateway calls them, each call and answer held to the API description."""

from __future__ import annotations

import base64
import importlib
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from oms.finance.adapters.export_bucket import StoredObject
from tests.contracts.test_contracts import check_event, read
from tests.order_world import World
from tools import openapi
from tools.openapi_handlers import handled_routes

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
            if hasattr(module, "provider"):
                monkeypatch.setattr(module, "provider", shop.providers)
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
        actor: str = "client-1",
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
                "authorizer": {"jwt": {"claims": {"sub": actor, "scope": scopes}}},
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
        text = base64.b64decode(answer["body"]) if answer.get("isBase64Encoded") else answer["body"]
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


def check_events(shop: World) -> None:
    """Hold every stored event to its schema."""
    kinds = set()
    for (table, _), row in shop.database.rows.items():
        if table == "events":
            check_event({"source": "spine", "detail-type": row["type"], "detail": json.loads(str(row["detail"]))})
            kinds.add(row["type"])
    assert len(kinds) >= 14, sorted(kinds)

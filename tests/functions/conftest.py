"""What the function tests share: moto made from the template, and a client that calls a handler as API Gateway does."""

from __future__ import annotations

import base64
import importlib
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import ModuleType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from oms.platform.clock import FixedClock
from oms.platform.commands import Runtime
from oms.platform.dynamodb import Database
from oms.registry import reads
from tests.template import Deployed, deployed  # noqa: F401  (a fixture)

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)


@dataclass(slots=True)
class Answer:
    """A response: status, headers and the body: JSON, or the bytes of a file."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def pointers(self) -> list[str]:
        """Where a refusal says the fault lies."""
        return [error["pointer"] for error in self.body["errors"]]


@dataclass(slots=True)
class Api:
    """Calls one function over HTTP with a token of one tenant; every call has a key of its own unless it is given."""

    handler: Callable[[dict[str, Any], Any], dict[str, Any]]
    scopes: tuple[str, ...]
    tenant: str = "acme"
    calls: int = field(default=0)
    actor: str = "client-1"

    def send(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        scopes: tuple[str, ...] | None = None,
        tenant: str | None = None,
    ) -> Answer:
        self.calls += 1
        sent = {"content-type": "application/json", **(headers or {})}
        if method != "GET" and key != "":
            sent["idempotency-key"] = key or f"key-{self.calls}"
        parts = urlsplit(url)
        scope = " ".join(f"{tenant or self.tenant}/{name}" for name in (scopes if scopes is not None else self.scopes))
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": parts.path,
            "rawQueryString": parts.query,
            "queryStringParameters": dict(parse_qsl(parts.query)) or None,
            "headers": sent,
            "requestContext": {
                "stage": "$default",
                "requestId": f"request-{self.calls}",
                "http": {"method": method, "path": parts.path},
                "authorizer": {"jwt": {"claims": {"sub": self.actor, "scope": scope}}},
            },
            "body": body if isinstance(body, str) else None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        response = self.handler(event, None)
        headers, sent = response.get("headers", {}), response["body"]
        body = base64.b64decode(sent) if response.get("isBase64Encoded") else json.loads(sent)
        return Answer(response["statusCode"], headers, body)

    def get(self, url: str, **more: Any) -> Answer:
        return self.send("GET", url, **more)

    def put(self, url: str, body: Any, **more: Any) -> Answer:
        return self.send("PUT", url, body, **more)

    def post(self, url: str, body: Any, **more: Any) -> Answer:
        return self.send("POST", url, body, **more)


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at noon (UTC) of Monday, 9 March 2026, until a test moves it."""
    return FixedClock(NOW)


@pytest.fixture
def database(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:  # noqa: F811
    """The tables in moto, for setting up and for looking behind the handlers."""
    import boto3

    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "tests")
    reads.forget()
    yield Database(boto3.client("dynamodb"))
    reads.forget()


@pytest.fixture
def function(
    deployed: Deployed,  # noqa: F811
    database: Database,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[str], ModuleType]:
    """Load a function's handler module by its folder, in exactly the environment that the template gives it."""

    def load(name: str) -> ModuleType:
        deployed.enter(monkeypatch, name)
        module_name = f"functions.{name}.handler"
        sys.modules.pop(module_name, None)
        module = importlib.import_module(module_name)
        if hasattr(module, "runtime"):
            module.runtime = Runtime(clock=clock, database=database, pause=lambda _: None)
        return module

    return load

"""The HTTP API: finds the function of a route, gives up on it after 29 seconds, answers a client that may not hear."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import parse_qsl

from tests.simulation.machine.lambdas import Outcome
from tests.simulation.machine.scheduler import Expired, Slot

# API Gateway's own limit, in milliseconds.
LONGEST = 29_000
UNSEEN = (502, 503, 504)


@dataclass(slots=True)
class Answer:
    """What a client gets: status, headers and text; status None when it gets nothing."""

    status: int | None
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text) if self.text else None

    @property
    def is_final(self) -> bool:
        """Whether a client need not ask again."""
        return self.status is not None and self.status not in (409, 429) and self.status < 500


class Gateway:
    """Every exchange with the API; `exchanges` are those that were tried, in order of their ends."""

    def __init__(self, simulation: Any) -> None:
        self._simulation = simulation
        self._requests = 0
        self.exchanges: list[dict[str, Any]] = []

    def exchange(
        self,
        method: str,
        target: str,
        text: str | bytes | None,
        headers: Mapping[str, str],
        client: str,
        scope: str | None = None,
        patience: int = LONGEST + 1_000,
    ) -> Answer:
        """One call by the present task; `patience` is how many milliseconds the client waits for its answer."""
        simulation = self._simulation
        path, _, query = target.partition("?")
        answer = self._answer(method, path, query, text, headers, client, scope, patience)
        simulation.note(client, f"{method} {path}", answer.status)
        self.exchanges.append(
            {
                "method": method,
                "path": target,
                "key": headers.get("idempotency-key"),
                "tenant": scope.split("/", 1)[0] if scope else None,
                "client": client,
                "status": answer.status,
                "text": answer.text,
                "request_text": _as_text(text)[0],
            }
        )
        return answer

    def _answer(
        self,
        method: str,
        path: str,
        query: str,
        text: str | bytes | None,
        headers: Mapping[str, str],
        client: str,
        scope: str | None,
        patience: int,
    ) -> Answer:
        simulation = self._simulation
        if simulation.faults.spend("request_lost", client):
            simulation.scheduler.sleep(patience)
            return Answer(None, {}, "")
        route = next(
            (r for r in simulation.topology.routes if r.method in (method, "ANY") and r.path.match(path)), None
        )
        if route is None:
            return Answer(404, {}, '{"message": "Not Found"}')
        if route.token and scope is None:
            return Answer(401, {}, '{"message": "Unauthorized"}')
        self._requests += 1
        event = self._event(method, path, query, text, headers, client, scope if route.token else None)
        slot = Slot()
        simulation.lambdas.invoke(route.function, event, partial(simulation.scheduler.fill, slot))
        try:
            outcome: Outcome = simulation.scheduler.wait(slot, min(patience, LONGEST))
        except Expired:
            return Answer(503, {}, '{"message": "Service Unavailable"}') if patience > LONGEST else Answer(None, {}, "")
        if simulation.faults.spend("reply_lost", client):
            return Answer(None, {}, "")
        if outcome.error is not None:
            return Answer(500, {}, '{"message": "Internal Server Error"}')
        return Answer(outcome.value["statusCode"], outcome.value.get("headers", {}), outcome.value.get("body") or "")

    def _event(
        self,
        method: str,
        path: str,
        query: str,
        text: str | bytes | None,
        headers: Mapping[str, str],
        client: str,
        scope: str | None,
    ) -> dict[str, Any]:
        """What the function gets, in payload format 2.0."""
        context: dict[str, Any] = {
            "stage": "$default",
            "requestId": f"http-{self._requests}",
            "http": {"method": method, "path": path},
        }
        if scope is not None:
            context["authorizer"] = {"jwt": {"claims": {"sub": client, "client_id": client, "scope": scope}}}
        return {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": path,
            "rawQueryString": query,
            "queryStringParameters": dict(parse_qsl(query, keep_blank_values=True)) or None,
            "headers": {"content-type": "application/json", **headers},
            "requestContext": context,
            "body": _as_text(text)[0],
            "isBase64Encoded": _as_text(text)[1],
        }


def _as_text(body: str | bytes | None) -> tuple[str | None, bool]:
    """A body as an event carries it, and whether that is base64, as it is for what is no text."""
    if not isinstance(body, bytes):
        return body, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True

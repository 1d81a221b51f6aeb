"""A door for partner events, open to this machine only.

On AWS a partner (Shopify, Stripe) puts events on its own bus with a source such as
`aws.partner/shopify.com/...`; customers may not use that prefix, and the engine refuses it as AWS does.
`POST /_spine/partner-events` with {"bus", "source", "detail_type", "detail"} plays the partner's part.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import eventbridge

from local.engine.anchors import require_source

PATH = "/_spine/partner-events"
LOOPBACK = ("127.0.0.1", "::1")
LOOPBACK_NAMES = (*LOOPBACK, "localhost", "[::1]")
LARGEST_BYTES = 256 * 1024

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Refused(Exception):
    """The request is not let through; `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def with_door(app: App) -> App:
    """The engine's application with the door in front of it."""
    require_source(eventbridge._put_events, "allow_aws_source", 'source.startswith("aws.")')

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != PATH:
            await app(scope, receive, send)
            return
        try:
            _check_caller(scope)
            status, answer = 200, _emit(json.loads(await _body(receive)))
        except Refused as refusal:
            status, answer = refusal.status, {"message": str(refusal)}
        except ValueError as error:
            status, answer = 400, {"message": f"not JSON: {error}"}
        payload = json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(payload)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": payload})

    return guarded


def _check_caller(scope: Scope) -> None:
    """Only a program on this machine may knock: no other host, and no web page in a browser."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if scope["method"] != "POST":
        raise Refused(405, "use POST")
    if (scope.get("client") or ("",))[0] not in LOOPBACK:
        raise Refused(403, "this door is open to this machine only")
    if headers.get("host", "").rsplit(":", 1)[0] not in LOOPBACK_NAMES or "origin" in headers:
        raise Refused(403, "this door is not open to web pages")
    if headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise Refused(415, "send application/json")


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refused(400, "the request ended early")
        body += message.get("body", b"")
        if len(body) > LARGEST_BYTES:
            raise Refused(413, "an event may have 256 KB")
        if not message.get("more_body"):
            return body


def _emit(request: Any) -> dict[str, Any]:
    if not isinstance(request, dict) or not all(
        isinstance(request.get(name), str) and request[name] for name in ("bus", "source", "detail_type")
    ):
        raise Refused(400, "bus, source and detail_type are required")
    if not isinstance(request.get("detail"), dict):
        raise Refused(400, "detail must be an object")
    set_request_account_id("")
    set_request_region(os.environ.get("MINISTACK_REGION", "us-east-1"))
    if request["bus"] not in eventbridge._event_buses:
        raise Refused(404, f"there is no bus named {request['bus']}")
    entry = {
        "Source": request["source"],
        "DetailType": request["detail_type"],
        "Detail": json.dumps(request["detail"]),
        "EventBusName": request["bus"],
    }
    _status, _headers, body = eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
    outcome: dict[str, Any] = json.loads(body)["Entries"][0]
    return {"event_id": outcome["EventId"]}

"""The simulated API as a WSGI application, so that a fuzzer can call it: real handlers, no socket, no server.

The bearer token is the scopes themselves, `Bearer <base64 of them>`; whatever is none of these is a token that the
gateway's authoriser refuses.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from tests.simulation.machine import seams
from tests.simulation.machine.simulation import Simulation

_NOT_HEADERS = ("HTTP_AUTHORIZATION", "HTTP_HOST", "HTTP_CONTENT_LENGTH")


def token(scopes: Iterable[str], tenant: str = "acme") -> str:
    """What a client with these scopes shows."""
    text = " ".join(f"{tenant}/{scope}" for scope in scopes)
    return f"Bearer {base64.urlsafe_b64encode(text.encode()).decode()}"


class Shim:
    """One simulated account behind WSGI."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation

    def __call__(self, environ: Mapping[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        # WSGI has the path's bytes as Latin-1, without escapes; the gateway hands paths on as they were sent.
        path = quote(environ["PATH_INFO"].encode("latin-1"), safe="/:@!$&'()*+,;=~-._")
        query = environ.get("QUERY_STRING", "")
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length else b""
        headers = {
            name[5:].replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") and name not in _NOT_HEADERS
        }
        if environ.get("CONTENT_TYPE"):
            headers["content-type"] = environ["CONTENT_TYPE"]
        # Other simulations may have run since this one was made.
        seams.running = self.simulation
        # An account that is called thousands of times is busy, but not with itself.
        self.simulation.lambdas.invocations = 0
        ask = partial(
            self.simulation.gateway.exchange,
            environ["REQUEST_METHOD"],
            f"{path}?{query}" if query else path,
            body or None,
            headers,
            "fuzzer",
            _scopes(environ.get("HTTP_AUTHORIZATION", "")),
        )
        answer = self.simulation.outside("fuzzer", ask)
        content = answer.text.encode()
        named = {name.lower(): str(value) for name, value in answer.headers.items()}
        sent = list(({"content-type": "application/json"} | named).items())
        status = HTTPStatus(answer.status)
        start_response(f"{status.value} {status.phrase}", [*sent, ("content-length", str(len(content)))])
        return [content]


def _scopes(authorization: str) -> str | None:
    kind, _, shown = authorization.partition(" ")
    if kind != "Bearer":
        return None
    try:
        return base64.urlsafe_b64decode(shown.encode("latin-1")).decode("ascii") or None
    except (binascii.Error, ValueError):
        return None

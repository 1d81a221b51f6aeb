"""A provider of activations over HTTPS: `POST /activations` under a key, and `GET /activations/<key>` to look it up.

Any service that hands out codes or switches accounts on can stand behind these two calls.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from oms.activations.port import Activated, Declined, NoTrace, Unknown, Wanted
from oms.payments.adapters.messages import part, text

_UNREADABLE = "unreadable answer"
_CONFLICT = "activation_running"
Answer = tuple[int, dict[str, Any]] | Unknown


class Wire(Protocol):
    """Whatever makes one call."""

    def send(self, method: str, path: str, payload: bytes | None = None, key: str | None = None) -> Answer:
        """Status and document of the answer, or Unknown."""
        ...


class HttpActivations:
    """The account behind a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def activate(self, wanted: Wanted, *, key: str) -> Activated | Declined | Unknown:
        """Ask for it under the key, which also stands in the address of the look-up."""
        body = {"sku": wanted.sku, "order_id": wanted.order_id}
        payload = json.dumps(body, separators=(",", ":")).encode()
        answer = self._wire.send("POST", "/activations", payload, key)
        if isinstance(answer, Unknown):
            return answer
        return _read(*answer)

    def find(self, key: str) -> Activated | Declined | NoTrace | Unknown:
        """The activation under a key as it is."""
        answer = self._wire.send("GET", f"/activations/{quote(key, safe='')}")
        if isinstance(answer, Unknown):
            return answer
        status, document = answer
        return NoTrace() if status == 404 else _read(status, document)


def _read(status: int, document: Mapping[str, Any]) -> Activated | Declined | Unknown:
    if status < 300:
        reference = text(document, "id")
        return Activated(reference, text(document, "code") or None) if reference else Unknown(_UNREADABLE)
    code = text(part(document, "error"), "code")
    # Whoever asked before has not been answered yet, so nobody can say how it will end.
    return Unknown(code) if code == _CONFLICT else Declined(code or f"status_{status}")

"""One call to EasyPost, and what all of its documents have in common."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from oms.carriers.port import Declined, Place, Unknown
from oms.payments.adapters.messages import part, text
from oms.platform.money import exponent

UNREADABLE = "unreadable answer"
Answer = tuple[int, dict[str, Any]] | Unknown


class Wire(Protocol):
    """Whatever makes one call."""

    def send(self, method: str, path: str, payload: bytes | None = None, key: str | None = None) -> Answer:
        """Status and document of the answer, or Unknown."""
        ...


def basic(api_key: str) -> dict[str, str]:
    """The headers of each call: the key is the name of the user."""
    token = b64encode(f"{api_key}:".encode()).decode()
    return {"Authorization": f"Basic {token}", "Content-Type": "application/json"}


class Account:
    """The account behind a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any] | Declined | Unknown:
        """The document of an answer; Declined with the code of what EasyPost refused."""
        payload = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        answer = self._wire.send(method, path, payload)
        if isinstance(answer, Unknown):
            return answer
        status, document = answer
        if status < 300:
            return document
        return Declined(text(part(document, "error"), "code") or f"status_{status}")


def address(place: Place) -> dict[str, str]:
    """A place as EasyPost reads it."""
    street = dict(
        zip(("street1", "street2"), (place.lines[0] if place.lines else "", ", ".join(place.lines[1:])), strict=True)
    )
    known = {"city": place.city, "state": place.region, "zip": place.postal_code, "country": place.country}
    return {"name": place.name, **street, **known, "phone": place.phone}


def rows(document: Mapping[str, Any], name: str = "rates") -> list[Mapping[str, Any]]:
    """The documents of a list."""
    found = document.get(name)
    return [part(one) for one in found] if isinstance(found, list) else []


def minor(amount: str, currency: str) -> int | None:
    """An amount such as 7.58 in minor units; None where it is no amount or has a smaller part."""
    try:
        exact = Decimal(amount) * 10 ** exponent(currency)
    except (InvalidOperation, KeyError):
        return None
    whole = int(exact) if exact.is_finite() else None
    return whole if whole is not None and whole == exact and whole >= 0 else None

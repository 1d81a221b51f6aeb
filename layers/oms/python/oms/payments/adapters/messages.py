"""Fields of a message from outside, of which nothing is taken for granted. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def part(document: object, *names: str) -> Mapping[str, Any]:
    """The object under these names; an empty one where there is none."""
    found = document
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def text(document: Mapping[str, Any], name: str) -> str:
    """The text under a name; empty where there is none."""
    found = document.get(name)
    return found if isinstance(found, str) else ""

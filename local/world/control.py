"""The file by which people and tests steer the nodes: STATE/world.json.

    {"paused": false, "reject": {"skus": ["A1"], "nodes": ["denver"], "reason": "damaged"}, "silent": ["seattle"]}

Every part may be left out; without the file every node does its work.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.world.work import OUT_OF_STOCK, Control

FILE_NAME = "world.json"


class ControlFile:
    """Reads the file again whenever it has changed; one that makes no sense is told once and changes nothing."""

    def __init__(self, state: Path) -> None:
        self._file = state / FILE_NAME
        self._seen: bytes | None = None
        self._control = Control()

    def read(self) -> Control:
        try:
            raw = self._file.read_bytes()
        except FileNotFoundError:
            raw = b"{}"
        if raw != self._seen:
            self._seen = raw
            try:
                self._control = parse(json.loads(raw))
            except ValueError as problem:
                print(f"{self._file.name} is ignored: {problem}", flush=True)
        return self._control


def parse(document: Any) -> Control:
    """The control in a parsed file; an unknown name or a wrong type raises ValueError."""
    known = _object(document, "the file", {"paused", "reject", "silent"})
    reject = _object(known.get("reject", {}), "reject", {"skus", "nodes", "reason"})
    paused, reason = known.get("paused", False), reject.get("reason", OUT_OF_STOCK)
    if not isinstance(paused, bool) or not isinstance(reason, str) or not reason:
        raise ValueError("paused is true or false, reason is a text")
    return Control(
        paused,
        _texts(reject.get("skus", []), "skus"),
        _texts(reject.get("nodes", []), "nodes"),
        reason,
        _texts(known.get("silent", []), "silent"),
    )


def write_control(state: Path, document: Mapping[str, Any]) -> None:
    """Steer the nodes of a running system; they obey before the next piece of work."""
    parse(document)
    draft = state / f"{FILE_NAME}.{os.getpid()}"
    draft.write_text(json.dumps(document) + "\n")
    draft.replace(state / FILE_NAME)


def _object(value: Any, name: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict) or not set(value) <= known:
        raise ValueError(f"{name} is an object with {', '.join(sorted(known))}")
    return value


def _texts(value: Any, name: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"{name} is a list of texts")
    return frozenset(value)

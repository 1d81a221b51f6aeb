"""The fake provider of activations on its own wire; `script` decides what becomes of the next calls of a kind.

| step | what happens |
|---|---|
| lost_before, lost_after | no answer comes; nothing was done, or it was done all the same |
| declined | refused under this key |
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from local.psp.activations import Activations
from oms.activations.adapters.http import HttpActivations
from oms.platform.effects import Unknown


@dataclass
class FakeActivations:
    """The account; `activations.done` is what it will be billed for."""

    activations: Activations = field(default_factory=Activations)
    script: dict[str, list[str]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)

    def provider(self, name: str) -> HttpActivations:
        assert name == "playbox"
        return HttpActivations(self)

    def send(
        self, method: str, path: str, payload: bytes | None = None, key: str | None = None
    ) -> tuple[int, dict[str, Any]] | Unknown:
        kind = "activate" if method == "POST" else "find"
        step = (self.script.get(kind) or [""]).pop(0)
        self.calls.append((kind, key or path.rsplit("/", 1)[1]))
        if step == "lost_before":
            return Unknown("time-out")
        if kind == "find":
            return self.activations.find(path)
        body = json.loads(payload or b"{}")
        answer = self.activations.activate(str(key), {"sku": "X-REFUSED"} if step == "declined" else body)
        return Unknown("time-out") if step == "lost_after" else answer

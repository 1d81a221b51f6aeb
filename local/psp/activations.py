"""The fake provider of activations: one activation for each key, whose first answer every repeat gets.

It serves beside the payment provider, at the same address and with the same key of the API.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

# An item whose name ends so is refused, by the code after it.
REFUSED = "-REFUSED"
Document = dict[str, Any]


class Activations:
    """What was activated, by key."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Document]] = {}

    @property
    def done(self) -> list[str]:
        """The keys of what was activated, in turn."""
        return [key for key, (status, _) in self.answers.items() if status < 300]

    def activate(self, key: str, body: Document) -> tuple[int, Document]:
        """Activate a unit of an item; a key that is known gets its first answer again."""
        if key not in self.answers:
            sku, number = str(body.get("sku", "")), len(self.answers) + 1
            if sku.endswith(REFUSED):
                self.answers[key] = (422, {"error": {"code": "not_available"}})
            else:
                self.answers[key] = (201, {"id": f"actv_{number}", "sku": sku, "code": f"PLAY-{number:04d}"})
        return self.answers[key]

    def find(self, path: str) -> tuple[int, Document]:
        """What became of the call under the key at the end of a path."""
        missing = (404, {"error": {"code": "not_found"}})
        return self.answers.get(unquote(path.rsplit("/", 1)[1]), missing)

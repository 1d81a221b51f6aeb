"""What sends messages to subscribers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one try: a status, or why there is none; how long it took, and the pause that was asked for."""

    status: int | None
    failure: str | None
    milliseconds: int
    retry_after: int | None = None


class Sender(Protocol):
    """Sends one message once."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Send a message; whatever becomes of it is answered, nothing is raised."""
        ...

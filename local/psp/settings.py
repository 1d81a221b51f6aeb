"""How the provider behaves until it is told otherwise."""

from __future__ import annotations

from dataclasses import dataclass

# Whether a capture or refund is done when it is answered, or accepted and settled later.
SYNCHRONOUS, ASYNCHRONOUS = "synchronous", "asynchronous"


@dataclass(slots=True)
class Settings:
    """Seconds are of the provider's own clock; the two waits are real milliseconds.

    In the asynchronous manner each capture and refund is accepted first and settled by a message.
    """

    auth_window_seconds: int = 7 * 24 * 3600
    settle_seconds: int = 1
    come_back_seconds: int = 3 * 24 * 3600
    manner: str = SYNCHRONOUS
    slow_milliseconds: int = 2_000
    hang_milliseconds: int = 30_000
    max_captures: int | None = None

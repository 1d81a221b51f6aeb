"""What becomes of a message while the transport takes nothing: it is put back on its queue for longer and longer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from oms.platform.commands import Runtime
from oms.platform.effects import TransientFailure
from oms.platform.observability import counted, logger
from oms.platform.own_queue import later, pause_seconds, tried

# About two hours; then the queue itself tries it as often as others, and sets it aside.
MOST_TRIES = 12
# From this try on, a quarter of an hour after the first, a person is told.
TOLD_AT = 5


class PutBack(Protocol):
    """Puts a message on the function's own queue."""

    def __call__(self, body: str, *, delay_seconds: int) -> None: ...


def send_or_keep(runtime: Runtime, body: str, put_back: PutBack, attempt: Callable[[], None]) -> None:
    """Run an attempt; where its outcome is not known yet, put its message back.

    After MOST_TRIES the TransientFailure is raised.
    """
    try:
        attempt()
    except TransientFailure as failure:
        tries = tried(body)
        if tries == TOLD_AT:
            counts = counted("NoticesHeldUp", runtime.clock.now())
            logger().error("a notice cannot be sent", reason=str(failure), **counts)
        if tries >= MOST_TRIES:
            raise
        put_back(later(body), delay_seconds=pause_seconds(tries))

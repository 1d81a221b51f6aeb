"""The clock that the outside world shares with the product: real time plus an offset kept in a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def shifted_clock(file: Path) -> Callable[[], int]:
    """Whole seconds since 1970 in UTC, moved by the integer in `file`; without the file nothing is moved."""
    offset = clock_offset(file)
    return lambda: int(time.time()) + offset()


def clock_offset(file: Path) -> Callable[[], int]:
    """By how many seconds the clock is moved; 0 without the file.

    The file is read at every call, so that a clock that was moved is right at once. Should the reader meet it
    half written, the last good offset counts.
    """
    offset = 0

    def read() -> int:
        nonlocal offset
        try:
            offset = int(file.read_bytes())
        except FileNotFoundError:
            offset = 0
        except ValueError:
            pass
        return offset

    return read

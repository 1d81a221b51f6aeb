"""How far the replay is: one line that changes on a terminal, a plain line every few seconds elsewhere."""

import sys
import threading
import time
from typing import TextIO

WIDTH = 30
TERMINAL_SECONDS = 0.1
PLAIN_SECONDS = 10.0


class ProgressBar:
    """Safe to call from every thread; it draws no more often than a person can read."""

    def __init__(self, whole: int, stream: TextIO | None = None) -> None:
        self._whole = whole
        self._stream = stream or sys.stdout
        self._on_terminal = self._stream.isatty()
        self._began = time.monotonic()
        self._drawn_at = -PLAIN_SECONDS
        self._line = self._file_time = ""
        self._lock = threading.Lock()

    def show(self, documents: int, orders: int, file_time: str) -> None:
        """Draw how many documents are done, and where in the file's time."""
        filled = WIDTH * documents // max(1, self._whole)
        # Documents end out of order; the latest one says where in the file's time the replay is.
        self._file_time = max(self._file_time, file_time)
        rate = documents / max(0.001, time.monotonic() - self._began)
        bar = f"[{'#' * filled}{'.' * (WIDTH - filled)}] " if self._on_terminal else ""
        self._line = f"{bar}{documents}/{self._whole} documents, {orders} orders, {self._file_time[:16]}, {rate:.1f}/s"
        self._draw(self._line, at_once=documents == self._whole)

    def wait(self, orders: int) -> None:
        """Draw for how many orders the clock rests."""
        self._draw(f"{self._line}; {orders} orders on their way" if orders else self._line)

    def say(self, text: str) -> None:
        """Print a line that stays."""
        with self._lock:
            self._stream.write(f"{self._clear()}{text}\n")
            self._stream.flush()

    def close(self) -> None:
        """End the line that changes."""
        with self._lock:
            if self._on_terminal and self._line:
                self._stream.write(f"{self._clear()}{self._line}\n")
                self._stream.flush()

    def _draw(self, text: str, at_once: bool = False) -> None:
        with self._lock:
            now = time.monotonic()
            pause = TERMINAL_SECONDS if self._on_terminal else PLAIN_SECONDS
            if not at_once and now - self._drawn_at < pause:
                return
            self._drawn_at = now
            self._stream.write(f"{self._clear()}{text}" if self._on_terminal else f"  {text}\n")
            self._stream.flush()

    def _clear(self) -> str:
        return "\r\x1b[K" if self._on_terminal else ""

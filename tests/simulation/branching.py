"""A copy of this process that goes its own way from here on, tells once how it ended, and is gone.

What it takes long to come to is so come to once, and everything that can follow begins there: a copy costs a few
milliseconds. Greenlets are copied with the rest; nothing here has threads.
"""

from __future__ import annotations

import gc
import os
import pickle
import traceback
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")


class Lost(AssertionError):
    """A copy that failed, or ended without a word."""


class Branch:
    """One copy, as it is seen from both sides: the copy answers, and the original hears it."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        self._process = os.fork()
        self.is_copy = self._process == 0
        self._end = writing if self.is_copy else reading
        os.close(reading if self.is_copy else writing)
        if self.is_copy:
            # It does not live long enough to have anything worth looking for.
            gc.disable()

    def answer(self, value: Any) -> NoReturn:
        """The copy's last word."""
        self._say((True, value))

    def fail(self, error: BaseException) -> NoReturn:
        """The copy's last word, if it could not do what it was made for."""
        self._say((False, "".join(traceback.format_exception(error))))

    def heard(self) -> Any:
        """What the copy has answered, once it has."""
        with os.fdopen(self._end, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(self._process, 0)
        if not said:
            raise Lost(f"a copy ended without an answer, with status {status}")
        well, value = pickle.loads(said)
        if not well:
            raise Lost(value)
        return value

    def _say(self, word: tuple[bool, Any]) -> NoReturn:
        try:
            with os.fdopen(self._end, "wb") as pipe:
                pickle.dump(word, pipe)
        finally:
            os._exit(0)


def in_a_copy(work: Callable[[], T]) -> T:
    """Do something in a copy of this process, and return what it came to; here nothing has happened."""
    branch = Branch()
    if branch.is_copy:
        try:
            made = work()
        except BaseException as error:  # noqa: BLE001 - whatever it is, the original has to hear of it
            branch.fail(error)
        branch.answer(made)
    heard: T = branch.heard()
    return heard

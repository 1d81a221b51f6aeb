"""Threads that are used again.

MiniStack gives each call that may come back into it a thread of its own, which is right: a bounded pool
would lock up. But a new thread costs about as much processor time as a small AWS call, several times an
order. These threads are as many as are needed, and wait a little for the next job instead of ending.
"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

from local.engine.anchors import require_source

IDLE_SECONDS = 20.0


class ReusedThread:
    """Stands in for `threading.Thread` where a job is started and perhaps joined."""

    def __init__(
        self,
        group: None = None,
        target: Callable[..., Any] | None = None,
        name: str | None = None,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        *,
        daemon: bool | None = None,
    ) -> None:
        self.name = name or "job"
        self.daemon = True
        self._target = target
        self._args = args
        self._kwargs = kwargs or {}
        self._done = threading.Event()

    def start(self) -> None:
        try:
            runner = _idle.pop()
        except IndexError:
            runner = _Runner()
        runner.jobs.put(self)

    def join(self, timeout: float | None = None) -> None:
        self._done.wait(timeout)

    def is_alive(self) -> bool:
        return not self._done.is_set()

    def run(self) -> None:
        try:
            if self._target is not None:
                # A fresh thread has an empty context; so has every job here.
                contextvars.Context().run(self._target, *self._args, **self._kwargs)
        finally:
            self._done.set()


class _Runner:
    """One real thread and the box its next job is put into."""

    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[ReusedThread] = queue.SimpleQueue()
        threading.Thread(target=self._loop, name="spine-runner", daemon=True).start()

    def _loop(self) -> None:
        while True:
            try:
                job = self.jobs.get(timeout=IDLE_SECONDS)
            except queue.Empty:
                try:
                    _idle.remove(self)
                except ValueError:
                    # Somebody took this runner just now; its job is on the way.
                    continue
                return
            try:
                job.run()
            except BaseException as error:  # noqa: BLE001 - reported as an ended thread reports it
                threading.excepthook(threading.ExceptHookArgs((type(error), error, None, None)))
            del job
            _idle.append(self)


_idle: list[_Runner] = []


class _Threading:
    """The `threading` module with reused threads."""

    Thread = ReusedThread

    def __getattr__(self, name: str) -> Any:
        return getattr(threading, name)


def install(*modules: ModuleType) -> None:
    """Let these modules start their jobs on reused threads."""
    for module in modules:
        require_source(module, "import threading\n", "threading.Thread(")
        module.threading = _Threading()

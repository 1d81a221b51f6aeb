"""Processes that have the SDK and the layers' libraries loaded, and split off workers in milliseconds.

Importing boto3, pydantic and powertools takes a third of a second of processor time. With twenty functions
and a few workers each, on two cores, that is most of the first minute. A nursery imports them once for each
set of layers and forks; a worker then imports only its handler. Linux only; elsewhere workers start alone.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

PROGRAM = str(Path(__file__).with_name("worker_main.py"))
# What a function may bring in its own version; then it cannot use what a nursery has loaded.
PRELOADED = (
    "boto3",
    "botocore",
    "urllib3",
    "jmespath",
    "dateutil",
    "pydantic",
    "pydantic_core",
    "aws_lambda_powertools",
)
MESSAGE_LIMIT = 256 * 1024


def possible() -> bool:
    return sys.platform == "linux" and hasattr(os, "pidfd_open")


class ForkedWorker:
    """A process that is not our child, with the few methods of Popen that its users need."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._handle: int | None
        try:
            self._handle = os.pidfd_open(pid)
        except ProcessLookupError:
            self._handle, self.returncode = None, 1

    def poll(self) -> int | None:
        """None while it runs. Its exit status belongs to its parent; we only see that it ended."""
        return self._wait(0)

    def wait(self, timeout: float | None = None) -> int:
        if self._wait(timeout) is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return self.returncode or 0

    def terminate(self) -> None:
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        if self._handle is not None:
            try:
                signal.pidfd_send_signal(self._handle, number)
            except ProcessLookupError:
                return

    def _wait(self, timeout: float | None) -> int | None:
        if self._handle is not None:
            watch = select.poll()
            watch.register(self._handle, select.POLLIN)
            if not watch.poll(None if timeout is None else timeout * 1000):
                return None
            os.close(self._handle)
            self._handle, self.returncode = None, 1
        return self.returncode

    def __del__(self) -> None:
        if self._handle is not None:
            os.close(self._handle)


class Nursery:
    """One process that forks workers for one set of layers."""

    def __init__(self, layers: list[str], environment: dict[str, str]) -> None:
        self._lock = threading.Lock()
        self._control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-P", PROGRAM, "nursery", str(other.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(other.fileno(),),
                env=environment,
                process_group=0,
            )
        self._control.send(json.dumps({"path": layers}).encode())

    def fork(self, descriptors: tuple[int, int, int], cwd: str, environment: dict[str, str]) -> ForkedWorker:
        """A new worker with (requests, replies, log) pipes. Raises OSError if the nursery is gone."""
        message = json.dumps({"cwd": cwd, "env": environment}).encode()
        with self._lock:
            socket.send_fds(self._control, [message], list(descriptors))
            answer = self._control.recv(MESSAGE_LIMIT)
        if not answer:
            raise OSError("the nursery ended")
        return ForkedWorker(int(answer))

    def close(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()


class Nurseries:
    """The nurseries of this launcher, one for each set of layers."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[tuple[str, ...], Nursery] = {}

    def fork(
        self, code: str, layers: list[str], descriptors: tuple[int, int, int], environment: dict[str, str], own: Any
    ) -> ForkedWorker | None:
        """A forked worker, or None when this function must start alone."""
        if not possible() or any(name.startswith("PYTHON") for name in own) or _brings_its_own(code):
            return None
        key = tuple(layers)
        with self._lock:
            nursery = self._made.get(key)
            if nursery is None:
                base = {name: value for name, value in environment.items() if name not in own}
                nursery = self._made[key] = Nursery(layers, base)
        try:
            return nursery.fork(descriptors, code, environment)
        except OSError:
            with self._lock:
                if self._made.get(key) is nursery:
                    del self._made[key]
            nursery.close()
            return None

    def close(self) -> None:
        with self._lock:
            made, self._made = list(self._made.values()), {}
        for nursery in made:
            nursery.close()


def _brings_its_own(code: str) -> bool:
    folder = Path(code)
    return any((folder / name).exists() or (folder / f"{name}.py").exists() for name in PRELOADED)

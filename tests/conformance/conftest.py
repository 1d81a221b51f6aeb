"""A launcher of its own for the conformance test, and the few things it deploys into it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conformance.cloud import Cloud

ROOT = Path(__file__).resolve().parents[2]
PORTS = range(5000, 5100)
CAP = 3


def engine_python() -> str:
    """The Python that has the engine; the test fails, it does not skip, when there is none."""
    chosen = os.environ.get("SPINE_ENGINE_PYTHON") or str(ROOT / ".local" / "engine" / "bin" / "python")
    if not Path(chosen).exists():
        pytest.fail(f"no engine Python at {chosen}: set SPINE_ENGINE_PYTHON or create .local/engine", pytrace=False)
    return chosen


def free_port() -> int:
    for port in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    pytest.fail(f"every port from {PORTS.start} to {PORTS.stop - 1} is in use", pytrace=False)


class Engine:
    """One launcher process."""

    def __init__(self, **settings: str) -> None:
        self.port = int(settings.get("GATEWAY_PORT") or free_port())
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115 - the process below writes to it as long as it lives
        environment = {
            **os.environ,
            "GATEWAY_PORT": str(self.port),
            "LOCAL_LAMBDA_CONCURRENCY": str(CAP),
            "LOCAL_LAMBDA_PATIENCE_SECONDS": "1",
            **settings,
        }
        self.process = subprocess.Popen(
            [engine_python(), str(ROOT / "local" / "launcher.py")],
            env=environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )

    def wait_until_healthy(self) -> None:
        url = f"http://127.0.0.1:{self.port}/_ministack/health"
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(url, timeout=1) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        pytest.fail(f"the engine did not start:\n{self.text()}", pytrace=False)

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=15)

    def text(self) -> str:
        self.log.seek(0)
        return self.log.read()


@pytest.fixture(scope="session")
def start_engine() -> Iterator[Callable[..., Engine]]:
    started: list[Engine] = []

    def start(**settings: str) -> Engine:
        engine = Engine(**settings)
        started.append(engine)
        return engine

    yield start
    for engine in started:
        engine.stop()


@pytest.fixture(scope="session")
def engine(start_engine: Callable[..., Engine]) -> Engine:
    running = start_engine(SPINE_CLOCK_FILE="clock-of-the-test")
    running.wait_until_healthy()
    return running


@pytest.fixture(scope="session")
def cloud(engine: Engine) -> Cloud:
    return Cloud(engine.port)

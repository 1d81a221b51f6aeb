"""The local engine's own processes: how many there are, and that none is left behind."""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.cloud import Cloud, eventually
from tests.conformance.conftest import CAP, Engine


def most_at_once(calls: list[dict[str, Any]]) -> int:
    return max(sum(other["began"] <= call["began"] < other["ended"] for other in calls) for call in calls)


def test_calls_above_the_cap_wait_and_all_succeed(cloud: Cloud) -> None:
    function = cloud.function("hold")
    with ThreadPoolExecutor(9) as pool:
        calls = list(pool.map(lambda n: cloud.invoke(function, {"n": n, "seconds": 0.2})[0], range(9)))
    assert most_at_once(calls) == CAP
    assert len({call["pid"] for call in calls}) == CAP


def test_functions_that_wait_for_themselves_through_workflows_do_not_lock_up(cloud: Cloud) -> None:
    function = cloud.function("call_workflow", timeout=60)
    machine = cloud.machine({"Again": {"Type": "Task", "Resource": function, "End": True}}, kind="EXPRESS")
    answer, mark = cloud.invoke(function, {"machine": machine, "depth": CAP})
    assert (answer, mark) == ({"bottom": True}, None)


def processes_of(engine: Engine) -> set[int]:
    """Process ids of everything that the engine started, directly or not."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(stat.parent.name)] = int(fields[1])
    found, added = {engine.process.pid}, True
    while added:
        added = {pid for pid, parent in parents.items() if parent in found} - found
        found |= added
    return found - {engine.process.pid}


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [15, 9], ids=["SIGTERM", "SIGKILL"])
def test_no_worker_outlives_the_engine(start_engine: Callable[..., Engine], number: int) -> None:
    engine = start_engine()
    engine.wait_until_healthy()
    cloud = Cloud(engine.port)
    # One worker is idle and one is in the middle of a call when the engine goes.
    busy = threading.Thread(target=_ignore_failure, args=(cloud, cloud.function("hold"), 30), daemon=True)
    busy.start()
    cloud.invoke(cloud.function("run_task"), {})
    at_least = 3 if sys.platform == "linux" else 2  # on Linux they have a nursery
    processes = eventually(lambda: found if len(found := processes_of(engine)) >= at_least else None)

    began = time.monotonic()
    assert engine.stop(number) == (0 if number == 15 else -9)
    assert time.monotonic() - began < 6
    eventually(lambda: not any(alive(pid) for pid in processes), seconds=5)
    folders = list(Path(tempfile.gettempdir()).glob(f"spine-engine-{engine.process.pid}-*"))
    # A killed launcher cannot tidy up; the next one does it.
    assert len(folders) == (0 if number == 15 else 1)


def _ignore_failure(cloud: Cloud, function: str, seconds: float) -> None:
    try:
        cloud.invoke(function, {"n": 0, "seconds": seconds})
    except Exception:  # noqa: BLE001 - the engine is killed under this call
        return


def test_the_launcher_refuses_to_listen_to_other_machines(start_engine: Callable[..., Engine]) -> None:
    engine = start_engine(BIND_HOST="0.0.0.0")
    assert engine.process.wait(timeout=10) == 1
    assert "may listen on 127.0.0.1 only" in engine.text()

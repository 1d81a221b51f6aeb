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
from botocore.exceptions import BotoCoreError

from tests.conformance.cloud import PROBE, Cloud, archive, eventually
from tests.conformance.conftest import CAP, Engine


def most_at_once(calls: list[dict[str, Any]]) -> int:
    return max(sum(other["began"] <= call["began"] < other["ended"] for other in calls) for call in calls)


def test_calls_above_the_cap_wait_and_all_succeed(cloud: Cloud) -> None:
    function = cloud.function("hold")
    with ThreadPoolExecutor(9) as pool:
        calls = list(pool.map(lambda n: cloud.invoke(function, {"n": n, "seconds": 0.2})[0], range(9)))
    assert most_at_once(calls) == CAP
    assert len({call["pid"] for call in calls}) == CAP


def test_own_code_comes_before_layers_and_layers_before_the_engines_libraries(cloud: Cloud) -> None:
    layer = cloud.layer(dict.fromkeys(("shelf.py", "cover.py", "pydantic.py"), "FROM = 'layer'"))
    modules = {"modules": ["shelf", "cover", "pydantic"]}
    with_layer = cloud.function("where_from", layers=[layer], files={"cover.py": "FROM = 'code'"})
    assert cloud.invoke(with_layer, modules)[0] == {"shelf": "layer", "cover": "code", "pydantic": "layer"}

    own = {"shelf.py": "FROM = 'code'", "cover.py": "", "pydantic.py": "FROM = 'code'"}
    assert cloud.invoke(cloud.function("where_from", layers=[layer], files=own), modules)[0] == {
        "shelf": "code",
        "cover": "engine",
        "pydantic": "code",
    }
    assert cloud.invoke(cloud.function("where_from"), {"modules": ["pydantic"]})[0] == {"pydantic": "engine"}


def test_new_code_replaces_running_workers(cloud: Cloud) -> None:
    function = cloud.function("where_from", files={"cover.py": "FROM = 'first'"})
    assert cloud.invoke(function, {"modules": ["cover"]})[0] == {"cover": "first"}
    code = archive({"probe.py": PROBE.read_text(), "cover.py": "FROM = 'second'"})
    cloud.client("lambda").update_function_code(FunctionName=function, ZipFile=code)
    assert cloud.invoke(function, {"modules": ["cover"]})[0] == {"cover": "second"}


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
    except BotoCoreError:
        # The engine is killed under this call.
        return


def test_the_launcher_refuses_to_listen_to_other_machines(start_engine: Callable[..., Engine]) -> None:
    engine = start_engine(BIND_HOST="0.0.0.0")
    assert engine.process.wait(timeout=10) == 1
    assert "may listen on 127.0.0.1 only" in engine.text()


def test_the_launcher_names_the_version_it_does_not_know(start_engine: Callable[..., Engine], tmp_path: Path) -> None:
    other = tmp_path / "ministack-9.9.9.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: ministack\nVersion: 9.9.9\n")
    engine = start_engine(PYTHONPATH=str(tmp_path))
    assert engine.process.wait(timeout=10) == 1
    assert "MiniStack 9.9.9 is installed but the local patches are written for" in engine.text()
    assert "Traceback" not in engine.text()


def test_the_launcher_names_a_missing_anchor(start_engine: Callable[..., Engine], tmp_path: Path) -> None:
    # `sitecustomize` runs before the launcher and takes away one name that a patch holds on to.
    (tmp_path / "sitecustomize.py").write_text(
        "import ministack.core.lambda_runtime as runtime\ndel runtime.acquire_worker\n"
    )
    engine = start_engine(PYTHONPATH=str(tmp_path))
    assert engine.process.wait(timeout=10) == 1
    assert "lambda_runtime" in engine.text()
    assert "acquire_worker" in engine.text()
    assert "Traceback" not in engine.text()


def test_a_restart_with_kept_state_misses_no_stream_record(start_engine: Callable[..., Engine], tmp_path: Path) -> None:
    kept = {"PERSIST_STATE": "1", "STATE_DIR": str(tmp_path)}
    first = start_engine(**kept)
    first.wait_until_healthy()
    cloud = Cloud(first.port)
    notes, (seen, _arn), (table, arn) = cloud.queue(), cloud.table(), cloud.table(stream=True)
    function = cloud.function("apply_records", NOTES=notes, NOTES_TABLE=seen)
    cloud.map_source(function, arn, StartingPosition="TRIM_HORIZON", BatchSize=10)
    cloud.put_values(table, "before-1", "before-2")
    assert applied(cloud.collect(notes, lambda found: len(applied(found)) >= 2)) == ["before-1", "before-2"]
    assert first.stop() == 0

    second = start_engine(**kept, GATEWAY_PORT=str(first.port))
    second.wait_until_healthy()
    cloud = Cloud(second.port)
    cloud.put_values(table, "after-1", "after-2", "after-3")
    found = applied(cloud.collect(notes, lambda found: len(applied(found)) >= 3))
    assert found == ["after-1", "after-2", "after-3"]


def applied(notes: list[Any]) -> list[str]:
    return [value for note in notes for value in note.get("applied", [])]

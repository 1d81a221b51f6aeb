"""What was started is ended, with all its children, and nothing else is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import stop
from local.progress import Failed
from local.state import ROOT
from local.stop import Started, clear, end, is_alive, launch, nothing_left_behind, running_processes

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder; whatever a test leaves running there is ended."""
    yield tmp_path
    end(running_processes(tmp_path), tmp_path)


def begin(
    state: Path, name: str = "engine", command: list[str] = SLEEP, ready: Callable[[], bool] = lambda: True
) -> Started:
    started: list[Started] = []
    launch(name, command, state, dict(os.environ), started, ready)
    return started[0]


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_started_process_is_known_by_its_state_folder(state: Path):
    process = begin(state)
    assert running_processes(state) == [process]
    assert json.loads((state / "pids" / "engine.json").read_text()) == {"pid": process.pid, "began": process.began}
    assert end(running_processes(state), state) == [process]
    assert not lives(process.pid)
    assert running_processes(state) == []
    assert list((state / "pids").iterdir()) == []


def test_its_children_end_with_it(state: Path):
    child_file = state / "child"
    code = f"import subprocess, time; p = subprocess.Popen({SLEEP!r}); open({str(child_file)!r}, 'w').write(str(p.pid))"
    process = begin(state, command=[sys.executable, "-c", f"{code}; time.sleep(60)"], ready=child_file.exists)
    while not child_file.read_text():
        time.sleep(0.01)
    child = int(child_file.read_text())
    assert lives(child)
    end([process], state)
    assert not lives(process.pid)
    # An orphan that has ended waits for init to collect it.
    assert not lives(child) or Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_one_that_does_not_listen_is_ended_all_the_same(state: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stop, "GRACE_SECONDS", 0.3)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    said = state / "engine.log"
    process = begin(state, command=[sys.executable, "-c", deaf], ready=lambda: said.stat().st_size > 0)
    assert end([process], state) == [process]
    assert not lives(process.pid)


def test_a_number_that_another_program_has_since_got_is_left_alone(state: Path):
    stranger = subprocess.Popen(SLEEP, start_new_session=True)
    try:
        (state / "pids").mkdir()
        (state / "pids" / "engine.json").write_text(json.dumps({"pid": stranger.pid, "began": "1"}))
        assert running_processes(state) == []
        assert end([Started("engine", stranger.pid, "1"), Started("psp", stranger.pid, "")], state) == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_pid_file_that_makes_no_sense_is_nobodys(state: Path):
    (state / "pids").mkdir()
    for number, text in enumerate(["", "{}", '{"pid": "x", "began": 1}', "[]"[:1]]):
        (state / "pids" / f"{number}.json").write_text(text)
    assert running_processes(state) == []


def test_the_engine_is_ended_last(state: Path):
    both = [begin(state, "engine"), begin(state, "world")]
    assert [process.name for process in end(both, state)] == ["world", "engine"]


def test_one_that_ends_while_it_starts_is_a_failure_with_its_log(state: Path):
    with pytest.raises(Failed, match=r"^the psp ended while it was starting$") as told:
        begin(state, "psp", [sys.executable, "-c", "print('no such key'); raise SystemExit(3)"], ready=lambda: False)
    assert told.value.log == state / "psp.log"
    assert told.value.log.read_text() == "no such key\n"
    assert running_processes(state) == []


def test_one_that_is_never_ready_is_a_failure(state: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stop, "START_TIMEOUT_SECONDS", 0.2)

    def not_yet() -> bool:
        raise ConnectionRefusedError

    with (
        pytest.raises(Failed, match=r"^the engine was not ready within 0 s$"),
        nothing_left_behind(state) as started,
    ):
        launch("engine", SLEEP, state, dict(os.environ), started, not_yet)
    assert [lives(process.pid) for process in started] == [False]


@pytest.mark.parametrize("reason", [Failed("x"), KeyboardInterrupt(), ValueError("a fault of ours")])
def test_a_start_that_fails_leaves_no_process_and_no_claim_to_run(state: Path, reason: BaseException):
    (state / "running.json").write_text("{}")
    with pytest.raises(type(reason)), nothing_left_behind(state) as started:
        started.append(begin(state, "engine"))
        started.append(begin(state, "psp"))
        raise reason
    assert [lives(process.pid) for process in started] == [False, False]
    assert running_processes(state) == []
    assert not (state / "running.json").exists()
    # The logs stay: they say why.
    assert sorted(path.name for path in state.iterdir()) == ["engine.log", "psp.log"]


def test_what_ran_before_a_failed_command_goes_on_running(state: Path):
    before = begin(state, "engine")
    (state / "running.json").write_text("{}")
    with pytest.raises(Failed), nothing_left_behind(state) as started:
        started.append(begin(state, "world"))
        raise Failed("the deployment failed")
    assert running_processes(state) == [before]
    assert (state / "running.json").exists()


def test_clearing_forgets_what_only_the_processes_could_answer_for(state: Path):
    for name in ("running.json", "out.json", "clients.json", "clock", "engine.log"):
        (state / name).write_text("")
    for name in ("pids", "tmp"):
        (state / name).mkdir()
    clear(state)
    assert [path.name for path in state.iterdir()] == ["engine.log"]


def test_the_command_ends_what_runs_and_says_so(state: Path):
    process = begin(state, "engine")
    # Who collects it once it has ended: init for a real one, whose parent is long gone.
    threading.Thread(target=os.waitpid, args=(process.pid, 0), daemon=True).start()
    command = [sys.executable, "-m", "local.stop", "--state", str(state)]
    first, second = [subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False) for _ in range(2)]
    assert (first.returncode, first.stdout) == (0, "Stopped: engine.\n")
    assert (second.returncode, second.stdout) == (0, f"Nothing runs from {state}.\n")
    assert not is_alive(process)

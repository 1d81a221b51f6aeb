"""A start that cannot succeed says why and leaves no process behind, whichever step it was."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from local import deploy, run, state, stop
from local.doctor import Unfit
from local.progress import Failed, Progress
from local.stop import Started, end, nothing_left_behind, running_processes

PORT = 24_000
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The state folder of a start; whatever a test leaves running there is ended."""
    yield tmp_path
    end(running_processes(tmp_path), tmp_path)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clone that is installed, and a machine where ports are free and every start goes well.

    Real processes stand for the engine and the world; what would be installed, deployed and seeded is only noted.
    """
    known = SimpleNamespace(version=run.pinned_engine_version(), done=[], broken="", launched=[])

    def noted(name: str) -> Callable[..., None]:
        def act(*_: Any, **__: Any) -> None:
            known.done.append(name)
            if known.broken == name:
                raise Failed(f"{name} failed")

        return act

    def launch(name: str, command: Sequence[str], folder: Path, _: Mapping[str, str], started: list[Started], __: Any):
        noted(name)()
        stop.launch(name, SLEEP, folder, {}, started, lambda: True)
        known.launched.append(started[-1])

    class Health:
        ok = True

        def __init__(self, *_: Any, **__: Any) -> None: ...

        def request(self, *_: Any) -> Health:
            return self

        def json(self) -> dict[str, str]:
            return {"version": known.version}

    monkeypatch.setattr(run, "Http", Health)
    monkeypatch.setattr(run, "launch", launch)
    monkeypatch.setattr(run, "check_ports", lambda port, folder: None)
    monkeypatch.setattr(run, "Running", lambda folder: SimpleNamespace(state_dir=folder))
    for name in ("bootstrap", "deploy", "collect_clients", "connect_psp"):
        monkeypatch.setattr(deploy, name, noted(name))
    monkeypatch.setattr(deploy, "assembly_is_current", lambda product: True)
    monkeypatch.setattr("local.seed.seed.seed", noted("seed"))
    return known


def start(folder: Path, port: int = PORT) -> None:
    with nothing_left_behind(folder) as started:
        run.bring_up(folder, port, Progress(), started)


def nothing_runs(folder: Path, machine: SimpleNamespace) -> bool:
    return not running_processes(folder) and not any(stop.is_alive(process) for process in machine.launched)


STEPS = ["engine", "bootstrap", "deploy", "collect_clients", "psp", "connect_psp", "world", "seed"]


def test_a_start_that_goes_well_leaves_three_processes_and_says_where(folder: Path, machine: SimpleNamespace):
    start(folder)
    assert machine.done == STEPS
    assert [process.name for process in running_processes(folder)] == ["engine", "psp", "world"]
    written = json.loads((folder / "running.json").read_text())
    assert (written["port"], written["psp_port"], written["seeded"]) == (PORT, PORT + 1, True)


def test_a_second_start_does_only_what_is_missing(folder: Path, machine: SimpleNamespace):
    start(folder)
    machine.done.clear()
    start(folder)
    assert machine.done == []
    world = running_processes(folder)[-1]
    end([world], folder)
    start(folder)
    assert machine.done == ["psp", "connect_psp", "world"]


@pytest.mark.parametrize("step", STEPS)
def test_whatever_fails_no_process_is_left(folder: Path, machine: SimpleNamespace, step: str):
    machine.broken = step
    with pytest.raises(Failed, match=f"{step} failed"):
        start(folder)
    assert machine.done[-1] == step
    assert nothing_runs(folder, machine)
    assert not (folder / "running.json").exists()
    machine.broken = ""
    start(folder)
    assert len(running_processes(folder)) == 3


def test_a_port_in_use_starts_nothing(folder: Path, machine: SimpleNamespace, monkeypatch: pytest.MonkeyPatch):
    """The replay and the bench bring the system up without asking the doctor first."""

    def taken(port: int, _: Path) -> None:
        raise Unfit(f"Port {port} is in use by another program: stop it.")

    monkeypatch.setattr(run, "check_ports", taken)
    with pytest.raises(Failed, match=f"Port {PORT} is in use by another program"):
        start(folder)
    assert machine.done == []
    assert nothing_runs(folder, machine)


def test_an_engine_of_another_version_is_ended_again(folder: Path, machine: SimpleNamespace):
    machine.version = "0.9.9"
    with pytest.raises(Failed, match=r"^the engine is MiniStack 0\.9\.9 but the project needs"):
        start(folder)
    assert machine.done == ["engine"]
    assert nothing_runs(folder, machine)


def test_a_system_on_another_port_is_left_alone_and_named(folder: Path, machine: SimpleNamespace):
    start(folder)
    before = running_processes(folder)
    machine.done.clear()
    with pytest.raises(Failed, match=rf"on port {PORT}: `make stop STATE={folder}` ends it"):
        start(folder, PORT + 100)
    assert machine.done == []
    assert running_processes(folder) == before


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the first half would install, noted; it may be told to fail."""
    done: list[str] = []
    for name in ("_install_app_environment", "_install_engine_and_layers", "_install_cdk_command"):
        monkeypatch.setattr(run, name, lambda *_, name=name: done.append(name))
    return done


def command(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """What `make run` calls; the signals of the test's own process stay as they are."""
    monkeypatch.setattr(sys, "argv", ["local.run", *arguments])
    monkeypatch.setattr(run, "interruptible", lambda: None)
    return run.main()


def test_an_installation_that_fails_ends_its_tools_and_the_command(
    installed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    ended: list[bool] = []
    log = tmp_path / "npm.log"
    log.write_text("npm error code ENETUNREACH\n")

    def breaks(_: Progress) -> None:
        raise Failed("npm ci failed with exit code 1", log)

    monkeypatch.setattr(run, "_install_cdk_command", breaks)
    monkeypatch.setattr(run, "end_open_tools", lambda: ended.append(True))
    assert command(monkeypatch, "--prepare-only", "run") == 1
    said = capsys.readouterr().err
    assert said.splitlines()[1] == "npm ci failed with exit code 1"
    assert "npm error code ENETUNREACH" in said
    assert str(log) in said
    assert ended == [True]


def test_preparing_only_starts_nothing(installed: list[str], monkeypatch: pytest.MonkeyPatch):
    assert command(monkeypatch, "--prepare-only", "test") == 0
    assert len(installed) == 3


@pytest.mark.parametrize(
    ("reason", "code", "sentence"),
    [
        (Failed("the deployment failed"), 1, "\nthe deployment failed\n"),
        (state.NotRunning("no system runs"), 1, "no system runs\n"),
        (KeyboardInterrupt(), 130, "\nInterrupted: everything that this command had started was ended.\n"),
    ],
)
def test_the_command_says_why_and_ends_with_its_own_code(
    folder: Path,
    machine: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    reason: BaseException,
    code: int,
    sentence: str,
):
    def first_order(*_: Any) -> None:
        raise reason

    monkeypatch.setattr("local.order.show_first_order", first_order)
    arguments = ("--since", "0", "--port", str(PORT), "--state", str(folder))
    assert command(monkeypatch, *arguments) == code
    assert capsys.readouterr().err == sentence
    assert nothing_runs(folder, machine)


def test_an_environment_that_its_lock_no_longer_describes_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    ran: list[str] = []
    monkeypatch.setattr(run, "run", lambda words, *_, **__: ran.append(" ".join(map(str, words[1:4]))))
    assert run._install_environment(Progress(), tmp_path, "engine", "engine environment") is True
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text("")
    assert ran == ["-m venv --clear", "-m pip install"]
    assert run._install_environment(Progress(), tmp_path, "engine", "engine environment") is False
    stamp = json.loads((tmp_path / "stamp.json").read_text())
    (tmp_path / "stamp.json").write_text(json.dumps({**stamp, "locks": {"engine": "an earlier lock"}}))
    assert run._install_environment(Progress(), tmp_path, "engine", "engine environment") is True
    assert len(ran) == 4


def test_lock_files_that_have_drifted_apart_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run, "ROOT", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.lock").write_text("boto3==1.2 \\\n    --hash=sha256:1\n")
    (tmp_path / "requirements" / "test.lock").write_text("boto3==1.1 \\\n    --hash=sha256:2\n")
    with pytest.raises(Failed, match=r"test\.lock lacks boto3==1\.2 of run\.lock: run `make lock`"):
        run._check_covers("test", "run")

"""What a machine lacks is said in one sentence, before anything is installed or started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from local import doctor, run, state, stop
from local.doctor import ROOT, Unfit


def on_path(monkeypatch: pytest.MonkeyPatch, *tools: str, node: str = "v22.1.0\n") -> None:
    """A machine that has only these tools, and a Node that says this of itself."""
    monkeypatch.setattr(doctor.shutil, "which", lambda tool: f"/usr/bin/{tool}" if tool in tools else None)
    said = SimpleNamespace(stdout=node.encode())
    monkeypatch.setattr(doctor.subprocess, "run", lambda *_, **__: said)


def listens_on(monkeypatch: pytest.MonkeyPatch, *ports: int, health: object = None) -> None:
    """A machine on which something listens on these ports; what it says of itself when it is asked."""

    class Http:
        def __init__(self, base_url: str, timeout: float) -> None:
            assert timeout <= 1

        def request(self, method: str, path: str) -> object:
            if health is None:
                raise OSError
            return SimpleNamespace(json=lambda: health)

    monkeypatch.setattr(doctor, "is_taken", lambda port: port in ports)
    monkeypatch.setattr(state, "Http", Http)


@pytest.mark.parametrize("version", [(3, 11), (3, 11, 9), (3, 14), (4, 0)])
def test_a_new_enough_python_will_do(version: tuple[int, ...]):
    doctor.check_python(version)


@pytest.mark.parametrize("version", [(3, 10, 14), (2, 7)])
def test_an_old_python_is_named(version: tuple[int, ...]):
    with pytest.raises(Unfit, match=rf"^Python 3\.11 or newer is needed and this is {version[0]}\.{version[1]}: "):
        doctor.check_python(version)


def test_a_python_without_environments_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    with pytest.raises(Unfit, match=r"cannot make environments: install its venv package"):
        doctor.check_python()


@pytest.mark.parametrize("missing", ["git", "node", "npm"])
def test_a_missing_tool_is_named_with_what_brings_it(monkeypatch: pytest.MonkeyPatch, missing: str):
    on_path(monkeypatch, *({"git", "node", "npm"} - {missing}))
    brings = "git and" if missing == "git" else r"Node\.js 20 or newer, which brings npm, and"
    with pytest.raises(Unfit, match=rf"^`{missing}` was not found: install {brings} try again\.$"):
        doctor.check_tools()


@pytest.mark.parametrize("said", ["v20.0.0\n", "v22.11.0\n", "21.1.0"])
def test_a_new_enough_node_will_do(monkeypatch: pytest.MonkeyPatch, said: str):
    on_path(monkeypatch, "git", "node", "npm", node=said)
    doctor.check_tools()


@pytest.mark.parametrize(("said", "shown"), [("v18.20.4\n", r"v18\.20\.4"), ("", "an unknown version")])
def test_an_old_node_is_named(monkeypatch: pytest.MonkeyPatch, said: str, shown: str):
    on_path(monkeypatch, "git", "node", "npm", node=said)
    with pytest.raises(Unfit, match=rf"^Node\.js 20 or newer is needed and this is {shown}\.$"):
        doctor.check_tools()


def engine_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, lock: str) -> Path:
    """An environment that holds this version and claims to come from that lock."""
    monkeypatch.setattr(doctor, "ROOT", tmp_path)
    folder = tmp_path / ".local" / "engine"
    (folder / "lib" / "python3.12" / "site-packages" / f"ministack-{version}.dist-info").mkdir(parents=True)
    (folder / "stamp.json").write_text(json.dumps({"locks": {"engine": lock}}))
    return folder


def test_an_engine_that_somebody_changed_by_hand_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = engine_folder(tmp_path, monkeypatch, "0.9.9", run.lock_hash("engine"))
    pinned = doctor.pinned_engine_version()
    with pytest.raises(
        Unfit, match=r"^The engine in \.local/engine is MiniStack 0\.9\.9 but the project needs"
    ) as told:
        doctor.check_installed_engine(folder)
    assert pinned in str(told.value)


def test_an_engine_of_an_earlier_lock_is_replaced_without_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    doctor.check_installed_engine(engine_folder(tmp_path, monkeypatch, "0.9.9", "of an earlier lock"))


def test_the_pinned_engine_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    pinned = doctor.pinned_engine_version()
    doctor.check_installed_engine(engine_folder(tmp_path, monkeypatch, pinned, run.lock_hash("engine")))


def test_a_lock_file_without_the_engine_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "engine.lock").write_text("boto3==1.0\n")
    monkeypatch.setattr(doctor, "ENGINE_LOCK", tmp_path / "engine.lock")
    with pytest.raises(Unfit, match="pins no ministack: run `make lock`"):
        doctor.pinned_engine_version()


@pytest.mark.parametrize("port", [0, 80, 1023, 65535, 99999])
def test_a_port_that_nobody_may_use_is_refused(tmp_path: Path, port: int):
    with pytest.raises(Unfit, match=rf"^PORT={port} cannot be used: choose a number from 1024 to 65534\.$"):
        doctor.check_ports(port, tmp_path)


@pytest.mark.parametrize("taken", [4566, 4567])
def test_a_port_in_use_is_named_with_the_next_free_pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int):
    """The provider takes the port after the engine's, so a pair must be free."""
    listens_on(monkeypatch, taken, 4569)
    with pytest.raises(Unfit, match=rf"^Port {taken} is in use by another program: .* another port, as PORT=4570\.$"):
        doctor.check_ports(4566, tmp_path)


def test_an_engine_that_was_started_by_hand_is_recognised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    listens_on(monkeypatch, 4566, health={"version": "1.0.3"})
    with pytest.raises(Unfit, match=r"in use by a MiniStack 1\.0\.3 that was not started from this state folder"):
        doctor.check_ports(4566, tmp_path)


def test_a_program_that_answers_something_else_is_another_program(monkeypatch: pytest.MonkeyPatch):
    listens_on(monkeypatch, 4566, health=["hello"])
    assert doctor.describe_listener(4566) == "another program"


def test_the_ports_of_a_system_that_runs_from_this_folder_are_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    listens_on(monkeypatch, 4566, 4567)
    monkeypatch.setattr(stop, "running_processes", lambda folder: ["engine"])
    doctor.check_ports(4566, tmp_path)


def test_free_ports_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    listens_on(monkeypatch)
    doctor.check_ports(4566, tmp_path)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--port", "abc"], "PORT=abc is not a port number.\n"),
        (["--port", "80"], "PORT=80 cannot be used: choose a number from 1024 to 65534.\n"),
    ],
)
def test_the_command_says_one_sentence_and_ends_with_1(arguments: list[str], sentence: str):
    done = subprocess.run(
        [sys.executable, "-m", "local.doctor", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", sentence)


def test_a_machine_without_node_hears_so_from_make(tmp_path: Path):
    """The whole command, on a path that holds nothing but Python."""
    (tmp_path / "python3").symlink_to(sys.executable)
    done = subprocess.run(
        [tmp_path / "python3", "-m", "local.doctor"],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "`git` was not found: install git and try again.\n")

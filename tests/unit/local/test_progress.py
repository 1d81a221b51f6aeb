"""Tools that run inside a step: how they end, and what a person sees of it."""

from __future__ import annotations

import fcntl
import sys
import threading
import time
from pathlib import Path

import pytest

from local import progress
from local.progress import Failed, Progress, end_open_tools, explain, only_one_at_a_time, run


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_tool_that_ends_well_leaves_its_output_in_its_log(tmp_path: Path):
    run(python("print('done')"), tmp_path / "logs" / "tool.log", timeout=10)
    assert (tmp_path / "logs" / "tool.log").read_text() == "done\n"


def test_a_tool_that_fails_is_named_with_its_exit_code_and_its_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    log = tmp_path / "tool.log"
    with pytest.raises(Failed, match=r"^python\S* -c .* failed with exit code 7$") as told:
        run(python("print('no room left'); raise SystemExit(7)"), log, timeout=10)
    explain(told.value)
    said = capsys.readouterr().err
    assert "    no room left" in said
    assert said.endswith(f"The whole log: {log}\n")


def test_a_tool_that_is_not_there_is_a_failure(tmp_path: Path):
    with pytest.raises(Failed, match=r"no-such-tool cannot be started: .*No such file"):
        run([tmp_path / "no-such-tool"], tmp_path / "tool.log", timeout=10)


def test_a_tool_that_takes_too_long_is_ended(tmp_path: Path):
    pid_file = tmp_path / "pid"
    code = f"import os, time; open({str(pid_file)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    began = time.monotonic()
    with pytest.raises(Failed, match=r"did not finish within 1 s$"):
        run(python(code), tmp_path / "tool.log", timeout=1)
    assert time.monotonic() - began < 10
    assert not Path(f"/proc/{pid_file.read_text()}").exists()


def test_when_another_step_has_failed_open_tools_are_ended(tmp_path: Path):
    failures: list[Failed] = []

    def long_step() -> None:
        try:
            run(python("import time; time.sleep(60)"), tmp_path / "tool.log", timeout=60)
        except Failed as failure:
            failures.append(failure)

    step = threading.Thread(target=long_step)
    step.start()
    while not progress._open_groups:
        time.sleep(0.01)
    end_open_tools()
    step.join(10)
    assert [str(failure).endswith("failed with exit code -9") for failure in failures] == [True]
    assert not progress._open_groups


def test_a_long_step_says_that_it_is_alive_and_a_failed_one_is_never_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(progress, "STILL_WORKING_SECONDS", 0.02)
    shown = Progress()
    with shown.step("install"):
        time.sleep(0.1)
    with pytest.raises(Failed), shown.step("deploy"):
        raise Failed("x")
    said = capsys.readouterr().out
    assert "install … 0 s" in said
    assert "install: done in 0.1 s" in said
    assert "deploy …" in said
    assert "deploy: done" not in said


def test_one_command_of_a_clone_waits_for_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(progress, "ROOT", tmp_path)
    order: list[str] = []

    def second() -> None:
        with only_one_at_a_time(Progress()):
            order.append("second")

    with only_one_at_a_time(Progress()):
        waiting = threading.Thread(target=second)
        waiting.start()
        while "waiting for another command in this clone" not in capsys.readouterr().out:
            time.sleep(0.01)
        order.append("first")
    waiting.join(10)
    assert order == ["first", "second"]
    with open(tmp_path / ".local" / "build.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

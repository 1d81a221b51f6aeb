"""Start long-lived processes, and end what was started and nothing else: `make stop`.

Each process that was started has a pid file with the moment it began, so that a number the system has given to
another program since is left alone. A process leads its own group: its workers end with it.
"""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.progress import Failed
from local.state import ROOT

START_TIMEOUT_SECONDS = 30.0
GRACE_SECONDS = 6.0


@dataclass(frozen=True)
class Started:
    """One process of a running system: `began` is the system's own word for its start time."""

    name: str
    pid: int
    began: str


def launch(
    name: str,
    command: Sequence[str],
    state: Path,
    environment: Mapping[str, str],
    started: list[Started],
    ready: Callable[[], bool],
) -> None:
    """Start a long-lived process and wait until it is ready.

    It leads a group of its own, writes to STATE/<name>.log and has a pid file; it is added to `started` at once.
    `ready` may raise OSError for not yet. Raises Failed when the process ends first or takes too long.
    """
    log = state / f"{name}.log"
    with open(log, "wb") as output:
        child = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=ROOT,
            start_new_session=True,
        )
    process = Started(name, child.pid, _moment_of_start(child.pid) or "")
    started.append(process)
    (state / "pids").mkdir(exist_ok=True)
    pid_file = state / "pids" / f"{name}.json"
    pid_file.write_text(json.dumps({"pid": process.pid, "began": process.began}) + "\n")
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if not is_alive(process):
            raise Failed(f"the {name} ended while it was starting", log)
        with contextlib.suppress(OSError):
            if ready():
                return
        time.sleep(0.05)
    raise Failed(f"the {name} was not ready within {START_TIMEOUT_SECONDS:.0f} s", log)


def running_processes(state: Path) -> list[Started]:
    """Return the processes of a state folder that still run."""
    found = []
    for path in sorted((Path(state) / "pids").glob("*.json")):
        with contextlib.suppress(OSError, ValueError, KeyError):
            said = json.loads(path.read_text())
            process = Started(path.stem, int(said["pid"]), str(said["began"]))
            if is_alive(process):
                found.append(process)
    return found


def is_alive(process: Started) -> bool:
    """Say whether this very process still runs, not one that got its number later."""
    _reap(process.pid)
    return bool(process.began) and _moment_of_start(process.pid) == process.began


def end(processes: Iterable[Started], state: Path) -> list[Started]:
    """Ask each process group to end, insist after six seconds, remove the pid files; return those that were alive.

    The engine goes last, so that the others do not fill their logs with its absence.
    """
    alive = sorted((p for p in processes if is_alive(p)), key=lambda p: p.name == "engine")
    for process in alive:
        _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(_group_lives(p) for p in alive) and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in alive:
        _signal(process, signal.SIGKILL)
    while any(_group_lives(p) for p in alive) and time.monotonic() < deadline + GRACE_SECONDS:
        time.sleep(0.05)
    for process in alive:
        (state / "pids" / f"{process.name}.json").unlink(missing_ok=True)
    return alive


@contextlib.contextmanager
def nothing_left_behind(state: Path) -> Iterator[list[Started]]:
    """Collect what a command starts, and end it all when the command does not reach its end.

    A system that ran before the command goes on running.
    """
    started: list[Started] = []
    state.mkdir(parents=True, exist_ok=True)
    try:
        yield started
    except BaseException:
        end(started, state)
        if not running_processes(state):
            clear(state)
        raise


def clear(state: Path) -> None:
    """Forget a system that has ended: what only its processes could have answered for."""
    for name in ("running.json", "out.json", "clients.json", "clock"):
        (state / name).unlink(missing_ok=True)
    for name in ("pids", "tmp"):
        shutil.rmtree(state / name, ignore_errors=True)


def _signal(process: Started, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _group_lives(process: Started) -> bool:
    _reap(process.pid)
    try:
        os.killpg(process.pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _reap(pid: int) -> None:
    """Collect a child of ours that has ended, so that it does not look alive."""
    with contextlib.suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)


def _moment_of_start(pid: int) -> str | None:
    """Return when a process began, in the system's own words; None when there is no such process."""
    try:
        # Linux: the name in brackets may hold spaces; state is the third field and start time the 22nd.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return _moment_by_ps(pid)
    return None if fields[0] == "Z" else fields[19]


def _moment_by_ps(pid: int) -> str | None:
    """The same where there is no /proc, as on macOS."""
    if Path("/proc/self/stat").exists() or shutil.which("ps") is None:
        return None
    said = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return said or None


def main() -> int:
    parser = argparse.ArgumentParser(description="End the system that runs from a state folder.")
    parser.add_argument("--state", default=".local/state", type=Path)
    state = parser.parse_args().state.resolve()
    ended = end(running_processes(state), state)
    clear(state)
    print(f"Stopped: {', '.join(p.name for p in ended)}." if ended else f"Nothing runs from {state}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What a person sees: long steps while they run, why one failed, and what a running system says (`make logs`).

A step shows one line when it begins, one each ten seconds and one when it ends, each with the seconds since the command
was typed. Steps may run side by side.
"""

import argparse
import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from local.state import ROOT, NotRunning, Running

STILL_WORKING_SECONDS = 10.0
LOG_LINES_SHOWN = 15
FUNCTION_LINES_SHOWN = 100


class Failed(Exception):
    """A step failed. The text says why; `log` is where to read more."""

    def __init__(self, reason: str, log: Path | None = None) -> None:
        super().__init__(reason)
        self.log = log


class Progress:
    """Prints steps with the time they took. `since` is the wall-clock second at which the command began."""

    def __init__(self, since: float | None = None) -> None:
        self.since = time.time() if since is None else since
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        """Print one line with the elapsed seconds in front."""
        with self._lock:
            print(f"{time.time() - self.since:6.1f} s  {text}", flush=True)

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announce a step, show that it is alive, and say how long it took when it went well."""
        began = time.monotonic()
        finished = threading.Event()

        def keep_saying() -> None:
            while not finished.wait(STILL_WORKING_SECONDS):
                self.say(f"{title} … {time.monotonic() - began:.0f} s")

        self.say(f"{title} …")
        watcher = threading.Thread(target=keep_saying, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            finished.set()
            watcher.join()
        self.say(f"{title}: done in {time.monotonic() - began:.1f} s")


_REQUESTS_TO_END = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_open_groups: set[int] = set()


def run(
    command: Sequence[str | Path],
    log: Path,
    *,
    timeout: float,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> None:
    """Run one tool to its end with its output in a log file.

    Raises Failed when it cannot start, returns an error, or takes longer than `timeout` seconds.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in command]
    with open(log, "wb") as output:
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if environment is None else dict(environment),
                cwd=folder,
                start_new_session=True,
            )
        except OSError as reason:
            raise Failed(f"{words[0]} cannot be started: {reason}", log) from reason
    _open_groups.add(process.pid)
    try:
        status = process.wait(timeout)
    except subprocess.TimeoutExpired:
        raise Failed(f"{Path(words[0]).name} did not finish within {timeout:.0f} s", log) from None
    finally:
        _end_group(process)
    if status != 0:
        raise Failed(f"{' '.join(Path(word).name for word in words[:3])} failed with exit code {status}", log)


@contextlib.contextmanager
def only_one_at_a_time(progress: Progress) -> Iterator[None]:
    """Let one command of this clone install, build or synthesise at a time; others wait for it."""
    (ROOT / ".local").mkdir(exist_ok=True)
    with open(ROOT / ".local" / "build.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.step("waiting for another command in this clone"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def end_open_tools() -> None:
    """End every tool that still runs: called when another step has failed or the person pressed Ctrl-C."""
    for group in list(_open_groups):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def interruptible() -> None:
    """Turn a request to end into KeyboardInterrupt, once, so that the command can end what it has started."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        for further in _REQUESTS_TO_END:
            signal.signal(further, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in _REQUESTS_TO_END:
        signal.signal(number, interrupt)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(3)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    _open_groups.discard(process.pid)


def explain(failure: Failed) -> None:
    """Print why a step failed, the end of its log, and where the log is."""
    print(f"\n{failure}", file=sys.stderr)
    if failure.log is not None and failure.log.exists():
        lines = failure.log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        print("\n".join(f"    {line[:200]}" for line in lines), file=sys.stderr)
        print(f"The whole log: {failure.log}", file=sys.stderr)


def function_lines(running: Running, function: str = "") -> list[str]:
    """Return what the functions of a running system have logged, in order of time.

    function: only the ones whose name contains this, such as `place_order`.
    """
    logs = running.aws("logs")
    wanted = function.replace("_", "").lower()
    found: list[tuple[int, str]] = []
    for page in logs.get_paginator("describe_log_groups").paginate():
        for group in page["logGroups"]:
            name = group["logGroupName"].rsplit("/", 1)[-1].removesuffix("Logs")
            if wanted in name.lower():
                for events in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                    found += [
                        (event["timestamp"], f"{name}: {event['message'].rstrip()}") for event in events["events"]
                    ]
    return [f"{_clock_time(at)} {text}" for at, text in sorted(found, key=lambda row: row[0])]


def _clock_time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]


def main() -> int:
    """`make logs`: print the end of each process log, then what the functions said."""
    parser = argparse.ArgumentParser(description="Show what the system that runs from a state folder says.")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--function", default="")
    asked = parser.parse_args()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `make logs | head` is a fair question
    for log in sorted(asked.state.glob("*.log")) if not asked.function else ():
        print(f"--- {log}")
        print("\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]))
    try:
        running = Running(asked.state)
        lines = function_lines(running, asked.function)
    except (NotRunning, OSError) as reason:
        print(reason, file=sys.stderr)
        return 1
    print(f"--- functions{f' like {asked.function}' if asked.function else ''}, the last {FUNCTION_LINES_SHOWN} lines")
    print("\n".join(lines[-FUNCTION_LINES_SHOWN:]))
    return 0


if __name__ == "__main__":
    sys.exit(main())

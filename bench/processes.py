"""Processor time of a running system: the processes that `make run` started, and all that they start."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.stop import running_processes

SAMPLE_SECONDS = 0.5
WORKERS = "workers"


@dataclass(frozen=True, slots=True)
class Process:
    """One line of /proc/<pid>/stat; `ticks` is its own time, `reaped` that of children it has waited for."""

    pid: int
    parent: int
    began: int
    ticks: int
    reaped: int


def read_stat(text: str) -> Process:
    """Read /proc/<pid>/stat; the name in brackets may hold anything."""
    pid, _, rest = text.partition(" (")
    fields = rest.rpartition(") ")[2].split()
    return Process(
        int(pid),
        parent=int(fields[1]),
        began=int(fields[19]),
        ticks=int(fields[11]) + int(fields[12]),
        reaped=int(fields[13]) + int(fields[14]),
    )


def processes() -> Iterator[Process]:
    """Every process of this machine."""
    for folder in os.listdir("/proc"):
        if folder.isdigit():
            try:
                yield read_stat(Path(f"/proc/{folder}/stat").read_text())
            except OSError:
                continue  # it ended in this moment


def below(all_of_them: Iterable[Process], root: int) -> list[Process]:
    """A process and everything that descends from it."""
    children: dict[int, list[Process]] = {}
    found = []
    for process in all_of_them:
        children.setdefault(process.parent, []).append(process)
        if process.pid == root:
            found.append(process)
    for process in found:
        found.extend(children.get(process.pid, ()))
    return found


class Meter:
    """Adds up processor time from its making on, also of processes that begin and end in between.

    Workers are no children that anybody waits for, so their time is read twice a second as long as they live.
    """

    def __init__(self, state: Path) -> None:
        self._roots = {process.name: process.pid for process in running_processes(state)}
        self._first: dict[tuple[int, int], int] = {}
        self._last: dict[tuple[int, int], tuple[str, int]] = {}
        self.sample()
        self._first = {identity: ticks for identity, (_, ticks) in self._last.items()}

    def sample(self) -> None:
        """Read the time of every process once."""
        everything = list(processes())
        for name, root in self._roots.items():
            for process in below(everything, root):
                own = name if process.pid == root else WORKERS
                self._last[process.pid, process.began] = (own, process.ticks + process.reaped)

    def milliseconds(self) -> Mapping[str, float]:
        """Processor milliseconds so far: engine, its workers, and each of the other processes."""
        per_tick = 1000 / os.sysconf("SC_CLK_TCK")
        spent: dict[str, float] = {}
        for identity, (name, ticks) in self._last.items():
            spent[name] = spent.get(name, 0.0) + (ticks - self._first.get(identity, 0)) * per_tick
        return spent


@contextmanager
def metered(state: Path) -> Iterator[Meter]:
    """Meter a system while the block runs."""
    meter = Meter(state)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(SAMPLE_SECONDS):
            meter.sample()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield meter
    finally:
        done.set()
        thread.join()
        meter.sample()

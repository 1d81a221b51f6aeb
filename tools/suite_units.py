"""How the test suite is cut into processes: which files are run together, and in which order, so that two ends meet.

A file is as long as it took when it was last weighed (`python -m tools.suite --weigh`). The simulation replaces the
product's clock for a whole process, so it shares none with other rooms. A long file has a process of its own, short
ones share one, room by room; so no process lives long, and memory that a file has filled is free when it is over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS = Path(__file__).with_name("suite_seconds.json")
# Each has a whole system to run, so nothing else runs beside it.
ALONE = ("tests/journeys", "tests/console")
SIMULATION = "tests/simulation/"
# A process takes about so long, if one file does not take longer: twenty times what it needs to begin.
SECONDS = 90
# What a file takes that nobody has weighed yet.
UNKNOWN = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """Test files that one process runs, and for about how many seconds."""

    files: tuple[str, ...]
    seconds: int

    @property
    def name(self) -> str:
        """Its first file, and how many others."""
        return self.files[0] if len(self.files) == 1 else f"{self.files[0]} and {len(self.files) - 1} more"


def suite_files(root: Path = ROOT) -> list[str]:
    """Every test file but those of the rooms that run alone, in order of their paths."""
    found = (path.relative_to(root).as_posix() for path in (root / "tests").rglob("test_*.py"))
    return sorted(file for file in found if not file.startswith(tuple(f"{room}/" for room in ALONE)))


def weights() -> dict[str, int]:
    """Seconds by file, as they were weighed."""
    return dict(json.loads(WEIGHTS.read_text(encoding="utf-8")))


def units(files: Iterable[str], seconds: Mapping[str, int]) -> list[Unit]:
    """The files in processes, longest first."""
    listed = list(files)
    apart = [file for file in listed if file.startswith(SIMULATION)]
    others = [file for file in listed if not file.startswith(SIMULATION)]
    found = [*_packed(apart, seconds), *_packed(others, seconds)]
    return sorted(found, key=lambda unit: (-unit.seconds, unit.files))


def _packed(files: Iterable[str], seconds: Mapping[str, int]) -> Iterator[Unit]:
    together: list[str] = []
    total = 0
    for file in files:
        own = seconds.get(file, UNKNOWN)
        if own >= SECONDS:
            yield Unit((file,), own)
            continue
        if together and total + own > SECONDS:
            yield Unit(tuple(together), total)
            together, total = [], 0
        together.append(file)
        total += own
    if together:
        yield Unit(tuple(together), total)


def weighed(reports: Iterable[ElementTree.Element], files: Iterable[str]) -> dict[str, int]:
    """Seconds by file, rounded, from what pytest wrote in JUnit's form."""
    by_class = {file.removesuffix(".py").replace("/", "."): file for file in files}
    # Whole milliseconds, since sums of fractions depend on their order.
    found = dict.fromkeys(by_class.values(), 0)
    for report in reports:
        for case in report.iter("testcase"):
            name = case.attrib["classname"]
            while name and name not in by_class:
                name = name.rpartition(".")[0]
            if name:
                found[by_class[name]] += int(case.attrib["time"].replace(".", ""))
    return {file: (spent + 500) // 1000 for file, spent in sorted(found.items())}

"""Figures: what a script measures, how it is written down and how it is shown."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.state import ROOT

RESULTS = ROOT / "bench" / "results"
LATEST = RESULTS / "latest.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `goal` and `compared_with` are sentences, `met` is None where there is no goal."""

    name: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None
    compared_with: str = ""


def at_least(name: str, value: float, unit: str, goal: float, compared_with: str = "") -> Figure:
    """A figure that should not be smaller than its goal."""
    return Figure(name, round(value, 2), unit, f">= {goal:g}", value >= goal, compared_with)


def at_most(name: str, value: float, unit: str, goal: float, compared_with: str = "") -> Figure:
    """A figure that should not be larger than its goal."""
    return Figure(name, round(value, 2), unit, f"<= {goal:g}", value <= goal, compared_with)


def exactly(name: str, value: float, unit: str, goal: float, compared_with: str = "") -> Figure:
    """A figure that must be its goal."""
    return Figure(name, round(value, 2), unit, f"= {goal:g}", value == goal, compared_with)


def percentile(values: Iterable[float], percent: float) -> float:
    """The smallest value that at least so many percent of all values do not exceed; no values raise ValueError."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("a percentile of nothing")
    if not 0 < percent <= 100:
        raise ValueError(f"{percent} is not a percentage")
    # Nearest rank, in whole numbers so that 99 % of 100 values is the 99th and not the 100th.
    rank = -(-len(ordered) * round(percent * 1000) // 100_000)
    return ordered[rank - 1]


def machine() -> str:
    """The processor, how many of it this machine has, and the Python that ran."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return f"{os.cpu_count()} x {model}, {platform.system()}, Python {platform.python_version()}"


def commit() -> str:
    """The commit that was measured, with a plus sign when files differ from it; what the bench itself writes aside."""
    others = ["status", "--porcelain", "--untracked-files=no", "--", ".", f":(exclude){RESULTS.relative_to(ROOT)}"]
    try:
        said = [
            subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
            for words in (["rev-parse", "--short", "HEAD"], others)
        ]
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return said[0] + ("+" if said[1] else "")


def record(figures: Iterable[Figure], family: str, families: Iterable[str]) -> None:
    """Put the figures of one family into the file of the latest results, in the place of all that it had there.

    A family is how the names of one script's figures begin. Other families stay as they were measured; rows of none,
    such as those of a script that is no more, go.
    """
    LATEST.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(LATEST.read_text()) if LATEST.exists() else {}
    kept = tuple(one for one in families if one != family)
    rows = {name: row for name, row in known.items() if name.startswith(kept) and not name.startswith(family)}
    measured_on = {"machine": machine(), "commit": commit()}
    for figure in figures:
        shown = {"value": figure.value, "unit": figure.unit, "goal": figure.goal}
        rows[figure.name] = {**shown, "compared_with": figure.compared_with, **measured_on}
    LATEST.write_text(json.dumps(dict(sorted(rows.items())), indent=1, ensure_ascii=False) + "\n")


def table(figures: Sequence[Figure]) -> str:
    """The figures as text, one line each."""
    words = {True: "met", False: "MISSED", None: ""}
    rows = [("figure", "value", "unit", "goal", "", "compared with")]
    rows += [(f.name, f"{f.value:,g}", f.unit, f.goal, words[f.met], f.compared_with) for f in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        cells[1] = row[1].rjust(widths[1])
        lines.append("  ".join([*cells, row[5]]).rstrip())
    return "\n".join(lines)

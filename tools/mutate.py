"""`make mutants`: small faults put one by one into the four places where a mistake costs money; do our tests see them?

A mutant is one changed operator, constant, comparison or argument, and in a transition table one state more or less
in a row. One that no test notices is listed; a place with fewer than GOAL percent noticed fails. The work is done by
mutmut and `tools.table_mutants` in a folder of its own, on copies.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOM = ROOT / ".local" / "mutants"
GOAL = 85.0
# How mutmut notes what became of a mutant: the exit code of its test run.
SURVIVED = frozenset({0, 33})
NOTICED = frozenset({1, 3, 24, 36, -24, 152, 255})

PLACES: Mapping[str, tuple[str, ...]] = {
    "money": ("platform/money.py", "orders/amounts.py", "fulfillment/shipping.py", "finance/model.py"),
    "stock": ("inventory/model.py", "inventory/rows.py", "inventory/writes.py", "inventory/fold.py"),
    "transition tables": ("fulfillment/protocol.py", "fulfillment/model.py", "payments/model.py", "orders/model.py"),
    "command execution": ("platform/commands.py", "platform/writes.py", "platform/effects.py", "platform/saga.py"),
}
TABLES = "transition tables"
# The tests meant for a place, below tests/unit: others only pass through it and make each mutant slow to judge.
TESTS: Mapping[str, tuple[str, ...]] = {
    "money": (
        "platform/test_money.py",
        "orders/test_amounts.py",
        "fulfillment/test_shipping.py",
        "finance/test_entries.py",
        "finance/test_posting.py",
    ),
    "stock": ("inventory",),
    "transition tables": (
        "fulfillment/test_work.py",
        "fulfillment/test_transition_table.py",
        "payments/test_tender_table.py",
        "payments/test_payment_model.py",
        "orders/test_order_states.py",
    ),
    "command execution": ("platform",),
}


# What the tests import and read besides the package.
FOLDERS = ("local", "functions", "infra", "events", "docs", "tools")
FILES = ("app.py", "cdk.json")


@dataclass(frozen=True, slots=True)
class Score:
    """How many mutants of a place were noticed, and the names of those that were not."""

    place: str
    noticed: int
    survivors: tuple[str, ...]

    @property
    def total(self) -> int:
        return self.noticed + len(self.survivors)

    @property
    def percent(self) -> float:
        return 100 * self.noticed / self.total if self.total else 0.0


def files_of(place: str) -> list[str]:
    """The product's files of a place, relative to the package; one that has moved stops the run."""
    for name in PLACES[place]:
        if not (ROOT / "layers" / "oms" / "python" / "oms" / name).is_file():
            raise SystemExit(f"{place}: there is no {name} any more; bring PLACES up to date")
    return list(PLACES[place])


def room_of(place: str) -> Path:
    """A folder for each place, so that one can be tried again while another runs."""
    return ROOM / place.replace(" ", "-")


def prepare(place: str) -> None:
    """Copy the package, the tests and what they need into the room, with a configuration of its own."""
    room = room_of(place)
    shutil.rmtree(room, ignore_errors=True)
    room.mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "layers" / "oms" / "python" / "oms", room / "oms", ignore=ignore)
    shutil.copytree(ROOT / "tests", room / "tests", ignore=ignore)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, room / name, ignore=ignore)
    for name in FILES:
        shutil.copy(ROOT / name, room / name)
    (room / "pyproject.toml").write_text(
        "\n".join(
            [
                "[tool.pytest.ini_options]",
                'pythonpath = ["."]',
                'addopts = "--import-mode=importlib --strict-markers -p no:cacheprovider --allow-unix-socket"',
                'markers = ["capability(*ids, whole=False): a row"]',
                "[tool.mutmut]",
                'source_paths = ["oms"]',
                f"only_mutate = {json.dumps([f'oms/{name}' for name in files_of(place)])}",
                f"also_copy = {json.dumps([*FOLDERS, *FILES])}",
                f"pytest_add_cli_args_test_selection = {json.dumps(_tests_of(place))}",
                "use_git_change_detection = false",
                "",
            ]
        )
    )


def score_of(place: str) -> Score:
    """What mutmut noted about a place."""
    noticed, survivors = 0, []
    for name in files_of(place):
        noted = room_of(place) / "mutants" / "oms" / f"{name}.meta"
        codes = json.loads(noted.read_text())["exit_code_by_key"] if noted.exists() else {}
        for mutant, code in codes.items():
            if code in SURVIVED:
                survivors.append(mutant)
            elif code in NOTICED:
                noticed += 1
            else:
                raise SystemExit(f"{mutant}: its test run ended with {code}, which says nothing")
    return Score(place, noticed, tuple(survivors))


def with_tables(score: Score) -> Score:
    """The same score with the faults in the tables themselves, which stand outside every function."""
    command = [sys.executable, "-m", "tools.table_mutants"]
    done = subprocess.run(command, cwd=room_of(score.place), check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    found: dict[str, bool] = json.loads(done.stdout)
    survivors = (name for name, noticed in found.items() if not noticed)
    return Score(score.place, score.noticed + sum(found.values()), (*score.survivors, *survivors))


def show(score: Score, *, changes: bool) -> None:
    """A place's score and where its survivors are; with `changes`, each of them line by line."""
    print(f"\n{score.place}: {score.noticed} of {score.total} mutants noticed, {score.percent:.1f} %")
    for (module, function), count in sorted(Counter(_parts(name) for name in score.survivors).items()):
        print(f"    {module} {function}: {count} not noticed")
    for name in score.survivors if changes else ():
        print(_mutmut(score.place, "show", name).stdout if "__mutmut_" in name else name)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.mutate", description="Do our tests see small faults?")
    parser.add_argument("--only", choices=PLACES, action="append", help="one of the places")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--show", action="store_true", help="the change of each mutant that nobody noticed")
    asked = parser.parse_args()
    found = []
    for place in asked.only or PLACES:
        prepare(place)
        print(f"{place}: {len(files_of(place))} files", flush=True)
        done = _mutmut(place, "run", "--max-children", str(asked.jobs))
        if done.returncode:
            print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
            return done.returncode
        score = score_of(place)
        found.append(with_tables(score) if place == TABLES else score)
        show(found[-1], changes=asked.show)
    total = Score("all", sum(s.noticed for s in found), tuple(name for s in found for name in s.survivors))
    print(f"\nmutation score: {total.percent:.1f} % of {total.total} mutants noticed")
    return 0 if all(score.percent >= GOAL for score in found) else 1


def _tests_of(place: str) -> list[str]:
    return [f"tests/unit/{name}" for name in TESTS[place]]


def _mutmut(place: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(
        command, cwd=room_of(place), check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )


def _parts(mutant: str) -> tuple[str, str]:
    """`oms.platform.money.x_share__mutmut_3` -> its module and its function; a fault in a table -> the table."""
    if "__mutmut_" not in mutant:
        return mutant.split("[")[0], "a state in a row"
    module, _, name = mutant.rpartition(".")
    return module, name.split("__mutmut_")[0].removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")


if __name__ == "__main__":
    sys.exit(main())

"""Running a file of scenario tables: one PASS or FAIL line for each."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from oms.registry import reads as registry
from tests.finance_scenarios.grammar import Scenario, read_scenarios
from tests.finance_scenarios.lines import BadTable
from tests.finance_scenarios.tables import ENVIRONMENT


class Unreadable(ValueError):
    """A file that cannot be read, or that holds no scenario."""


def scenarios_of(path: Path) -> list[Scenario]:
    """The scenarios of a file; one that cannot be read raises Unreadable."""
    try:
        found = read_scenarios(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}: {error}") from error
    if not found:
        raise Unreadable(f"{path} holds no scenario table")
    return found


def faults_of(scenario: Scenario, others: Mapping[str, Scenario]) -> list[str]:
    """Everything that is wrong with a scenario: step, what was expected, what was found."""
    if scenario.faults:
        return scenario.faults
    if scenario.net is None:
        return [f"{scenario.name}=, expected a net-change row, got none"]
    logging.disable(logging.CRITICAL)
    try:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in ENVIRONMENT.items():
                patch.setenv(name, value)
            return list(_played(scenario, others, patch))
    finally:
        logging.disable(logging.NOTSET)
        registry.forget()


def _played(scenario: Scenario, others: Mapping[str, Scenario], patch: pytest.MonkeyPatch) -> Iterator[str]:
    # Handlers read their environment when they are loaded.
    from tests.finance_scenarios.judge import judge_lines, judge_row, net_is_wrong, net_of
    from tests.finance_scenarios.play import Play
    from tests.finance_scenarios.steps import STEPS
    from tests.finance_scenarios.variants import judge_variants

    try:
        play = Play(scenario, others, patch)
    except BadTable as error:
        yield f"{scenario.name}, {error}"
        return
    faults = [fault for row in scenario.rows if (fault := judge_row(row, play.play(row, STEPS)))]
    # The first row that went wrong explains what follows from it.
    faults = faults[:1] or list(judge_lines(play, scenario.rows))
    wrong = net_is_wrong(scenario, net_of(play.facts))
    if not faults and wrong:
        faults.append(wrong)
    yield from faults or judge_variants(play)


def run(path: Path, only: str = "") -> Iterator[tuple[str, list[str]]]:
    """Each scenario of a file with what is wrong with it."""
    found = scenarios_of(path)
    others = {one.name: one for one in found}
    for scenario in found:
        if scenario.name.startswith(only):
            yield scenario.name, faults_of(scenario, others)


def main(arguments: list[str]) -> int:
    """Print a line for each scenario; 0 where all pass, 1 where one fails, 2 for a file that cannot be read."""
    if not 1 <= len(arguments) <= 2:
        print("Name the file: make finance-scenarios FILE=tests/finance_scenarios/scenarios.md", file=sys.stderr)
        return 2
    failed = 0
    try:
        for name, faults in run(Path(arguments[0]), *arguments[1:]):
            print(f"FAIL {name}: {faults[0]}" if faults else f"PASS {name}", flush=True)
            failed += bool(faults)
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 2
    return 1 if failed else 0

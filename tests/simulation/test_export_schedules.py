"""An export that breaks off again and again still has every line once; the program does it 10,000 times."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation.export_schedules import KINDS, play
from tests.simulation.planted.exports import FAULTS

RUNS = 200


@pytest.mark.capability("N7")
def test_every_line_of_the_ledger_is_exported_once_however_often_the_export_breaks_off():
    struck: Counter[str] = Counter()
    lines = 0
    for number in range(RUNS):
        run = play(number)
        assert run.wrong == [], f"run {number}"
        assert run.manifests > 0
        lines += run.lines
        struck.update({kind: times for (kind, *_), times in run.struck.items()})
    assert lines > 8 * RUNS
    assert all(struck[kind] > RUNS // 5 for kind in KINDS), struck


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_of_the_export_is_found(name):
    found = next((number for number in range(RUNS) if play(number, name).wrong), None)
    assert found is not None, FAULTS[name]
    assert play(found).wrong == []

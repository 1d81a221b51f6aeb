"""64 writers under faults oversell nothing and leave nothing claimed; the program does it at full length."""

from __future__ import annotations

import pytest

from tests.simulation.writers import play


@pytest.mark.capability("D4", "D3")
def test_writers_under_faults_oversell_nothing_and_leave_nothing_claimed():
    written = play(writers=64, attempts=640, seed=2)
    assert written.violations == []
    assert (written.rested, written.leaked) == (True, 0)
    # They really were in each other's way, and things really broke.
    assert written.answers["reserve", 201] > 50
    assert written.answers["reserve", 409] > 50
    assert written.answers["order", 201] > 20
    assert {"answer_lost", "crash_after", "reply_lost", "throttled"} <= set(written.faults)

"""Conflicting commands in every interleaving with at most one trouble: nothing may be wrong in the end of any.

`python -m tests.simulation.pairs --all` searches the longest within wider bounds, too.
"""

from __future__ import annotations

import pytest

from tests.simulation.machine.faults import CRASH_AFTER, CRASH_BEFORE
from tests.simulation.pairs import PAIRS
from tests.simulation.planted import planted


@pytest.mark.parametrize("name", PAIRS)
def test_no_order_of_calls_does_harm(name):
    searched = PAIRS[name].search()
    print(f"{name}: {searched.runs} runs stand for {searched.interleavings} interleavings")
    assert searched.findings == []
    assert searched.complete
    assert PAIRS[name].is_long or {CRASH_BEFORE, CRASH_AFTER} <= searched.troubles.keys()


def test_there_are_enough_pairs():
    assert len(PAIRS) >= 15


@pytest.mark.parametrize(
    ("plant", "name"),
    [
        ("read-modify-write stock", "place x place, last unit"),
        ("no recheck after the charge", "pay x cancel"),
        ("no version check", "accept x cancel"),
        ("lost lease", "recovery x saga"),
        ("fresh refund key", "refund x refund"),
        ("balance without its condition", "gift card x gift card"),
        ("balance without its condition", "gift card x till"),
        ("sale after the close forgotten", "close drawer x sale"),
    ],
)
def test_what_is_rare_in_seeds_is_certain_here(plant, name):
    with planted(plant):
        assert PAIRS[name].search(stop=True).findings

"""Seeds: many short lives of the account, each with its own trouble, and not one rule broken in any of them.

SEEDS=2000 runs more of them; `python -m tests.simulation` runs as many as you like on all cores.
"""

from __future__ import annotations

import os

import pytest

from tests.simulation.seeds import CORPUS, load, play

SEEDS = int(os.environ.get("SEEDS", "200"))
FIRST = int(os.environ.get("FIRST_SEED", "0"))
BATCH = 25


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.json")), ids=lambda path: path.stem)
def test_what_was_found_once(path):
    """A run that found a fault of ours finds none any more; one with a planted fault still finds that."""
    trace = load(path)
    played = trace.replay()
    if trace.plant is None:
        assert played.violations == []
    else:
        assert trace.invariant in played.invariants


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, BATCH))
def test_seeds(first):
    for seed in range(first, min(first + BATCH, FIRST + SEEDS)):
        played = play(seed)
        assert played.violations == [], f"seed {seed}: make simulate SEED={seed}"

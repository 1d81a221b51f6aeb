"""Seeds: many short lives of the account, each with its own trouble, and not one rule broken in any of them.

SEEDS=100 runs fewer of them; `make simulate` runs ten times as many.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.simulation.seeds import CORPUS, load
from tests.template import ROOT

SEEDS = int(os.environ.get("SEEDS", "2000"))
FIRST = int(os.environ.get("FIRST_SEED", "0"))


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.json")), ids=lambda path: path.stem)
def test_what_was_found_once(path):
    """A run that found a fault of ours finds none any more; one with a planted fault still finds that."""
    trace = load(path)
    played = trace.replay()
    if trace.plant is None:
        assert played.violations == []
    else:
        assert trace.invariant in played.invariants


def test_no_seed_breaks_a_rule():
    """On two processors, as `make simulate` does it: with every fiftieth seed twice, which must be the same run."""
    driver = [sys.executable, "-m", "tests.simulation", "--seeds", str(SEEDS), "--first", str(FIRST), "--jobs", "2"]
    done = subprocess.run(driver, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"\n{SEEDS} seeds in " in done.stdout

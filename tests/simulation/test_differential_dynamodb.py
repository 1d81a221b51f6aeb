"""The simulated DynamoDB against moto's: ten thousand random scripts must give the same answers and the same tables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from oms.platform import settings
from tests.simulation.database_edges import EDGES, GAPS
from tests.simulation.random_database_acts import script
from tests.simulation.twin_databases import TABLES, Moto, Simulated, outcome

SCRIPTS = 10_000
BATCHES = 20


@pytest.fixture(scope="module")
def twins() -> Iterator[tuple[Simulated, Moto]]:
    with pytest.MonkeyPatch.context() as patch:
        for table, name in TABLES.items():
            patch.setenv(f"TABLE_{table.upper()}", name)
        # A simulation that ran before has given the product an environment of its own.
        patch.setattr(settings, "os", os)
        yield Simulated(), Moto(patch)


@pytest.fixture(autouse=True)
def _empty(twins: tuple[Simulated, Moto]) -> None:
    for twin in twins:
        twin.clear()


def play(twin: Simulated | Moto, seed: int) -> list[Any]:
    """What happens in a random script, act by act, and what is stored at its end."""
    first, acts = script(Random(seed))
    twin.clear()
    twin.fill(first)
    seen = [(shown, outcome(act, twin.database)) for shown, act in acts]
    return [first, *seen, twin.rows()]


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_scripts_agree(twins, batch):
    simulated, moto = twins
    for seed in range(batch, SCRIPTS, BATCHES):
        assert play(simulated, seed) == play(moto, seed), f"seed {seed}"


def test_what_is_answered_quickly_is_answered_as_by_the_engine():
    """The simulation answers the product's usual requests by itself; the engine must have said the same."""
    seeds = range(0, SCRIPTS, 5)
    quick = Simulated()
    ours = [play(quick, seed) for seed in seeds]
    engine = Simulated(plain=False)
    for seed, expected in zip(seeds, ours, strict=True):
        assert play(engine, seed) == expected, f"seed {seed}"


@pytest.mark.parametrize("name", EDGES)
def test_edges_agree(twins, name):
    simulated, moto = twins
    for act in EDGES[name]:
        assert outcome(act, simulated.database) == outcome(act, moto.database)
    assert simulated.rows() == moto.rows()


@pytest.mark.parametrize("name", GAPS)
def test_a_gap_is_as_listed(twins, name):
    simulated, moto = twins
    gap = GAPS[name]
    assert [outcome(act, simulated.database) for act in gap.acts] == gap.simulated, gap.why
    assert [outcome(act, moto.database) for act in gap.acts] == gap.moto, gap.why

"""Faults planted on purpose: each is a mistake that such systems really make, put into the product while a run lasts.

The checker must find every one of them, or it would not find the real ones either. They are set only from here, by
replacing something of the product; the product itself has no switch for them.

    with planted("no dedupe"):
        assert play(seed).violations
"""

from __future__ import annotations

from tests.simulation.planted import given_back, money, records, stock  # noqa: F401 - they name their faults
from tests.simulation.planted.planting import BREAKS, PLANTED, planted, short_leases, small_sagas, tiny_shards

__all__ = ["BREAKS", "PLANTED", "planted", "short_leases", "small_sagas", "tiny_shards"]

"""hot_shards_*: how often claims of one stock row meet, with its units in the row and in shards. Counts, no stop-watch.

The product's own writes of a claim, in virtual time: a transaction holds its items for 10 ms; whoever wants one of them
meanwhile is cancelled, as DynamoDB does it, and tries again after the pauses of platform/commands.py.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from bench.figures import Figure, at_most, table
from oms.inventory.model import Claimable, Shard, StockRow
from oms.inventory.shards.model import moves, wanted_shards
from oms.inventory.writes import StockChanges
from oms.platform.commands import MOST_ATTEMPTS, Runtime, pause_before_retry
from oms.platform.writes import Key, Kind

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
HELD_SECONDS = 0.010
UNITS, CLAIMS, PER_SECOND = 10_000, 2_000, 200


def measure() -> list[Figure]:
    """The same 2,000 claims, 200 a second, of a row without shards and of one with as many as that demand asks for."""
    tried, refused = _run(0)
    number = wanted_shards(PER_SECOND, UNITS)
    spread, refused_spread = _run(number)
    told = f"{tried:.2f} tries and {refused} of {CLAIMS} given up without shards"
    return [
        at_most("hot_shards_tries_per_claim", spread, "tries", 1.25, told),
        at_most("hot_shards_given_up", refused_spread, "claims", 0, f"{number} shards, {PER_SECOND} claims a second"),
    ]


def _run(number: int) -> tuple[float, int]:
    """How many tries a claim took, and how many claims were given up."""
    row = StockRow("A", "dc", on_hand=UNITS, available=UNITS, shards=tuple(Shard(n, 0) for n in range(number)))
    laid = {move.number: move.units for move in moves(row, number, 0)}
    row = replace(row, shards=tuple(Shard(n, laid.get(n, 0)) for n in range(number)))
    random, pauses = Random(1), list[float]()
    runtime = Runtime(random=random, pause=pauses.append)
    # When, which claim, which attempt of it.
    waiting = [(random.random() * CLAIMS / PER_SECOND, claim, 0) for claim in range(CLAIMS)]
    heapq.heapify(waiting)
    held: dict[Key, float] = {}
    tries = given_up = 0
    while waiting:
        at, claim, attempt = heapq.heappop(waiting)
        tries += 1
        wanted = _items(row, claim, at)
        if any(held.get(key, 0) > at for key in wanted):
            if attempt + 1 == MOST_ATTEMPTS:
                given_up += 1
                continue
            pause_before_retry(runtime, attempt)
            heapq.heappush(waiting, (at + HELD_SECONDS + pauses.pop(), claim, attempt + 1))
            continue
        held.update(dict.fromkeys(wanted, at + HELD_SECONDS))
        row = _after(row, wanted)
    return tries / CLAIMS, given_up


def _items(row: StockRow, claim: int, at: float) -> list[Key]:
    """The items that others may want too: all but the claim's own new ones."""
    changes = StockChanges("t", movement_id=f"ord_{claim}", cause="bench", at=NOW + timedelta(seconds=at))
    stock = Claimable({("A", "dc"): row.available}, spread={("A", "dc"): row} if row.shards else {})
    changes.claim(stock, "A", "dc", 1)
    return [write.key for write in changes.writes() if write.kind is not Kind.CREATE]


def _after(row: StockRow, taken: list[Key]) -> StockRow:
    names = {int(key.sk.rpartition("#")[2]) for key in taken if "#SHARD#" in key.sk}
    shards = tuple(Shard(one.number, one.units - (one.number in names)) for one in row.shards)
    return replace(row, shards=shards, available=row.available - 1, reserved=row.reserved + 1)


if __name__ == "__main__":
    print(table(measure()))

"""Shards: how the available units of one row are laid apart, so that many can claim them at once. Pure.

A transaction that meets another one on an item is cancelled, so one row serves few claims in a second. A row in great
demand therefore has some of its available units in shards, items of their own that the stored row counts as reserved. A
claim takes units from one shard and leaves the row alone; whatever else happens to the claim later happens at the row.
So nothing is ever counted twice: units lie in the row or in one shard, and each move between them is one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from zlib import crc32

from oms.inventory.model import Shard, StockRow

# Beyond these a second, one row is in demand: about every fifth claim meets another one, at 10 ms for each.
CLAIMS_PER_SECOND = 20
# The stock ledger of a row takes some 500 claims a second (1,000 write units, two for each write of a transaction).
MOST_SHARDS = 24
# Fewer units are not worth a shard: they would be gone before the next look.
LEAST_UNITS = 10


def wanted_shards(per_second: int, units: int) -> int:
    """How many shards a row needs for so many claims a second, as far as its units fill them; one is none."""
    number = min(-(-per_second // CLAIMS_PER_SECOND), MOST_SHARDS, units // LEAST_UNITS)
    return number if number > 1 else 0


def taken(shards: Iterable[Shard], quantity: int, seed: str) -> list[Shard]:
    """What a claim takes from which shards: all from one where one has enough; nothing where all have too little.

    The seed decides among those that have enough, so that claims at one moment go to different shards.
    """
    found = [shard for shard in shards if shard.units]
    whole = [shard for shard in found if shard.units >= quantity]
    if whole:
        return [Shard(whole[crc32(seed.encode()) % len(whole)].number, quantity)]
    parts = drawn(found, quantity)
    return parts if sum(part.units for part in parts) == quantity else []


def drawn(shards: Iterable[Shard], units: int) -> list[Shard]:
    """As many units as wanted or as there are, from as few shards as can be."""
    parts: list[Shard] = []
    for shard in sorted(shards, key=lambda one: (-one.units, one.number)):
        part = min(units, shard.units)
        if part <= 0:
            break
        parts.append(Shard(shard.number, part))
        units -= part
    return parts


def left(shards: Iterable[Shard], gone: Mapping[int, int]) -> list[Shard]:
    """The shards without what is gone from them, by number."""
    return [Shard(shard.number, shard.units - gone.get(shard.number, 0)) for shard in shards]


def moves(row: StockRow, number: int, floor: int) -> list[Shard]:
    """What brings a row's shards to this number and to about the same units, one signed move after the other.

    `floor` units stay in the row, as far as it has them. A shard that is between half and twice its part stays as it
    is; no shards at all (`number` 0) gives everything back.
    """
    free = max(0, row.available - floor) if number else 0
    part = free // number if number else 0
    have = {shard.number: shard.units for shard in row.shards}
    back: list[Shard] = []
    for name, units in have.items():
        more = units - (part if name < number else 0)
        if more > 0 and (name >= number or units > 2 * part):
            back.append(Shard(name, -more))
    room = row.available - row.in_shards - floor - sum(move.units for move in back)
    there: list[Shard] = []
    for name in range(number):
        lacks = part - have.get(name, 0)
        more = min(lacks, room)
        if more > 0 and have.get(name, 0) < -(-part // 2):
            there.append(Shard(name, more))
            room -= more
    return [*back, *there]

"""INV20: shards of a stock row hold units of it that the row counts as reserved, and never more than it can give.

Whoever claims from a shard leaves the row alone. So a row that has less than nothing must have empty shards, units only
move between a row and its shards in one commit, and the row knows how many shards it has.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.simulation.checker.evidence import Item, Report
from tests.simulation.checker.picture import Commit, Picture, is_count

SHARD = "#SHARD#"
Place = tuple[str, str]


def place_of_shard(pk: str, sk: str) -> Place:
    """The SKU's partition and the node that a shard is of."""
    return pk, sk.removeprefix("NODE#").partition(SHARD)[0]


def in_shards(rows: Mapping[str, Item], node: str) -> int:
    """The units in the shards of a node, among all that is kept about a SKU."""
    return sum(row["available"] for sk, row in rows.items() if sk.startswith(f"NODE#{node}{SHARD}"))


def moved_in_shards(commit: Commit) -> dict[Place, int]:
    """How many units more, or with a minus fewer, lie in the shards of each place after a commit."""
    sums: dict[Place, int] = {}
    for change in commit.stock:
        if SHARD in change.sk:
            place = place_of_shard(change.pk, change.sk)
            units = (change.after or {}).get("available", 0) - (change.before or {}).get("available", 0)
            sums[place] = sums.get(place, 0) + units
    return sums


def check_shards(place: Place, picture: Picture, report: Report) -> None:
    """The shards of a place against its row."""
    sku, node = place
    rows, where = picture.items("stock", sku), f"{sku} {node}"
    shards = {sk: row for sk, row in rows.items() if sk.startswith(f"NODE#{node}{SHARD}")}
    row = rows.get(f"NODE#{node}", {})
    wrong = [sk for sk, shard in shards.items() if not is_count(shard["available"]) or shard["available"] < 0]
    if wrong:
        report.note("INV20", where, f"not whole numbers of units: {wrong}")
        return
    numbers = sorted(int(sk.partition(SHARD)[2]) for sk in shards)
    if numbers != list(range(row.get("shards", 0))):
        report.note("INV20", where, f"the row says {row.get('shards', 0)} shards, there are {numbers}")
    units = sum(shard["available"] for shard in shards.values())
    if units and row.get("available", 0) < 0:
        report.note("INV20", where, f"{-row['available']} units are missing, and {units} lie in shards for sale")

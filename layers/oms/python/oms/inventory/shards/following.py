"""Following the stream of stock rows for demand: what is claimed often is marked, and what is marked is balanced.

Nothing is counted on the way of a claim itself; the stream tells of every claim anyway, a second or so later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from oms.inventory.shards.balancing import balance
from oms.inventory.shards.marks import Mark, mark_write, marks_of
from oms.inventory.shards.model import CLAIMS_PER_SECOND
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.dynamodb import Conflict
from oms.platform.observability import logger

# What was measured counts so long, and is said anew when so much of that is left.
MEASURED_FOR = timedelta(minutes=15)
_SAID_ANEW = timedelta(minutes=10)
# A few claims at one moment are no demand yet.
LEAST_CLAIMS = 10
_SHORTEST_SECONDS = 0.25


@dataclass(slots=True)
class _Seen:
    """What a batch tells of one stock row: its claims, the seconds of the first and last, whether shards gave units."""

    claims: int = 0
    first: float = 0.0
    last: float = 0.0
    marked: bool = False
    in_shards: bool = False

    @property
    def per_second(self) -> int:
        """How many claims a second these were; no more than a few are none."""
        if self.claims < LEAST_CLAIMS:
            return 0
        return int(self.claims / max(_SHORTEST_SECONDS, self.last - self.first))


def follow_demand(runtime: Runtime, records: Sequence[Mapping[str, Any]]) -> None:
    """Mark what is in great demand, and balance what is marked and has moved. It never fails: a round comes anyway."""
    seen: dict[tuple[str, str, str], _Seen] = {}
    for record in records:
        _look(record["dynamodb"], seen)
    for (tenant, sku, node_id), one in seen.items():
        if not (one.marked or one.in_shards or one.per_second > CLAIMS_PER_SECOND):
            continue
        try:
            _react(runtime, tenant, sku, node_id, one)
        except Exception as error:  # noqa: BLE001
            # Balancing makes claims quicker; that it fails must not keep the levels from being summed up.
            logger().exception("demand not followed", sku=sku, error_type=type(error).__name__)


def _react(runtime: Runtime, tenant: str, sku: str, node_id: str, seen: _Seen) -> None:
    mark = marks_of(runtime.database, tenant, [(sku, node_id)]).get((sku, node_id))
    if seen.per_second > CLAIMS_PER_SECOND:
        mark = _marked(runtime, tenant, mark or Mark(sku, node_id, 0, "", measured=True), seen.per_second)
    if mark is not None:
        balance(runtime, tenant, mark)


def _marked(runtime: Runtime, tenant: str, mark: Mark, per_second: int) -> Mark:
    """The mark as the measured demand makes it; what a merchant has said is only ever raised."""
    now = runtime.clock.now()
    still = mark.holds(now + _SAID_ANEW)
    if still and per_second <= mark.per_second:
        return mark
    until = mark.until if still else format_instant(now + MEASURED_FOR)
    most = max(per_second, mark.per_second if mark.holds(now) else 0)
    new = replace(mark, per_second=most, until=until, version=mark.version + 1)
    try:
        runtime.database.commit([mark_write(tenant, new)])
    except Conflict:
        return mark
    return new


def _look(change: Mapping[str, Any], seen: dict[tuple[str, str, str], _Seen]) -> None:
    """Count a record of the stream, if it is a claim of stock or a mark."""
    keys = change["Keys"]
    parts, sk = str(keys["pk"]["S"]).split("#", 3), str(keys["sk"]["S"])
    old, new = change.get("OldImage", {}), change.get("NewImage", {})
    if len(parts) == 3 and parts[2] == "HOT" and new:
        seen.setdefault((parts[1], new["sku"]["S"], new["node_id"]["S"]), _Seen()).marked = True
        return
    if len(parts) != 4 or parts[2] != "SKU" or not sk.startswith("NODE#") or "#HOLD#" in sk:
        return
    node_id, shard, _ = sk.removeprefix("NODE#").partition("#SHARD#")
    # Units that only change their place between a row and its shards are no claim.
    moved = any(_number(old, name) != _number(new, name) for name in ("moves", "shards"))
    bucket, sign = ("available", -1) if shard else ("reserved", 1)
    if not new or moved or sign * (_number(new, bucket) - _number(old, bucket)) <= 0:
        return
    one = seen.setdefault((parts[1], parts[3], node_id), _Seen())
    at = float(change.get("ApproximateCreationDateTime", 0))
    one.first = at if not one.claims else min(one.first, at)
    one.last = max(one.last, at)
    one.claims += 1
    one.in_shards = one.in_shards or bool(shard)


def _number(image: Mapping[str, Any], name: str) -> int:
    return int(image[name]["N"]) if name in image else 0

"""Rows of the stock table as writes: the stock row, its lines in the stock ledger and the marks of its feeds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from oms.inventory.model import BUCKETS, Effect, Hold, MovementKind, Shard, StockRow, effect
from oms.platform.clock import format_instant, parse_instant
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Key, Kind, Value, Write, create, put
from oms.registry.segments import segment_text, sku_of

TABLE = "stock"
SEGMENT = "SEGMENT#"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One movement as it is kept forever: kind, bucket changes, when it was true, and what caused it.

    `quantity` is the number the cause stated; `changes` are the signed units per bucket it led to. `by` is who told of
    it, where it was somebody and no act of an order.
    """

    kind: MovementKind
    quantity: int
    changes: Mapping[str, int]
    at: datetime
    cause: str
    source: str | None = None
    sequence: int | None = None
    reason: str | None = None
    by: str | None = None


def stock_key(tenant: str, sku: str, node_id: str) -> Key:
    """Where the stock row of a SKU, or of a segment of it, at a node is kept."""
    return Key(sku_partition(tenant, sku), f"NODE#{node_id}")


def hold_key(tenant: str, sku: str, node_id: str, reservation_id: str) -> Key:
    """Where a hold is kept: beside its row, so that one query reads both."""
    return Key(sku_partition(tenant, sku), f"NODE#{node_id}#HOLD#{reservation_id}")


def shard_key(tenant: str, sku: str, node_id: str, number: int) -> Key:
    """Where a shard of a stock row is kept: beside the row too."""
    return Key(sku_partition(tenant, sku), f"NODE#{node_id}#SHARD#{number:02d}")


def prices_key(tenant: str, sku: str) -> Key:
    """Where it is kept what units of a SKU are worth at its nodes: beside its rows."""
    return Key(sku_partition(tenant, sku), "PRICES")


def shard_claimed(tenant: str, sku: str, node_id: str, part: Shard) -> Write:
    """Units of a shard become somebody's. The stored row counts them as reserved already, so it stays as it is."""
    key = shard_key(tenant, sku, node_id, part.number)
    return Write(
        Kind.CHANGE, TABLE, key, add={"available": -part.units, "version": 1}, at_least={"available": part.units}
    )


def shard_moved(tenant: str, sku: str, node_id: str, number: int, units: int) -> Write:
    """So many units more, or with a minus fewer, lie in a shard; `to_shards` is what that does to the row."""
    key = shard_key(tenant, sku, node_id, number)
    needs = {"available": -units} if units < 0 else {}
    return Write(Kind.CHANGE, TABLE, key, add={"available": units, "moves": 1, "version": 1}, at_least=needs)


def to_shards(units: int) -> Effect:
    """What it does to the stored row that so many units, or with a minus fewer, lie in its shards."""
    return effect({"available": units} if units > 0 else None, reserved=units)


def hold_removed(tenant: str, sku: str, node_id: str, hold: Hold) -> Write:
    """Take a hold away, as long as it is the one that was read."""
    key = hold_key(tenant, sku, node_id, hold.reservation_id)
    return Write(Kind.REMOVE, TABLE, key, equals={"units": hold.units, "until": hold.expires_at})


def sku_partition(tenant: str, sku: str) -> str:
    """Where everything about the stock of a SKU is kept, and everything about that of each segment of it."""
    return f"{tenant_prefix(tenant)}SKU#{sku}"


def segment_noted(tenant: str, sku: str) -> list[Write]:
    """That there is stock of a segment, so that it is found with its SKU; nothing for stock in no segment."""
    text = segment_text(sku)
    return [put(TABLE, Key(sku_partition(tenant, sku_of(sku)), f"{SEGMENT}{text}"), {"body": text})] if text else []


def ledger_partition(tenant: str, sku: str, node_id: str) -> str:
    """Where the stock ledger of a SKU at a node is kept: apart from the rows, whose claims its growth must not slow."""
    return f"{tenant_prefix(tenant)}MOVES#{sku}#{node_id}"


def below_committed(correction: Effect) -> Effect:
    """The same effect without its demand on available units; on hand itself never goes below zero."""
    needs = {bucket: amount for bucket, amount in correction.needs.items() if bucket != "available"}
    return Effect(correction.changes, needs)


def change(tenant: str, sku: str, node_id: str, made: Effect, *, restocked_on: date | None = None) -> Write:
    """An effect on a row that exists (its needs say so); `restocked_on` is the day of units that came in with it."""
    return Write(
        Kind.CHANGE,
        TABLE,
        stock_key(tenant, sku, node_id),
        set=_restocked(restocked_on),
        add={**{name: units for name, units in made.changes.items() if units}, "version": 1},
        at_least=dict(made.needs),
    )


def open_row(
    tenant: str,
    sku: str,
    node_id: str,
    made: Effect,
    *,
    equals: Mapping[str, Value] | None = None,
    told_at: str | None = None,
    restocked_on: date | None = None,
    without_shards: bool = False,
) -> Write:
    """An effect on a row that may not exist yet; every bucket is named, so that a new row has all of them.

    `restocked_on` is the UTC day of units that came in with it; it is set whatever day stands there. `without_shards`
    holds it to a row that has none.
    """
    amounts = {bucket: made.changes.get(bucket, 0) for bucket in (*BUCKETS, "available")}
    # What was told later stays.
    most = {} if told_at is None else {"told_at": _milliseconds(told_at)}
    return Write(
        Kind.CHANGE,
        TABLE,
        stock_key(tenant, sku, node_id),
        set={**most, **_restocked(restocked_on)},
        add={**amounts, "version": 1},
        at_least=dict(made.needs),
        at_most={**most, "shards": 0} if without_shards else most,
        equals=dict(equals or {}),
    )


def new_row(tenant: str, row: StockRow) -> Write:
    """A row that must not exist yet."""
    amounts: dict[str, Value] = {bucket: row.amount(bucket) for bucket in (*BUCKETS, "available")}
    told: dict[str, Value] = {} if row.told_at is None else {"told_at": _milliseconds(row.told_at)}
    return create(
        TABLE,
        stock_key(tenant, row.sku, row.node_id),
        {**amounts, **told, **_restocked(row.restocked_on), "version": 1},
    )


def _restocked(day: date | None) -> dict[str, Value]:
    return {} if day is None else {"restocked_on": day.isoformat()}


def _milliseconds(instant: str) -> int:
    return round(parse_instant(instant).timestamp() * 1_000)


def ledger_row(tenant: str, sku: str, node_id: str, movement_id: str, entries: Sequence[LedgerEntry]) -> Write:
    """The movements of one row in one command, kept for good and in order of the latest of them."""
    latest = format_instant(max(entry.at for entry in entries))
    body = [
        {
            "kind": entry.kind.value,
            "quantity": entry.quantity,
            "changes": dict(entry.changes),
            "at": format_instant(entry.at),
            "cause": entry.cause,
            "source": entry.source,
            "sequence": entry.sequence,
            "reason": entry.reason,
            **({"by": entry.by} if entry.by else {}),
        }
        for entry in entries
    ]
    key = Key(ledger_partition(tenant, sku, node_id), f"MOVE#{latest}#{movement_id}")
    return create(TABLE, key, {"body": json.dumps(body, separators=(",", ":"), ensure_ascii=False)})


def feed_key(tenant: str, sku: str, node_id: str, source: str) -> Key:
    """Where the last sequence number of a source for a stock row is kept."""
    return Key(sku_partition(tenant, sku), f"FEED#{node_id}#{source}")


def feed_mark(tenant: str, sku: str, node_id: str, source: str, *, last: int | None, now: int) -> Write:
    """Move a source's mark from its last sequence number to a later one (None: its first message)."""
    key = feed_key(tenant, sku, node_id, source)
    if last is None:
        return create(TABLE, key, {"sequence": now})
    return Write(Kind.CHANGE, TABLE, key, set={"sequence": now}, equals={"sequence": last})


def price_writes(tenant: str, prices: Mapping[str, Mapping[str, int]], until: datetime) -> list[Write]:
    """What a unit of each SKU is worth by node, in minor units, until an instant; in place of what was said before."""
    at, gone = format_instant(until), int(until.timestamp())
    return [
        put(
            TABLE, prices_key(tenant, sku), {"body": json.dumps(cents, sort_keys=True), "until": at, "expires_at": gone}
        )
        for sku, cents in prices.items()
    ]

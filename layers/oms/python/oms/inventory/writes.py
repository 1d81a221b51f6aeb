"""Stock writes for other contexts: pure builders that a command puts into its own transaction.

Life of a claim: reserve -> allocate (or move_claim to another node) -> ship, with a release at each step. Every
builder keeps `available` true and counts `version` up. Writes on one row merge: their demands add up, so two lines of
one SKU are held to the sum.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from oms.inventory.model import BUCKETS, Effect, MovementKind, StockRow, effect, movement_effect
from oms.platform.clock import format_instant
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Key, Kind, Value, Write, create

TABLE = "stock"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One movement as it is kept forever: kind, bucket changes, when it was true, and what caused it.

    `quantity` is the number the cause stated; `changes` are the signed units per bucket it led to.
    """

    kind: MovementKind
    quantity: int
    changes: Mapping[str, int]
    at: datetime
    cause: str
    source: str | None = None
    sequence: int | None = None
    reason: str | None = None


def stock_key(tenant: str, sku: str, node_id: str) -> Key:
    """Where the stock row of a SKU at a node is kept."""
    return Key(sku_partition(tenant, sku), f"NODE#{node_id}")


def sku_partition(tenant: str, sku: str) -> str:
    """Where everything about the stock of a SKU is kept."""
    return f"{tenant_prefix(tenant)}SKU#{sku}"


def reserve(tenant: str, sku: str, node_id: str, quantity: int) -> Write:
    """Claim available units for an order."""
    return change(tenant, sku, node_id, effect({"available": quantity}, reserved=quantity))


def release_reservation(tenant: str, sku: str, node_id: str, quantity: int) -> Write:
    """Give reserved units back."""
    return change(tenant, sku, node_id, effect({"reserved": quantity}, reserved=-quantity))


def allocate(tenant: str, sku: str, node_id: str, quantity: int) -> Write:
    """Turn a reservation into a firm allocation at the same node."""
    return change(tenant, sku, node_id, effect({"reserved": quantity}, reserved=-quantity, allocated=quantity))


def allocate_available(tenant: str, sku: str, node_id: str, quantity: int) -> Write:
    """Allocate available units that nobody has reserved."""
    return change(tenant, sku, node_id, effect({"available": quantity}, allocated=quantity))


def move_claim(tenant: str, sku: str, from_node: str, to_node: str, quantity: int) -> list[Write]:
    """Give a reservation up at one node and allocate at another, together; at the same node simply allocate."""
    if from_node == to_node:
        return [allocate(tenant, sku, to_node, quantity)]
    return [
        release_reservation(tenant, sku, from_node, quantity),
        allocate_available(tenant, sku, to_node, quantity),
    ]


def release_allocation(tenant: str, sku: str, node_id: str, quantity: int) -> Write:
    """Give allocated units back."""
    return change(tenant, sku, node_id, effect({"allocated": quantity}, allocated=-quantity))


def ship(
    tenant: str, sku: str, node_id: str, quantity: int, *, movement_id: str, cause: str, at: datetime
) -> list[Write]:
    """Consume allocated units and keep the movement in the stock ledger; `movement_id` is new per SKU and node."""
    shipped = movement_effect(MovementKind.SHIPPED, quantity)
    entry = LedgerEntry(MovementKind.SHIPPED, quantity, shipped.changes, at, cause)
    return [
        change(tenant, sku, node_id, shipped),
        ledger_row(tenant, sku, node_id, movement_id, [entry]),
    ]


def hold_back(
    tenant: str,
    sku: str,
    node_id: str,
    quantity: int,
    *,
    kind: MovementKind,
    cause: str,
    at: datetime,
    reason: str,
) -> list[Write]:
    """Allocated units that somebody found damaged or missing are held back from sale; at most once per cause."""
    made = effect({"allocated": quantity}, allocated=-quantity, unavailable=quantity)
    entry = LedgerEntry(kind, quantity, made.changes, at, cause, reason=reason)
    return [change(tenant, sku, node_id, made), ledger_row(tenant, sku, node_id, cause, [entry])]


def receive(tenant: str, sku: str, node_id: str, quantity: int) -> Write:
    """Goods came in; the row is made if it is the first time."""
    return open_row(tenant, sku, node_id, movement_effect(MovementKind.RECEIVED, quantity))


def below_promised(correction: Effect) -> Effect:
    """The same effect without its demand on available units; on hand itself never goes below zero."""
    needs = {bucket: amount for bucket, amount in correction.needs.items() if bucket != "available"}
    return Effect(correction.changes, needs)


def change(tenant: str, sku: str, node_id: str, made: Effect) -> Write:
    """An effect on a row that exists (its needs say so)."""
    return Write(
        Kind.CHANGE,
        TABLE,
        stock_key(tenant, sku, node_id),
        add={**{name: units for name, units in made.changes.items() if units}, "version": 1},
        at_least=dict(made.needs),
    )


def open_row(tenant: str, sku: str, node_id: str, made: Effect, *, equals: Mapping[str, Value] | None = None) -> Write:
    """An effect on a row that may not exist yet; every bucket is named, so that a new row has all of them."""
    amounts = {bucket: made.changes.get(bucket, 0) for bucket in (*BUCKETS, "available")}
    return Write(
        Kind.CHANGE,
        TABLE,
        stock_key(tenant, sku, node_id),
        add={**amounts, "version": 1},
        at_least=dict(made.needs),
        equals=dict(equals or {}),
    )


def new_row(tenant: str, row: StockRow) -> Write:
    """A row that must not exist yet."""
    amounts: dict[str, Value] = {bucket: row.amount(bucket) for bucket in (*BUCKETS, "available")}
    return create(TABLE, stock_key(tenant, row.sku, row.node_id), {**amounts, "version": 1})


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
        }
        for entry in entries
    ]
    key = Key(sku_partition(tenant, sku), f"MOVE#{node_id}#{latest}#{movement_id}")
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

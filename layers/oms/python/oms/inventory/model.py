"""Stock of one SKU at one node: its buckets, what each business fact does to them, and the one formula.

available = on_hand - reserved - allocated - safety - unavailable, kept on the row. No fact states its own change of
`available`: it is worked out from the other buckets, so that no write can leave the row inconsistent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

# Counted in whole units. `unavailable` is on hand but not for sale (damaged, blocked, under inspection); `inbound` is
# expected and not yet here.
BUCKETS = ("on_hand", "reserved", "allocated", "safety", "unavailable", "inbound")
_TAKE_FROM_AVAILABLE = ("reserved", "allocated", "safety", "unavailable")


@dataclass(frozen=True, slots=True)
class StockRow:
    """The stock of one SKU at one node, in whole units; a row that was never written is all zeros."""

    sku: str
    node_id: str
    on_hand: int = 0
    reserved: int = 0
    allocated: int = 0
    safety: int = 0
    unavailable: int = 0
    inbound: int = 0
    available: int = 0
    version: int = 0

    @property
    def deficit(self) -> int:
        """Promised units (reserved and allocated) that usable stock no longer covers; safety stock covers them too."""
        return max(0, self.reserved + self.allocated + self.unavailable - self.on_hand)

    def amount(self, bucket: str) -> int:
        """The units in a bucket, by its name."""
        return int(getattr(self, bucket))


@dataclass(frozen=True, slots=True)
class Effect:
    """What facts do to a row: signed changes per bucket, and what must be there before they may happen."""

    changes: Mapping[str, int] = field(default_factory=dict)
    needs: Mapping[str, int] = field(default_factory=dict)

    def then(self, later: Effect) -> Effect:
        """Both in order: what an earlier fact brings in covers what a later one needs."""
        needs = dict(self.needs)
        for bucket, amount in later.needs.items():
            needs[bucket] = max(needs.get(bucket, 0), amount - self.changes.get(bucket, 0))
        names = {**self.changes, **later.changes}
        return Effect(
            {name: self.changes.get(name, 0) + later.changes.get(name, 0) for name in names},
            {bucket: amount for bucket, amount in needs.items() if amount > 0},
        )

    def missing(self, row: StockRow) -> dict[str, int]:
        """Buckets that hold too little for it, with the number of units that lack."""
        short = {bucket: amount - row.amount(bucket) for bucket, amount in self.needs.items()}
        return {bucket: units for bucket, units in short.items() if units > 0}


def effect(needs: Mapping[str, int] | None = None, **changes: int) -> Effect:
    """An effect from its bucket changes; the change of `available` follows from the formula."""
    unknown = changes.keys() - set(BUCKETS)
    if unknown:
        raise ValueError(f"no such bucket: {sorted(unknown)}")
    available = changes.get("on_hand", 0) - sum(changes.get(bucket, 0) for bucket in _TAKE_FROM_AVAILABLE)
    complete = {**changes, "available": available} if available else changes
    return Effect(complete, dict(needs or {}))


def after(row: StockRow, change: Effect) -> StockRow:
    """The row once an effect has happened to it (its version moves by one)."""
    buckets = {bucket: row.amount(bucket) + change.changes.get(bucket, 0) for bucket in (*BUCKETS, "available")}
    return StockRow(row.sku, row.node_id, **buckets, version=row.version + 1)


class MovementKind(StrEnum):
    """Why stock changed. Orders and fulfilment write `shipped`, a count writes `counted`, a feed `reported`."""

    RECEIVED = "received"  # goods came in
    RETURNED = "returned"  # a customer's return went back to stock
    ADJUSTED = "adjusted"  # a correction of on hand, up or down; the only one that may go below what is promised
    DAMAGED = "damaged"  # on hand, no longer for sale
    BLOCKED = "blocked"  # on hand, held back (inspection, recall)
    RESTORED = "restored"  # damaged or blocked units are for sale again
    SCRAPPED = "scrapped"  # damaged or blocked units left the building
    EXPECTED = "expected"  # inbound supply announced, or withdrawn with a minus
    SAFETY_CHANGED = "safety_changed"  # units held back from sale, more or fewer
    SHIPPED = "shipped"
    COUNTED = "counted"
    REPORTED = "reported"


SIGNED_KINDS = frozenset({MovementKind.ADJUSTED, MovementKind.EXPECTED, MovementKind.SAFETY_CHANGED})


def movement_effect(kind: MovementKind, quantity: int) -> Effect:
    """What a movement of so many units does; quantities are positive except for SIGNED_KINDS."""
    match kind:
        case MovementKind.RECEIVED | MovementKind.RETURNED:
            return effect(on_hand=quantity)
        case MovementKind.ADJUSTED | MovementKind.REPORTED | MovementKind.COUNTED:
            lost = max(0, -quantity)
            return effect({"on_hand": lost, "available": lost} if lost else None, on_hand=quantity)
        case MovementKind.DAMAGED | MovementKind.BLOCKED:
            return effect({"available": quantity}, unavailable=quantity)
        case MovementKind.RESTORED:
            return effect({"unavailable": quantity}, unavailable=-quantity)
        case MovementKind.SCRAPPED:
            return effect({"unavailable": quantity, "on_hand": quantity}, on_hand=-quantity, unavailable=-quantity)
        case MovementKind.EXPECTED:
            return effect({"inbound": -quantity} if quantity < 0 else None, inbound=quantity)
        case MovementKind.SAFETY_CHANGED:
            return effect({"safety": -quantity} if quantity < 0 else None, safety=quantity)
        case MovementKind.SHIPPED:
            return effect({"allocated": quantity, "on_hand": quantity}, on_hand=-quantity, allocated=-quantity)

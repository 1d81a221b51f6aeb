"""Stock of one SKU at one node: its buckets, what each business fact does to them, and the one formula.

available = on_hand - reserved - allocated - safety - damaged - quality_control - blocked, kept on the row. No fact
states its own change of `available`: it is worked out from the other buckets, so that no write can leave the row
inconsistent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from oms.inventory.ages import NO_AGES, Ages

# On hand and not for sale, by the reason.
HELD_BACK = ("damaged", "quality_control", "blocked")
# Counted in whole units. `in_transit` has left its sender, `future` is ordered from a supplier; neither is here yet.
BUCKETS = ("on_hand", "reserved", "allocated", "safety", *HELD_BACK, "in_transit", "future")
# Each expired hold that a claim ends is a write of its transaction. The others of a row wait for the next round.
MOST_ENDED = 20
_TAKE_FROM_AVAILABLE = ("reserved", "allocated", "safety", *HELD_BACK)


@dataclass(frozen=True, slots=True)
class Hold:
    """Units of one row that a basket keeps until an instant (RFC 3339 in UTC), under the id of its reservation."""

    reservation_id: str
    units: int
    expires_at: str


@dataclass(frozen=True, slots=True)
class Shard:
    """Available units of a row that are kept apart from it, so that many can claim at once; see shards/model.py."""

    number: int
    units: int


@dataclass(frozen=True, slots=True)
class StockRow:
    """The stock of one SKU, or of a segment of it, at one node, in whole units; a row never written is all zeros.

    The units of `expired` holds are counted as available already; whoever claims them takes the holds away. So are
    those in its `shards`, which the stored row counts as reserved.
    """

    sku: str
    node_id: str
    on_hand: int = 0
    reserved: int = 0
    allocated: int = 0
    safety: int = 0
    damaged: int = 0
    quality_control: int = 0
    blocked: int = 0
    in_transit: int = 0
    future: int = 0
    available: int = 0
    version: int = 0
    # The latest instant of which a source has told something (RFC 3339 in UTC); None where none ever did.
    told_at: str | None = None
    # The last UTC day on which units on hand rose; None where none did since days are kept.
    restocked_on: date | None = None
    expired: tuple[Hold, ...] = ()
    shards: tuple[Shard, ...] = ()

    @property
    def in_shards(self) -> int:
        """The available units that lie in shards."""
        return sum(shard.units for shard in self.shards)

    @property
    def in_row(self) -> int:
        """The available units that the stored row has itself: those in no shard and in no expired hold."""
        return self.available - self.in_shards - sum(hold.units for hold in self.expired)

    @property
    def held_back(self) -> int:
        """Units on hand that are not for sale."""
        return self.damaged + self.quality_control + self.blocked

    @property
    def deficit(self) -> int:
        """Committed units (reserved and allocated) that usable stock no longer covers; safety stock covers them too."""
        return max(0, self.reserved + self.allocated + self.held_back - self.on_hand)

    def amount(self, bucket: str) -> int:
        """The units in a bucket, by its name."""
        return int(getattr(self, bucket))


@dataclass(frozen=True, slots=True)
class Claimable:
    """What a channel can claim now, per SKU and node; SKUs of which a node has nothing to give are left out.

    `keep` are the units that must stay available behind a claim, where there are any. Some of the units may still lie
    in `expired` holds: a claim of more than `at_once` takes as many of these away as it needs. Those in `own` holds are
    the claimant's already, and these holds always go with the claim. `spread` are the rows with shards. `ages` are of
    all rows, also of those that have nothing to give.
    """

    units: Mapping[tuple[str, str], int]
    keep: Mapping[tuple[str, str], int] = field(default_factory=dict)
    expired: Mapping[tuple[str, str], tuple[Hold, ...]] = field(default_factory=dict)
    own: Mapping[tuple[str, str], Hold] = field(default_factory=dict)
    spread: Mapping[tuple[str, str], StockRow] = field(default_factory=dict)
    ages: Ages = NO_AGES

    def with_own(self, holds: Mapping[tuple[str, str], Hold]) -> Claimable:
        """The same for somebody who holds some units already; holds that have just expired are among `expired` too."""
        units, expired = dict(self.units), dict(self.expired)
        for place, hold in holds.items():
            if hold in expired.get(place, ()):
                expired[place] = tuple(one for one in expired[place] if one != hold)
                units[place] = max(units[place], hold.units)
            else:
                units[place] = units.get(place, 0) + hold.units
        return replace(self, units=units, expired=expired, own=holds)

    @property
    def at_once(self) -> dict[tuple[str, str], int]:
        """The units that lie in no expired hold."""
        left = {key: units - sum(hold.units for hold in self.expired.get(key, ())) for key, units in self.units.items()}
        return {key: units for key, units in left.items() if units > 0}

    @property
    def in_rows(self) -> dict[tuple[str, str], int]:
        """The units that lie in no expired hold and in no shard: what can be taken without a look at these."""
        left = {key: units - self._in_shards(key) for key, units in self.at_once.items()}
        return {key: units for key, units in left.items() if units > 0}

    def _in_shards(self, place: tuple[str, str]) -> int:
        return self.spread[place].in_shards if place in self.spread else 0

    def most_writes(self, sku: str, node_id: str, quantity: int) -> int:
        """How many writes a claim of so many units takes at most: of its row, its line, holds and shards."""
        row = self.spread.get((sku, node_id))
        return 2 + len(self.taken_away(sku, node_id, quantity)) + (len(row.shards) if row else 0)

    def taken_away(self, sku: str, node_id: str, quantity: int) -> list[Hold]:
        """The holds that a claim of so many units ends: the claimant's own, and as few expired ones as make room."""
        place = (sku, node_id)
        holds = self.expired.get(place, ())
        room = self.units.get(place, 0) - sum(hold.units for hold in holds)
        taken = [self.own[place]] if place in self.own else []
        for hold in sorted(holds, key=lambda one: (-one.units, one.reservation_id)):
            if room >= quantity:
                break
            taken.append(hold)
            room += hold.units
        return taken


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
        return Effect(
            _sum(self.changes, later.changes), {bucket: amount for bucket, amount in needs.items() if amount > 0}
        )

    def beside(self, other: Effect) -> Effect:
        """Both at once: what both need adds up, and neither lives on what the other brings."""
        return Effect(_sum(self.changes, other.changes), _sum(self.needs, other.needs))

    def missing(self, row: StockRow) -> dict[str, int]:
        """Buckets that hold too little for it, with the number of units that lack."""
        short = {bucket: amount - row.amount(bucket) for bucket, amount in self.needs.items()}
        return {bucket: units for bucket, units in short.items() if units > 0}


def _sum(first: Mapping[str, int], second: Mapping[str, int]) -> dict[str, int]:
    return {name: first.get(name, 0) + second.get(name, 0) for name in {**first, **second}}


def effect(needs: Mapping[str, int] | None = None, **changes: int) -> Effect:
    """An effect from its bucket changes; the change of `available` follows from the formula."""
    unknown = changes.keys() - set(BUCKETS)
    if unknown:
        raise ValueError(f"no such bucket: {sorted(unknown)}")
    available = changes.get("on_hand", 0) - sum(changes.get(bucket, 0) for bucket in _TAKE_FROM_AVAILABLE)
    complete = {**changes, "available": available} if available else changes
    return Effect(complete, dict(needs or {}))


def with_shards(row: StockRow, shards: Sequence[Shard]) -> StockRow:
    """The row as it is once what lies in its shards is counted as available."""
    units = sum(shard.units for shard in shards)
    return replace(row, reserved=row.reserved - units, available=row.available + units, shards=(*row.shards, *shards))


def freed(row: StockRow, holds: Sequence[Hold]) -> StockRow:
    """The row as it is once its expired holds are counted out."""
    units = sum(hold.units for hold in holds)
    return replace(row, reserved=row.reserved - units, available=row.available + units, expired=(*row.expired, *holds))


def claimable_row(row: StockRow) -> StockRow:
    """The row as a claim sees it: the units of its largest expired holds, as many as one transaction can end."""
    if len(row.expired) <= MOST_ENDED:
        return row
    by_size = sorted(row.expired, key=lambda hold: (-hold.units, hold.reservation_id))
    units = sum(hold.units for hold in by_size[MOST_ENDED:])
    expired = tuple(by_size[:MOST_ENDED])
    return replace(row, reserved=row.reserved + units, available=row.available - units, expired=expired)


def after(row: StockRow, change: Effect) -> StockRow:
    """The row once an effect has happened to it (its version moves by one)."""
    names = (*BUCKETS, "available")
    buckets: dict[str, Any] = {name: row.amount(name) + change.changes.get(name, 0) for name in names}
    return replace(row, **buckets, version=row.version + 1)


class MovementKind(StrEnum):
    """Why stock changed. Orders write `reserved` to `shipped`, a count writes `counted`, a feed `reported`."""

    RECEIVED = "received"  # goods came in
    RETURNED = "returned"  # a customer's return went back to stock
    ADJUSTED = "adjusted"  # a correction of on hand, up or down; the only one that may go below what is committed
    DAMAGED = "damaged"  # on hand, no longer for sale
    INSPECTED = "inspected"  # on hand, held back until quality control has looked at it
    BLOCKED = "blocked"  # on hand, held back (missing at its place, recalled)
    RESTORED = "restored"  # units that were held back are for sale again
    SCRAPPED = "scrapped"  # units that were held back left the building
    EXPECTED = "expected"  # supply was ordered, or is withdrawn with a minus
    DISPATCHED = "dispatched"  # supply is on its way, or is withdrawn with a minus
    SAFETY_CHANGED = "safety_changed"  # units held back from sale, more or fewer
    RESERVED = "reserved"  # claimed for an order or a basket
    ALLOCATED = "allocated"  # firmly given to the work of a node
    RELEASED = "released"  # a claim ended, its units are available again
    SHIPPED = "shipped"
    COUNTED = "counted"
    REPORTED = "reported"


SIGNED_KINDS = frozenset(
    {MovementKind.ADJUSTED, MovementKind.EXPECTED, MovementKind.DISPATCHED, MovementKind.SAFETY_CHANGED}
)
# Where units go that are held back, by the kind of movement.
HELD_IN = {
    MovementKind.DAMAGED: "damaged",
    MovementKind.INSPECTED: "quality_control",
    MovementKind.BLOCKED: "blocked",
}
# Movements out of a bucket of held back units, which they must name.
FROM_HELD_BACK = frozenset({MovementKind.RESTORED, MovementKind.SCRAPPED})
_SUPPLY = {MovementKind.EXPECTED: "future", MovementKind.DISPATCHED: "in_transit"}


def movement_effect(kind: MovementKind, quantity: int, bucket: str | None = None) -> Effect:
    """What a movement of so many units does; quantities are positive except for SIGNED_KINDS.

    `bucket` is where units of FROM_HELD_BACK come from. Claims have effects of their own and raise ValueError here.
    """
    match kind:
        case MovementKind.RECEIVED | MovementKind.RETURNED:
            return effect(on_hand=quantity)
        case MovementKind.ADJUSTED | MovementKind.REPORTED | MovementKind.COUNTED:
            lost = max(0, -quantity)
            return effect({"on_hand": lost, "available": lost} if lost else None, on_hand=quantity)
        case MovementKind.DAMAGED | MovementKind.INSPECTED | MovementKind.BLOCKED:
            return effect({"available": quantity}, **{HELD_IN[kind]: quantity})
        case MovementKind.RESTORED if bucket in HELD_BACK:
            return effect({bucket: quantity}, **{bucket: -quantity})
        case MovementKind.SCRAPPED if bucket in HELD_BACK:
            return effect({bucket: quantity, "on_hand": quantity}, on_hand=-quantity, **{bucket: -quantity})
        case MovementKind.EXPECTED | MovementKind.DISPATCHED:
            there = _SUPPLY[kind]
            return effect({there: -quantity} if quantity < 0 else None, **{there: quantity})
        case MovementKind.SAFETY_CHANGED:
            return effect({"safety": -quantity} if quantity < 0 else None, safety=quantity)
        case MovementKind.SHIPPED:
            return effect({"allocated": quantity, "on_hand": quantity}, on_hand=-quantity, allocated=-quantity)
    raise ValueError(f"a movement of kind {kind} out of {bucket} has no effect of its own")

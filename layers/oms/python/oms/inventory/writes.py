"""Stock changes for other contexts: collected by a command, and put into its own transaction.

Life of a claim: reserve -> allocate (or move_claim to another node) -> ship, with a release at each step. Whatever is
collected about one row becomes one change of it and one line of the stock ledger, in the same transaction; so the
ledger knows every movement, and its replay gives the buckets. Demands on one row add up, so two lines of one SKU are
held to the sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from oms.inventory.model import HELD_IN, Claimable, Effect, Hold, MovementKind, Shard, StockRow, effect, movement_effect
from oms.inventory.rows import (
    TABLE,
    LedgerEntry,
    change,
    hold_key,
    hold_removed,
    ledger_row,
    open_row,
    segment_noted,
    shard_claimed,
    shard_moved,
    to_shards,
)
from oms.inventory.rows import price_writes as price_writes
from oms.inventory.shards.model import drawn, left, taken
from oms.platform.writes import Item, Kind, Write, create


@dataclass(slots=True)
class _Row:
    """What is collected about one stock row. `keep` units must be left available after all of it."""

    effect: Effect = field(default_factory=Effect)
    # The same act for several lines of an order is one movement.
    entries: dict[tuple[object, ...], LedgerEntry] = field(default_factory=dict)
    keep: int = 0
    # Units that holds gave back and no claim took: they may stand for what must be kept.
    spare: int = 0
    may_be_new: bool = False
    # Units that are claimed from its shards, by their numbers.
    claimed: dict[int, int] = field(default_factory=dict)


class StockChanges:
    """What one transaction does to stock.

    `movement_id` names the transaction: it must be new for each that changes the same row. `cause` is the id of what it
    happens for (an order, a fulfilment order, a shipment), `at` the instant in UTC at which it is true.
    """

    def __init__(self, tenant: str, *, movement_id: str, cause: str, at: datetime) -> None:
        self._tenant = tenant
        self._movement_id = movement_id
        self._cause = cause
        self._at = at
        self._rows: dict[tuple[str, str], _Row] = {}
        self._removed: list[Write] = []
        self._found: dict[tuple[str, str], StockRow] = {}

    def know(self, rows: Mapping[tuple[str, str], StockRow]) -> None:
        """What rows were found to have; where units lie in shards, these give what a row itself lacks."""
        self._found.update(rows)

    def reserve(self, sku: str, node_id: str, quantity: int, *, keep: int = 0, instead_of: Sequence[Hold] = ()) -> None:
        """Claim available units for an order; `keep` units must stay available behind it.

        The holds that it stands `instead_of` go, and their units come first: nobody else can have them in between.
        """
        held = sum(hold.units for hold in instead_of)
        for hold in instead_of:
            given_back = effect({"reserved": hold.units}, reserved=-hold.units)
            self._note(sku, node_id, MovementKind.RELEASED, hold.units, given_back, cause=hold.reservation_id)
            self._removed.append(hold_removed(self._tenant, sku, node_id, hold))
        claimed = effect({"available": quantity}, reserved=quantity)
        self._note(sku, node_id, MovementKind.RESERVED, quantity, claimed)
        row = self._rows[sku, node_id]
        both = effect({"reserved": held}, reserved=-held).then(claimed) if held else claimed
        row.effect = row.effect.beside(both)
        row.spare += max(0, held - quantity)
        self._keep(sku, node_id, keep)

    def claim(self, stock: Claimable, sku: str, node_id: str, quantity: int) -> None:
        """Claim units for an order as they were found: with what must stay, and without the holds that have expired."""
        keep, expired = stock.keep.get((sku, node_id), 0), stock.taken_away(sku, node_id, quantity)
        if (sku, node_id) in stock.spread:
            self.know({(sku, node_id): stock.spread[sku, node_id]})
        if expired or not self._claim_from_shards(sku, node_id, quantity, keep):
            self.reserve(sku, node_id, quantity, keep=keep, instead_of=expired)

    def _claim_from_shards(self, sku: str, node_id: str, quantity: int, keep: int) -> bool:
        """Claim units that lie in shards, where the row itself has what must be kept; False where it cannot be."""
        found = self._found.get((sku, node_id))
        if found is None or not found.shards or found.in_row < keep:
            return False
        row = self._rows.setdefault((sku, node_id), _Row())
        parts = taken(left(found.shards, row.claimed), quantity, f"{self._movement_id} {self._at}")
        for part in parts:
            row.claimed[part.number] = row.claimed.get(part.number, 0) + part.units
        if parts:
            self._note(sku, node_id, MovementKind.RESERVED, quantity, effect(reserved=quantity))
        return bool(parts)

    def end_unclaimed(self, stock: Claimable) -> None:
        """Give back what the claimant held of rows that nothing was claimed of."""
        for (sku, node_id), hold in stock.own.items():
            if (sku, node_id) not in self._rows:
                self.end_hold(sku, node_id, hold)

    def release_reservation(self, sku: str, node_id: str, quantity: int) -> None:
        """Give reserved units back."""
        self._add(sku, node_id, MovementKind.RELEASED, quantity, effect({"reserved": quantity}, reserved=-quantity))

    def end_hold(self, sku: str, node_id: str, hold: Hold) -> None:
        """Give the units of a basket back, and take its hold away."""
        self.release_reservation(sku, node_id, hold.units)
        self._removed.append(hold_removed(self._tenant, sku, node_id, hold))

    def allocate(self, sku: str, node_id: str, quantity: int) -> None:
        """Turn a reservation into a firm allocation at the same node."""
        made = effect({"reserved": quantity}, reserved=-quantity, allocated=quantity)
        self._add(sku, node_id, MovementKind.ALLOCATED, quantity, made)

    def allocate_available(self, sku: str, node_id: str, quantity: int, *, keep: int = 0) -> None:
        """Allocate available units that nobody has reserved; `keep` units must stay available behind them."""
        self._add(sku, node_id, MovementKind.ALLOCATED, quantity, effect({"available": quantity}, allocated=quantity))
        self._keep(sku, node_id, keep)

    def move_claim(self, sku: str, from_node: str, to_node: str, quantity: int, *, keep: int = 0) -> None:
        """Give a reservation up at one node and allocate at another, together; at the same node simply allocate."""
        if from_node == to_node:
            self.allocate(sku, to_node, quantity)
        else:
            self.release_reservation(sku, from_node, quantity)
            self.allocate_available(sku, to_node, quantity, keep=keep)

    def release_allocation(self, sku: str, node_id: str, quantity: int) -> None:
        """Give allocated units back."""
        self._add(sku, node_id, MovementKind.RELEASED, quantity, effect({"allocated": quantity}, allocated=-quantity))

    def ship(self, sku: str, node_id: str, quantity: int) -> None:
        """Allocated units have left."""
        self._add(sku, node_id, MovementKind.SHIPPED, quantity, movement_effect(MovementKind.SHIPPED, quantity))

    def hold_back(self, sku: str, node_id: str, quantity: int, *, kind: MovementKind, reason: str) -> None:
        """Allocated units that somebody found damaged or missing are held back from sale."""
        bucket = HELD_IN[kind]
        made = effect({"allocated": quantity}, allocated=-quantity, **{bucket: quantity})
        self._add(sku, node_id, kind, quantity, made, reason)

    def receive(self, sku: str, node_id: str, quantity: int) -> None:
        """Goods came in; the row is made if it is the first time."""
        self._add(sku, node_id, MovementKind.RECEIVED, quantity, movement_effect(MovementKind.RECEIVED, quantity))
        self._rows[sku, node_id].may_be_new = True

    def receive_allocated(self, sku: str, node_id: str, quantity: int) -> None:
        """Goods of an order came in from another node: they are its own and not available for a moment."""
        self.receive(sku, node_id, quantity)
        self._add(sku, node_id, MovementKind.ALLOCATED, quantity, effect(allocated=quantity))

    def receive_damaged(self, sku: str, node_id: str, quantity: int) -> None:
        """Goods came in that cannot be sold."""
        self.receive(sku, node_id, quantity)
        self._add(sku, node_id, MovementKind.DAMAGED, quantity, effect(damaged=quantity))

    def take_back(self, sku: str, node_id: str, quantity: int, *, held: MovementKind | None = None) -> None:
        """A customer's units came back, for sale or held back in a bucket of a kind."""
        self._add(sku, node_id, MovementKind.RETURNED, quantity, movement_effect(MovementKind.RETURNED, quantity))
        self._rows[sku, node_id].may_be_new = True
        if held is not None:
            self._add(sku, node_id, held, quantity, effect(None, **{HELD_IN[held]: quantity}))

    def judge(self, sku: str, node_id: str, quantity: int, kind: MovementKind) -> None:
        """Units in quality control are for sale again, are held back for another cause, or are scrapped."""
        bucket = HELD_IN[MovementKind.INSPECTED]
        if kind in HELD_IN:
            moved = {bucket: -quantity, HELD_IN[kind]: quantity}
            self._add(sku, node_id, kind, quantity, effect({bucket: quantity}, **moved))
        else:
            self._add(sku, node_id, kind, quantity, movement_effect(kind, quantity, bucket))

    def write_off(self, sku: str, node_id: str, quantity: int, *, reason: str) -> None:
        """Units that had left are lost or broken: the ledger has them back and scrapped, and the row stays as it is."""
        there = effect(on_hand=quantity)
        self._note(sku, node_id, MovementKind.RETURNED, quantity, there, reason=reason)
        self._note(sku, node_id, MovementKind.DAMAGED, quantity, effect(damaged=quantity), reason=reason)
        gone = effect(on_hand=-quantity, damaged=-quantity)
        self._note(sku, node_id, MovementKind.SCRAPPED, quantity, gone, reason=reason)

    def expect(self, sku: str, node_id: str, quantity: int) -> None:
        """So many units more, or with a minus fewer, are ordered and not under way."""
        self._add(sku, node_id, MovementKind.EXPECTED, quantity, movement_effect(MovementKind.EXPECTED, quantity))
        self._rows[sku, node_id].may_be_new = True

    def under_way(self, sku: str, node_id: str, quantity: int) -> None:
        """So many units more, or with a minus fewer, are on their way to the node."""
        self._add(sku, node_id, MovementKind.DISPATCHED, quantity, movement_effect(MovementKind.DISPATCHED, quantity))
        self._rows[sku, node_id].may_be_new = True

    def writes(self) -> list[Write]:
        """One change and one ledger line per row, in the order in which the rows were first named."""
        new = dict.fromkeys(sku for (sku, _), row in self._rows.items() if row.may_be_new)
        made: list[Write] = [write for sku in new for write in segment_noted(self._tenant, sku)]
        for (sku, node_id), row in self._rows.items():
            needs = dict(row.effect.needs)
            if row.keep > row.spare:
                needs["available"] = needs.get("available", 0) + row.keep - row.spare
            whole, parts = self._with_shards(sku, node_id, row, Effect(row.effect.changes, needs))
            if any(whole.changes.values()) or whole.needs.get("available", 0) > 0:
                changed = open_row if row.may_be_new else change
                made.append(changed(self._tenant, sku, node_id, whole, restocked_on=self._restocked_on(row)))
            if row.entries:
                made.append(ledger_row(self._tenant, sku, node_id, self._movement_id, list(row.entries.values())))
            made += parts
        return [*made, *self._removed]

    def _with_shards(self, sku: str, node_id: str, row: _Row, made: Effect) -> tuple[Effect, list[Write]]:
        """The effect on the stored row, once shards give it what it lacks itself, and what the shards give."""
        found = self._found.get((sku, node_id))
        if found is None or not found.shards:
            return made, []
        parts = [shard_claimed(self._tenant, sku, node_id, Shard(*part)) for part in row.claimed.items()]
        lacking = made.needs.get("available", 0) - found.in_row
        if lacking <= 0:
            return made, parts
        back = drawn(left(found.shards, row.claimed), lacking)
        units = sum(part.units for part in back)
        parts += [shard_moved(self._tenant, sku, node_id, part.number, -part.units) for part in back]
        return to_shards(-units).then(made), parts

    def _restocked_on(self, row: _Row) -> date | None:
        """The day of units that come in. The row is not read for it: a day that somebody foretold does not stay."""
        came = any(entry.changes.get("on_hand", 0) > 0 for entry in row.entries.values())
        return self._at.date() if came else None

    def _keep(self, sku: str, node_id: str, units: int) -> None:
        row = self._rows[sku, node_id]
        row.keep = max(row.keep, units)

    def _add(
        self, sku: str, node_id: str, kind: MovementKind, quantity: int, made: Effect, reason: str | None = None
    ) -> None:
        self._note(sku, node_id, kind, quantity, made, reason=reason)
        row = self._rows[sku, node_id]
        row.effect = row.effect.beside(made)

    def _note(
        self,
        sku: str,
        node_id: str,
        kind: MovementKind,
        quantity: int,
        made: Effect,
        *,
        reason: str | None = None,
        cause: str | None = None,
    ) -> None:
        """Write a movement down; the same act for several lines is one."""
        row = self._rows.setdefault((sku, node_id), _Row())
        name = (kind, reason, cause, tuple(made.changes))
        entry = row.entries.get(name)
        if entry is not None:
            quantity += entry.quantity
            made = Effect(entry.changes).beside(made)
        row.entries[name] = LedgerEntry(kind, quantity, made.changes, self._at, cause or self._cause, reason=reason)


def hold_writes(
    tenant: str,
    reservation_id: str,
    before: Mapping[tuple[str, str], Hold],
    after: Mapping[tuple[str, str], int],
    expires_at: str,
) -> list[Write]:
    """The holds of a reservation as they are to be, by SKU and node; each is held to what it was.

    Their units are claimed and given back by StockChanges in the same transaction.
    """
    writes: list[Write] = []
    for (sku, node_id), units in after.items():
        now: Item = {"units": units, "until": expires_at}
        key, was = hold_key(tenant, sku, node_id, reservation_id), before.get((sku, node_id))
        if was is None:
            writes.append(create(TABLE, key, now))
        elif (was.units, was.expires_at) != (units, expires_at):
            # Whoever finds it expired takes it away: then this change is refused.
            same: Item = {"units": was.units, "until": was.expires_at}
            writes.append(Write(Kind.CHANGE, TABLE, key, set=now, equals=same))
    gone = [(place, hold) for place, hold in before.items() if place not in after]
    return [*writes, *(hold_removed(tenant, *place, hold) for place, hold in gone)]

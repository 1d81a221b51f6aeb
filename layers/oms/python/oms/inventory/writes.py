"""Stock changes for other contexts: collected by a command, and put into its own transaction.

Life of a claim: reserve -> allocate (or move_claim to another node) -> ship, with a release at each step. Whatever is
collected about one row becomes one change of it and one line of the stock ledger, in the same transaction; so the
ledger knows every movement, and its replay gives the buckets. Demands on one row add up, so two lines of one SKU are
held to the sum.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from oms.inventory.model import HELD_IN, Effect, MovementKind, effect, movement_effect
from oms.inventory.rows import LedgerEntry, change, ledger_row, open_row
from oms.platform.writes import Write


@dataclass(slots=True)
class _Row:
    """What is collected about one stock row. `keep` units must be left available after all of it."""

    effect: Effect = field(default_factory=Effect)
    # The same act for several lines of an order is one movement.
    entries: dict[tuple[object, ...], LedgerEntry] = field(default_factory=dict)
    keep: int = 0
    may_be_new: bool = False


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

    def reserve(self, sku: str, node_id: str, quantity: int, *, keep: int = 0) -> None:
        """Claim available units for an order; `keep` units must stay available behind it."""
        self._add(sku, node_id, MovementKind.RESERVED, quantity, effect({"available": quantity}, reserved=quantity))
        self._keep(sku, node_id, keep)

    def release_reservation(self, sku: str, node_id: str, quantity: int) -> None:
        """Give reserved units back."""
        self._add(sku, node_id, MovementKind.RELEASED, quantity, effect({"reserved": quantity}, reserved=-quantity))

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

    def writes(self) -> list[Write]:
        """One change and one ledger line per row, in the order in which the rows were first named."""
        made: list[Write] = []
        for (sku, node_id), row in self._rows.items():
            needs = dict(row.effect.needs)
            if row.keep:
                needs["available"] = needs.get("available", 0) + row.keep
            write = (open_row if row.may_be_new else change)(
                self._tenant, sku, node_id, Effect(row.effect.changes, needs)
            )
            made += [write, ledger_row(self._tenant, sku, node_id, self._movement_id, list(row.entries.values()))]
        return made

    def _keep(self, sku: str, node_id: str, units: int) -> None:
        row = self._rows[sku, node_id]
        row.keep = max(row.keep, units)

    def _add(
        self, sku: str, node_id: str, kind: MovementKind, quantity: int, made: Effect, reason: str | None = None
    ) -> None:
        row = self._rows.setdefault((sku, node_id), _Row())
        row.effect = row.effect.beside(made)
        entry = row.entries.get((kind, reason, tuple(made.changes)))
        if entry is not None:
            quantity += entry.quantity
            made = Effect(entry.changes).beside(made)
        row.entries[kind, reason, tuple(made.changes)] = LedgerEntry(
            kind, quantity, made.changes, self._at, self._cause, reason=reason
        )

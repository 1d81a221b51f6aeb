"""One stock row with all that happens to it, in memory: through the product's own commands, and checked as a whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

from oms.inventory.commands import record_movements
from oms.inventory.model import BUCKETS, Claimable, StockRow
from oms.inventory.requests import Movement
from oms.inventory.rows import stock_key
from oms.inventory.shards.balancing import balance
from oms.inventory.shards.marks import Mark
from oms.inventory.store import movements_of, rows_of
from oms.inventory.writes import StockChanges
from oms.platform.clock import FixedClock, format_instant
from oms.platform.commands import Call, Runtime
from oms.platform.principal import system_principal
from oms.registry import reads
from oms.registry.model import Item
from oms.registry.store import item_write, node_write
from tests.memory_table import MemoryDatabase
from tests.order_nodes import node

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
SKU, NODE, PLACE = "A", "dc-1", ("A", "dc-1")


class Account:
    """A stock row that begins with some units received."""

    def __init__(self, units: int) -> None:
        reads.forget()
        self.database = MemoryDatabase()
        self.runtime = Runtime(clock=FixedClock(NOW), random=Random(1), pause=lambda _: None, database=self.database)
        self.acts = 0
        self.database.commit([node_write("t1", node(NODE, "dc", 0, 0))])
        self.database.commit([item_write("t1", Item(sku=SKU, description=SKU, version=1))])
        if units:
            self.move("received", units)

    @property
    def row(self) -> StockRow:
        return next(iter(rows_of(self.database, "t1", SKU)), StockRow(SKU, NODE))

    @property
    def stored(self) -> dict[str, int]:
        """The row itself, without what lies in its shards."""
        item = self.database.rows["stock", stock_key("t1", SKU, NODE)]
        return {name: int(str(item.get(name, 0))) for name in ("available", "reserved", "shards")}

    def move(self, kind: str, units: int) -> None:
        self.acts += 1
        movement = Movement.model_validate(
            {"sku": SKU, "node_id": NODE, "kind": kind, "quantity": units, "reason": "seen"}
        )
        key = f"k-{self.acts}"
        call = Call("record_movements", system_principal("t1", "test"), key, key, key, key)
        record_movements(self.runtime, call, [movement])

    def changes(self) -> StockChanges:
        self.acts += 1
        return StockChanges("t1", movement_id=f"mov_{self.acts}", cause="ord_1", at=NOW)

    def claimable(self, keep: int = 0) -> Claimable:
        row = self.row
        units = {PLACE: row.available - keep} if row.available > keep else {}
        return Claimable(units, {PLACE: keep} if keep else {}, spread={PLACE: row} if row.shards else {})

    def claim(self, units: int, *, keep: int = 0, found: Claimable | None = None) -> None:
        changes = self.changes()
        changes.claim(found or self.claimable(keep), SKU, NODE, units)
        self.database.commit(changes.writes())

    def spread(self, per_second: int) -> None:
        balance(self.runtime, "t1", Mark(SKU, NODE, per_second, format_instant(NOW + timedelta(hours=1))))

    def check(self) -> None:
        """What must hold whatever happened."""
        row, stored = self.row, self.stored
        assert stored["shards"] == len(row.shards)
        assert all(shard.units >= 0 for shard in row.shards)
        assert stored["available"] >= 0 or not row.in_shards, "units are for sale that the row lacks"
        held_back = row.safety + row.held_back
        assert row.available == row.on_hand - row.reserved - row.allocated - held_back
        replayed = dict.fromkeys((*BUCKETS, "available"), 0)
        for entry in movements_of(self.database, "t1", SKU, NODE):
            for bucket, units in entry.changes.items():
                replayed[bucket] += units
        assert {name: row.amount(name) for name in replayed} == replayed

"""One transaction on supply: the lines that it changes, what that does to stock, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from oms.inventory.events import SuppliedLine, SupplyPut
from oms.inventory.supply.model import Kind, Supply, SupplyLine, waited
from oms.inventory.supply.writes import line_write, supply_write
from oms.inventory.writes import StockChanges
from oms.platform.events import EventData, EventDraft
from oms.platform.writes import Write
from oms.registry.segments import shown


@dataclass(slots=True)
class SupplyChange:
    """Changes of lines of one supply, collected with what they do to stock."""

    tenant: str
    supply: Supply
    at: datetime
    stock: StockChanges = field(init=False)
    lines: dict[int, tuple[SupplyLine | None, SupplyLine]] = field(default_factory=dict)
    # Units that the node of a transfer keeps more, or with a minus fewer, by SKU, and those that leave it.
    _kept: dict[str, int] = field(default_factory=dict)
    _sent: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        movement_id = f"supply:{self.supply.id}.{self.supply.version + 1}"
        self.stock = StockChanges(self.tenant, movement_id=movement_id, cause=self.supply.id, at=self.at)

    def change(
        self, before: SupplyLine | None, after: SupplyLine, *, with_stock_of: SupplyChange | None = None
    ) -> None:
        """A line becomes another; what is still to come of it moves in the buckets of its destination.

        `with_stock_of` collects the stock where another supply changes in the same transaction.
        """
        if before == after:
            return
        self.lines[after.line_no] = (before, after)
        stock, kind = (with_stock_of or self).stock, self.supply.kind
        was, now = waited(kind, before) if before else None, waited(kind, after)
        more = now.future - (was.future if was else 0)
        under_way = now.in_transit - (was.in_transit if was else 0)
        if more:
            stock.expect(after.sku, self.supply.node_id, more)
        if under_way:
            stock.under_way(after.sku, self.supply.node_id, under_way)
        if self.supply.from_node is not None:
            self._keep_at_source(before, after, more)

    def _keep_at_source(self, before: SupplyLine | None, after: SupplyLine, more: int) -> None:
        """The node that a transfer comes from keeps its units for it until they leave."""
        sent = after.sent - (before.sent if before else 0)
        self._sent[after.sku] = self._sent.get(after.sku, 0) + sent
        self._kept[after.sku] = self._kept.get(after.sku, 0) + more + sent

    @property
    def wanted(self) -> dict[str, int]:
        """Units that the node of a transfer has to give, by SKU, over all lines."""
        return {sku: units for sku, units in self._kept.items() if units > 0}

    def receive(self, before: SupplyLine, after: SupplyLine, damaged: int) -> None:
        """Units of a line arrive, some of them damaged."""
        self.change(before, after)
        good = after.received - before.received - damaged
        if good:
            self.stock.receive(after.sku, self.supply.node_id, good)
        if damaged:
            self.stock.receive_damaged(after.sku, self.supply.node_id, damaged)

    @property
    def result(self) -> Supply:
        """The supply once this is done."""
        return self.supply.model_copy(update={"version": self.supply.version + 1})

    def writes(self) -> list[Write]:
        """The supply, its changed lines and the stock; to be asked for once."""
        node = self.supply.from_node
        for sku, units in self._sent.items():
            if units and node is not None:
                self.stock.ship(sku, node, units)
        for sku, units in self._kept.items():
            if units > 0 and node is not None:
                self.stock.allocate_available(sku, node, units)
            elif units < 0 and node is not None:
                self.stock.release_allocation(sku, node, -units)
        own = [
            line_write(self.tenant, self.supply, after, waited(self.supply.kind, after).total)
            for _, after in self.lines.values()
        ]
        return [supply_write(self.tenant, self.result), *own, *self.stock.writes()]

    def facts(self, units: Iterable[tuple[int, int]]) -> dict[str, Any]:
        """What every event of it says: the supply, and some units of some lines."""
        return {
            "supply_id": self.supply.id,
            "kind": self.supply.kind,
            "node_id": self.supply.node_id,
            "lines": tuple(self._line(line_no, quantity) for line_no, quantity in units),
        }

    def _line(self, line_no: int, quantity: int) -> SuppliedLine:
        before, after = self.lines[line_no]
        other = before is not None and before.expected_on != after.expected_on
        return SuppliedLine(
            line_no=line_no,
            **shown(after.sku),
            quantity=quantity,
            expected_on=after.expected_on.isoformat(),
            expected_before=before.expected_on.isoformat() if before is not None and other else None,
            to_come=waited(self.supply.kind, after).total,
        )

    def event(self, data: EventData) -> EventDraft:
        """A fact about it; its number is that of the version that it leads to."""
        return EventDraft(f"SUPPLY#{self.supply.id}", self.supply.version + 1, data)

    def put_event(self) -> EventDraft:
        """What is expected now, of each line that changed."""
        return self.event(SupplyPut(**self.facts([(no, after.quantity) for no, (_, after) in self.lines.items()])))


def drawn(order: SupplyLine, wanted: int) -> tuple[SupplyLine, int]:
    """A line of a purchase order once a notice takes units over or gives them back, and how many it were."""
    units = min(wanted, waited(Kind.PURCHASE_ORDER, order).future) if wanted > 0 else wanted
    return order.model_copy(update={"sent": order.sent + units}), units

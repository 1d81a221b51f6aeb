"""Units that a till has sold: they are gone, whatever our stock says, so nothing of it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from oms.inventory.batch import make_plans, plan_writes, stock_moved
from oms.inventory.fold import Fact
from oms.inventory.model import MovementKind
from oms.inventory.store import rows_and_marks
from oms.platform.commands import Call, Runtime
from oms.platform.events import EventDraft
from oms.platform.ids import derived_id
from oms.platform.writes import Write


@dataclass(frozen=True, slots=True)
class SoldUnits:
    """What a sale does to the stock of its store.

    `unknown` are units by SKU that were sold and that our stock did not have on hand: a count will find out why.
    """

    writes: list[Write]
    events: list[EventDraft]
    unknown: dict[str, int]


def sold_units(
    runtime: Runtime, call: Call, node_id: str, units: Mapping[str, int], *, cause: str, at: datetime
) -> SoldUnits:
    """Take what a till has sold, by SKU, off what its store has on hand, even where it was promised to others."""
    places = {(sku, node_id) for sku in units}
    rows, _ = rows_and_marks(runtime.database, call.tenant, places, ())
    on_hand = {sku: rows[sku, node_id].on_hand if (sku, node_id) in rows else 0 for sku in units}
    known = {sku: min(count, on_hand[sku]) for sku, count in units.items()}
    facts = [
        Fact(position, sku, node_id, MovementKind.REPORTED, -count, at, cause, by=call.principal.actor)
        for position, (sku, count) in enumerate(sorted(known.items()))
        if count
    ]
    plans = make_plans(runtime, call.tenant, facts)
    entity = f"MOVEMENT#{derived_id('mov', call.tenant, call.command, call.key)}"
    return SoldUnits(
        plan_writes(call, plans),
        [EventDraft(entity, 1, stock_moved(plans))] if facts else [],
        {sku: count - known[sku] for sku, count in units.items() if count > known[sku]},
    )

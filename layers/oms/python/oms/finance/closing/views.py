"""A business date of a legal entity as it is shown: its stores with their seals, and what it came to."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import ConfigDict

from oms.finance import store as ledger
from oms.finance.closing import store
from oms.finance.closing.model import Reason, SealedDay, State
from oms.finance.closing.readiness import reasons_against
from oms.finance.closing.takings import Picture, picture_of
from oms.finance.lanes import Day, StoreDay
from oms.finance.reads import entries_of_day
from oms.platform.commands import Runtime
from oms.registry.model import NodeKind
from oms.registry.reads import known_nodes


class StoreOfDay(SealedDay):
    """A store's business date; `against` is what stands against its seal while it is open."""

    against: tuple[Reason, ...] = ()


class DayView(Picture):
    """A business date: cash, cards and stored value of all stores side by side. Amounts are minor units.

    `takings` are by store and means, `places` say what each account received at each store, `silent` are stores and
    sites of the entity of which the ledger has heard nothing.
    """

    model_config = ConfigDict(frozen=True)
    entity: str
    business_date: date
    state: Literal["OPEN", "CLOSED"]
    stores: tuple[StoreOfDay, ...]
    silent: tuple[str, ...]


def day_view(runtime: Runtime, day: Day) -> DayView:
    """Sum up a date as the ledger has it now."""
    row = ledger.day_row(runtime.database, day)
    stores = store.stores(runtime.database, day)
    return DayView(
        **dict(picture_of(entries_of_day(runtime.database, day))),
        entity=day.entity,
        business_date=day.date,
        state="CLOSED" if row is not None and row.state == ledger.CLOSED else "OPEN",
        stores=tuple(_with_reasons(runtime, day, one) for one in stores),
        silent=silent_stores(runtime, day, {one.store for one in stores}),
    )


def silent_stores(runtime: Runtime, day: Day, heard: set[str]) -> tuple[str, ...]:
    """The active stores and sites of an entity that are not among those heard of."""
    nodes = known_nodes(runtime.database, day.tenant, runtime.clock.now())
    return tuple(
        node.id
        for node in nodes.values()
        if node.kind in (NodeKind.STORE, NodeKind.WEB)
        and node.legal_entity == day.entity
        and node.status == "active"
        and node.id not in heard
    )


def _with_reasons(runtime: Runtime, day: Day, one: SealedDay) -> StoreOfDay:
    against = reasons_against(runtime, StoreDay(day, one.store)) if one.state is State.OPEN else ()
    return StoreOfDay(**dict(one), against=against)

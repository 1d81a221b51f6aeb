"""A business date of a legal entity as it is shown: its stores with their seals, and what it came to."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import ConfigDict

from oms.finance import store as ledger
from oms.finance.closing import store
from oms.finance.closing.model import SealedDay, SealReason, SealState
from oms.finance.closing.readiness import reasons_against
from oms.finance.closing.silence import silent_stores
from oms.finance.closing.takings import Picture, picture_of
from oms.finance.lanes import Day, StoreDay
from oms.finance.reads import entries_of_day
from oms.platform.commands import Runtime


class StoreOfDay(SealedDay):
    """A store's business date; `against` is what stands against its seal while it is open."""

    against: tuple[SealReason, ...] = ()


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


def _with_reasons(runtime: Runtime, day: Day, one: SealedDay) -> StoreOfDay:
    against = reasons_against(runtime, StoreDay(day, one.store)) if one.state is SealState.OPEN else ()
    return StoreOfDay(**dict(one), against=against)

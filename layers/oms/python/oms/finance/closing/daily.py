"""Closing the date of an entity: its stores are sealed where nothing stands against it, and then the date closes.

A store that is not ready does not hold up the seals of the others; only the date's last export waits for it.
"""

from __future__ import annotations

from oms.finance.closing import store
from oms.finance.closing.commands import close_sealed_day, require_over, seal_day
from oms.finance.closing.model import DayNotReady, PeriodSealed, SealState, StoresNotSealed
from oms.finance.closing.readiness import reasons_against
from oms.finance.closing.requests import SealRequest
from oms.finance.lanes import Day, StoreDay
from oms.finance.model import DayNotOver
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, call_from_event
from oms.platform.problems import FieldError


def close_day(runtime: Runtime, event: Event, day: Day, wish: str) -> bool:
    """Seal the stores of a date that can be sealed, and close it if these are all; `wish` names who wants it."""
    ready = True
    for one in store.stores(runtime.database, day):
        if one.state is SealState.SEALED:
            continue
        call = call_from_event("seal_day", event, key=f"{wish}#{one.store}")
        try:
            seal_day(runtime, call, day.date, SealRequest(entity=day.entity, store=one.store))
        except (DayNotReady, DayNotOver):
            ready = False
        except PeriodSealed:
            continue
    return ready and close_sealed_day(runtime, day)


def require_ready(runtime: Runtime, day: Day) -> None:
    """Refuse the last export of a date while a store of it is neither sealed nor ready to be."""
    errors = [
        FieldError("/business_date", StoresNotSealed.code, f"Store {name}: {why}")
        for name, why in _not_ready(runtime, day)
    ]
    if errors:
        raise StoresNotSealed(errors=errors)


def _not_ready(runtime: Runtime, day: Day) -> list[tuple[str, str]]:
    found = []
    for one in store.stores(runtime.database, day):
        if one.state is SealState.OPEN:
            try:
                require_over(runtime, StoreDay(day, one.store))
            except DayNotOver as refusal:
                found.append((one.store, refusal.detail))
            else:
                reasons = reasons_against(runtime, StoreDay(day, one.store))
                found += [(one.store, reason.detail) for reason in reasons]
    return found

"""Wishes for exports: of a person over HTTP, and of the daily schedule.

Apart from the writing of batches, so that who only asks for one does not load what writes it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from oms.finance import store
from oms.finance.business_days import business_date_now, default_zone
from oms.finance.closing.daily import require_ready
from oms.finance.events import FinanceExportRequested
from oms.finance.exports.model import Kind
from oms.finance.lanes import Day
from oms.finance.model import DayNotOver
from oms.finance.requests import ExportRequest
from oms.platform.clock import CUT_OFF, business_date, parse_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.consumers import Event, call_from_event
from oms.platform.events import EventDraft

# The westernmost zone: where a business day ends there, it has ended everywhere.
_LAST_ZONE_BEHIND_UTC = timedelta(hours=12)


def request_export(runtime: Runtime, call: Call, wish: ExportRequest) -> Outcome:
    """Record the wish for a batch.

    The last one of a date needs the date to be over (DayNotOver) and its stores sealed or ready for it
    (StoresNotSealed).
    """

    def decide() -> Decision:
        if wish.kind is Kind.CLOSE:
            today = business_date_now(runtime)
            if wish.business_date >= today:
                raise DayNotOver(f"The business date is {today.isoformat()}.", pointer="/business_date")
            require_ready(runtime, Day(call.tenant, wish.entity, wish.business_date))
        return _recorded(runtime, wish)

    return execute(runtime, call, decide)


def _recorded(runtime: Runtime, wish: ExportRequest) -> Decision:
    requested = FinanceExportRequested(
        export_id=runtime.ids.new("exp"),
        entity=wish.entity,
        business_date=wish.business_date.isoformat(),
        kind=wish.kind,
    )
    draft = EventDraft(f"EXPORT#{requested.export_id}", 1, requested, legal_entity=wish.entity)
    return Decision((), (draft,), 202, {**requested.model_dump(mode="json"), "status": "REQUESTED"})


def request_due_exports(runtime: Runtime, event: Event) -> None:
    """Ask for a batch of every open day that is over: the last one where it is over everywhere.

    A store that is not ready then makes it an interim one, and the last one is asked for again the day after.
    """
    at = parse_instant(str(event.meta["occurred_at"]))
    today = business_date(at, default_zone(), CUT_OFF)
    for day, state in store.days_of(runtime.database, event.tenant):
        if state == store.OPEN and day.date < today:
            kind = Kind.CLOSE if at >= _over_everywhere(day.date) else Kind.INTERIM
            wish = ExportRequest(entity=day.entity, business_date=day.date, kind=kind)
            key = f"{event.meta['id']}#{day.entity}#{day.date.isoformat()}"
            execute(runtime, call_from_event("request_export", event, key=key), partial(_recorded, runtime, wish))


def _over_everywhere(day: date) -> datetime:
    """When a business date has ended in every zone."""
    return datetime.combine(day + timedelta(days=1), time(CUT_OFF.hour), tzinfo=UTC) + _LAST_ZONE_BEHIND_UTC

"""The routes of days, for the function that serves finance."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.closing.commands import reopen_day, seal_day
from oms.finance.closing.requests import DayQuery, SealQuery, SealRequest, day_name
from oms.finance.closing.views import day_view
from oms.finance.lanes import Day
from oms.platform.commands import Runtime
from oms.platform.http import Answer, Api, answer, call, caller, ok, read, read_query

_DAY = "/v1/finance/days/<date>"


def serve(app: Api, runtime: Callable[[], Runtime], bucket: Callable[[], ExportBucket]) -> None:
    """Give a function the routes of days."""

    @app.get(_DAY)
    def get_day(date: str) -> Answer:
        principal, wanted = caller(app, "finance.read", "LEDGER#"), read_query(app, DayQuery)
        return ok(day_view(runtime(), Day(principal.tenant, wanted.entity, day_name(date))))

    @app.get(f"{_DAY}/exceptions")
    def get_exceptions(date: str) -> Answer:
        # Loaded where somebody asks: it reads what every context says of a date.
        from oms.finance.exports.day_exceptions import day_exceptions

        principal, wanted = caller(app, "finance.read", "LEDGER#"), read_query(app, DayQuery)
        return ok(day_exceptions(runtime(), bucket(), Day(principal.tenant, wanted.entity, day_name(date))))

    @app.post(f"{_DAY}/seal")
    def post_seal(date: str) -> Answer:
        principal, body = caller(app, "finance.write", "LEDGER#"), read(app, SealRequest)
        own = call(app, "seal_day", principal, body, target=date)
        return answer(seal_day(runtime(), own, day_name(date), body))

    @app.delete(f"{_DAY}/seal")
    def delete_seal(date: str) -> NoReturn:
        principal, wanted = caller(app, "finance.write", "LEDGER#"), read_query(app, SealQuery)
        own = call(app, "reopen_day", principal, wanted, target=date)
        reopen_day(runtime(), own, day_name(date), wanted)

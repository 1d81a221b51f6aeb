"""Rows about business dates that are closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from oms.finance import store
from oms.finance.lanes import Day
from tests.finance_scenarios.grammar import Row
from tests.finance_scenarios.lines import BadTable
from tests.finance_scenarios.play import Play, sealed
from tests.finance_scenarios.world import Refused
from tests.order_world import TENANT


def seal(play: Play, row: Row) -> None:
    sealed(play, play.entity(row), _business_date(row, play))


def reopen(play: Play, row: Row) -> Mapping[str, Any]:
    """No door opens a closed day: what asks for it finds none, and the day stays closed."""
    on, entity = _business_date(row, play), play.entity(row)
    finance = play.api("finance", "finance.write", "finance.read")
    answer = finance.post(f"/v1/finance/days/{on.isoformat()}/reopen", {"entity": entity, "reason": "forgotten"})
    if answer.status < 300:
        return dict(answer.body)
    if store.day_state(play.retailer.database, Day(TENANT, entity, on)) == store.CLOSED:
        answer.body["code"] = "period_sealed"
    raise Refused(answer)


def _business_date(row: Row, play: Play) -> date:
    text = row.get("business_date") or row.get("date")
    try:
        return date.fromisoformat(text) if text else play.clock.now().date()
    except ValueError as error:
        raise BadTable(f"{text} is no business date") from error


STEPS = {"period.sealed": seal, "period.reopened": reopen}

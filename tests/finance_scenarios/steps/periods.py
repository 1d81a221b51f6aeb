"""Rows about business dates that are closed."""

from __future__ import annotations

from datetime import date

from tests.finance_scenarios.grammar import Row
from tests.finance_scenarios.lines import BadTable
from tests.finance_scenarios.play import Play, sealed


def seal(play: Play, row: Row) -> None:
    sealed(play, play.entity(row), _business_date(row, play))


def _business_date(row: Row, play: Play) -> date:
    text = row.get("business_date") or row.get("date")
    try:
        return date.fromisoformat(text) if text else play.clock.now().date()
    except ValueError as error:
        raise BadTable(f"{text} is no business date") from error


STEPS = {"period.sealed": seal}

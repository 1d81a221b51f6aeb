"""Rows about business dates that are closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from tests.finance_scenarios.grammar import Row
from tests.finance_scenarios.ledger import at_noon
from tests.finance_scenarios.lines import BadTable
from tests.finance_scenarios.play import Play, sealed
from tests.functions.conftest import Api


def seal(play: Play, row: Row) -> None:
    """The stores of a date are sealed one by one, and then the date is closed by its last export."""
    on, entity = _business_date(row, play), play.entity(row)
    play.clock.instant = max(play.clock.now(), at_noon(on + timedelta(days=1)))
    for store in [row.get("store")] if row.get("store") else _stores(play, entity, on):
        body = {"entity": entity, "store": store}
        play.post(_finance(play), f"/v1/finance/days/{on.isoformat()}/seal", body)
    sealed(play, entity, on)


def reopen(play: Play, row: Row) -> Mapping[str, Any]:
    """Somebody wants a sealed date open again."""
    on, entity = _business_date(row, play), play.entity(row)
    named = [row.get("store")] if row.get("store") else _stores(play, entity, on)
    store = named[0] if named else play.retailer.site(entity)
    url = f"/v1/finance/days/{on.isoformat()}/seal?entity={entity}&store={store}"
    return dict(play.checked(_finance(play).send("DELETE", url)))


def _finance(play: Play) -> Api:
    return play.api("finance", "finance.write", "finance.read", "finance.approve")


def _stores(play: Play, entity: str, on: date) -> list[str]:
    """The stores of an entity that have posted on a date."""
    found = {
        entry.store
        for fact in play.facts
        for entry in fact.entries
        if (entry.entity, entry.business_date) == (entity, on)
    }
    return sorted(found)


def _business_date(row: Row, play: Play) -> date:
    text = row.get("business_date") or row.get("date")
    try:
        return date.fromisoformat(text) if text else play.clock.now().date()
    except ValueError as error:
        raise BadTable(f"{text} is no business date") from error


STEPS = {"period.sealed": seal, "period.reopened": reopen}

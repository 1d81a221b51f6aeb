"""What drawers show to other contexts: a store's sessions of a business date, and what its tills told and left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from oms.drawers.model import Movement, Session
from oms.drawers.sequences import Run, gaps
from oms.drawers.store import load_till, movements_of_till, sessions_of_day
from oms.platform.dynamodb import Database


def sessions_on(database: Database, tenant: str, node_id: str, day: date) -> list[Session]:
    """Every session of a store that belongs to a business date, by drawer."""
    return sessions_of_day(database, tenant, node_id, day)


def gaps_on(database: Database, tenant: str, sessions: Iterable[Session]) -> dict[str, tuple[Run, ...]]:
    """The numbers that each till of these sessions of one store and date left out, where it left out any."""
    tills = {(one.node_id, device, one.business_date) for one in sessions for device in one.tills}
    found = {device: gaps(load_till(database, tenant, node, device, day).runs) for node, device, day in sorted(tills)}
    return {device: left_out for device, left_out in found.items() if left_out}


def movements_on(database: Database, tenant: str, sessions: Iterable[Session]) -> list[Movement]:
    """The movements of these sessions of one store and date, by till and number."""
    tills = {(one.node_id, device, one.business_date) for one in sessions for device in one.tills}
    return [
        movement
        for node, device, day in sorted(tills)
        for movement in movements_of_till(database, tenant, node, device, day)
    ]

"""What tills show to other contexts: numbers that workstations of a store left out, and what they told otherwise."""

from __future__ import annotations

from datetime import date

from oms.drawers.sequences import Run
from oms.platform.dynamodb import Database
from oms.pos.store import load_conflicts, load_workstations
from oms.pos.views import gaps_of


def missing_on(database: Database, tenant: str, node_id: str, day: date) -> dict[str, list[Run]]:
    """The numbers that each workstation of a store left out on a business date, where it left out any."""
    found = {name: gaps_of(one) for name, one in load_workstations(database, tenant, node_id, day).items()}
    return {name: left_out for name, left_out in found.items() if left_out}


def conflicts_on(database: Database, tenant: str, node_id: str, day: date) -> int:
    """How many transactions of a business date were told again with other content."""
    return len(load_conflicts(database, tenant, node_id, day))

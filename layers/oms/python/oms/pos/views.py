"""What is shown of tills: a recorded transaction, and the workstations of a day with the numbers that are missing."""

from __future__ import annotations

import json

from oms.drawers.sequences import Run, gaps
from oms.platform.commands import Runtime
from oms.platform.principal import Principal, authorize
from oms.platform.writes import Value
from oms.pos.model import WorkstationDay
from oms.pos.requests import WorkstationsQuery
from oms.pos.store import load_conflicts, load_workstations
from oms.pos.writes import day_partition

READ, WRITE = "pos.read", "pos.write"
# A till that lost its numbers is not told each of them.
_MOST_GAPS, _MOST_CONFLICTS = 100, 100


def read_workstations(runtime: Runtime, principal: Principal, wanted: WorkstationsQuery) -> dict[str, Value]:
    """Every workstation that told of a business date: how many numbers came, which are missing, and what disagrees."""
    tenant, node_id, day = principal.tenant, wanted.node_id, wanted.business_date
    authorize(principal, READ, day_partition(tenant, node_id, day), node=node_id)
    waiting = load_conflicts(runtime.database, tenant, node_id, day)
    conflicts: list[Value] = [
        {"told_at": str(row["told_at"]), "transaction": json.loads(str(row["body"]))}
        for row in waiting[:_MOST_CONFLICTS]
    ]
    workstations = load_workstations(runtime.database, tenant, node_id, day)
    return {
        "node_id": node_id,
        "business_date": day.isoformat(),
        "workstations": [workstation_document(name, one) for name, one in workstations.items()],
        "conflicts": conflicts,
    }


def workstation_document(name: str, day: WorkstationDay) -> dict[str, Value]:
    """The numbers of one workstation: first, last, how many came, and first and last of each gap between."""
    return {
        "workstation": name,
        "first": day.runs[0][0] if day.runs else None,
        "last": day.runs[-1][1] if day.runs else None,
        "transactions": sum(last - first + 1 for first, last in day.runs),
        "missing": sum(last - first + 1 for first, last in gaps_of(day)),
        "gaps": [{"first": first, "last": last} for first, last in gaps_of(day)[:_MOST_GAPS]],
    }


def gaps_of(day: WorkstationDay) -> list[Run]:
    """First and last number of each gap between the first and the last number that came."""
    return [gap for gap in gaps(day.runs) if day.runs and gap[0] > day.runs[0][0]]

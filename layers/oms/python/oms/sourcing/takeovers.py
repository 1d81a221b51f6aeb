"""What is kept of the plan of some work from which a better one took it over. Pure."""

from __future__ import annotations

from oms.platform.geo import UNKNOWN_DISTANCE
from oms.sourcing.decision_log import Takeover
from oms.sourcing.model import Plan


def takeover(work_id: str, node_id: str, before: Plan, after: Plan) -> Takeover:
    """What is kept of the plan of some work at a node, which another one is better than."""
    return Takeover(
        fulfillment_order_id=work_id,
        node_id=node_id,
        scenario=str(before.scenario),
        shipments=before.shipments,
        metres=None if before.metres >= UNKNOWN_DISTANCE else before.metres,
        cost=before.cost,
        saving=before.cost - after.cost,
    )

"""What is kept of a plan from which a better one took work over. Pure."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from oms.platform.geo import UNKNOWN_DISTANCE
from oms.sourcing.model import Plan


class Takeover(BaseModel):
    """The plan that a better one took work over from before its node had accepted it.

    `cost`, and the `saving` by the better plan, are in minor units.
    """

    model_config = ConfigDict(frozen=True)
    fulfillment_order_id: str
    node_id: str
    scenario: str
    shipments: int
    metres: int | None
    cost: int
    saving: int


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

"""The sweeper over the in-memory retailer, as the schedule runs it every five minutes."""

from __future__ import annotations

from oms.orders.recovery import finish_orders
from oms.platform.principal import tenant_prefix
from tests.order_world import TENANT, World


def sweep(world: World, *, times: int = 1, minutes: int = 5) -> list[str]:
    """Let some rounds of the schedule pass; the orders whose workflow was run."""
    ran: list[str] = []

    def run_workflow(tenant: str, order_id: str) -> None:
        assert tenant == TENANT
        ran.append(order_id)
        world.source(order_id)
        if world.authorize(order_id) in ("AUTHORIZED", "NOT_REQUIRED"):
            for work in world.to_release(order_id):
                world.release(str(work["fulfillment_order_id"]))

    for _ in range(times):
        world.clock.advance(minutes=minutes)
        finish_orders(world.runtime, world.providers, run_workflow, TENANT)
    return ran


def unfinished(world: World) -> list[str]:
    """The orders that the sweeper looks after."""
    partition = f"{tenant_prefix(TENANT)}OPEN"
    return sorted(
        str(row["gsi1sk"]).split("#", 1)[1] for row in world.database.rows.values() if row.get("gsi1pk") == partition
    )

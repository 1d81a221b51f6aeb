"""Work that its node has taken, and what the node then says of it on the store bus."""

from __future__ import annotations

from typing import Any

from oms.fulfillment.messages import take_message
from oms.platform.consumers import Event
from tests.order_world import TENANT, World, line


def taken(world: World, *lines: dict[str, Any], **changes: Any) -> tuple[str, str]:
    """An order whose only work its node has accepted."""
    order_id = world.placed(*(lines or (line("A", 5),)), **changes)
    (work,) = world.released(order_id)
    world.act(work, "accept")
    return order_id, work


def tell(world: World, kind: str, work: str, message_id: str, **data: object) -> None:
    meta = {"id": message_id, "tenant": TENANT}
    take_message(world.runtime, Event("wms.DC1", kind, meta, {"fulfillment_order_id": work, **data}))


def stock(world: World) -> tuple[int, int, int, int]:
    row = world.stock("A", "DC1")
    return row.on_hand, row.allocated, row.held_back, row.available

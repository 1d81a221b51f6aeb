"""Telling the broker that there is more of an item, whatever it came from, where somebody may have use for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from oms.inventory.events import StockFreed
from oms.inventory.reads import nodes_with_work
from oms.orders.reads import queue_of
from oms.platform.commands import Call, Runtime, event_writes
from oms.platform.dynamodb import Conflict
from oms.platform.events import EventDraft
from oms.platform.principal import system_principal
from oms.registry.segments import shown, sku_of


def tell_of_more(
    runtime: Runtime, wants_better_plans: Callable[[str], bool], tenant: str, sku: str, cause: str
) -> None:
    """Tell it once for each cause, and only where somebody waits, or some work might be taken over by a better plan."""
    database = runtime.database
    if not queue_of(database, tenant, sku, most=1) and not (
        wants_better_plans(tenant) and nodes_with_work(database, tenant, sku)
    ):
        return
    call = Call("tell_of_more", system_principal(tenant, "tell_of_more"), cause, cause, cause, cause)
    draft = EventDraft(f"FREED#{sku_of(sku)}#{cause}", 1, StockFreed(**shown(sku)))
    with suppress(Conflict):
        # The same cause has told it before.
        database.commit(event_writes(runtime, call, [draft]))

"""Every five minutes for each tenant: what was left half done is undone, and what is unfinished is finished."""

from __future__ import annotations

from typing import Any

from oms.carriers.adapters.configured import carrier
from oms.carriers.commands import settle_open_labels
from oms.carriers.manifesting import settle_open_manifests
from oms.carriers.picking_up import settle_open_pickups
from oms.carriers.silence import note_silence
from oms.orders.adapters.step_functions import run_order_workflow
from oms.orders.recovery import finish_orders, recover_sagas
from oms.payments.adapters.configured import provider
from oms.payments.orphans import return_orphans
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, consume_queue
from oms.returns.overdue import end_overdue

runtime = Runtime()


def recover(event: Event) -> None:
    recover_sagas(runtime, event.tenant)

    def run(tenant: str, order_id: str) -> None:
        run_order_workflow(tenant, order_id, event.meta["id"])

    finish_orders(runtime, provider, run, event.tenant)
    return_orphans(runtime, provider, event.tenant)
    settle_open_labels(runtime, carrier, event.tenant)
    settle_open_manifests(runtime, carrier, event.tenant)
    settle_open_pickups(runtime, carrier, event.tenant)
    note_silence(runtime, event.tenant)
    end_overdue(runtime, event.tenant)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return consume_queue(event, recover)

"""The task of customer care to look after what was paid for and cannot be activated."""

from __future__ import annotations

from oms.fulfillment.model import FulfillmentOrder
from oms.fulfillment.writes import work_ids
from oms.orders.model import Order
from oms.platform.commands import Runtime
from oms.registry.limits import ActivatedBy, ActivationStatus
from oms.tasks.model import TaskKind, new_task
from oms.tasks.reads import task_of
from oms.tasks.writes import TaskChange, task_opened


def activation_task(runtime: Runtime, tenant: str, order: Order, work: FulfillmentOrder) -> TaskChange:
    """Open the task for some work, once."""
    task = new_task(
        *(tenant, TaskKind.ACTIVATION_FAILED, work.id),
        node_id=None,
        subjects=work_ids(work),
        reason=_reason(work),
        now=runtime.clock.now(),
    )
    before = task_of(runtime.database, tenant, TaskKind.ACTIVATION_FAILED, work.id)
    return task_opened(tenant, task, before, correlation_id=order.header.correlation_id or None)


def _reason(work: FulfillmentOrder) -> str:
    """Why: a pool is empty, a provider refused, or a provider has said nothing."""
    open_lines = [line for line in work.lines if line.remaining and line.activation]
    if any(one.status is ActivationStatus.FAILED for line in open_lines for one in line.activations):
        return "PROVIDER_REFUSED"
    pools = (line.activation and line.activation.by is ActivatedBy.LICENCE_POOL for line in open_lines)
    return "LICENCE_POOL_EMPTY" if any(pools) else "NO_ANSWER"

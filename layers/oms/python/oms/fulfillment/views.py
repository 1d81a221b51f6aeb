"""What callers see of the work of a node, within its order and in lists. Response shapes of the API."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from oms.fulfillment.model import FulfillmentOrder, available_actions


class WorkLineView(BaseModel):
    """Units of a line at a node."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int
    picked: int
    packed: int
    shipped: int
    cancelled: int


class FulfillmentOrderView(BaseModel):
    """Work of one node."""

    model_config = ConfigDict(frozen=True)
    id: str
    order_id: str
    node_id: str
    method: str
    status: str
    version: int | None = Field(description="its order's version, for If-Match; null in a list, which reads no orders")
    available_actions: list[str]
    lines: list[WorkLineView]
    created_at: str
    respond_by: str | None
    rejected_reason: str | None
    escalated_reason: str | None


def work_view(work: FulfillmentOrder, version: int | None = None) -> FulfillmentOrderView:
    """The work of one node; `version` is that of its order (its changes are the order's changes) where it is known."""
    return FulfillmentOrderView(
        id=work.id,
        order_id=work.order_id,
        node_id=work.node_id,
        method=work.method,
        status=work.status.value,
        version=version,
        available_actions=available_actions(work),
        lines=[WorkLineView(**line.model_dump(include=set(WorkLineView.model_fields))) for line in work.lines],
        created_at=work.created_at,
        respond_by=work.respond_by,
        rejected_reason=work.rejected_reason,
        escalated_reason=work.escalated_reason,
    )

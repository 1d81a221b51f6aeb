"""Purchase orders as they are shown: the other side of the work that a supplier has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from oms.finance.documents.reads import purchase_order_numbers
from oms.fulfillment.model import FulfillmentOrder
from oms.fulfillment.shipments import SupplierInvoice
from oms.orders.store import load_order, partition
from oms.platform.commands import Runtime
from oms.platform.fields import Code
from oms.platform.intake import Request
from oms.platform.principal import Principal, authorize, tenant_prefix
from oms.platform.problems import NotFound
from oms.purchasing.invoices import invoiced_units
from oms.purchasing.listing import page_of_work
from oms.purchasing.model import PurchaseStatus, order_and_work, purchase_status

READ = "purchasing.read"
MOST_LISTED = 100


class PurchaseQuery(Request):
    """Which purchase orders to list: those of a supplier in a state."""

    node: Code
    status: PurchaseStatus
    limit: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 50
    cursor: Annotated[str, Field(max_length=2048)] | None = None


class PurchaseLineView(BaseModel):
    """Units of a line at a supplier; without `unit_cost` nothing was agreed. Amounts in minor units."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    supplier_sku: str | None
    quantity: int
    shipped: int
    cancelled: int
    given_up: int
    unit_cost: int | None
    cost: int = Field(description="of the units that are not cancelled or given up")
    commission: int = Field(description="what the supplier leaves us of that")
    invoiced: int = Field(description="units that it has invoiced, without those of rejected invoices")


class PurchaseOrderView(BaseModel):
    """A purchase order; `number` is null for a moment after it was placed. Amounts in minor units of `currency`."""

    model_config = ConfigDict(frozen=True)
    id: str
    number: str | None
    order_id: str
    fulfillment_order_id: str
    node_id: str
    legal_entity: str
    status: PurchaseStatus
    placed_at: str
    acknowledge_by: str | None = Field(description="after that the units are given to others")
    reason: str | None = Field(description="why it was rejected or closed")
    currency: str
    lines: list[PurchaseLineView]
    cost: int
    commission: int
    payable: int
    shipped_payable: int = Field(description="what of `payable` is owed by now, for what has left")
    invoices: list[SupplierInvoice] = Field(description="its supplier's invoices, each as it was matched and decided")


class PurchaseOrderList(BaseModel):
    """A page of purchase orders, oldest first; `next_cursor` is null at the end."""

    model_config = ConfigDict(frozen=True)
    purchase_orders: list[PurchaseOrderView]
    next_cursor: str | None


def read_purchase_order(runtime: Runtime, principal: Principal, purchase_order_id: str) -> PurchaseOrderView:
    """One purchase order; unknown, or that of another node than the caller's, raises NotFound."""
    work = find_purchase(runtime, principal, READ, purchase_order_id)
    (shown,) = _views(runtime, principal.tenant, [work])
    return shown


def list_purchase_orders(runtime: Runtime, principal: Principal, wanted: PurchaseQuery) -> PurchaseOrderList:
    """A page of the purchase orders of a supplier in a state."""
    authorize(principal, READ, f"{tenant_prefix(principal.tenant)}WORK#{wanted.node}", node=wanted.node)
    works, cursor = page_of_work(
        runtime.database, principal.tenant, wanted.node, wanted.status, limit=wanted.limit, cursor=wanted.cursor
    )
    return PurchaseOrderList(purchase_orders=_views(runtime, principal.tenant, works), next_cursor=cursor)


def find_purchase(runtime: Runtime, principal: Principal, permission: str, purchase_order_id: str) -> FulfillmentOrder:
    """The work that a purchase order belongs to, for a caller who may see or change it; else raises NotFound."""
    order_id, work_id = order_and_work(purchase_order_id)
    order = load_order(runtime.database, principal.tenant, order_id)
    try:
        found = [one for one in order.fulfillment_orders if one.id == work_id and one.purchase] if order else []
        if not found:
            raise NotFound()
        authorize(principal, permission, partition(principal.tenant, order_id), node=found[0].node_id)
    except NotFound as hidden:
        # The same answer for both, so that nobody learns what others have.
        raise NotFound(f"There is no purchase order {purchase_order_id}.") from hidden
    return found[0]


def _views(runtime: Runtime, tenant: str, works: Sequence[FulfillmentOrder]) -> list[PurchaseOrderView]:
    entities = {work.purchase.id: work.legal_entity for work in works if work.purchase}
    numbers = purchase_order_numbers(runtime.database, tenant, entities)
    return [purchase_view(work, numbers.get(work.purchase.id)) for work in works if work.purchase]


def purchase_view(work: FulfillmentOrder, number: str | None) -> PurchaseOrderView:
    """A purchase order as its work is now."""
    purchase = work.purchase
    assert purchase is not None
    agreed = {one.line_no: one for one in purchase.lines}
    costs = {line.line_no: agreed[line.line_no].cost_of(0, line.held) for line in work.lines}
    shipped = purchase.cost_of({line.line_no: (0, line.shipped) for line in work.lines})
    return PurchaseOrderView(
        id=purchase.id,
        number=number,
        order_id=work.order_id,
        fulfillment_order_id=work.id,
        node_id=work.node_id,
        legal_entity=work.legal_entity,
        status=purchase_status(work),
        placed_at=purchase.placed_at,
        acknowledge_by=work.respond_by,
        reason=work.rejected_reason or work.closed_reason or work.replaced_reason,
        currency=purchase.currency,
        lines=[
            PurchaseLineView(
                line_no=line.line_no,
                sku=line.sku,
                supplier_sku=agreed[line.line_no].supplier_sku,
                quantity=line.quantity,
                shipped=line.shipped,
                cancelled=line.cancelled,
                given_up=line.given_up,
                unit_cost=agreed[line.line_no].unit_cost,
                cost=costs[line.line_no].cost,
                commission=costs[line.line_no].commission,
                invoiced=invoiced_units(purchase, line.line_no),
            )
            for line in work.lines
        ],
        cost=sum(one.cost for one in costs.values()),
        commission=sum(one.commission for one in costs.values()),
        payable=sum(one.payable for one in costs.values()),
        shipped_payable=shipped.payable,
        invoices=list(purchase.invoices),
    )

"""Work that is given to a supplier: the purchase order that goes with it."""

from __future__ import annotations

from oms.fulfillment.events import BoughtUnits, PurchaseOrderPlaced
from oms.fulfillment.model import FulfillmentOrder, Status
from oms.fulfillment.writes import work_ids
from oms.orders.model import Order
from oms.platform.commands import Runtime
from oms.platform.events import EventData
from oms.purchasing.reads import purchase_for

_NOT_GIVEN = frozenset({Status.SCHEDULED, Status.ON_HOLD})


def with_purchase(
    runtime: Runtime, tenant: str, order: Order, work: FulfillmentOrder
) -> tuple[FulfillmentOrder, list[EventData]]:
    """Work that its node has now, with its purchase order where the node is a supplier, and the fact of it; once."""
    if work.purchase is not None or work.is_leg or work.is_closed or work.status in _NOT_GIVEN:
        return work, []
    purchase = purchase_for(runtime, tenant, work, order.header.currency)
    if purchase is None:
        return work, []
    header, lines = order.header, {line.line_no: line for line in work.lines}
    whole = purchase.cost_of({no: (0, line.held) for no, line in lines.items()})
    placed = PurchaseOrderPlaced(
        **work_ids(work),
        purchase_order_id=purchase.id,
        cost=whole.cost,
        commission=whole.commission,
        payable=whole.payable,
        currency=purchase.currency,
        legal_entity=header.legal_entity,
        store=header.selling_node,
        channel=header.channel,
        acknowledge_by=work.respond_by or "",
        lines=tuple(
            BoughtUnits(
                line_no=one.line_no,
                sku=lines[one.line_no].sku,
                quantity=lines[one.line_no].held,
                unit_cost=one.unit_cost,
                supplier_sku=one.supplier_sku,
            )
            for one in purchase.lines
            if lines[one.line_no].held
        ),
    )
    return work.model_copy(update={"purchase": purchase}), [placed]

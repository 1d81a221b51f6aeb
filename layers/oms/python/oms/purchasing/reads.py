"""What other contexts may ask of purchasing."""

from __future__ import annotations

from oms.fulfillment.model import BoughtLine, FulfillmentOrder, Purchase
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.purchasing.model import purchase_id
from oms.purchasing.store import load_supplier_items
from oms.registry.model import NodeKind
from oms.registry.reads import known_nodes


def purchase_for(runtime: Runtime, tenant: str, work: FulfillmentOrder, currency: str) -> Purchase | None:
    """What is ordered at the supplier that has some work, at what it asks now; None where the node is no supplier.

    What it asks in another currency than that of the order is not agreed.
    """
    now = runtime.clock.now()
    node = known_nodes(runtime.database, tenant, now, named=[work.node_id]).get(work.node_id)
    if node is None or node.kind is not NodeKind.SUPPLIER:
        return None
    asked = load_supplier_items(runtime.database, tenant, ((node.id, line.sku) for line in work.lines))
    lines = []
    for line in work.lines:
        item = asked.get((node.id, line.sku))
        if item is None or item.currency != currency:
            lines.append(BoughtLine(line_no=line.line_no))
            continue
        lines.append(
            BoughtLine(
                line_no=line.line_no,
                unit_cost=item.unit_cost,
                commission_ppm=item.commission_ppm,
                supplier_sku=item.supplier_sku,
                tolerance_ppm=item.invoice_tolerance_ppm,
            )
        )
    return Purchase(id=purchase_id(work.id), placed_at=format_instant(now), currency=currency, lines=tuple(lines))

"""What suppliers ask for is put."""

from __future__ import annotations

from collections.abc import Iterator

from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventDraft
from oms.platform.ids import derived_id
from oms.platform.problems import FieldError, InvalidRequest
from oms.platform.writes import Write
from oms.purchasing.events import SupplierItemsPut
from oms.purchasing.model import PutSupplierItems
from oms.purchasing.store import supplier_item_write
from oms.registry.model import NodeKind
from oms.registry.reads import known_items, known_nodes


def put_supplier_items(runtime: Runtime, call: Call, request: PutSupplierItems) -> Outcome:
    """Say what suppliers ask for some items; all rows or none.

    Raises InvalidRequest for a node that is no supplier, an item that nobody knows and a row that stands there twice.
    """

    def decide() -> Decision:
        errors = list(_errors(runtime, call.tenant, request))
        if errors:
            raise InvalidRequest(errors=errors)
        writes: list[Write] = [supplier_item_write(call.tenant, item) for item in request.supplier_items]
        entity = f"SUPPLIERITEMS#{derived_id('spi', call.tenant, call.key)}"
        fact = EventDraft(entity, 1, SupplierItemsPut(items=request.supplier_items))
        return Decision(writes, [fact], body={"supplier_items": len(request.supplier_items)})

    return execute(runtime, call, decide)


def _errors(runtime: Runtime, tenant: str, request: PutSupplierItems) -> Iterator[FieldError]:
    now, rows = runtime.clock.now(), request.supplier_items
    nodes = known_nodes(runtime.database, tenant, now, named={row.node_id for row in rows})
    items = known_items(runtime.database, tenant, {row.sku for row in rows}, now)
    seen = set[tuple[str, str]]()
    for number, row in enumerate(rows):
        where = f"/supplier_items/{number}"
        if row.node_id not in nodes:
            yield FieldError(f"{where}/node_id", "unknown_node", f"there is no node {row.node_id}")
        elif nodes[row.node_id].kind is not NodeKind.SUPPLIER:
            yield FieldError(f"{where}/node_id", "not_a_supplier", f"{row.node_id} is no supplier")
        if row.sku not in items:
            yield FieldError(f"{where}/sku", "unknown_sku", f"there is no item {row.sku}")
        if (row.node_id, row.sku) in seen:
            yield FieldError(where, "repeated", "this item of this supplier stands in the call twice")
        seen.add((row.node_id, row.sku))

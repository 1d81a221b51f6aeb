"""Supply as it is shown."""

from __future__ import annotations

from collections.abc import Mapping

from oms.inventory.rows import sku_partition
from oms.inventory.store import segments_of
from oms.inventory.supply.model import Supply, SupplyLine, available_actions, status, waited
from oms.inventory.supply.store import coming, load_lines, load_supply
from oms.inventory.supply.writes import supply_key
from oms.platform.commands import Runtime
from oms.platform.principal import Principal, authorize, permits
from oms.platform.problems import NotFound
from oms.platform.writes import Value
from oms.registry.reads import known_items
from oms.registry.segments import shown


def read_supply(runtime: Runtime, principal: Principal, supply_id: str) -> dict[str, Value]:
    """One supply with its lines; raises NotFound, also where neither end of it is a node of the caller."""
    supply = own_supply(runtime, principal, "inventory.read", supply_id)
    return supply_document(supply, load_lines(runtime.database, principal.tenant, supply))


def read_coming(runtime: Runtime, principal: Principal, sku: str) -> dict[str, Value]:
    """What is still to come of a SKU in all its segments, by day, as far as the caller's nodes go.

    An unknown SKU raises NotFound.
    """
    tenant, key = principal.tenant, sku_partition(principal.tenant, sku)
    authorize(principal, "inventory.read", key)
    names = [sku, *segments_of(runtime.database, tenant, sku)]
    found = [one for name in names for one in coming(runtime.database, tenant, name)]
    found.sort(key=lambda one: (one.expected_on, one.supply_id, one.line_no))
    if not found and not known_items(runtime.database, tenant, [sku], runtime.clock.now()):
        raise NotFound()
    own = [one for one in found if permits(principal, "inventory.read", key, node=one.node_id)]
    return {
        "sku": sku,
        "coming": [
            {
                "supply_id": one.supply_id,
                "line_no": one.line_no,
                "segment": shown(one.sku)["segment"],
                "kind": one.kind.value,
                "node_id": one.node_id,
                "expected_on": one.expected_on.isoformat(),
                "units": one.units,
            }
            for one in own
        ],
    }


def own_supply(runtime: Runtime, principal: Principal, permission: str, supply_id: str) -> Supply:
    """Supply that comes to or from a node of the caller; unknown or somebody else's raises NotFound."""
    key = supply_key(principal.tenant, supply_id).pk
    authorize(principal, permission, key)
    supply = load_supply(runtime.database, principal.tenant, supply_id)
    ends = [] if supply is None else [supply.node_id, *([supply.from_node] if supply.from_node else [])]
    if supply is None or not any(permits(principal, permission, key, node=node) for node in ends):
        raise NotFound(f"There is no supply {supply_id}.")
    return supply


def supply_document(supply: Supply, lines: Mapping[int, SupplyLine]) -> dict[str, Value]:
    """Everything about supply."""
    return {
        "id": supply.id,
        "kind": supply.kind.value,
        "node_id": supply.node_id,
        "from_node": supply.from_node,
        "supplier": supply.supplier,
        "purchase_order": supply.purchase_order,
        "status": status(supply.kind, lines).value,
        "lines": [_line(supply, line) for line in lines.values()],
        "version": supply.version,
        "available_actions": list[Value](available_actions(supply, lines)),
    }


def _line(supply: Supply, line: SupplyLine) -> dict[str, Value]:
    left = waited(supply.kind, line)
    return {
        "line_no": line.line_no,
        **shown(line.sku),
        "quantity": line.quantity,
        "expected_on": line.expected_on.isoformat(),
        "order_line_no": line.order_line_no,
        "sent": line.sent,
        "received": line.received,
        "closed": line.closed,
        "lost": line.lost,
        "future": left.future,
        "in_transit": left.in_transit,
    }

"""Levels of stock as they are shown: one read for many items, from what was summed up last."""

from __future__ import annotations

from oms.inventory.kits import kit_rows
from oms.inventory.levels.model import level_of, regions_of, units_in
from oms.inventory.levels.store import some_levels
from oms.inventory.reads import live_inventory_rules
from oms.inventory.requests import LevelsQuery
from oms.inventory.store import snapshot
from oms.platform.commands import Runtime
from oms.platform.problems import FieldError, InvalidRequest
from oms.platform.writes import Value
from oms.registry.reads import known_items, known_nodes


def read_levels(runtime: Runtime, tenant: str, wanted: LevelsQuery) -> dict[str, Value]:
    """What the network and its regions have of each item, and what the rules that hold now call it.

    An item that never had stock has none. Kits have no level of their own: how many there are is worked out from what
    their components have now. SKUs that are not known are in `unknown_skus`; an unknown region raises
    InvalidRequest.
    """
    now = runtime.clock.now()
    rules = live_inventory_rules(runtime.database, tenant)
    known = regions_of(rules, known_nodes(runtime.database, tenant, now))
    unknown = [region for region in wanted.regions if region not in known]
    if unknown:
        detail = f"there is no region {unknown[0]}"
        raise InvalidRequest(errors=[FieldError("/query/regions", "unknown_region", detail)])
    regions = wanted.regions or tuple(known)
    items = known_items(runtime.database, tenant, wanted.skus, now)
    kits = {sku: item for sku, item in items.items() if item.components}
    stored = some_levels(
        runtime.database, tenant, [(sku, region) for sku in items.keys() - kits.keys() for region in regions]
    )
    parts = (one.sku for item in kits.values() for one in item.components)
    rows = snapshot(runtime.database, tenant, parts, consistent=False)
    units = {place: level.units for place, level in stored.items()} | {
        (sku, region): units_in(known[region], kit_rows(item, rows)) for sku, item in kits.items() for region in regions
    }
    return {
        "items": [
            {
                "sku": sku,
                "regions": [
                    {
                        "region": region,
                        "units": units.get((sku, region), 0),
                        "level": level_of(rules, items[sku], sku, region, units.get((sku, region), 0)).value,
                    }
                    for region in regions
                ],
            }
            for sku in wanted.skus
            if sku in items
        ],
        "unknown_skus": [sku for sku in wanted.skus if sku not in items],
    }

"""Following the stream of stock rows: levels are summed up anew for each item whose units changed.

Levels are those of stock in no segment; of a segment it is only told that there is more of it. A sum is made from the
rows as they are and not from what the stream says of them, so repeated, late and lost records are all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from oms.inventory.events import StockLevelChanged
from oms.inventory.levels.model import StockLevel, level_of, regions_of, units_in
from oms.inventory.levels.store import level_write, levels_of
from oms.inventory.reads import live_inventory_rules
from oms.inventory.store import rows_of
from oms.platform.commands import Call, Runtime, event_writes
from oms.platform.dynamodb import Conflict
from oms.platform.events import EventDraft
from oms.platform.observability import logger
from oms.platform.principal import system_principal
from oms.platform.writes import MOST_ACTIONS, Write
from oms.registry.reads import known_items, known_nodes
from oms.registry.segments import segment_text

_MOST_TRIES = 3


# Tenant, SKU and the position of the record that tells of it.
More = Callable[[str, str, str], object]


def follow_stock(
    runtime: Runtime, records: Sequence[Mapping[str, Any]], more: More = lambda _, __, ___: None
) -> dict[str, Any]:
    """Bring the levels of the items of a batch up to date; the answer names the record that must come again.

    `more` hears of each item of which some node has more than before.
    """
    first: dict[tuple[str, str], str] = {}
    risen: set[tuple[str, str]] = set()
    for record in records:
        item = _changed(record["dynamodb"])
        if item is not None:
            first.setdefault(item, record["dynamodb"]["SequenceNumber"])
            if _rose(record["dynamodb"]):
                risen.add(item)
    for (tenant, sku), position in first.items():
        try:
            if not segment_text(sku):
                sum_up(runtime, tenant, sku, cause=position)
            if (tenant, sku) in risen:
                more(tenant, sku, position)
        except Exception as error:  # noqa: BLE001
            # Whatever it is, this item and those behind it come again.
            logger().exception("levels not summed up", sku=sku, error_type=type(error).__name__)
            return {"batchItemFailures": [{"itemIdentifier": position}]}
    return {"batchItemFailures": []}


def sum_up(runtime: Runtime, tenant: str, sku: str, *, cause: str) -> None:
    """Write down what the regions have of an item now, and tell of each level that is another one than before."""
    for attempt in range(_MOST_TRIES):
        try:
            _sum_up(runtime, tenant, sku, cause)
            return
        except Conflict:
            # Somebody else has summed it up meanwhile.
            if attempt == _MOST_TRIES - 1:
                raise


def _sum_up(runtime: Runtime, tenant: str, sku: str, cause: str) -> None:
    now = runtime.clock.now()
    rules = live_inventory_rules(runtime.database, tenant)
    regions = regions_of(rules, known_nodes(runtime.database, tenant, now))
    item = known_items(runtime.database, tenant, [sku], now).get(sku)
    # The levels first: whoever writes them between the two reads is newer, and then this write is refused.
    stored = levels_of(runtime.database, tenant, sku)
    rows = rows_of(runtime.database, tenant, sku)
    call = Call("follow_stock", system_principal(tenant, "follow_stock"), cause, cause, cause, cause)
    writes: list[Write] = []
    for region, node_ids in regions.items():
        before, units = stored.get(region), units_in(node_ids, rows)
        level = level_of(rules, item, sku, region, units)
        if before is not None and (before.units, before.level) == (units, level):
            continue
        is_new = before is None or before.level is not level
        after = StockLevel(
            region=region,
            units=units,
            level=level,
            changes=(before.changes if before else 0) + is_new,
            version=(before.version if before else 0) + 1,
        )
        writes.append(level_write(tenant, sku, after))
        if is_new:
            was = None if before is None else before.level
            told = StockLevelChanged(sku=sku, region=region, before=was, after=level, units=units)
            writes += event_writes(runtime, call, [EventDraft(f"LEVEL#{sku}#{region}", after.changes, told)])
        if len(writes) >= MOST_ACTIONS - 1:
            runtime.database.commit(writes)
            writes = []
    if writes:
        runtime.database.commit(writes)


def _rose(change: Mapping[str, Any]) -> bool:
    before, after = (int(change.get(image, {}).get("available", {}).get("N", 0)) for image in ("OldImage", "NewImage"))
    return after > before


def _changed(change: Mapping[str, Any]) -> tuple[str, str] | None:
    """The tenant and SKU of a stock row whose available units changed; None for any other item of the table."""
    keys = change["Keys"]
    parts, sk = str(keys["pk"]["S"]).split("#", 3), str(keys["sk"]["S"])
    if len(parts) != 4 or parts[2] != "SKU" or not sk.startswith("NODE#") or "#HOLD#" in sk:
        return None
    before, after = (change.get(image, {}).get("available") for image in ("OldImage", "NewImage"))
    return None if before == after else (parts[1], parts[3])

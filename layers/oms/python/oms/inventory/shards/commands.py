"""Foretelling demand: a merchant marks stock before a launch, so that it lies in shards when the first buyer comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from oms.inventory.rows import sku_partition
from oms.inventory.shards.marks import Mark, mark_write, marks_of
from oms.inventory.shards.requests import MOST_MARKED, HotStock, MarkHotStock
from oms.inventory.shards.views import mark_document
from oms.inventory.store import rows_of
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.principal import permits
from oms.platform.problems import FieldError, InvalidRequest
from oms.registry.model import ItemKind
from oms.registry.reads import known_items, known_nodes

LONGEST = timedelta(days=90)


def mark_hot_stock(runtime: Runtime, call: Call, request: MarkHotStock) -> Outcome:
    """Mark stock as in great demand until an instant; its shards are laid out within seconds.

    Raises InvalidRequest for unknown SKUs and nodes, for an instant that is past or more than 90 days ahead, for stock
    that is named twice, and where nothing of an item is anywhere.
    """

    def decide() -> Decision:
        places = _places(runtime, call, request.items)
        stored = marks_of(runtime.database, call.tenant, places)
        marks = []
        for place, wanted in places.items():
            before = stored.get(place)
            until = wanted.until if wanted.per_second else runtime.clock.now()
            version = before.version + 1 if before else 1
            marks.append(Mark(*place, wanted.per_second, format_instant(until), version=version))
        writes = [mark_write(call.tenant, mark) for mark in marks]
        return Decision(writes, body={"stock": [mark_document(mark) for mark in marks]})

    return execute(runtime, call, decide)


def _places(runtime: Runtime, call: Call, items: Sequence[HotStock]) -> dict[tuple[str, str], HotStock]:
    """Which stock is meant, by SKU and node."""
    now, principal = runtime.clock.now(), call.principal
    known = known_items(runtime.database, call.tenant, (one.sku for one in items), now)
    named = {node_id for one in items for node_id in one.node_ids}
    nodes = known_nodes(runtime.database, call.tenant, now, named=named)
    places: dict[tuple[str, str], HotStock] = {}
    errors: list[FieldError] = []
    for number, one in enumerate(items):
        where = f"/items/{number}"
        if one.sku not in known or known[one.sku].kind is not ItemKind.STOCK:
            errors.append(FieldError(f"{where}/sku", "unknown_sku", f"There is no item {one.sku} that is stocked."))
            continue
        if one.per_second and not now < one.until <= now + LONGEST:
            errors.append(FieldError(f"{where}/until", "out_of_range", "an instant within the next 90 days"))
        key = sku_partition(call.tenant, one.sku)
        own = one.node_ids or [row.node_id for row in rows_of(runtime.database, call.tenant, one.sku)]
        may = [name for name in own if permits(principal, "inventory.write", key, node=name)]
        for index, node_id in enumerate(one.node_ids):
            if node_id not in nodes or node_id not in may:
                errors.append(FieldError(f"{where}/node_ids/{index}", "unknown_node", f"There is no node {node_id}."))
        if not may and not one.node_ids:
            errors.append(FieldError(f"{where}/sku", "no_stock", f"No node of yours has ever had {one.sku}."))
        for node_id in may:
            if (one.sku, node_id) in places:
                errors.append(FieldError(where, "repeated", f"{one.sku} at {node_id} is named twice"))
            places[one.sku, node_id] = one
    if len(places) > MOST_MARKED:
        errors.append(FieldError("/items", "too_many", f"at most {MOST_MARKED} rows of stock; name fewer nodes"))
    if errors:
        raise InvalidRequest(errors=errors)
    return places

"""What is to arrive where and when, for those who sell or promise ahead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from oms.inventory.model import StockRow
from oms.inventory.supply.model import Coming
from oms.inventory.supply.store import coming
from oms.platform.dynamodb import Database
from oms.registry.model import Node
from oms.registry.segments import expires_before


def coming_supply(
    database: Database,
    tenant: str,
    skus: Iterable[str],
    nodes: Mapping[str, Node],
    now: datetime,
    *,
    by: date | None = None,
    consistent: bool = False,
) -> dict[str, list[Coming]]:
    """What is to arrive of each SKU at these nodes from today on, in their own time zones, until a day; soonest first.

    What should have come before today is left out, since nobody knows when it will, and so is what will have expired by
    the day on which it comes.
    """
    today = {node_id: now.astimezone(ZoneInfo(node.time_zone)).date() for node_id, node in nodes.items()}
    return {
        sku: [
            one
            for one in coming(database, tenant, sku, consistent=consistent)
            if one.node_id in nodes and today[one.node_id] <= one.expected_on and (by is None or one.expected_on <= by)
            if not expires_before(sku, one.expected_on)
        ]
        for sku in dict.fromkeys(skus)
    }


def with_supply(sku: str, rows: Iterable[StockRow], arriving: Iterable[Coming]) -> list[StockRow]:
    """Stock rows of a SKU as they will be once some supply has arrived; what is lacking now it covers first.

    Such a row was restocked on the last of the days on which supply is to come.
    """
    found = {row.node_id: row for row in rows}
    for one in arriving:
        row = found.get(one.node_id) or StockRow(sku, one.node_id)
        found[one.node_id] = replace(
            row,
            on_hand=row.on_hand + one.units,
            available=row.available + one.units,
            restocked_on=max(one.expected_on, row.restocked_on or date.min),
        )
    return list(found.values())

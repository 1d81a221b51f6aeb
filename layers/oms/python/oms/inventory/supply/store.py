"""Reading supply (table `stock`).

| access pattern | how |
|---|---|
| supply | GetItem T#<tenant>#SUPPLY#<id>, sk SUPPLY |
| lines of supply | BatchGet T#<tenant>#SKU#<sku>, sk SUPPLY#<id>#<line> |
| what is to come of a SKU | Query there, sk begins SUPPLY# |
"""

from __future__ import annotations

from collections.abc import Iterable

from oms.inventory.rows import TABLE, sku_partition
from oms.inventory.supply.model import Coming, Kind, Supply, SupplyLine
from oms.inventory.supply.writes import line_key, supply_key
from oms.platform.dynamodb import Database


def load_supply(database: Database, tenant: str, supply_id: str) -> Supply | None:
    """One supply, or None."""
    item = database.get(TABLE, supply_key(tenant, supply_id))
    return Supply.model_validate_json(str(item["body"])) if item else None


def load_lines(
    database: Database, tenant: str, supply: Supply, numbers: Iterable[int] | None = None
) -> dict[int, SupplyLine]:
    """Some lines of supply, or all, as far as they are stored."""
    wanted = supply.lines if numbers is None else dict.fromkeys(numbers)
    keys = {line_key(tenant, supply.lines[no], supply.id, no): no for no in wanted if no in supply.lines}
    found = database.get_many([(TABLE, key) for key in keys])
    lines = {keys[key]: SupplyLine.model_validate_json(str(item["body"])) for (_, key), item in found.items()}
    return dict(sorted(lines.items()))


def coming(database: Database, tenant: str, sku: str, *, consistent: bool = True) -> list[Coming]:
    """All that is to come of a SKU, or of a segment of it, by its day; of one day in the order of supply and lines."""
    found = []
    for item in database.query(TABLE, sku_partition(tenant, sku), begins="SUPPLY#", consistent=consistent):
        units = item["to_come"]
        assert isinstance(units, int), "to_come is not a number"
        if units:
            line = SupplyLine.model_validate_json(str(item["body"]))
            supply_id = str(item["sk"]).split("#")[1]
            kind = Kind(str(item["kind"]))
            found.append(Coming(supply_id, line.line_no, line.sku, kind, str(item["node_id"]), line.expected_on, units))
    return sorted(found, key=lambda one: (one.expected_on, one.supply_id, one.line_no))

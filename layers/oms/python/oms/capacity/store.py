"""Reading what nodes have taken on (table `stock`).

| access pattern | how |
|---|---|
| the counters of some nodes in a period | BatchGet T#<tenant>#CAPACITY#<node>, sk <period> |
| the nodes that are or were paused | Query T#<tenant>#PAUSES |
| the pause of a node | GetItem there, sk PAUSE#<node> |
"""

from __future__ import annotations

from collections.abc import Iterable

from oms.capacity.model import Pause
from oms.capacity.writes import TABLE, counter_key, pause_key, pauses_partition
from oms.platform.dynamodb import Database
from oms.platform.writes import Item


def load_pauses(database: Database, tenant: str) -> list[Pause]:
    """Every node that was ever paused, as it is now."""
    return [Pause.model_validate_json(str(item["body"])) for item in database.query(TABLE, pauses_partition(tenant))]


def load_pause(database: Database, tenant: str, node_id: str) -> Pause | None:
    """The pause of one node, or None if it never had one."""
    item = database.get(TABLE, pause_key(tenant, node_id))
    return Pause.model_validate_json(str(item["body"])) if item else None


def load_counters(database: Database, tenant: str, named: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Item]:
    """The counters of these nodes and periods, as far as there are any."""
    keys = {counter_key(tenant, node_id, period): (node_id, period) for node_id, period in named}
    found = database.get_many([(TABLE, key) for key in keys])
    return {keys[key]: item for (_, key), item in found.items()}

"""Balancing: the shards of a row get about the same units each, and go where nobody needs them.

Units only change their place, so no command is behind it and no line of the stock ledger. Each move is a transaction
of its own: whoever dies in between has lost nothing, and the next round goes on from what it finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oms.inventory.model import StockRow
from oms.inventory.reads import live_inventory_rules, stock_rows
from oms.inventory.rows import TABLE
from oms.inventory.rules import Exclusion, Freshness, LiveInventoryRules, Pool, SafetyRule, share
from oms.inventory.shards.marks import Mark, all_marks, mark_key
from oms.inventory.shards.model import moves, wanted_shards
from oms.inventory.shards.writes import fewer_shards, more_shards, moved_to_shard
from oms.platform.commands import Runtime
from oms.platform.dynamodb import Conflict
from oms.platform.observability import logger
from oms.platform.problems import Busy
from oms.platform.writes import Write, remove
from oms.registry.reads import known_items, known_nodes

_MOST_TRIES = 12
_LONGEST_PAUSE_SECONDS = 0.1


def balance_marked(runtime: Runtime, tenant: str) -> None:
    """One round over all stock of a tenant that is marked; marks that are over go once their shards have gone."""
    for mark in all_marks(runtime.database, tenant):
        try:
            balance(runtime, tenant, mark)
        except Exception as error:  # noqa: BLE001
            # Whatever it is, the others get their turn, and this one another in a minute.
            logger().exception("stock not balanced", sku=mark.sku, error_type=type(error).__name__)


def balance(runtime: Runtime, tenant: str, mark: Mark) -> None:
    """Bring the shards of a marked row to what its demand and its units ask for."""
    holds = mark.holds(runtime.clock.now())
    if _settle(runtime, tenant, mark.sku, mark.node_id, mark.per_second if holds else 0) and not holds:
        try:
            runtime.database.commit([remove(TABLE, mark_key(tenant, mark.sku, mark.node_id), version=mark.version)])
        except Conflict:
            # Somebody has marked it anew.
            return


def recall(runtime: Runtime, tenant: str, places: Iterable[tuple[str, str]]) -> None:
    """Bring all units of some rows back into them, out of shards that stay; raises Busy where claims are quicker."""
    for sku, node_id in places:
        if not _settle(runtime, tenant, sku, node_id, 0, shards_stay=True):
            raise Busy()


def _settle(
    runtime: Runtime, tenant: str, sku: str, node_id: str, per_second: int, *, shards_stay: bool = False
) -> bool:
    """Move units and shards until they are as wanted; False where others were quicker too often."""
    for attempt in range(_MOST_TRIES):
        row = stock_rows(runtime.database, tenant, [(sku, node_id)]).get((sku, node_id))
        if row is None:
            return True
        steps = _steps(runtime, tenant, row, per_second, shards_stay)
        if not steps:
            return True
        try:
            for step in steps:
                runtime.database.commit(step)
        except Conflict:
            runtime.pause(runtime.random.uniform(0, _LONGEST_PAUSE_SECONDS) * (attempt + 1))
    return False


def _steps(runtime: Runtime, tenant: str, row: StockRow, per_second: int, shards_stay: bool) -> list[list[Write]]:
    """The next transactions. New shards come before units move into them, and go in a round after they were emptied."""
    floor = _floor(runtime, tenant, row) if per_second else 0
    number = wanted_shards(per_second, max(0, row.available - floor))
    if number > len(row.shards):
        return [more_shards(tenant, row, number)]
    parts = moves(row, number, floor)
    if parts:
        return [moved_to_shard(tenant, row, part.number, part.units) for part in parts]
    return [fewer_shards(tenant, row, number)] if number < len(row.shards) and not shards_stay else []


def _floor(runtime: Runtime, tenant: str, row: StockRow) -> int:
    """The most that any rule keeps back from a channel that may claim at all: that much stays in the row."""
    now = runtime.clock.now()
    rules = live_inventory_rules(runtime.database, tenant)
    node = known_nodes(runtime.database, tenant, now, named={row.node_id}).get(row.node_id)
    if not rules or node is None:
        return 0
    item = known_items(runtime.database, tenant, [row.sku], now).get(row.sku)
    shares = [share(rules, row, item, node, channel, now) for channel in _channels(rules)]
    return max((one.keep for one in shares if one.claimable), default=0)


def _channels(rules: Sequence[LiveInventoryRules]) -> set[str]:
    """The channels that rules speak of, and one of which none does."""
    named: set[str] = set()
    for one in rules:
        limits: tuple[SafetyRule | Pool | Exclusion | Freshness, ...] = (
            *one.rules.safety,
            *one.rules.pools,
            *one.rules.exclusions,
            *one.rules.freshness,
        )
        for rule in limits:
            named.update(rule.channels)
    return {"", *named}

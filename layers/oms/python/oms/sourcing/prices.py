"""What stock is worth to the orders that were last given some together: kept for a while, for plans of single orders.

It is advice: written apart from every order's own transaction, and no order is wrong without it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from oms.inventory.reads import prices_of
from oms.inventory.writes import price_writes
from oms.platform.commands import Runtime
from oms.platform.dynamodb import Conflict, Database
from oms.platform.writes import MOST_ACTIONS
from oms.sourcing.strategy import Step

# By then other orders have come and gone, or another run has told new ones.
PRICES_COUNT = timedelta(hours=2)


def keep_prices(runtime: Runtime, tenant: str, prices: Mapping[str, Mapping[str, int]]) -> None:
    """Keep prices by SKU and node, in minor units, in place of those that the same SKUs had."""
    writes = price_writes(tenant, prices, runtime.clock.now() + PRICES_COUNT)
    for start in range(0, len(writes), MOST_ACTIONS):
        # Another run has just kept its own, which are as good.
        with suppress(Conflict):
            runtime.database.commit(writes[start : start + MOST_ACTIONS])


def with_prices(
    database: Database, tenant: str, steps: Iterable[Step], channel: str, skus: Iterable[str], now: datetime
) -> tuple[Step, ...]:
    """The scenarios with the prices of some SKUs that count now; nothing is read where none for the channel asks."""
    found = tuple(steps)
    asking = [one for one in found if one.scenario.batch_prices and channel in (one.scenario.channels or (channel,))]
    if not asking:
        return found
    prices = prices_of(database, tenant, skus, now)
    return tuple(replace(one, prices=prices) if one in asking else one for one in found)

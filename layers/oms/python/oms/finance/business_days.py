"""Which business day a fact belongs to: by the selling store's own clock and cut-off, 04:00 unless it names one."""

from __future__ import annotations

import os
from datetime import date, datetime

from oms.platform.clock import CUT_OFF, business_date
from oms.platform.commands import Runtime
from oms.registry.hours import business_date_of
from oms.registry.reads import known_nodes


def default_zone() -> str:
    """The zone of a store that is not in the registry (DEFAULT_TIME_ZONE, UTC unless set)."""
    return os.environ.get("DEFAULT_TIME_ZONE") or "UTC"


def business_date_at(runtime: Runtime, tenant: str, store: str, occurred_at: datetime) -> date:
    """The business date of something that happened at a store."""
    node = known_nodes(runtime.database, tenant, runtime.clock.now()).get(store)
    return business_date(occurred_at, default_zone(), CUT_OFF) if node is None else business_date_of(node, occurred_at)


def business_date_now(runtime: Runtime) -> date:
    """The business date where no store is meant."""
    return business_date(runtime.clock.now(), default_zone(), CUT_OFF)

"""What a crash or a lost message left half done: claims without an order go back, orders that stand still go on."""

from __future__ import annotations

from datetime import datetime, timedelta

from oms.orders.large import undo_claims
from oms.platform import saga as sagas
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Runtime
from oms.platform.dynamodb import Conflict
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item

# The workflow of an order is over, or has failed, long before this.
_OWN_RUN = timedelta(minutes=10)
# A node that has not answered by then is the business of the fulfilment workflow's own timer.
_LOOKED_AT = timedelta(hours=1)
_MOST_AT_ONCE = 20


def recover_sagas(runtime: Runtime, tenant: str) -> int:
    """Undo every placement of a tenant whose runner is dead; answers how many."""
    undone = 0
    for name in sagas.expired_sagas(runtime, tenant):
        try:
            sagas.undo_saga(runtime, tenant, name, undo_claims)
            undone += 1
        except Conflict:
            # Somebody else took it over in this moment and will finish it.
            continue
    return undone


def stuck_orders(runtime: Runtime, tenant: str) -> list[str]:
    """Orders of the last two days whose workflow seems never to have come to its end; running it again harms nothing.

    An order whose money is not yet held after ten minutes, or whose work no node has taken up within the hour.
    """
    now = runtime.clock.now()
    found = []
    for day in (now, now - timedelta(days=1)):
        partition = f"{tenant_prefix(tenant)}ORDERS#{format_instant(day)[:10]}"
        after = None
        while True:
            page = runtime.database.query_index("orders", "by_status", partition, limit=100, after=after)
            found += [str(item["gsi1sk"]).split("#", 1)[1] for item in page.items if _is_stuck(item, now)]
            after = page.next
            if after is None:
                break
    return found[:_MOST_AT_ONCE]


def _is_stuck(item: Item, now: datetime) -> bool:
    age = now - parse_instant(str(item["gsi1sk"]).split("#", 1)[0])
    if item["status"] != "CONFIRMED" or age < _OWN_RUN:
        return False
    return item["payment_status"] == "PENDING" or (item["payment_status"] == "AUTHORIZED" and age < _LOOKED_AT)

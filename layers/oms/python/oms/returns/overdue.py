"""Returns by post whose workflow was lost: what is stored of them is enough to end what is overdue."""

from __future__ import annotations

from datetime import timedelta

from oms.orders.store import overdue_rmas
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime

# The workflow of a return acts at its deadline; whoever is still waiting an hour later has none any more.
_OWN_RUN = timedelta(hours=1)


def end_overdue(runtime: Runtime, tenant: str) -> int:
    """Let the units of overdue returns leave them; answers of how many returns."""
    found = list(overdue_rmas(runtime.database, tenant, format_instant(runtime.clock.now() - _OWN_RUN)))
    for rma_id in found:
        # Loaded with the first such return.
        from oms.returns.caring import care_for_return

        care_for_return(runtime, tenant, rma_id)
    return len(found)

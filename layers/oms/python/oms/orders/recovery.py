"""What a crash left half done: claims of an order that was never finished go back to stock."""

from __future__ import annotations

from oms.orders.large import undo_claims
from oms.platform import saga as sagas
from oms.platform.commands import Runtime
from oms.platform.dynamodb import Conflict


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

"""A promise as it is shown."""

from __future__ import annotations

from oms.platform.commands import Runtime
from oms.platform.principal import Principal, authorize
from oms.platform.problems import NotFound
from oms.platform.writes import Value
from oms.promises.model import Promise
from oms.promises.store import load_promise, promise_key


def read_promise(runtime: Runtime, principal: Principal, promise_id: str) -> dict[str, Value]:
    """One promise as it was given; raises NotFound, also for another channel's."""
    found = load_promise(runtime.database, principal.tenant, promise_id)
    if found is None or (principal.channels and found.channel not in principal.channels):
        raise NotFound()
    authorize(principal, "promises.read", promise_key(principal.tenant, promise_id).pk)
    return promise_document(found)


def promise_document(promise: Promise) -> dict[str, Value]:
    """Everything that was promised."""
    return promise.model_dump(mode="json")

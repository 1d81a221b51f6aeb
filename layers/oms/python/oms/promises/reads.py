"""What an order may ask about the promise that it was placed under."""

from __future__ import annotations

from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.problems import FieldError, InvalidRequest
from oms.promises.model import Promise
from oms.promises.store import load_promise


def binding_promise(runtime: Runtime, tenant: str, promise_id: str, channel: str) -> Promise | None:
    """The promise of a channel; None where it has expired and binds nobody. An unknown one raises InvalidRequest."""
    found = load_promise(runtime.database, tenant, promise_id)
    if found is None or found.channel != channel:
        detail = f"the channel {channel} has no promise {promise_id}"
        raise InvalidRequest(errors=[FieldError("/promise_id", "unknown_promise", detail)])
    return found if format_instant(runtime.clock.now()) < found.expires_at else None

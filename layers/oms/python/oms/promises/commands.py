"""make_promise: what a basket can be promised now, kept for the order that will name it."""

from __future__ import annotations

import json
from datetime import timedelta

from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.principal import authorize
from oms.platform.problems import TooLarge
from oms.promises.model import Promise
from oms.promises.planning import options
from oms.promises.requests import PromiseRequest
from oms.promises.store import new_promise, promise_key
from oms.promises.views import promise_document

# As long as a customer may take from seeing the dates to paying.
VALID = timedelta(minutes=30)
# An item of DynamoDB holds 400 KB, and the answer is kept with it once more for repeats.
_MOST_BYTES = 300_000


def make_promise(runtime: Runtime, call: Call, request: PromiseRequest) -> Outcome:
    """Say for every way what a basket could have; nothing is held. Raises InvalidRequest or TooLarge."""
    authorize(call.principal, "promises.write", promise_key(call.tenant, "").pk, channel=request.channel)

    def decide() -> Decision:
        now = runtime.clock.now()
        promise = Promise(
            id=runtime.ids.new("prm"),
            channel=request.channel,
            country=request.country,
            postal_code=request.postal_code,
            created_at=format_instant(now),
            expires_at=format_instant(now + VALID),
            options=options(runtime, call.tenant, request),
        )
        document = promise_document(promise)
        if len(json.dumps(document)) > _MOST_BYTES:
            raise TooLarge("The promise would be too large to keep; ask for fewer lines.", pointer="/lines")
        return Decision([new_promise(call.tenant, promise)], status=201, body=document)

    return execute(runtime, call, decide)

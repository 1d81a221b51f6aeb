"""Webhooks of the provider are hints: they say where to look, and what we find there decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from oms.orders.store import load_order
from oms.payments.commands import Providers, authorize_payment
from oms.payments.model import State
from oms.payments.store import load_payment
from oms.platform.clock import parse_instant
from oms.platform.commands import Runtime
from oms.platform.intake import read_json

# While our own call is still under way its answer, not the webhook, settles the tender.
_OWN_CALL = timedelta(seconds=60)


def take_hint(runtime: Runtime, providers: Providers, raw: bytes) -> str:
    """Settle what the hint is about if our own call has not; answers what was done.

    Repeated, late and reordered hints change nothing, because the provider is asked under the key of the first call.
    """
    document = read_json(raw)
    metadata = _metadata(document)
    tenant, order_id, payment_id = (str(metadata.get(name, "")) for name in ("tenant", "order_id", "payment_id"))
    payment = load_payment(runtime.database, tenant, order_id, payment_id)
    if payment is None or payment.state not in (State.CREATED, State.UNKNOWN, State.ACTION_REQUIRED):
        return "nothing"
    order = load_order(runtime.database, tenant, order_id)
    if order is None:
        return "nothing"
    if payment.state is State.CREATED and runtime.clock.now() - parse_instant(order.header.placed_at) < _OWN_CALL:
        return "left to our own call"
    return authorize_payment(runtime, providers, tenant, order_id)


def _metadata(document: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = document
    for name in ("data", "payment", "metadata"):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}

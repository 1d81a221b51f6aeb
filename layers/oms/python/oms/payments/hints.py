"""Webhooks of the provider are hints: they say where to look, and what we find there decides."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from oms.orders.store import load_order
from oms.payments.commands import Providers, authorize_payment, settle_payment, settle_refunds
from oms.payments.model import Payment, State
from oms.payments.orphans import Orphan, note_orphan
from oms.payments.store import load_payment
from oms.platform.clock import parse_instant
from oms.platform.commands import Runtime
from oms.platform.intake import read_json

# While our own call is still under way its answer, not the webhook, settles the tender.
_OWN_CALL = timedelta(seconds=60)
_ASKED_FOR = frozenset({State.CREATED, State.UNKNOWN, State.ACTION_REQUIRED})
EXPIRED = "payment.expired"
REFUNDS, REFUND_FAILED = "refund.", "refund.failed"


def take_hint(runtime: Runtime, providers: Providers, provider: str, raw: bytes) -> str:
    """Settle what the hint is about if our own call has not; answers what was done.

    Repeated, late and reordered hints change nothing, because the provider is asked under the key of the first call.
    """
    document = read_json(raw)
    metadata = _part(document, "data", "payment", "metadata")
    tenant, order_id, payment_id = (str(metadata.get(name, "")) for name in ("tenant", "order_id", "payment_id"))
    payment = load_payment(runtime.database, tenant, order_id, payment_id)
    if payment is None:
        return _note(runtime, tenant, provider, document, order_id, payment_id)
    if payment.state in _ASKED_FOR:
        order = load_order(runtime.database, tenant, order_id)
        if order is None:
            return "nothing"
        if payment.state is State.CREATED and runtime.clock.now() - parse_instant(order.header.placed_at) < _OWN_CALL:
            return "left to our own call"
        return authorize_payment(runtime, providers, tenant, order_id)
    if str(document.get("type", "")).startswith(REFUNDS):
        if not payment.refund_pending and document["type"] != REFUND_FAILED:
            return "nothing"
        settle_refunds(runtime, providers, tenant, order_id, payment_id)
        return "looked up"
    if not _is_news(payment, document):
        return "nothing"
    settle_payment(runtime, providers, tenant, order_id, payment_id)
    return "looked up"


def _note(
    runtime: Runtime, tenant: str, provider: str, document: Mapping[str, Any], order_id: str, payment_id: str
) -> str:
    """A payment of which nobody knows the order is remembered, where it says whose it is."""
    reference = _payment(document).get("id")
    if not tenant or not isinstance(reference, str) or not reference:
        return "nothing"
    note_orphan(runtime, tenant, Orphan(provider, reference, order_id, payment_id))
    return "noted"


def _is_news(payment: Payment, document: object) -> bool:
    """Whether a hint about held money may tell what our own calls have not: most of them only repeat our answers."""
    expired = isinstance(document, Mapping) and document.get("type") == EXPIRED
    return bool(payment.pending or payment.in_doubt_since or (expired and payment.capturable))


def _payment(document: Mapping[str, Any]) -> Mapping[str, Any]:
    return _part(document, "data", "payment")


def _part(document: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    found: Any = document
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}

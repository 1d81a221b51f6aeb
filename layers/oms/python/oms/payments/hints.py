"""Webhooks of a provider are hints: they say where to look, and what we find there decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from oms.orders.store import load_order
from oms.payments.commands import Providers, authorize_payment, settle_payment, settle_refunds
from oms.payments.model import Payment, State
from oms.payments.orphans import Orphan, note_orphan
from oms.payments.port import OwnProvider, ProviderPayment, Unknown
from oms.payments.states import OPEN
from oms.payments.store import load_payment
from oms.platform.clock import parse_instant
from oms.platform.commands import Runtime
from oms.platform.effects import TransientFailure

# While our own call is still under way its answer, not the webhook, settles the tender.
_OWN_CALL = timedelta(seconds=60)
About = Literal["payment", "expired", "refund", "refund_failed"]


@dataclass(frozen=True, slots=True)
class Hint:
    """What a provider's message is about, and whose payment it says it is; empty where it does not say."""

    provider: str
    about: About
    reference: str = ""
    tenant: str = ""
    order_id: str = ""
    payment_id: str = ""


def take_hint(runtime: Runtime, providers: Providers, hint: Hint) -> str:
    """Settle what the hint is about if our own call has not; answers what was done.

    Repeated, late and reordered hints change nothing, because the provider is asked under the key of the first call.
    """
    hint = _with_owner(providers, hint)
    tenant, order_id, payment_id = hint.tenant, hint.order_id, hint.payment_id
    payment = load_payment(runtime.database, tenant, order_id, payment_id)
    if payment is None:
        return _note(runtime, hint)
    if payment.state in OPEN:
        order = load_order(runtime.database, tenant, order_id)
        if order is None:
            return "nothing"
        if payment.state is State.CREATED and runtime.clock.now() - parse_instant(order.header.placed_at) < _OWN_CALL:
            return "left to our own call"
        return authorize_payment(runtime, providers, tenant, order_id)
    if hint.about in ("refund", "refund_failed"):
        if not payment.refund_pending and hint.about != "refund_failed":
            return "nothing"
        settle_refunds(runtime, providers, tenant, order_id, payment_id)
        return "looked up"
    if not _is_news(payment, hint):
        return "nothing"
    settle_payment(runtime, providers, tenant, order_id, payment_id)
    return "looked up"


def _with_owner(providers: Providers, hint: Hint) -> Hint:
    """The hint with the tenant, order and tender that the payment itself carries, where the message has none."""
    if hint.tenant or not hint.reference:
        return hint
    provider = providers(hint.provider)
    found = Unknown("one for each tenant") if isinstance(provider, OwnProvider) else provider.get(hint.reference)
    if isinstance(found, Unknown):
        raise TransientFailure(f"payment {hint.reference}: {found.reason}")
    if not isinstance(found, ProviderPayment):
        return hint
    return replace(hint, tenant=found.tenant or "", order_id=found.order_id or "", payment_id=found.payment_id or "")


def _note(runtime: Runtime, hint: Hint) -> str:
    """A payment of which nobody knows the order is remembered, where it says whose it is."""
    if not hint.tenant or not hint.reference:
        return "nothing"
    note_orphan(runtime, hint.tenant, Orphan(hint.provider, hint.reference, hint.order_id, hint.payment_id))
    return "noted"


def _is_news(payment: Payment, hint: Hint) -> bool:
    """Whether a hint about held money may tell what our own calls have not: most of them only repeat our answers."""
    return bool(payment.pending or payment.in_doubt_since or (hint.about == "expired" and payment.capturable))

"""Money of nobody: held or taken by the provider for an order that there is not. It goes back by itself.

The provider's message about it is noted, and after a while, in which the order may still come, what is held is let go
of and what was taken is given back, each under a key that follows from the provider's reference. A person is told.

| what | pk | sk |
|---|---|---|
| a payment without an order, until it is dealt with | T#<tenant>#ORPHAN#<provider>#<reference> | ORPHAN |

Index `by_status`: by when it is dealt with (T#<tenant>#ORPHANS).
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from oms.orders.store import load_order
from oms.payments.care_events import UnmatchedMoneyReturned
from oms.payments.commands import Providers
from oms.payments.port import Approved, NoTrace, ProviderPayment, RefundRequest, Unknown, provider_of
from oms.payments.store import load_payment
from oms.platform.clock import format_instant
from oms.platform.commands import Decision, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.dynamodb import Conflict
from oms.platform.events import EventDraft
from oms.platform.observability import counted, logger
from oms.platform.principal import tenant_prefix
from oms.platform.writes import Item, Key, Kind, Write, create

INDEX = "by_status"
# How long the order of a payment may take to come.
ORDER_COMES_WITHIN = timedelta(minutes=15)
_MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Orphan:
    """A payment at a provider, and the order and tender that it names."""

    provider: str
    reference: str
    order_id: str
    payment_id: str


def note_orphan(runtime: Runtime, tenant: str, one: Orphan) -> None:
    """Remember a payment of which nobody knows the order; noting it again changes nothing."""
    due = format_instant(runtime.clock.now() + ORDER_COMES_WITHIN)
    row: Item = {
        **{"provider": one.provider, "reference": one.reference},
        **{"order_id": one.order_id, "payment_id": one.payment_id},
        "gsi1pk": f"{tenant_prefix(tenant)}ORPHANS",
        "gsi1sk": f"{due}#{one.provider}#{one.reference}",
    }
    with suppress(Conflict):
        runtime.database.commit([create("orders", _key(tenant, one), row)])


def return_orphans(runtime: Runtime, providers: Providers, tenant: str) -> int:
    """Give back the money of payments whose order has not come; answers how many. One that fails is tried again."""
    now, returned = format_instant(runtime.clock.now()), 0
    page = runtime.database.query_index("orders", INDEX, f"{tenant_prefix(tenant)}ORPHANS", limit=_MOST_AT_ONCE)
    for item in page.items:
        if str(item["gsi1sk"]).split("#", 1)[0] > now:
            break
        one = Orphan(*(str(item[name]) for name in ("provider", "reference", "order_id", "payment_id")))
        try:
            returned += _return(runtime, providers, tenant, one)
        except Exception as error:  # noqa: BLE001
            # Whatever it is, it stays noted and the others get their turn.
            logger().exception("money not returned", reference=one.reference, error_type=type(error).__name__)
    return returned


def _return(runtime: Runtime, providers: Providers, tenant: str, one: Orphan) -> bool:
    if load_payment(runtime.database, tenant, one.order_id, one.payment_id) is not None:
        runtime.database.commit([_forgotten(tenant, one)])
        return False
    provider = provider_of(providers, runtime, tenant, one.provider)
    found = provider.get(one.reference)
    if isinstance(found, Unknown):
        return False
    if isinstance(found, NoTrace):
        runtime.database.commit([_forgotten(tenant, one)])
        return False
    if found.order_id and load_order(runtime.database, tenant, found.order_id) is not None:
        # At the provider it is the payment of an order that we have, whatever was told.
        runtime.database.commit([_forgotten(tenant, one)])
        return False
    held = found.authorized - found.captured - found.capture_pending - found.released
    taken = found.captured - found.refunded - found.refund_pending
    key = f"orphan:{one.provider}:{one.reference}"
    answers = []
    if held:
        answers.append(provider.void(one.reference, key=f"{key}:void:{held}"))
    if taken:
        request = RefundRequest(one.reference, taken, found.currency)
        answers.append(provider.refund(request, key=f"{key}:refund:{taken}"))
    if not all(isinstance(answer, Approved) for answer in answers) or found.capture_pending:
        # Refused, not known, or more is about to be taken: the next round looks again.
        return False
    return _record(runtime, tenant, one, found, held, taken)


def _record(runtime: Runtime, tenant: str, one: Orphan, found: ProviderPayment, released: int, refunded: int) -> bool:
    event = UnmatchedMoneyReturned(
        provider=one.provider,
        psp_reference=one.reference,
        order_id=one.order_id,
        released=released,
        refunded=refunded,
        currency=found.currency,
    )
    draft = EventDraft(f"ORPHAN#{one.provider}#{one.reference}", 1, event)
    call = call_from_workflow("return_orphan", tenant, f"{one.provider}:{one.reference}:{released}:{refunded}")
    made = Decision([_forgotten(tenant, one)], [draft] if released or refunded else [])
    execute(runtime, call, lambda: made)
    if released or refunded:
        now = runtime.clock.now()
        logger().error("money of nobody returned", reference=one.reference, **counted("UnmatchedMoney", now))
    return bool(released or refunded)


def _forgotten(tenant: str, one: Orphan) -> Write:
    return Write(Kind.REMOVE, "orders", _key(tenant, one))


def _key(tenant: str, one: Orphan) -> Key:
    return Key(f"{tenant_prefix(tenant)}ORPHAN#{one.provider}#{one.reference}", "ORPHAN")

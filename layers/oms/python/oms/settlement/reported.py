"""Disputes and payouts as providers tell of them: taken in by the same commands as over HTTP, and never lost.

A message is a repeat by its own id, what it speaks of by the provider's id of it, so any number of messages in any
order come to the same. What a command refuses is parked for a person, with the reason. What is not known yet, such as
the entry of a capture, is asked for again: the message goes back to its queue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from oms.orders.store import load_order
from oms.payments.events import DisputeReported, PayoutReported
from oms.payments.port import (
    NoTrace,
    OwnProvider,
    PaymentProvider,
    ProviderPayment,
    SettlementList,
    Unknown,
    provider_of,
)
from oms.platform.commands import Runtime
from oms.platform.consumers import Event, call_from_event
from oms.platform.effects import TransientFailure
from oms.platform.intake import validate
from oms.platform.problems import Problem
from oms.settlement.adapters import strict, stripe
from oms.settlement.booked import capture_of
from oms.settlement.checks import SettlementConflict
from oms.settlement.disputes import end_dispute, record_dispute
from oms.settlement.items import find_items
from oms.settlement.model import dispute_name, settlement_id
from oms.settlement.parking import CannotBeTakenIn, Reason, park, reason_of
from oms.settlement.payouts import record_payouts, settlement_ids
from oms.settlement.requests import DisputeOutcome, DisputeRequest, PayoutRequest, SettlementsRequest
from oms.settlement.store import load_dispute, load_payout

Providers = Callable[[str], PaymentProvider | OwnProvider]
# How each provider lists a payout, in our words.
_LISTS: Mapping[str, Callable[[SettlementList], PayoutRequest]] = {
    stripe.PROVIDER: lambda told: stripe.payout_of(told.payout, {"data": list(told.transactions), "has_more": False}),
    strict.PROVIDER: strict.payout_of,
}
# Why what a provider told is no payout or dispute that a command takes, and what a person does about it.
_REASONS = {
    one.code: one
    for one in (
        Reason(
            "payout_failed",
            "The bank did not take the payout.",
            "It will not come to the bank: leave it in transit until the provider pays it out anew.",
        ),
        Reason(
            "payout_is_manual",
            "The provider keeps no list of a manual payout.",
            "Take it in over HTTP with what it consists of.",
        ),
        Reason(
            "report_to_be_read",
            "The provider has written what it paid out into a report.",
            "Fetch the report from the provider and take its payouts in over HTTP.",
        ),
        Reason(
            "payout_not_found",
            "The provider has no payout of this id that it lists.",
            "Look for the payout at the provider, and take it in over HTTP.",
        ),
        Reason(
            "dispute_in_other_currency",
            "The money of the dispute was taken in another currency than that of the charge.",
            "Take it in over HTTP, with its amount and fee in the currency of the payment.",
        ),
    )
}


def take_reported(runtime: Runtime, providers: Providers, event: Event) -> None:
    """Take in the dispute or payout that an event of ours tells of."""
    if event.type == PayoutReported.__name__:
        payout = PayoutReported.model_validate(event.data)
        take = partial(_payout, runtime, providers, event, payout)
        _or_park(runtime, event, "payout", payout.provider, payout.payout_id, take)
    else:
        dispute = DisputeReported.model_validate(event.data)
        take = partial(_dispute, runtime, providers, event, dispute)
        _or_park(runtime, event, "dispute", dispute.provider, dispute.dispute_id, take)


def _or_park(runtime: Runtime, event: Event, kind: str, provider: str, name: str, take: Callable[[], None]) -> None:
    """Take something in; a refusal that no repeat can mend is parked."""
    try:
        take()
    except SettlementConflict:
        # Both tellings are kept already.
        return
    except CannotBeTakenIn as told:
        park(runtime, event.tenant, kind, provider, name, told.reason, dict(event.data))
    except Problem as problem:
        if problem.status >= 500:
            raise
        park(runtime, event.tenant, kind, provider, name, reason_of(problem), dict(event.data))


def _payout(runtime: Runtime, providers: Providers, event: Event, told: PayoutReported) -> None:
    if told.problem is not None:
        raise CannotBeTakenIn(_REASONS[told.problem])
    if not told.listed or load_payout(runtime.database, event.tenant, settlement_id(told.provider, told.payout_id)):
        # Its list will be announced, or it is here; a payout that is listed does not change any more.
        return
    found = provider_of(providers, runtime, event.tenant, told.provider).list_settlement(told.payout_id)
    if isinstance(found, Unknown):
        raise TransientFailure(f"payout {told.payout_id}: {found.reason}")
    if isinstance(found, NoTrace):
        raise CannotBeTakenIn(_REASONS["payout_not_found"])
    request = SettlementsRequest(legal_entity=told.legal_entity, payouts=(_LISTS[told.provider](found),))
    outcome = record_payouts(runtime, call_from_event("record_payout", event), request)
    find_items(runtime, event.tenant, settlement_ids(outcome))


def _dispute(runtime: Runtime, providers: Providers, event: Event, told: DisputeReported) -> None:
    if told.problem is not None:
        raise CannotBeTakenIn(_REASONS[told.problem])
    document = {
        "provider": told.provider,
        "dispute_id": told.dispute_id,
        "reference": _booked(runtime, providers, event.tenant, told),
        "stage": "open" if told.withdrawn else "warning",
        "amount": told.amount,
        "fee": told.fee,
        "currency": told.currency,
        "legal_entity": told.legal_entity,
        "reason": told.reason,
        "opened_at": told.opened_at,
    }
    record_dispute(runtime, call_from_event("record_dispute", event), validate(DisputeRequest, document))
    if told.outcome is not None:
        end = DisputeOutcome(outcome=told.outcome, fee_returned=told.fee_returned)
        end_dispute(runtime, call_from_event("end_dispute", event), dispute_name(told.provider, told.dispute_id), end)


def _booked(runtime: Runtime, providers: Providers, tenant: str, told: DisputeReported) -> str:
    """The reference under which the disputed capture is in our books; what the provider names where it is no one's.

    A capture of ours that is not in the books yet raises TransientFailure.
    """
    if capture_of(runtime.database, tenant, told.provider, told.reference) or not told.payment:
        return told.reference
    found = provider_of(providers, runtime, tenant, told.provider).get(told.payment)
    if isinstance(found, Unknown):
        raise TransientFailure(f"payment {told.payment}: {found.reason}")
    if not isinstance(found, ProviderPayment) or found.tenant != tenant:
        return told.reference
    # With several captures each has a name of its own, and a dispute may name the payment only.
    names = [made.id for made in found.captures if made.status == "succeeded"]
    own = [name for name in names if name.startswith(f"{told.reference}:")] or names[::-1]
    known = load_dispute(runtime.database, tenant, dispute_name(told.provider, told.dispute_id))
    if known is not None and known.reference in names:
        # It stays beside the capture that it was found by, whatever was taken since.
        return known.reference
    booked = next((name for name in own if capture_of(runtime.database, tenant, told.provider, name)), None)
    if booked is not None:
        return booked
    order = load_order(runtime.database, tenant, found.order_id) if found.order_id else None
    if order is not None and any(payment.id == found.payment_id for payment in order.payments):
        raise TransientFailure(f"the capture of payment {told.payment} is not in the books yet")
    return told.reference

"""Disputes: a customer's bank takes a payment back, and it is won or lost. They stand beside the tender."""

from __future__ import annotations

from collections.abc import Sequence

from oms.orders.model import Order
from oms.orders.store import existing_order
from oms.orders.writes import change_order
from oms.payments.model import Payment
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventData, EventDraft
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, NotFound
from oms.platform.writes import Value, Write
from oms.settlement.booked import capture_of
from oms.settlement.checks import SettlementConflict, run
from oms.settlement.events import DisputeFundsWithdrawn, DisputeLost, DisputeWarned, DisputeWon
from oms.settlement.facts import Facts, told
from oms.settlement.model import CHANNEL, TREASURY, Dispute, DisputeState, dispute_name
from oms.settlement.requests import DisputeOutcome, DisputeRequest
from oms.settlement.store import load_dispute
from oms.settlement.writes import dispute_write


def record_dispute(runtime: Runtime, call: Call, request: DisputeRequest) -> Outcome:
    """A customer's bank disputes a payment, or only asks about it; what was told before changes nothing.

    While it is open, nothing of the payment may be refunded. Raises SettlementConflict for a dispute that was told with
    other amounts, InvalidRequest for another currency than that of the payment, and where nothing
    is booked under the reference and no legal entity is named.
    """

    def decide() -> Decision:
        own = dispute_name(request.provider, request.dispute_id)
        known = load_dispute(runtime.database, call.tenant, own)
        state = DisputeState.WARNING if request.stage == "warning" else DisputeState.OPEN
        if known is not None:
            _require_same(known, request)
            if known.state is not DisputeState.WARNING or state is DisputeState.WARNING:
                return Decision([], body=dispute_document(known))
            dispute = known.model_copy(update={"state": state, "fee": request.fee, "version": known.version + 1})
        else:
            dispute = _new(runtime, call.tenant, request, own, state)
        held = dispute.amount if state is DisputeState.OPEN else 0
        writes, drafts = _recorded(runtime, call.tenant, dispute, _begun(dispute), disputed=held)
        over = None if known is None else known.version
        return Decision(
            [dispute_write(call.tenant, dispute, over=over), *writes],
            drafts,
            status=201 if known is None else 200,
            body=dispute_document(dispute),
        )

    return run(runtime, call, decide)


def end_dispute(runtime: Runtime, call: Call, dispute_id: str, request: DisputeOutcome) -> Outcome:
    """A dispute was won, in part or whole, or lost; told again it changes nothing.

    Raises ActionNotAvailable for another outcome than the one that is recorded, for a warning that is said to be lost,
    and for an amount or a fee that is more than was taken.
    """

    def decide() -> Decision:
        known = load_dispute(runtime.database, call.tenant, dispute_id)
        if known is None:
            raise NotFound(f"There is no dispute {dispute_id}.")
        state = DisputeState.WON if request.outcome == "won" else DisputeState.LOST
        lost_of_it = 0 if request.amount is None else known.amount - request.amount
        if known.state is state and (known.fee_returned, known.lost) == (request.fee_returned, lost_of_it):
            return Decision([], body=dispute_document(known))
        withheld = known.amount if known.state is DisputeState.OPEN else 0
        if known.state not in (DisputeState.OPEN, DisputeState.WARNING) or (
            known.state is DisputeState.WARNING and state is DisputeState.LOST
        ):
            raise ActionNotAvailable(f"A dispute that is {known.state.value} does not end as {state.value}.")
        if request.fee_returned > known.fee:
            raise ActionNotAvailable(f"The fee was {known.fee}.", pointer="/fee_returned")
        if request.amount is not None and request.amount > withheld:
            raise ActionNotAvailable(f"{withheld} was withdrawn.", pointer="/amount")
        dispute = known.model_copy(
            update={
                "state": state,
                "fee_returned": request.fee_returned,
                "lost": lost_of_it,
                "version": known.version + 1,
            }
        )
        lost = withheld if state is DisputeState.LOST else lost_of_it
        writes, drafts = _recorded(
            runtime, call.tenant, dispute, _ended(dispute, withheld), disputed=-withheld, charged_back=lost
        )
        return Decision(
            [dispute_write(call.tenant, dispute, over=known.version), *writes], drafts, body=dispute_document(dispute)
        )

    return execute(runtime, call, decide)


def dispute_document(dispute: Dispute) -> dict[str, Value]:
    """A dispute as it is shown."""
    shown: dict[str, Value] = dispute.model_dump(mode="json", exclude={"version"})
    return shown


def _require_same(known: Dispute, request: DisputeRequest) -> None:
    """Refuse another content under the same id; the fee comes with the money."""
    same = (known.reference, known.amount, known.currency) == (request.reference, request.amount, request.currency)
    fee_known = known.state is not DisputeState.WARNING and request.stage == "open"
    if not same or (fee_known and known.fee != request.fee):
        raise SettlementConflict("dispute", f"{request.provider} {request.dispute_id}", request, pointer="/dispute_id")


def _new(runtime: Runtime, tenant: str, request: DisputeRequest, own: str, state: DisputeState) -> Dispute:
    """A dispute beside the payment that is booked under its reference; else it belongs to a legal entity only."""
    entry = capture_of(runtime.database, tenant, request.provider, request.reference)
    if entry is None and request.legal_entity is None:
        detail = f"nothing is booked under {request.reference}: say whose money it is"
        raise InvalidRequest(errors=[FieldError("/legal_entity", "required", detail)])
    if entry is not None and all(line.currency != request.currency for line in entry.lines):
        detail = f"the payment was in {entry.lines[0].currency}"
        raise InvalidRequest(errors=[FieldError("/currency", "other_currency", detail)])
    return Dispute(
        id=own,
        provider=request.provider,
        dispute_id=request.dispute_id,
        reference=request.reference,
        legal_entity=entry.entity if entry else str(request.legal_entity),
        store=entry.store if entry else TREASURY,
        channel=entry.channel if entry else CHANNEL,
        order_id=entry.order_id if entry else None,
        payment_id=entry.payment_id if entry else None,
        amount=request.amount,
        fee=request.fee if state is DisputeState.OPEN else 0,
        currency=request.currency,
        reason=request.reason,
        state=state,
        opened_at=request.opened_at or runtime.clock.now(),
    )


def _recorded(
    runtime: Runtime, tenant: str, dispute: Dispute, event: EventData, *, disputed: int, charged_back: int = 0
) -> tuple[Sequence[Write], Sequence[EventDraft]]:
    """The event on the timeline of its order, with the tender beside it; without an order on its own."""
    if dispute.order_id is None:
        return [], [told(f"DISPUTE#{dispute.id}", dispute.version, event, dispute.legal_entity)]
    order = existing_order(runtime.database, tenant, dispute.order_id)
    payment = _payment(order, dispute)
    after = payment.model_copy(
        update={"disputed": payment.disputed + disputed, "charged_back": payment.charged_back + charged_back}
    )
    _, writes, drafts = change_order(tenant, order, events=[event], payments=[after])
    return writes, drafts


def _payment(order: Order, dispute: Dispute) -> Payment:
    return next(payment for payment in order.payments if payment.id == dispute.payment_id)


class _Ids(Facts):
    dispute_id: str
    provider: str
    reference: str
    order_id: str | None
    payment_id: str | None


def _ids(dispute: Dispute) -> _Ids:
    return {
        "currency": dispute.currency,
        "legal_entity": dispute.legal_entity,
        "store": dispute.store,
        "channel": dispute.channel,
        "dispute_id": dispute.dispute_id,
        "provider": dispute.provider,
        "reference": dispute.reference,
        "order_id": dispute.order_id,
        "payment_id": dispute.payment_id,
    }


def _begun(dispute: Dispute) -> EventData:
    """What is told of a dispute that begins, or of a warning that becomes one."""
    if dispute.state is DisputeState.WARNING:
        return DisputeWarned(**_ids(dispute), amount=dispute.amount, reason=dispute.reason)
    return DisputeFundsWithdrawn(**_ids(dispute), amount=dispute.amount, fee=dispute.fee, reason=dispute.reason)


def _ended(dispute: Dispute, withheld: int) -> EventData:
    """What is told of a dispute that ends; a warning had withheld nothing."""
    if dispute.state is DisputeState.LOST:
        return DisputeLost(**_ids(dispute), amount=withheld)
    return DisputeWon(
        **_ids(dispute), amount=withheld - dispute.lost, fee_returned=dispute.fee_returned, lost=dispute.lost
    )

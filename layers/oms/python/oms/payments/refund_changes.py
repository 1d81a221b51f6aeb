"""What each answer about a part of a refund changes: the refund, and the fact that is told. Pure."""

from __future__ import annotations

from oms.orders.model import Order
from oms.payments.changes import Change, Overtaken
from oms.payments.events import RefundExecuted, RefundFailed, RefundInDoubt, RefundPending
from oms.payments.port import Approved
from oms.payments.refunding import refund_facts
from oms.payments.refunds import Part, PartState, Refund, goes_back_to
from oms.platform.events import EventData

_ASKED = frozenset({PartState.PLANNED, PartState.PENDING})


def refund_of(order: Order, refund_id: str) -> Refund:
    """A refund of an order."""
    return next(refund for refund in order.refunds if refund.id == refund_id)


def doubt(order: Order, refund_id: str, asked: Part, reason: str, since: str) -> Change:
    """Nobody knows what became of a call; an outcome that is known by now raises ActionNotAvailable."""
    refund, part = _present(order, refund_id, asked)
    told = RefundInDoubt(**part_facts(order, refund, part), reason=reason)
    return _changed(refund, part, told, in_doubt_since=since)


def answered(order: Order, refund_id: str, asked: Part, answer: Approved) -> Change:
    """The provider gave the money back, or accepted to."""
    refund, part = _present(order, refund_id, asked)
    movement_id = answer.movement_id or asked.key(refund_id)
    facts = part_facts(order, refund, part, answer.reference)
    known = {"movement_id": movement_id, "in_doubt_since": None}
    if facts["payment_id"] is None:
        known["account_id"] = answer.reference
    if answer.pending:
        if part.state is PartState.PENDING:
            raise Overtaken("The refund is known to be pending.")
        told = RefundPending(**facts, movement_id=movement_id)
        return _changed(refund, part, told, state=PartState.PENDING, **known)
    stands = answer.issuer.beside(order.header.legal_entity) if answer.issuer else {}
    done = RefundExecuted(
        **facts,
        movement_id=movement_id,
        paid=part.amount,
        payer_entity=stands.get("tender_entity"),
        payer_store=stands.get("tender_store"),
    )
    return _changed(refund, part, done, state=PartState.EXECUTED, **known)


def refused(order: Order, refund_id: str, asked: Part, reason: str) -> Change:
    """The money was not given back: it is owed until somebody tries again."""
    refund, part = _present(order, refund_id, asked)
    return _failed(order, refund, part, reason, executed=0)


def came_back(order: Order, refund_id: str, asked: Part, reason: str) -> Change:
    """What counted as given back failed afterwards: it is owed again."""
    refund = refund_of(order, refund_id)
    part = refund.part(asked.number)
    if part.state is not PartState.EXECUTED or part.movement_id != asked.movement_id:
        raise Overtaken("The refund does not count as paid any more.")
    return _failed(order, refund, part, reason, executed=part.amount)


def part_facts(order: Order, refund: Refund, part: Part, reference: str | None = None) -> dict[str, object]:
    """What every fact of a part says; the tender it goes back to is named where it is one of the order's."""
    source = part.sources[0]
    paid_with = next(one for one in order.payments if one.id == source.payment_id)
    own = goes_back_to(order.payments, part) is not None
    return {
        **refund_facts(order, refund),
        "part": part.number,
        "tender": part.tender,
        "provider": paid_with.provider if part.by_channel else part.provider,
        "amount": part.amount,
        "payment_id": source.payment_id if own else None,
        "psp_reference": reference or (source.reference if own else None),
        "key": part.key(refund.id) if part.provider else None,
    }


def _failed(order: Order, refund: Refund, part: Part, reason: str, *, executed: int) -> Change:
    told = RefundFailed(
        **part_facts(order, refund, part), movement_id=part.movement_id, executed=executed, reason=reason
    )
    return _changed(refund, part, told, state=PartState.FAILED, failure_code=reason, in_doubt_since=None)


def _present(order: Order, refund_id: str, asked: Part) -> tuple[Refund, Part]:
    """The part as it is by now; one that is settled, or is tried under another key, raises Overtaken."""
    refund = refund_of(order, refund_id)
    part = refund.part(asked.number)
    if part.state not in _ASKED or part.attempt != asked.attempt:
        raise Overtaken("The refund is settled already.")
    return refund, part


def _changed(refund: Refund, part: Part, told: EventData, **changes: object) -> Change:
    return Change([told], refunds=[refund.with_part(part.model_copy(update=changes))])

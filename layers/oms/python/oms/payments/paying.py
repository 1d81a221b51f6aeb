"""What others change of a refund, in their own transactions: a drawer pays it, a person has it tried again. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from oms.orders.model import Order
from oms.payments.events import RefundExchanged, RefundExecuted, RefundRetried
from oms.payments.refund_changes import part_facts
from oms.payments.refunds import Part, PartState, Refund, Source, open_at_channel, open_cash
from oms.platform.events import EventData


@dataclass(frozen=True, slots=True)
class Payer:
    """The till that pays: its company and store, its drawer's session if it has one, its date, and the cash's name."""

    legal_entity: str
    store: str
    session_id: str | None
    business_date: str
    movement_id: str


def paid_in_cash(order: Order, refund: Refund, payer: Payer, paid: int) -> tuple[Refund, list[EventData]]:
    """The refund with all of its open cash paid by one movement, and what is told of it.

    `paid` is what was handed over: the sum of the parts, or that rounded to coins; the first part carries the rounding.
    """
    parts = open_cash(refund)
    rounding = paid - sum(part.amount for part in parts)
    events: list[EventData] = []
    for number, part in enumerate(parts):
        own = rounding if number == 0 else 0
        movement_id = payer.movement_id if number == 0 else f"{payer.movement_id}:{part.number}"
        refund = refund.with_part(
            part.model_copy(update={"state": PartState.EXECUTED, "movement_id": movement_id, "failure_code": None})
        )
        events.append(
            RefundExecuted(
                **part_facts(order, refund, part),
                movement_id=movement_id,
                paid=part.amount + own,
                rounding=own,
                **_elsewhere(order, payer),
                session_id=payer.session_id,
                business_date=payer.business_date,
            )
        )
    return refund, events


def exchanged(order: Order, refund: Refund, sale_id: str, amount: int) -> tuple[Refund, list[EventData]]:
    """The refund with so much of its open cash used to pay a sale, and what is told of it; the sale posts the money.

    What is left of a part is a part of its own, which a drawer or another sale has still to pay. Minor units.
    """
    events: list[EventData] = []
    for part in open_cash(refund):
        used = min(amount, part.amount)
        if not used:
            break
        amount -= used
        if used < part.amount:
            part, rest = _split(part, used, len(refund.parts) + 1)
            refund = refund.model_copy(update={"parts": (*refund.parts, rest)})
        paid = {"state": PartState.EXECUTED, "movement_id": sale_id, "sale_id": sale_id}
        refund = refund.with_part(part.model_copy(update=paid))
        events.append(RefundExchanged(**part_facts(order, refund, part), sale_id=sale_id))
    return refund, events


def _split(part: Part, amount: int, number: int) -> tuple[Part, Part]:
    """A part of just an amount, and what is left of it under another number."""
    first: list[Source] = []
    rest: list[Source] = []
    left = amount
    for source in part.sources:
        take = min(left, source.amount)
        left -= take
        first += [source.model_copy(update={"amount": take})] if take else []
        rest += [source.model_copy(update={"amount": source.amount - take})] if source.amount > take else []
    kept = part.model_copy(update={"amount": amount, "sources": tuple(first)})
    return kept, part.model_copy(update={"number": number, "amount": part.amount - amount, "sources": tuple(rest)})


def paid_by_channel(
    order: Order, refund: Refund, reference: str, payer: Payer | None = None, provider: str | None = None
) -> tuple[Refund, list[EventData]]:
    """The refund with all given back that the channel owes, under its own name of it, and what is told of it.

    With a `payer` a till gave it back, by its own terminal, whose `provider` has the money.
    """
    events: list[EventData] = []
    by_till: dict[str, str | None] = {}
    if payer is not None:
        by_till = {**_elsewhere(order, payer), "business_date": payer.business_date}
    for number, part in enumerate(open_at_channel(refund)):
        movement_id = reference if number == 0 else f"{reference}:{part.number}"
        refund = refund.with_part(part.model_copy(update={"state": PartState.EXECUTED, "movement_id": movement_id}))
        facts = part_facts(order, refund, part)
        facts = {**facts, "provider": provider or facts["provider"]}
        events.append(RefundExecuted(**facts, movement_id=movement_id, paid=part.amount, **by_till))
    return refund, events


def _elsewhere(order: Order, payer: Payer) -> dict[str, str | None]:
    """Who paid, where that is another legal entity or another store than the order's."""
    return {
        "payer_entity": payer.legal_entity if payer.legal_entity != order.header.legal_entity else None,
        "payer_store": payer.store if payer.store != order.header.selling_node else None,
    }


def retried(order: Order, refund: Refund, part: Part, now: str) -> tuple[Refund, list[EventData]]:
    """A part that failed will be tried again under a new key."""
    again = part.model_copy(
        update={
            "state": PartState.PLANNED,
            "attempt": part.attempt + 1,
            "movement_id": None,
            "failure_code": None,
            "in_doubt_since": None,
            "fixed_at": now,
        }
    )
    told = RefundRetried(**part_facts(order, refund, again), attempt=again.attempt)
    return refund.with_part(again), [told]

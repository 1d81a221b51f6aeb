"""Taking in payouts: each once, and its items compared with what is booked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from oms.platform.commands import Call, Decision, Outcome, Runtime
from oms.platform.writes import Value, Write
from oms.settlement.adapters.stripe import payout_of
from oms.settlement.checks import (
    MOST_DAYS_AHEAD,
    DoesNotAddUp,
    SettlementConflict,
    content_hash,
    not_far_ahead,
    run_each,
)
from oms.settlement.events import PayoutRecorded
from oms.settlement.facts import facts, told
from oms.settlement.model import (
    TREASURY,
    Chunk,
    InTransit,
    ItemKind,
    Payout,
    PayoutItem,
    PayoutTotals,
    Suspense,
    Transit,
    settlement_id,
)
from oms.settlement.requests import PayoutRequest, SettlementsRequest
from oms.settlement.store import load_payout
from oms.settlement.suspending import suspended
from oms.settlement.writes import (
    chunk_write,
    payout_write,
    suspense_writes,
    transit_write,
    unmatched_write,
)

ITEMS_PER_CHUNK = 40


def record_payouts(runtime: Runtime, call: Call, request: SettlementsRequest) -> Outcome:
    """Take in some payouts, each in its own transaction; one that was told before changes nothing.

    Raises DoesNotAddUp before anything is stored, SettlementConflict for a payout that was told with other content.
    """
    name = "payouts" if request.payouts else "stripe"
    payouts = request.payouts or tuple(
        payout_of(one.payout, one.balance_transactions, f"/stripe/{n}") for n, one in enumerate(request.stripe)
    )
    for number, one in enumerate(payouts):
        _require_sum(one, f"/{name}/{number}/net")
    parts = [
        partial(_decide, runtime, call.tenant, request.legal_entity, one, f"/{name}/{number}")
        for number, one in enumerate(payouts)
    ]
    return run_each(runtime, call, parts, lambda taken: {"payouts": taken})


def _decide(runtime: Runtime, tenant: str, legal_entity: str, request: PayoutRequest, pointer: str) -> Decision:
    not_far_ahead(request.business_date, runtime.clock.now(), MOST_DAYS_AHEAD, f"{pointer}/business_date")
    own = settlement_id(request.provider, request.payout_id)
    digest = content_hash(request)
    known = load_payout(runtime.database, tenant, own)
    if known is not None:
        if (known.content_hash, known.legal_entity) != (digest, legal_entity):
            raise SettlementConflict("payout", f"{request.provider} {request.payout_id}", request, pointer=pointer)
        return Decision([], body=_answer(known, "REPEATED"))
    items = [PayoutItem.model_validate(one.model_dump()) for one in request.items]
    chunks = [items[start : start + ITEMS_PER_CHUNK] for start in range(0, len(items), ITEMS_PER_CHUNK)]
    payout = Payout(
        id=own,
        provider=request.provider,
        payout_id=request.payout_id,
        legal_entity=legal_entity,
        currency=request.currency,
        totals=_totals_of(items),
        net=request.net,
        paid_amount=request.net if request.paid_amount is None else request.paid_amount,
        paid_currency=request.paid_currency or request.currency,
        business_date=request.business_date,
        end_to_end_id=request.end_to_end_id,
        chunks=len(chunks),
        content_hash=digest,
        recorded_at=runtime.clock.now(),
    )
    writes = [payout_write(tenant, payout)]
    for number, part in enumerate(chunks):
        writes += _chunk_writes(tenant, payout, number, part)
    if payout.paid_amount:
        writes.append(transit_write(tenant, in_transit(payout)))
    return Decision(
        [*writes, *_adjusted(tenant, payout)],
        [told(f"SETTLEMENT#{own}", 1, _told(payout, len(items)), legal_entity)],
        status=201,
        body=_answer(payout, "RECORDED"),
    )


def in_transit(payout: Payout) -> InTransit:
    """What the bank is to receive of a payout."""
    also = (payout.end_to_end_id,) if payout.end_to_end_id else ()
    return InTransit(
        kind=Transit.PAYOUT,
        id=payout.id,
        legal_entity=payout.legal_entity,
        store=TREASURY,
        amount=payout.paid_amount,
        currency=payout.paid_currency,
        since=payout.business_date,
        references=(payout.payout_id, *also),
    )


def _chunk_writes(tenant: str, payout: Payout, number: int, items: Sequence[PayoutItem]) -> list[Write]:
    chunk = Chunk(
        settlement_id=payout.id,
        number=number,
        provider=payout.provider,
        payout_id=payout.payout_id,
        currency=payout.currency,
        recorded_at=payout.recorded_at,
        items=tuple(items),
    )
    return [chunk_write(tenant, chunk, over=None), unmatched_write(tenant, chunk)]


def _adjusted(tenant: str, payout: Payout) -> list[Write]:
    """What a provider adjusted belongs to no payment: it is suspended until somebody says what it was."""
    adjusted = payout.totals.adjustments
    if not adjusted:
        return []
    one: Suspense = suspended(
        payout.legal_entity, TREASURY, payout.currency, -adjusted, "payout", payout.id, payout.business_date
    )
    return suspense_writes(tenant, one, over=None)


def _told(payout: Payout, items: int) -> PayoutRecorded:
    return PayoutRecorded(
        **facts(payout.legal_entity, payout.currency),
        settlement_id=payout.id,
        provider=payout.provider,
        payout_id=payout.payout_id,
        **payout.totals.model_dump(),
        net=payout.net,
        paid_amount=payout.paid_amount,
        paid_currency=payout.paid_currency,
        items=items,
        business_date=payout.business_date.isoformat(),
    )


def _require_sum(request: PayoutRequest, pointer: str) -> None:
    found = sum(item.amount - item.fee for item in request.items)
    if found != request.net:
        raise DoesNotAddUp(f"The items come to {found} and not to {request.net}.", pointer=pointer)


def _answer(payout: Payout, status: str) -> dict[str, Value]:
    return {
        "settlement_id": payout.id,
        "provider": payout.provider,
        "payout_id": payout.payout_id,
        "status": status,
        "net": payout.net,
        "currency": payout.currency,
    }


def settlement_ids(outcome: Outcome) -> list[str]:
    """Which payouts an outcome speaks of."""
    payouts = outcome.body["payouts"]
    assert isinstance(payouts, list)
    return [str(one["settlement_id"]) for one in payouts if isinstance(one, dict)]


def _totals_of(items: Iterable[PayoutItem]) -> PayoutTotals:
    """The sums of a payout's items, each with the sign of its own name."""
    sums = dict.fromkeys(("charges", "refunds", "disputes", "fees", "adjustments"), 0)
    for item in items:
        if item.kind is ItemKind.DISPUTE:
            sums["disputes"] -= item.net
        elif item.kind is ItemKind.FEE:
            sums["fees"] -= item.net
        else:
            name, sign = _SUMS[item.kind]
            sums[name] += sign * item.amount
            sums["fees"] += item.fee
    return PayoutTotals.model_validate(sums)


_SUMS: Mapping[ItemKind, tuple[str, int]] = {
    ItemKind.CHARGE: ("charges", 1),
    ItemKind.REFUND: ("refunds", -1),
    ItemKind.ADJUSTMENT: ("adjustments", 1),
}

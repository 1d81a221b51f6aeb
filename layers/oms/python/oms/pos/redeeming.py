"""Gift cards and store credit of ours that pay a sale: their balance goes down in the sale's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from oms.orders.model import Order
from oms.payments.model import STORED_VALUE
from oms.payments.refunds import Issuer
from oms.platform.commands import Runtime
from oms.platform.problems import FieldError, InvalidRequest
from oms.platform.writes import Write
from oms.pos.requests import RecordTransaction, SaleTender, Tender
from oms.stored_value.model import account_of

_BALANCES = frozenset({Tender.GIFT_CARD, Tender.STORE_CREDIT})


@dataclass(frozen=True, slots=True)
class Redeemed:
    """A sale that spends balances; `issuers`, by the tender's position, are those of another company's balances."""

    told: RecordTransaction
    order: Order
    writes: list[Write]
    issuers: Mapping[int, Issuer]


def redeem(runtime: Runtime, tenant: str, told: RecordTransaction, order: Order) -> Redeemed:
    """The sale with the balances that it spends named by their accounts, never by a card's number, and what changes.

    The order's tenders come to know what was taken of an account, so that a refund goes back there. Raises what `spend`
    does, and InvalidRequest for an account that is named twice.
    """
    writes: list[Write] = []
    issuers: dict[int, Issuer] = {}
    tenders, payments, seen = list(told.tenders), list(order.payments), set[str]()
    at = min(told.occurred_at or runtime.clock.now(), runtime.clock.now())
    for number, one in enumerate(told.tenders):
        if not _is_ours(one):
            continue
        # Loaded with the first card: most sales have none.
        from oms.stored_value.spending import spend

        pointer, position = f"/tenders/{number}/reference", len(told.exchange_credits) + number
        held, changes = spend(
            runtime,
            tenant,
            kind=one.tender.value,
            token=one.reference or "",
            amount=one.amount,
            currency=order.header.currency,
            order_id=order.header.id,
            payment_id=payments[position].id,
            at=at,
            pointer=pointer,
        )
        if held.account_id in seen:
            raise InvalidRequest(errors=[FieldError(pointer, "repeated", "what one card pays is one tender")])
        seen.add(held.account_id)
        writes += changes
        if held.legal_entity and held.store and held.legal_entity != order.header.legal_entity:
            issuers[number] = Issuer(legal_entity=held.legal_entity, store=held.store)
        tenders[number] = one.model_copy(update={"reference": held.account_id})
        payments[position] = payments[position].model_copy(update={"psp_reference": held.reference})
    named = told.model_copy(update={"tenders": tuple(tenders)})
    return Redeemed(named, replace(order, payments=tuple(payments)), writes, issuers)


def without_numbers(tenant: str, told: RecordTransaction) -> RecordTransaction:
    """A transaction as it may be kept: it names balances by their accounts, never by a card's number."""
    tenders = [
        one.model_copy(update={"reference": account_of(tenant, one.tender.value, one.reference or "")})
        if _is_ours(one)
        else one
        for one in told.tenders
    ]
    return told.model_copy(update={"tenders": tuple(tenders)})


def _is_ours(one: SaleTender) -> bool:
    return one.tender in _BALANCES and one.provider in (None, STORED_VALUE)

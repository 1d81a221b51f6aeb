"""Gift cards and store credit that paid a sale: their balances fall in the sale's transaction, and never below zero."""

from __future__ import annotations

from dataclasses import replace

from oms.orders.selling import SoldOrder
from oms.payments.model import STORED_VALUE
from oms.platform.commands import Runtime
from oms.platform.problems import FieldError, InvalidRequest, NotFound
from oms.platform.writes import Write
from oms.pos.requests import RecordTransaction, SaleTender, Tender
from oms.stored_value.model import account_of
from oms.stored_value.spending import Spent, spend


def without_numbers(tenant: str, told: RecordTransaction) -> RecordTransaction:
    """What a till told, with the account of each gift card in place of its number, which is stored nowhere."""
    return told.model_copy(update={"tenders": tuple(_named(tenant, one) for one in told.tenders)})


def _named(tenant: str, one: SaleTender) -> SaleTender:
    if one.tender not in (Tender.GIFT_CARD, Tender.STORE_CREDIT) or one.provider not in (None, STORED_VALUE):
        return one
    return one.model_copy(update={"reference": account_of(tenant, one.tender.value, one.reference or "")})


def refuse_repeated(told: RecordTransaction) -> None:
    """Two tenders of one sale on one account are one tender."""
    seen = set[str]()
    for number, one in enumerate(told.tenders):
        if one.tender in (Tender.GIFT_CARD, Tender.STORE_CREDIT) and one.reference:
            if one.reference in seen:
                detail = "another tender of this sale takes of the same account"
                raise InvalidRequest(errors=[FieldError(f"/tenders/{number}/reference", "repeated", detail)])
            seen.add(one.reference)


def pay_with_stored_value(
    runtime: Runtime, tenant: str, told: RecordTransaction, sold: SoldOrder
) -> tuple[SoldOrder, list[Write]]:
    """The sale with its tenders named by what they took of their accounts, and what they change there.

    A till asks before it takes such a tender: one that there is not raises InvalidRequest, one that does not cover
    its amount, has expired or is in another currency is refused.
    """
    payments, writes = [], list[Write]()
    refuse_repeated(told)
    for number, payment in enumerate(sold.order.payments):
        if payment.provider == STORED_VALUE and payment.psp_reference:
            spent = Spent(
                kind=payment.tender,
                token=payment.psp_reference,
                amount=payment.amount,
                currency=payment.currency,
                order_id=payment.order_id,
                payment_id=payment.id,
            )
            try:
                reference, changes = spend(runtime.database, tenant, spent, runtime.clock.now())
            except NotFound as unknown:
                detail = "there is no such gift card or store credit"
                place = number - len(told.exchange_credits)
                error = FieldError(f"/tenders/{place}/reference", "unknown_stored_value", detail)
                raise InvalidRequest(errors=[error]) from unknown
            payment, writes = payment.model_copy(update={"psp_reference": reference}), [*writes, *changes]
        payments.append(payment)
    return replace(sold, order=replace(sold.order, payments=tuple(payments))), writes

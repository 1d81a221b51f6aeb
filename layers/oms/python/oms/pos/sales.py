"""A sale as the till told it, in the words of an order, of its drawer and of the ledger. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from oms.drawers.sales import CashSale
from oms.orders.amounts import Amounts
from oms.orders.model import Order
from oms.orders.request import LineRequest, Method, OrderRequest
from oms.orders.selling import Paid
from oms.payments.model import STORED_VALUE
from oms.payments.refunds import EXCHANGE_CREDIT, TILL, Issuer
from oms.pos.checks import totals_of
from oms.pos.events import CarriedLine, SaleCredit, SalePaid, SalePayment, SaleRecorded, SaleTaxed
from oms.pos.model import CHANNEL, Identity
from oms.pos.requests import RecordTransaction, SaleLine, Tender

_MOST_LINES_IN_EVENT = 50


@dataclass(frozen=True, slots=True)
class Stands:
    """In whose books stands what paid a sale.

    That is the till's for money, the issuer's for balances of another company, by the tender's position, and for each
    exchange credit the company's that owed it.
    """

    till: Issuer
    issuers: Mapping[int, Issuer]
    owing: Sequence[Issuer]


def order_request(told: RecordTransaction, one: Identity) -> OrderRequest:
    """A sale as the order that its channel would place; its tenders are no calls for money and stay out."""
    return OrderRequest(
        channel=CHANNEL,
        external_id=one.external_id,
        selling_node=told.selling_node or told.node_id,
        taken_by=told.cashier,
        currency=_currency(told),
        locale=told.locale,
        ordered_at=told.occurred_at,
        customer=told.customer,
        ship_to=told.ship_to,
        lines=tuple(_line(line, told.node_id) for line in told.lines),
        totals=totals_of(told),
        note=told.note,
        attributes=_attributes(told),
    )


def carried_lines(told: RecordTransaction) -> frozenset[int]:
    """The numbers of the lines that the customer took along."""
    return frozenset(number for number, line in enumerate(told.lines, start=1) if line.is_carried_out)


def paid(told: RecordTransaction) -> list[Paid]:
    """What each tender pays of the order: cash without what was rounded, cards without cash back, and credits."""
    tenders = [
        Paid(
            tender=one.tender.value,
            # Balances are ours where the till says nothing else.
            provider=one.provider or (TILL if one.tender is Tender.CASH else STORED_VALUE),
            reference=one.reference,
            amount=one.amount - one.cash_back - (told.rounding if one.tender is Tender.CASH else 0),
        )
        for one in told.tenders
    ]
    credits = [Paid(EXCHANGE_CREDIT, TILL, one.refund_id, one.amount) for one in told.exchange_credits]
    return [*credits, *tenders]


def cash_of(told: RecordTransaction, sale_id: str) -> CashSale | None:
    """What came into a drawer that has a session, with a minus what left it; None where no cash moved."""
    return _drawer_cash(told, sale_id, _cash_in(told) - _cash_back(told))


def cash_paid_out(told: RecordTransaction, return_id: str, refund_id: str) -> CashSale | None:
    """What leaves the drawer of a return that has a session; None where no cash does."""
    moved = _drawer_cash(told, return_id, -_cash_in(told))
    return replace(moved, refund_id=refund_id, rounding=told.rounding) if moved else None


def _drawer_cash(told: RecordTransaction, name: str, amount: int) -> CashSale | None:
    if told.drawer_session_id is None or not amount:
        return None
    return CashSale(
        sale_id=name,
        session_id=told.drawer_session_id,
        node_id=told.node_id,
        workstation=told.workstation,
        sequence=told.sequence,
        business_date=told.business_date,
        currency=_currency(told),
        amount=amount,
        cashier=told.cashier,
        occurred_at=told.occurred_at,
    )


def _cash_in(told: RecordTransaction) -> int:
    return sum(one.amount for one in told.tenders if one.tender is Tender.CASH)


def sale_recorded(
    told: RecordTransaction,
    one: Identity,
    sale_id: str,
    order: Order,
    carried: Amounts,
    stands: Stands,
) -> SaleRecorded:
    """The one fact of a sale that the ledger posts; what the till took for another company it owes to that."""
    header = order.header
    # What was reserved is told of with its work.
    at_once = [shipment for shipment in order.shipments if shipment.fulfillment_order_id is None]
    lines = tuple(CarriedLine(**left.model_dump()) for shipment in at_once for left in shipment.lines)
    return SaleRecorded(
        order_id=header.id,
        sale_id=sale_id,
        external_id=header.external_id,
        workstation=told.workstation,
        sequence=told.sequence,
        business_date=one.day,
        cashier=told.cashier,
        currency=header.currency,
        legal_entity=header.legal_entity,
        store=header.selling_node,
        channel=header.channel,
        goods=carried.goods,
        discount=carried.discount,
        tax=carried.tax,
        taxes=_taxes(carried),
        rounding=told.rounding,
        exchange_credit=sum(one.amount for one in told.exchange_credits),
        exchange_credits=tuple(
            SaleCredit(refund_id=one.refund_id, amount=one.amount, **owing.beside(header.legal_entity))
            for one, owing in zip(told.exchange_credits, stands.owing, strict=True)
        ),
        deposit=totals_of(told).total - carried.total,
        cash_back=_cash_back(told),
        tenders=tuple(
            SalePaid(
                tender=tender.tender.value,
                amount=tender.amount,
                provider=tender.provider,
                reference=tender.reference,
                **_stands(order, tender.tender, stands.till, stands.issuers.get(number)),
            )
            for number, tender in enumerate(told.tenders)
        ),
        session_id=told.drawer_session_id,
        payments=tuple(
            SalePayment(payment_id=payment.id, tender=payment.tender, amount=payment.amount)
            for payment in order.payments
        ),
        shipment_id=at_once[0].id if at_once else None,
        lines=lines if len(lines) <= _MOST_LINES_IN_EVENT else None,
    )


def _stands(order: Order, tender: Tender, till: Issuer, issuer: Issuer | None) -> dict[str, str]:
    """In whose books a tender stands: of a balance its issuer's, of money those of the store that took it."""
    entity = order.header.legal_entity
    if tender not in (Tender.CASH, Tender.CARD):
        return issuer.beside(entity) if issuer else {}
    if till.legal_entity == entity and till.store != order.header.selling_node:
        return {"tender_store": till.store}
    return till.beside(entity)


def _cash_back(told: RecordTransaction) -> int:
    return sum(one.cash_back for one in told.tenders)


def _taxes(carried: Amounts) -> tuple[SaleTaxed, ...]:
    return tuple(SaleTaxed(jurisdiction=name, amount=amount) for name, amount in carried.by_jurisdiction.items())


def _line(line: SaleLine, node_id: str) -> LineRequest:
    """A line as agreed; what was carried out was picked up where it was sold."""
    at_once = line.is_carried_out
    return LineRequest(
        line_id=line.line_id,
        type=line.type,
        sku=line.sku,
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        discounts=line.discounts,
        charges=line.charges,
        tax=line.tax,
        taxes=line.tax_parts,
        total=line.total,
        method=Method.PICKUP if at_once else line.later_method,
        ship_to=line.ship_to,
        pickup_node=node_id if at_once else line.pickup_node,
        service=line.service,
    )


def _attributes(told: RecordTransaction) -> dict[str, Any]:
    said: dict[str, Any] = {
        "workstation": told.workstation,
        "business_date": told.business_date.isoformat(),
        "sequence": told.sequence,
    }
    return said | ({"receipt": told.receipt} if told.receipt else {})


def _currency(told: RecordTransaction) -> str:
    assert told.currency is not None, "a sale has a currency"
    return told.currency

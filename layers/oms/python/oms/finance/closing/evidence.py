"""Reading what the tie-outs of a date compare: the ledger, and the contexts that tell it of money."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta

from oms.drawers.model import Movement, Session
from oms.drawers.reads import movements_on, sessions_on
from oms.finance import store as ledger
from oms.finance.closing import store
from oms.finance.closing.cards import stored_value_of
from oms.finance.closing.facts import (
    BalanceFacts,
    Carried,
    Evidence,
    MovementFacts,
    OrderFacts,
    OrdersRead,
    OrderTaxFacts,
    PaymentFacts,
    RefundFacts,
    SessionFacts,
    TransitFacts,
)
from oms.finance.closing.silence import silent_stores
from oms.finance.closing.sums import owes
from oms.finance.lanes import Day
from oms.finance.model import PostedEntry
from oms.finance.reads import entries_of_day
from oms.orders.amounts import Amounts, summed_taxes, taxes_of
from oms.orders.model import Order, status
from oms.orders.store import load_order
from oms.payments.refunds import EXCHANGE_CREDIT
from oms.platform.commands import Runtime
from oms.settlement.reads import balances_as_told, in_transit

# So many orders are read at a time, and kept together where a date has more of them.
READ_TOGETHER = 1000
ReadOrders = Callable[[Runtime, Day, Sequence[str]], "Iterator[OrdersRead]"]


def gather(runtime: Runtime, day: Day, carried: Carried, read: ReadOrders | None = None) -> Evidence:
    """Everything of a date that its tie-outs look at, as it is now; `read` may remember what was read of orders."""
    database, tenant = runtime.database, day.tenant
    entries = list(entries_of_day(database, day))
    named = sorted({*carried.orders, *(entry.order_id for entry in entries if entry.order_id is not None)})
    # An entry of the date that stands in a journal is kept once: a date may have very many.
    known = {entry.entry_id: entry for entry in entries}
    orders: dict[str, OrderFacts] = {}
    payments: list[PaymentFacts] = []
    refunds: list[RefundFacts] = []
    journals: dict[str, list[PostedEntry]] = {}
    for part in (read or read_orders)(runtime, day, named):
        orders |= {one.order_id: one for one in part.orders}
        payments += part.payments
        refunds += part.refunds
        for order_id, own in part.journals.items():
            journals[order_id] = [known.get(entry.entry_id, entry) for entry in own]
    stores = store.stores(database, day)
    sessions = [
        session
        for one in stores
        for session in sessions_on(database, tenant, one.store, day.date)
        if session.legal_entity == day.entity
    ]
    by_id = {session.id: session for session in sessions}
    return Evidence(
        day=day,
        entries=entries,
        journals=journals,
        between=_between(runtime, day, entries),
        orders=orders,
        payments=payments,
        sessions=[session_facts(session) for session in sessions],
        movements=[
            movement_facts(by_id[one.session_id], one)
            for name in {session.node_id: None for session in sessions}
            for one in movements_on(database, tenant, [s for s in sessions if s.node_id == name])
            if one.session_id in by_id
        ],
        stores=stores,
        silent=silent_stores(runtime, day, {one.store for one in stores}),
        carried=carried,
        in_transit=[
            TransitFacts(**one.model_dump(include=set(TransitFacts.model_fields)))
            for one in in_transit(database, tenant, day.entity)
        ],
        refunds=refunds,
        balances=[
            BalanceFacts(provider=one.provider, currency=one.currency, gross=one.gross)
            for one in balances_as_told(database, tenant, day.entity, day.date)
        ],
        stored_value=stored_value_of(runtime, day),
    )


def read_orders(runtime: Runtime, day: Day, named: Sequence[str]) -> Iterator[OrdersRead]:
    """Orders with their journals, some hundred at a time.

    Orders are read as they are now, so their journals are too: a date closes long after its end.
    """
    for start in range(0, len(named), READ_TOGETHER):
        yield read_part(runtime, day, named[start : start + READ_TOGETHER])


def read_part(runtime: Runtime, day: Day, named: Sequence[str]) -> OrdersRead:
    """What some orders are and what their journals hold; of an order of another entity only its journal."""
    database, tenant = runtime.database, day.tenant
    journals = {order_id: tuple(ledger.entries_of_order(database, tenant, order_id)) for order_id in named}
    orders: list[OrderFacts] = []
    payments: list[PaymentFacts] = []
    refunds: list[RefundFacts] = []
    for order_id in named:
        order = load_order(database, tenant, order_id)
        if order is not None and order.header.legal_entity == day.entity:
            orders.append(order_facts(order))
            payments += payment_facts(order)
            refunds += refund_facts(order)
    return OrdersRead(orders=tuple(orders), payments=tuple(payments), refunds=tuple(refunds), journals=journals)


def _between(runtime: Runtime, day: Day, entries: Iterable[PostedEntry]) -> list[PostedEntry]:
    """Entries that owe another entity, of all entities; the clocks of two stores may differ by a day."""
    if not any(owes(entry) for entry in entries):
        return []
    around = {day.date + timedelta(days=shift) for shift in (-1, 0, 1)}
    return [
        entry
        for one, _ in ledger.days_of(runtime.database, day.tenant)
        if one.date in around
        for entry in entries_of_day(runtime.database, one)
        if owes(entry)
    ]


def order_facts(order: Order) -> OrderFacts:
    """An order in money."""
    header, left = order.header, sum((one.amounts for one in order.shipments), Amounts())
    taxes = tax_facts(order)
    return OrderFacts(
        order_id=header.id,
        external_id=header.external_id,
        channel=header.channel,
        store=header.selling_node,
        legal_entity=header.legal_entity,
        currency=header.currency,
        status=status(order).value,
        placed_at=header.placed_at,
        goods=header.totals.goods,
        discount=header.totals.discount,
        charges=header.totals.charges,
        tax=header.totals.tax,
        total=header.totals.total,
        captured=sum(payment.captured for payment in order.payments),
        delivered=left.total,
        delivered_goods=left.goods - sum(one.gift_cards for one in order.shipments),
        delivered_discount=left.discount,
        delivered_shipping=left.shipping,
        delivered_tax=left.tax,
        taxes=taxes,
        returned_goods=sum(one.goods for one in order.returns),
        given_back_tax=sum(one.given_back for one in taxes),
        written_off=header.written_off,
        supplied_cost=sum(one.bought.cost for one in order.shipments if one.bought),
        supplied_payable=sum(one.bought.payable for one in order.shipments if one.bought),
        version=header.version,
        exchanged_away=sum(part.amount for refund in order.refunds for part in refund.parts if part.sale_id),
        exchanged_for=sum(
            payment.captured
            for payment in order.payments
            if payment.tender == EXCHANGE_CREDIT and payment.owed_by is None
        ),
    )


def tax_facts(order: Order) -> tuple[OrderTaxFacts, ...]:
    """The taxes of an order: of what left, and of what returns and goodwill gave back."""
    charged = sum((one.amounts for one in order.shipments), Amounts()).by_jurisdiction
    goodwill = [each for refund in order.refunds for each in refund.lines]
    back = summed_taxes(
        [
            *(taxes_of(one.tax - one.appeased_tax, one.taxes) for one in order.returns),
            *(taxes_of(one.tax, one.taxes) for one in goodwill),
        ]
    )
    names = sorted({*charged, *back}, key=lambda name: (name is not None, name or ""))
    return tuple(
        OrderTaxFacts(jurisdiction=name, charged=charged.get(name, 0), given_back=back.get(name, 0)) for name in names
    )


def payment_facts(order: Order) -> list[PaymentFacts]:
    """The tenders of an order, by rank."""
    return [
        PaymentFacts(
            payment_id=one.id,
            order_id=one.order_id,
            rank=one.rank,
            tender=one.tender,
            provider=one.provider,
            psp_reference=one.psp_reference,
            state=one.state.value,
            currency=one.currency,
            amount=one.amount,
            authorized=one.authorized,
            captured=one.captured,
            released=one.released,
        )
        for one in sorted(order.payments, key=lambda payment: (payment.rank, payment.id))
    ]


def refund_facts(order: Order) -> list[RefundFacts]:
    """The parts of what an order gives back, by refund."""
    return [
        RefundFacts(
            refund_id=one.id,
            order_id=one.order_id,
            cause=one.cause.value,
            cause_id=one.cause_id,
            owed_at=one.owed_at,
            part=part.number,
            tender=part.tender,
            provider=part.provider,
            currency=one.currency,
            amount=part.amount,
            state=part.state.value,
            movement_id=part.movement_id,
            card_id=part.account_id,
        )
        for one in order.refunds
        for part in one.parts
    ]


def session_facts(session: Session) -> SessionFacts:
    """A session of a drawer with its newest statement."""
    stated = session.statement
    return SessionFacts(
        session_id=session.id,
        store=session.node_id,
        drawer=session.drawer_id,
        legal_entity=session.legal_entity,
        business_date=session.business_date,
        currency=session.currency,
        device=session.device,
        cashier=session.cashier,
        state=session.state.value,
        is_over=session.is_over,
        opened_at=session.opened_at,
        opening_float=session.opening_float,
        **session.totals.model_dump(),
        expected=session.expected if stated is None else stated.expected,
        counted=None if stated is None else stated.counted,
        variance=None if stated is None else stated.variance,
        missing=None if stated is None else stated.missing,
        statement=None if stated is None else stated.number,
    )


def movement_facts(session: Session, movement: Movement) -> MovementFacts:
    """A movement with what its session says of it."""
    return MovementFacts(
        movement_id=movement.id,
        **movement.model_dump(exclude={"id"}),
        store=session.node_id,
        currency=session.currency,
    )

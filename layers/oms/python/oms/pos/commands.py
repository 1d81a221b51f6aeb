"""record_transaction: what a till tells is taken in once, and a sale becomes an order in the same transaction."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from oms.drawers.sales import take_cash
from oms.drawers.sequences import with_number
from oms.inventory.selling import SoldUnits, sold_units
from oms.orders.selling import SoldOrder, sold_order
from oms.payments.refunds import Issuer
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute, find_outcome, input_hash
from oms.platform.events import EventDraft
from oms.platform.observability import counted, logger
from oms.platform.principal import authorize
from oms.platform.problems import NotFound, TooLarge
from oms.platform.writes import MOST_ACTIONS, Value, Write, merge
from oms.pos.checks import TransactionTaken, refuse_wrong, require_site
from oms.pos.events import PosTransactionRecorded
from oms.pos.model import Identity, WorkstationDay, identity_of, moves_money
from oms.pos.redeeming import redeem, without_numbers
from oms.pos.requests import Kind, RecordTransaction
from oms.pos.returning import exchange, owed_by, take_back
from oms.pos.sales import Stands, carried_lines, cash_of, cash_paid_out, order_request, paid, sale_recorded
from oms.pos.store import load_transaction, load_workstation
from oms.pos.views import WRITE, workstation_document
from oms.pos.writes import conflict_write, day_partition, transaction_write, workstation_write
from oms.registry.reads import known_nodes

if TYPE_CHECKING:
    from oms.orders.collecting import Collected

# A row of stock and its line in the ledger for each item, beside the record and the event of a part.
_ITEMS_PER_PART = 40


class _StockFirst(Exception):
    """The goods do not fit the transaction of their sale; `units` are by SKU."""

    def __init__(self, units: Mapping[str, int]) -> None:
        super().__init__()
        self.units = dict(units)


def record_transaction(runtime: Runtime, call: Call, told: RecordTransaction) -> Outcome:
    """Take in one transaction of a till, exactly once; what came before answers the first answer.

    A sale becomes an order of the channel `store`: what was carried out is delivered and paid. A return is one of the
    order that it names, and the store has the units. Raises InvalidRequest
    for sums that do not add up, and TransactionTaken for another content under the same number, which is kept for a
    person.
    """
    one = identity_of(told)
    partition = day_partition(call.tenant, one.node_id, one.business_date)
    authorize(call.principal, WRITE, partition, node=one.node_id)
    content = input_hash(told)

    def decide() -> Decision:
        refuse_wrong(told, runtime.clock.now())
        named = [one.node_id, *([told.selling_node] if told.selling_node else [])]
        nodes = known_nodes(runtime.database, call.tenant, runtime.clock.now(), named=named)
        if one.node_id not in nodes:
            raise NotFound(f"There is no node {one.node_id}.")
        if load_transaction(runtime.database, call.tenant, one) is not None:
            raise TransactionTaken(f"Number {one.sequence} of workstation {one.workstation} has come before.")
        require_site(told, nodes)
        till = Issuer(legal_entity=nodes[one.node_id].legal_entity, store=one.node_id)
        if told.type is Kind.RETURN:
            own = _return(runtime, call, told, one, till)
        else:
            own = _sale(runtime, call, told, one, till) if moves_money(told) else _without_money(call, told, one)
        day = load_workstation(runtime.database, call.tenant, one)
        after = WorkstationDay(runs=with_number(day.runs, one.sequence), version=day.version + 1)
        body = {**own.body, "numbers": workstation_document(one.workstation, after)}
        writes = [
            *own.writes,
            workstation_write(call.tenant, one, after),
            transaction_write(call.tenant, one, content, json.dumps(body, ensure_ascii=False)),
        ]
        return Decision(writes, own.events, status=201, body=body)

    def earlier() -> Outcome | None:
        return _told_before(runtime, call, one, content)

    try:
        try:
            return execute(runtime, call, decide, earlier=earlier)
        except _StockFirst as large:
            _book_first(runtime, call, told, one, large.units)
            return execute(runtime, call, decide, earlier=earlier)
    except TransactionTaken:
        _keep(runtime, call, told, one, content)
        raise


def _sale(runtime: Runtime, call: Call, told: RecordTransaction, one: Identity, till: Issuer) -> Decision:
    sale_id = one.transaction_id(call.tenant)
    sold = _sold(runtime, call, told, one)
    redeemed = redeem(runtime, call.tenant, told, sold.order)
    credits = exchange(runtime, call.tenant, told, sold.order, sale_id)
    payments = owed_by(redeemed.order.payments, credits.owing, sold.order.header.legal_entity)
    told, sold = redeemed.told, replace(sold, order=replace(redeemed.order, payments=payments))
    stands = Stands(till, redeemed.issuers, credits.owing)
    fact = sale_recorded(told, one, sale_id, sold.order, sold.carried, stands)
    order = sold.placement(runtime, call, fact)
    cash = cash_of(told, sale_id)
    drawer: tuple[list[Write], list[EventDraft]] = ([], [])
    if cash is not None:
        drawer = take_cash(runtime, call.tenant, cash, actor=call.principal.actor, pointer="/drawer_session_id")
    writes = [*order.writes, *drawer[0], *credits.writes, *redeemed.writes]
    events = [*order.events, *drawer[1], *credits.events]
    # The record, the numbers and the transaction itself are three more.
    if len(writes) + len(events) + 3 > MOST_ACTIONS:
        raise TooLarge(f"The sale has {len(told.lines)} lines, and one transaction does not hold it.", pointer="/lines")
    # Goods come last: where they are booked first, nothing else is left that could refuse the sale.
    stock = _stock(runtime, call, told, one, sold)
    writes, events = [*writes, *stock.writes], [*events, *stock.events]
    if len(writes) + len(events) + 3 > MOST_ACTIONS:
        raise _StockFirst(sold.units)
    body: dict[str, Value] = {
        **_named(told, one, sale_id),
        "order_id": sold.order.header.id,
        "order_status": order.body["status"],
        "external_id": sold.order.header.external_id,
        "unknown_stock": [{"sku": sku, "quantity": units} for sku, units in sorted(stock.unknown.items())],
    }
    return Decision(writes, events, body=body)


def _sold(runtime: Runtime, call: Call, told: RecordTransaction, one: Identity) -> SoldOrder | Collected:
    """A sale as a new order, or as what becomes of the order whose goods it sells."""
    if told.reserved_order is None:
        return sold_order(runtime, call, order_request(told, one), carried_lines(told), paid(told))
    # Loaded with the first goods that were reserved: most sales are of others.
    from oms.pos.collecting import collected

    return collected(runtime, call, told, one)


def _return(runtime: Runtime, call: Call, told: RecordTransaction, one: Identity, till: Issuer) -> Decision:
    """Units come back under the till's number, and the drawer pays what the till says it paid."""
    return_id = one.transaction_id(call.tenant)
    writes, events, said = take_back(runtime, call, told, one, till)
    cash = cash_paid_out(told, return_id, str(said["refund_id"]))
    if cash is not None:
        drawer = take_cash(runtime, call.tenant, cash, actor=call.principal.actor, pointer="/drawer_session_id")
        writes, events = [*writes, *drawer[0]], [*events, *drawer[1]]
    if len(merge(writes)) + len(events) + 3 > MOST_ACTIONS:
        raise TooLarge("One transaction does not hold so many lines.", pointer="/brought_back/lines")
    return Decision(writes, events, body={**_named(told, one, return_id), **said})


def _stock(
    runtime: Runtime, call: Call, told: RecordTransaction, one: Identity, sold: SoldOrder | Collected
) -> SoldUnits:
    """What the sale does to stock, unless that was booked before it; large ones and ones that also claim are."""
    booked = [find_outcome(runtime, own) for own, _ in _parts(call, one, sold.units)]
    if booked and all(outcome is not None for outcome in booked):
        found = [row for outcome in booked if outcome for row in cast(list[dict[str, Value]], outcome.body["unknown"])]
        return SoldUnits([], [], {str(row["sku"]): int(str(row["quantity"])) for row in found})
    if any(outcome is not None for outcome in booked) or sold.claims & sold.units.keys():
        raise _StockFirst(sold.units)
    at = told.occurred_at or runtime.clock.now()
    cause = one.transaction_id(call.tenant)
    return sold_units(runtime, call, one.node_id, sold.units, cause=cause, at=min(at, runtime.clock.now()))


def _book_first(runtime: Runtime, call: Call, told: RecordTransaction, one: Identity, units: Mapping[str, int]) -> None:
    """Book the goods of a large sale before it, part by part and each once: a repeat of the sale goes on from there."""
    cause = one.transaction_id(call.tenant)
    for own, part in _parts(call, one, units):

        def decide(own: Call = own, part: Mapping[str, int] = part) -> Decision:
            at = min(told.occurred_at or runtime.clock.now(), runtime.clock.now())
            sold = sold_units(runtime, own, one.node_id, part, cause=cause, at=at)
            unknown: list[Value] = [{"sku": sku, "quantity": count} for sku, count in sorted(sold.unknown.items())]
            return Decision(sold.writes, sold.events, body={"unknown": unknown})

        execute(runtime, own, decide)


def _parts(call: Call, one: Identity, units: Mapping[str, int]) -> list[tuple[Call, dict[str, int]]]:
    rows = sorted(units.items())
    parts = [dict(rows[start : start + _ITEMS_PER_PART]) for start in range(0, len(rows), _ITEMS_PER_PART)]
    cause = one.transaction_id(call.tenant)
    return [
        (replace(call, command="book_sold_units", key=f"{cause}#{number}", input_hash=input_hash(part)), part)
        for number, part in enumerate(parts)
    ]


def _without_money(call: Call, told: RecordTransaction, one: Identity) -> Decision:
    transaction_id = one.transaction_id(call.tenant)
    fact = PosTransactionRecorded(
        transaction_id=transaction_id,
        node_id=one.node_id,
        workstation=one.workstation,
        business_date=one.day,
        sequence=one.sequence,
        kind=told.type.value,
        cashier=told.cashier,
    )
    nothing: dict[str, Value] = {"order_id": None, "order_status": None, "external_id": None, "unknown_stock": []}
    body = {**_named(told, one, transaction_id), **nothing}
    return Decision([], [EventDraft(f"POSTRANSACTION#{transaction_id}", 1, fact)], body=body)


def _named(told: RecordTransaction, one: Identity, transaction_id: str) -> dict[str, Value]:
    return {
        "id": transaction_id,
        "node_id": one.node_id,
        "workstation": one.workstation,
        "business_date": one.day,
        "sequence": one.sequence,
        "type": told.type.value,
    }


def _told_before(runtime: Runtime, call: Call, one: Identity, content: str) -> Outcome | None:
    stored = load_transaction(runtime.database, call.tenant, one)
    if stored is None:
        return None
    if stored["content"] != content:
        raise TransactionTaken(
            f"Number {one.sequence} of workstation {one.workstation} on {one.day} is another transaction.",
            pointer="/sequence",
        )
    return Outcome(200, json.loads(str(stored["body"])), replayed=True)


def _keep(runtime: Runtime, call: Call, told: RecordTransaction, one: Identity, content: str) -> None:
    """Keep what disagrees with a transaction for a person, and ring."""
    now = runtime.clock.now()
    kept = without_numbers(call.tenant, told).model_dump_json(exclude_defaults=True)
    row = conflict_write(call.tenant, one, content, kept, format_instant(now))
    runtime.database.commit([row])
    logger().error(
        "a till told a transaction otherwise than before",
        tenant=call.tenant,
        transaction_id=one.transaction_id(call.tenant),
        **counted("PosTransactionsQuarantined", now),
    )

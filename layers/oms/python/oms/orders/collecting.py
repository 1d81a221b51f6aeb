"""A till sells what was reserved: hand-over and sale are one change, and other goods of the sale join the order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from oms.fulfillment.events import EventLine
from oms.fulfillment.model import COUNTER_METHODS, FulfillmentOrder, Shipment, ShippedLine
from oms.fulfillment.model import Status as WorkStatus
from oms.fulfillment.protocol import TRANSITIONS, Action, leave, stage
from oms.fulfillment.sale_events import FulfillmentOrderSold
from oms.fulfillment.serving import ended_wait
from oms.fulfillment.shipping import shipment_amounts
from oms.fulfillment.writes import event_lines, let_go, work_ids
from oms.inventory.writes import StockChanges
from oms.orders.amounts import Amounts, line_amounts, share, taxed
from oms.orders.cancelling import cancelled_units
from oms.orders.charges import line_total
from oms.orders.model import Group, Line, Order, Status, status
from oms.orders.paying_in_store import NOT_BOUGHT, is_expired
from oms.orders.placing import group_lines, look_up
from oms.orders.request import Method, OrderRequest
from oms.orders.selling import CARRY_OUT, Paid, taken
from oms.orders.store import external_key
from oms.orders.validation import refuse_sums, refuse_unknown
from oms.orders.views import summary
from oms.orders.writes import Additions, change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Runtime, command_key
from oms.platform.events import EventData
from oms.platform.ids import child_id
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, Problem
from oms.platform.writes import create
from oms.tasks.writes import TaskChange

# How reserved goods leave.
PICKUP = "pickup"
_AT_THE_COUNTER = TRANSITIONS[Action.STAGE] | TRANSITIONS[Action.HAND_OVER]


class ReservationOver(Problem):
    status = 409
    code = "reservation_over"
    title = "The goods are not held for this order any more."
    remedy = "Sell them without naming the order, if the store has them."


@dataclass(frozen=True, slots=True)
class Sale:
    """A sale of a till: `quoted` has for each line of `request` the number of the reserved line that it sells, or None.

    Its own name is `external_id` in the channel of `request`; `at` is when it happened.
    """

    sale_id: str
    node_id: str
    external_id: str
    request: OrderRequest
    quoted: Sequence[int | None]
    paid: Sequence[Paid]
    at: datetime

    @property
    def wanted(self) -> dict[int, int]:
        """The units of each reserved line that are sold."""
        units: dict[int, int] = {}
        for line_no, line in zip(self.quoted, self.request.lines, strict=True):
            if line_no is not None:
                units[line_no] = units.get(line_no, 0) + line.quantity
        return units


@dataclass(frozen=True, slots=True)
class Collected:
    """A reserved order and what its sale does to it.

    `order` has only what the sale brings: what was carried out and what paid for it. `units` are goods that were not
    reserved, by SKU; `claims` the SKUs of those that were; `carried` is the money of both.
    """

    order: Order
    before: Order
    sale: Sale
    work: Sequence[FulfillmentOrder]
    added: Additions | None
    carried: Amounts
    units: Mapping[str, int]
    left: Mapping[int, int]
    told: Sequence[EventData]

    @property
    def claims(self) -> frozenset[str]:
        """The SKUs of which reserved units leave."""
        return frozenset(self.before.stock_of(self.sale.wanted))

    def placement(self, runtime: Runtime, call: Call, told: EventData) -> Decision:
        """The order with its sale, and its stock, under the till's number too; what was left is nobody's."""
        before, sale = self.before, self.sale
        header, events = before.header, list[EventData]()
        if self.left:
            header, events = cancelled_units(before, self.left, NOT_BOUGHT)
        after, writes, drafts = change_order(
            call.tenant,
            before,
            events=[told, *self.told, *events],
            header=header,
            fulfillment_orders=self.work,
            shipments=self.order.shipments,
            payments=self.order.payments,
            added=self.added,
        )
        stock = StockChanges(call.tenant, movement_id=before.next_change, cause=sale.sale_id, at=runtime.clock.now())
        for sku, units in before.stock_of(sale.wanted).items():
            stock.ship(sku, sale.node_id, units)
        for sku, units in before.stock_of(self.left).items():
            stock.release_allocation(sku, sale.node_id, units)
        note = external_key(call.tenant, sale.request.channel, sale.external_id)
        record = command_key(call.tenant, call.command, call.key).pk
        named = create("orders", note, {"order_id": header.id, "record": record})
        ended: list[TaskChange] = []
        for work in self.work:
            was = next(one for one in before.fulfillment_orders if one.id == work.id)
            task = ended_wait(runtime, call.tenant, was, work, call.principal.actor, call.correlation_id)
            ended += [task] if task else []
        writes = [*writes, *stock.writes(), named, *(write for one in ended for write in one.writes)]
        told_too = [draft for one in ended for draft in one.events]
        return Decision(writes, [*drafts, *told_too], body=summary(after).model_dump())


def collected(runtime: Runtime, call: Call, order: Order, sale: Sale) -> Collected:
    """What a sale takes of a reserved order, and what it sells besides.

    What it leaves of the work that it takes from goes back to the shelf; what lies elsewhere stays reserved. Raises
    InvalidRequest for lines that the order has not and for other money than was agreed, ReservationOver where the goods
    are not held for it any more, and ActionNotAvailable where they do not lie in the store yet.
    """
    refuse_sums(sale.request)
    known = look_up(runtime, call.tenant, sale.request)
    refuse_unknown(sale.request, known)
    if status(order) is Status.CANCELLED or is_expired(order, sale.at):
        raise ReservationOver("Its time was over, or it was cancelled.", pointer="/reserved_order")
    _refuse_other_lines(order, sale)
    work, shipments, events = _handed_over(order, sale)
    _refuse_other_money(order, sale)
    left: dict[int, int] = {}
    for position, now in enumerate(work):
        rest = {line.line_no: line.remaining for line in now.lines if line.remaining}
        if rest:
            more = {n: units - now.asked.get(n, 0) for n, units in rest.items() if units > now.asked.get(n, 0)}
            work[position], cancelled = let_go(now, more, NOT_BOUGHT)
            events.append(cancelled)
            left |= {n: left.get(n, 0) + units for n, units in rest.items()}
    whole = {sku: item.model_copy(update={"when_short": None}) for sku, item in known.items.items()}
    _, lines = group_lines(sale.request, whole)
    added = _joining(order, sale, [line for line, no in zip(lines, sale.quoted, strict=True) if no is None])
    if added is not None:
        money = sum((line_amounts(line.agreed) for line in added.lines), Amounts())
        gone = [EventLine(line_no=n.line_no, sku=n.agreed.sku, quantity=n.quantity) for n in added.lines]
        shipments.append(_shipment(order, len(shipments), None, sale, gone, money))
    bought = replace(order, lines=(*order.lines, *(added.lines if added else ())))
    return Collected(
        order=replace(bought, shipments=tuple(shipments), payments=taken(order, sale.paid)),
        before=order,
        sale=sale,
        work=work,
        added=added,
        carried=sum((one.amounts for one in shipments), Amounts()),
        units=bought.stock_of({line.line_no: line.quantity for line in (added.lines if added else ())}),
        left=left,
        told=events,
    )


def _refuse_other_lines(order: Order, sale: Sale) -> None:
    errors = [
        FieldError(f"/lines/{number}/order_line_no", "unknown_line", f"the order has no line {line_no} of {line.sku}")
        for number, (line_no, line) in enumerate(zip(sale.quoted, sale.request.lines, strict=True))
        if line_no is not None
        if line_no > len(order.lines) or order.line(line_no).agreed.sku != line.sku
    ]
    if errors:
        raise InvalidRequest(errors=errors)


def _handed_over(order: Order, sale: Sale) -> tuple[list[FulfillmentOrder], list[Shipment], list[EventData]]:
    """The work that the units are of, without them, and what has left with each; what lies ready goes first."""
    missing = sale.wanted
    works: list[FulfillmentOrder] = []
    shipments: list[Shipment] = []
    events: list[EventData] = []
    here = [work for work in order.fulfillment_orders if _lies_here(work, sale.node_id)]
    for work in sorted(here, key=lambda work: work.status is not WorkStatus.READY):
        units = {line.line_no: min(missing.get(line.line_no, 0), line.remaining) for line in work.lines}
        units = {line_no: count for line_no, count in units.items() if count}
        if not units:
            continue
        ready = work if work.status is WorkStatus.READY else stage(work)
        works.append(leave(ready, units, Action.HAND_OVER))
        lines = event_lines(work, units)
        so_far = replace(order, shipments=(*order.shipments, *shipments))
        money = shipment_amounts(so_far, lines, PICKUP)
        shipments.append(_shipment(order, len(shipments), work, sale, lines, money))
        told = {**work_ids(work), "sale_id": sale.sale_id, "shipment_id": shipments[-1].id, "total": money.total}
        events.append(FulfillmentOrderSold(**told, currency=order.header.currency, lines=lines))
        missing = {line_no: count - units.get(line_no, 0) for line_no, count in missing.items()}
    for number, line_no in enumerate(sale.quoted):
        if line_no is not None and missing[line_no]:
            raise _not_here(order, line_no, sale.wanted[line_no], f"/lines/{number}/quantity")
    return works, shipments, events


def _lies_here(work: FulfillmentOrder, node_id: str) -> bool:
    counter = work.node_id == node_id and work.method in COUNTER_METHODS and not work.is_leg
    return counter and work.status in _AT_THE_COUNTER


def _not_here(order: Order, line_no: int, wanted: int, pointer: str) -> Problem:
    held = order.line(line_no).quantity - order.cancelled.get(line_no, 0) - order.shipped(line_no)
    if held < wanted:
        return ReservationOver(f"{held} units of line {line_no} are held for this order.", pointer=pointer)
    return ActionNotAvailable(f"Not all {wanted} units of line {line_no} lie in the store yet.", pointer=pointer)


def _refuse_other_money(order: Order, sale: Sale) -> None:
    """Units that were reserved are sold for what was agreed, to the minor unit; anything else raises InvalidRequest."""
    errors = []
    for line_no, units in sale.wanted.items():
        own = [number for number, quoted in enumerate(sale.quoted) if quoted == line_no]
        line, before = order.line(line_no), order.shipped(line_no)
        agreed = share(line_total(line), before, before + units, line.quantity)
        sold = sum((line_amounts(sale.request.lines[number]) for number in own), Amounts())
        if (sold.goods, sold.discount, sold.tax) != (agreed.goods, agreed.discount, agreed.tax):
            detail = f"agreed were {agreed.goods} less {agreed.discount} with a tax of {agreed.tax}"
            errors.append(FieldError(f"/lines/{own[0]}/total", "not_as_agreed", detail))
    if errors:
        raise InvalidRequest(errors=errors)


def _joining(order: Order, sale: Sale, lines: Sequence[Line]) -> Additions | None:
    """The other goods of the sale as lines of the order, in a group of their own."""
    if not lines:
        return None
    group = Group(group_no=len(order.header.groups) + 1, method=Method.PICKUP, pickup_node=sale.node_id)
    numbered = (
        line.model_copy(update={"line_no": number, "group_no": group.group_no, "work": True})
        for number, line in enumerate(lines, start=len(order.lines) + 1)
    )
    return Additions(groups=(group,), lines=tuple(numbered))


def _shipment(
    order: Order,
    position: int,
    work: FulfillmentOrder | None,
    sale: Sale,
    lines: Sequence[EventLine],
    money: Amounts,
) -> Shipment:
    return Shipment(
        id=child_id("shp", order.header.id, len(order.shipments) + position + 1),
        order_id=order.header.id,
        fulfillment_order_id=work.id if work else None,
        node_id=sale.node_id,
        mode=PICKUP if work else CARRY_OUT,
        lines=tuple(ShippedLine(line_no=n.line_no, sku=n.sku, quantity=n.quantity) for n in lines),
        shipped_at=format_instant(sale.at),
        due_at=work.due_at if work else None,
        goods=money.goods,
        discount=money.discount,
        shipping=money.shipping,
        tax=money.tax,
        taxes=taxed(money.by_jurisdiction),
    )

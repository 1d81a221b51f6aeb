"""What an edit comes to: the transaction that it would be, and what is shown of it. Reads, but never writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from oms.fulfillment.model import FulfillmentOrder
from oms.inventory.writes import StockChanges
from oms.orders.amounts import order_amounts, sums
from oms.orders.cancelling import TakenOut, cancelled_units, take_out, with_cancelled
from oms.orders.change_orders import ChangeKind, standing
from oms.orders.edit_requests import Action
from oms.orders.edit_views import CollectedBy, EditMoney, EditView, GivenBackBy, StockOf
from oms.orders.edited_lines import additions, moved_lines, paid_by
from oms.orders.editing import EDITED, MOST_CHANGES, Staged, stage
from oms.orders.events import OrderCancelled, OrderEdited
from oms.orders.method_changes import Moved, PaymentNeeded, moved_units, refuse_unable
from oms.orders.model import Cancellation, Group, Header, Line, Order
from oms.orders.placing import group_lines, look_up
from oms.orders.request import LineQuantity, OrderRequest, Totals
from oms.orders.taking_out import answered_with
from oms.orders.validation import refuse_sums, refuse_unknown
from oms.orders.views import summary
from oms.orders.writes import Additions, change_order, with_groups
from oms.payments.model import CARD_PROVIDERS, Payment, State
from oms.payments.refunding import covered, worth
from oms.platform.commands import Call, Decision, Runtime
from oms.platform.events import EventData
from oms.platform.ids import child_id
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, OutOfStock, TooLarge
from oms.platform.writes import MOST_ACTIONS, merge
from oms.registry.reads import known_nodes
from oms.sourcing.changing_method import PlannedWork, work_for_added
from oms.sourcing.works import new_ids


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be done and why, and whether its caller may say what things cost."""

    reason: str
    actions: Sequence[Action]
    may_price: bool


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The transaction of an edit, and what is shown of it."""

    decision: Decision
    view: EditView


def nothing_done(order: Order) -> EditView:
    """What is shown of an edit that does nothing."""
    now = sums(standing(order).total)
    return EditView(
        mode="preview",
        order=summary(order),
        currency=order.header.currency,
        before=now,
        after=now,
        difference=now.model_copy(update=dict.fromkeys(type(now).model_fields, 0)),
    )


def evaluate(runtime: Runtime, call: Call, order: Order, edit: Edit) -> Evaluated:
    """The transaction of an edit of an order as it was read.

    Raises ActionNotAvailable for what cannot change any more, InvalidRequest for what makes no sense, OutOfStock where
    nobody has what is added, PaymentNeeded where nothing can pay for it, and TooLarge where one transaction does not
    hold it; pointers name the action.
    """
    refuse_unable(order)
    if order.header.changes >= MOST_CHANGES:
        raise ActionNotAvailable(f"It was changed {order.header.changes} times; it is not edited any more.")
    staged = stage(order, edit.actions, may_price=edit.may_price)
    groups, new = _new_lines(runtime, call, order, staged)
    taken = take_out(order, staged.fewer, edit.reason) if staged.fewer else TakenOut()
    order_now = replace(order, fulfillment_orders=_replaced(order.fulfillment_orders, taken.work))
    units = [LineQuantity(line_no=line_no, quantity=one.units) for line_no, one in staged.revised.items()]
    moved = moved_units(order_now, units, EDITED) if units else Moved({})
    added = additions(order, staged, groups, new)
    if added is None and not staged.fewer:
        raise ActionNotAvailable("The order is like that already.", pointer="/actions")
    works = _replaced(taken.work, moved.work)
    header, gone = _header(order, taken, moved, added, edit.reason)
    after = replace(order, header=with_groups(header, added), lines=(*order.lines, *(added.lines if added else ())))
    to_collect = max(0, worth(after).total - covered(order))
    tender = _tender(order, to_collect) if to_collect else None
    if added is not None and tender is not None:
        added = paid_by(added, order, order.header.changes + 1)
    so_far = replace(order, header=header, fulfillment_orders=_replaced(order.fulfillment_orders, works))
    freed = Moved(moved.units, list(works), [*moved.given_back, *taken.given_back])
    planned = _planned(runtime, call, so_far, added, freed, staged)
    new_work = planned.works if planned else []
    told = OrderEdited(
        order_id=order.header.id,
        external_id=order.header.external_id,
        reason=edit.reason,
        change_id=child_id("chg", order.header.id, order.header.changes + 1) if added or taken.units else None,
        lines=moved_lines(added, moved.units),
        difference=sums(standing(after).total).total - sums(standing(order).total).total,
        currency=order.header.currency,
        to_collect=to_collect,
        payment_id=tender.id if tender else None,
        fulfillment_order_ids=new_ids(order, new_work),
    )
    done, writes, drafts = change_order(
        call.tenant,
        order,
        events=[told, *taken.events, *moved.events, *gone],
        header=header if header != order.header else None,
        fulfillment_orders=_replaced(works, new_work),
        payments=[tender] if tender else (),
        added=added,
        kind=ChangeKind.EDIT,
    )
    stock = _stock(runtime, call, order, freed, planned)
    view = _view(order, done, staged, planned, told, tender)
    body = view.model_copy(update={"order": summary(done)}).model_dump(mode="json")
    made = Decision([*writes, *stock.writes(), *(planned.why if planned else ())], drafts, answered_with(done), body)
    if len(merge(made.writes)) + len(made.events) + 1 > MOST_ACTIONS:
        raise TooLarge("One transaction does not hold so many lines and nodes.", pointer="/actions")
    return Evaluated(made, view)


def _new_lines(runtime: Runtime, call: Call, order: Order, staged: Staged) -> tuple[Sequence[Group], Sequence[Line]]:
    """The lines that are new, checked like those of an order that is placed; pointers name the action."""
    if not staged.lines:
        return (), ()
    header, lines = order.header, tuple(line for _, line in staged.lines)
    whole = order_amounts(lines, ())
    totals = Totals(
        goods=whole.goods, discount=whole.discount, charges=whole.shipping, tax=whole.tax, total=whole.total
    )
    names = ("channel", "external_id", "selling_node", "taken_by", "currency", "locale", "tax_mode")
    home = next((group.ship_to for group in header.groups if group.ship_to is not None), None)
    request = OrderRequest(**{name: getattr(header, name) for name in names}, ship_to=home, lines=lines, totals=totals)
    try:
        refuse_sums(request)
        known = look_up(runtime, call.tenant, request)
        refuse_unknown(request, known)
    except InvalidRequest as refused:
        raise InvalidRequest(errors=[_at_action(one, staged) for one in refused.errors]) from refused
    groups, new = group_lines(request, known.items)
    if home is None and any(group.ship_to is None and group.pickup_node is None for group in groups):
        detail = "the order has no address; say where it is to go"
        at = f"/actions/{staged.lines[0][0]}/line/ship_to"
        raise InvalidRequest(errors=[FieldError(at, "required", detail)])
    return groups, new


def _at_action(error: FieldError, staged: Staged) -> FieldError:
    parts = error.pointer.split("/", 3)
    if len(parts) > 2 and parts[1] == "lines" and int(parts[2]) < len(staged.lines):
        rest = f"/{parts[3]}" if len(parts) > 3 else ""
        return replace(error, pointer=f"/actions/{staged.lines[int(parts[2])][0]}/line{rest}")
    return replace(error, pointer="/actions")


def _header(
    order: Order, taken: TakenOut, moved: Moved, added: Additions | None, reason: str
) -> tuple[Header, list[EventData]]:
    """The header without the units that go, and what is told of those that are cancelled."""
    left = (Cancellation(line_no=n, quantity=units, reason=EDITED) for n, units in moved.units.items())
    header = order.header.model_copy(update={"cancellations": with_cancelled(order.header.cancellations, left)})
    if not taken.units:
        return (header if moved.units else order.header), []
    # With the lines that come, so that what accompanies goods stays where goods do.
    whole = replace(order, header=header, lines=(*order.lines, *(added.lines if added else ())))
    header, events = cancelled_units(whole, taken.units, reason, taken.waiting)
    return header, [one for one in events if added is None or not isinstance(one, OrderCancelled)]


def _tender(order: Order, amount: int) -> Payment:
    """A further hold on the card that the order was paid with last; where it has none, PaymentNeeded."""
    cards = [
        one
        for one in order.payments
        if one.tender == "card" and one.provider in CARD_PROVIDERS and not one.by_channel and one.state != State.FAILED
    ]
    if not cards:
        raise PaymentNeeded(f"It costs {amount} more, and no card of the order can be asked.", pointer="/actions")
    last = max(cards, key=lambda one: (one.rank, one.id))
    return Payment(
        id=child_id("pay", order.header.id, len(order.payments) + 1),
        order_id=order.header.id,
        rank=max(one.rank for one in order.payments) + 1,
        tender=last.tender,
        provider=last.provider,
        token=last.token,
        amount=amount,
        currency=order.header.currency,
        capture_on=last.capture_on,
        change=order.header.changes + 1,
    )


def _planned(
    runtime: Runtime, call: Call, order: Order, added: Additions | None, freed: Moved, staged: Staged
) -> PlannedWork | None:
    if added is None:
        return None
    named = [group.pickup_node for group in added.groups if group.pickup_node]
    nodes = known_nodes(runtime.database, call.tenant, runtime.clock.now(), named=[*named, order.header.selling_node])
    gave_up = frozenset(
        work.node_id for line_no in freed.units for work, part in order.parts.get(line_no, ()) if part.given_up
    )
    try:
        return work_for_added(runtime, call, order, added, nodes, freed, gave_up)
    except OutOfStock as missing:
        errors = []
        for one in missing.errors:
            line = added.lines[int(one.pointer.split("/")[2])]
            errors.append(replace(one, pointer=f"/actions/{_action_of(staged, order, line)}/quantity"))
        raise OutOfStock(errors=errors) from missing


def _action_of(staged: Staged, order: Order, line: Line) -> int:
    """The action that made a line."""
    revised, more = list(staged.revised), list(staged.more)
    position = line.line_no - len(order.lines) - 1
    if position < len(revised) + len(more):
        return staged.because[[*revised, *more][position]]
    number = line.part_of.line_no - len(order.lines) - 1 if line.part_of else position
    return staged.lines[number - len(revised) - len(more)][0]


def _stock(runtime: Runtime, call: Call, order: Order, freed: Moved, planned: PlannedWork | None) -> StockChanges:
    """Units that go back to the shelf, and those that are claimed; what goes and comes at one place stays there."""
    stock = StockChanges(call.tenant, movement_id=order.next_change, cause=order.header.id, at=runtime.clock.now())
    left: dict[tuple[str, str], int] = {}
    for back in freed.given_back:
        left[back.sku, back.node_id] = left.get((back.sku, back.node_id), 0) + back.quantity
    claims: Mapping[tuple[str, str], int] = planned.claims if planned else {}
    if planned is not None:
        stock.know(planned.stock.spread)
    for (sku, node_id), units in left.items():
        rest = units - min(units, claims.get((sku, node_id), 0))
        if rest:
            stock.release_allocation(sku, node_id, rest)
    if planned is not None:
        planned.allocate(stock, left)
    return stock


def _view(
    order: Order, done: Order, staged: Staged, planned: PlannedWork | None, told: OrderEdited, tender: Payment | None
) -> EditView:
    before, after = standing(order).total, standing(done).total
    known = {refund.id for refund in order.refunds}
    back = [part for refund in done.refunds if refund.id not in known for part in refund.parts]
    asked = sum(sum(work.asked.values()) for work in done.fulfillment_orders)
    asked -= sum(sum(work.asked.values()) for work in order.fulfillment_orders)
    return EditView(
        mode="commit",
        order=summary(order),
        currency=order.header.currency,
        before=sums(before),
        after=sums(after),
        difference=sums(after - before),
        stock=tuple(
            StockOf(
                action=_action_of(staged, order, done.line(one.line_no)),
                line_no=one.line_no,
                sku=done.line(one.line_no).agreed.sku,
                quantity=one.quantity,
                node_id=one.node_id,
            )
            for one in (planned.goods if planned else ())
        ),
        asked=asked,
        money=EditMoney(
            to_collect=told.to_collect,
            collected_by=tuple(
                CollectedBy(tender=one.tender, provider=one.provider, amount=one.amount) for one in (tender,) if one
            ),
            to_return=sum(part.amount for part in back),
            returned_by=tuple(GivenBackBy(tender=part.tender, amount=part.amount) for part in back),
            beyond=max(0, covered(done) - worth(done).total),
        ),
        change_id=told.change_id,
    )


def _replaced(old: Sequence[FulfillmentOrder], new: Sequence[FulfillmentOrder]) -> tuple[FulfillmentOrder, ...]:
    newest = {work.id: work for work in new}
    known = {work.id for work in old}
    return (*(newest.get(work.id, work) for work in old), *(work for work in new if work.id not in known))

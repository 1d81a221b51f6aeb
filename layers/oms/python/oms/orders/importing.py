"""import_order: an order of the past is stored as it was told, and nothing else ever follows from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from oms.orders.amounts import order_amounts
from oms.orders.change_orders import change_between, change_write
from oms.orders.commands import placed_before
from oms.orders.events import OrderImported
from oms.orders.model import Cancellation, Header, Line, Order, Status, status
from oms.orders.placing import groups_of
from oms.orders.request import LineQuantity, TaxMode
from oms.orders.rows import new_order_writes, states
from oms.orders.states import History, HistoryOrder
from oms.orders.store import external_key, lines_items
from oms.orders.validation import refuse_size, refuse_sums
from oms.orders.views import summary
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, command_key, execute
from oms.platform.events import EventDraft
from oms.platform.principal import authorize
from oms.platform.problems import FieldError, InvalidRequest
from oms.platform.settings import line_limit
from oms.platform.writes import Write, create
from oms.registry.reads import known_nodes

# Why units of an order of the past were cancelled: as it was told.
TOLD = "history"
IMPORT = "orders.import"


def import_order(runtime: Runtime, call: Call, request: HistoryOrder) -> Outcome:
    """Store an order of the past as it was told, exactly once; the answer is an OrderSummary.

    It has its sums checked like any order, and no effect on stock, money, notices or workflows. Raises InvalidRequest
    or TooLarge, and then nothing is stored; ExternalIdTaken where its channel has another order under its external id.
    """
    refuse_size(request, call.principal.limit("lines", line_limit()))
    refuse_sums(request)
    note = external_key(call.tenant, request.channel, request.external_id)
    authorize(call.principal, IMPORT, note.pk, channel=request.channel)

    def decide() -> Decision:
        now = runtime.clock.now()
        errors = _errors(request, now)
        nodes = known_nodes(runtime.database, call.tenant, now, named=[request.selling_node])
        if request.selling_node not in nodes:
            errors.append(FieldError("/selling_node", "unknown_node", f"there is no node {request.selling_node}"))
        if errors:
            raise InvalidRequest(errors=errors)
        order, changes = _changed(call, _order(runtime, call, request, nodes[request.selling_node].legal_entity, now))
        if status(order).value != request.history.status:
            detail = f"by its lines it is {status(order).value}"
            raise InvalidRequest(errors=[FieldError("/history/status", "status_mismatch", detail)])
        header = order.header
        draft = EventDraft(
            entity=f"ORDER#{header.id}",
            sequence=1,
            data=_imported(order),
            changes={name: (None, state) for name, state in states(order).items()},
            channel=header.channel,
            legal_entity=header.legal_entity,
        )
        record = command_key(call.tenant, call.command, call.key).pk
        writes = [
            create("orders", note, {"order_id": header.id, "record": record}),
            *new_order_writes(call.tenant, order, list(lines_items(order.lines))),
            *changes,
        ]
        return Decision(writes, [draft], status=201, body=summary(order).model_dump())

    return execute(runtime, call, decide, earlier=lambda: placed_before(runtime, call, request))


def _errors(request: HistoryOrder, now: datetime) -> list[FieldError]:
    """What of an order of the past cannot be as it was told."""
    errors = []
    if request.ordered_at is None:
        errors.append(FieldError("/ordered_at", "required", "when it was placed"))
    elif request.ordered_at > now:
        errors.append(FieldError("/ordered_at", "in_the_future", "an order of the past was placed in the past"))
    if request.tax_mode is not TaxMode.EXTERNAL_AMOUNT:
        errors.append(FieldError("/tax_mode", "not_allowed", "the taxes of the past are told as amounts"))
    errors += [
        FieldError(f"/{name}", "not_allowed", "nothing is held or promised for an order of the past")
        for name in ("reservation_id", "promise_id")
        if getattr(request, name) is not None
    ]
    if request.payments:
        errors.append(FieldError("/payments", "not_allowed", "what was paid is told as history/payments"))
    seen: set[int] = set()
    for i, one in enumerate(request.history.lines):
        at = f"/history/lines/{i}"
        if one.line_no > len(request.lines) or one.line_no in seen:
            errors.append(FieldError(f"{at}/line_no", "unknown_line", "a line of the order, each once"))
            continue
        seen.add(one.line_no)
        quantity = request.lines[one.line_no - 1].quantity
        if one.cancelled > quantity:
            errors.append(FieldError(f"{at}/cancelled", "less_than_equal", f"the line has {quantity} units"))
        elif one.returned > quantity - one.cancelled:
            detail = f"{quantity - one.cancelled} units have left"
            errors.append(FieldError(f"{at}/returned", "less_than_equal", detail))
    return [*errors, *_money_errors(request)]


def _money_errors(request: HistoryOrder) -> list[FieldError]:
    paid = request.history.payments
    errors = [
        FieldError(f"/history/payments/{i}/refunded", "less_than_equal", f"only {one.captured} was taken")
        for i, one in enumerate(paid)
        if one.refunded > one.captured
    ]
    captured, total = sum(one.captured for one in paid), order_amounts(request.lines, request.charges).total
    if captured > total:
        errors.append(FieldError("/history/payments", "sum_mismatch", f"{captured} was taken for {total}"))
    return errors


def _order(runtime: Runtime, call: Call, request: HistoryOrder, legal_entity: str, now: datetime) -> Order:
    told = {one.line_no: one for one in request.history.lines}
    cancelled = {no: told[no].cancelled if no in told else 0 for no in range(1, len(request.lines) + 1)}
    gone = {no: line.quantity - cancelled[no] for no, line in enumerate(request.lines, start=1)}
    groups, numbers = groups_of(request.lines, request.ship_to)
    header = Header(
        id=runtime.ids.new("ord"),
        external_id=request.external_id,
        channel=request.channel,
        legal_entity=legal_entity,
        selling_node=request.selling_node,
        taken_by=request.taken_by,
        currency=request.currency,
        locale=request.locale,
        # Lists show it on the day on which it was placed.
        placed_at=format_instant(request.ordered_at or now),
        ordered_at=format_instant(request.ordered_at or now),
        customer=request.customer,
        collectors=request.collectors,
        correlation_id=call.correlation_id or call.causation_id,
        groups=groups,
        charges=request.charges,
        totals=request.totals,
        note=request.note,
        attributes=request.attributes,
        line_count=len(request.lines),
        validations=(),
        sourced=True,
        cancellations=tuple(
            Cancellation(line_no=no, quantity=units, reason=TOLD) for no, units in cancelled.items() if units
        ),
        history=History(
            imported_at=format_instant(now),
            gone=tuple(LineQuantity(line_no=no, quantity=units) for no, units in gone.items() if units),
            returned=tuple(
                LineQuantity(line_no=one.line_no, quantity=one.returned) for one in told.values() if one.returned
            ),
            payments=request.history.payments,
        ),
    )
    lines = [
        Line(line_no=no, group_no=group, agreed=line)
        for no, (line, group) in enumerate(zip(request.lines, numbers, strict=True), start=1)
    ]
    return Order(header, tuple(lines))


def _changed(call: Call, order: Order) -> tuple[Order, list[Write]]:
    """The order with the change order of what was cancelled of it, as every order has one."""
    if not order.header.cancellations:
        return order, []
    agreed = replace(order, header=order.header.model_copy(update={"cancellations": ()}))
    made = change_between(agreed, order, (), None, None)
    made = made.model_copy(update={"reason": TOLD})
    counted = replace(order, header=order.header.model_copy(update={"changes": made.number}))
    return counted, [change_write(call.tenant, made)]


def _imported(order: Order) -> OrderImported:
    header = order.header
    return OrderImported(
        order_id=header.id,
        external_id=header.external_id,
        status=Status(status(order)).value,
        currency=header.currency,
        legal_entity=header.legal_entity,
        store=header.selling_node,
        total=header.totals.total,
        line_count=header.line_count,
        ordered_at=header.ordered_at,
    )

"""Units of a return by post arrive and are inspected: they are stock where they are, and their money becomes due.

Until somebody has inspected them they are held back in quality control; only what is restocked is for sale again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from oms.inventory.model import MovementKind
from oms.inventory.writes import StockChanges
from oms.orders.model import Order
from oms.orders.writes import change_order
from oms.platform.commands import Call, Decision, Outcome, Runtime
from oms.platform.events import EventData
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest
from oms.platform.writes import MOST_ACTIONS, Write, merge
from oms.registry.reads import named_node
from oms.returns.accepting import Accepted, TakenBack, become_due
from oms.returns.judging import by_terms
from oms.returns.model import EXPECTING, Disposition, Grade, Graded, Open, Rma, RmaLine, State
from oms.returns.rma import with_lines
from oms.returns.rma_commands import facts, on_rma
from oms.returns.rma_events import InspectedUnits, ReceivedUnits, ReturnClosed, ReturnInspected, ReturnReceived
from oms.returns.rma_requests import InspectionRequest, ReceiptRequest
from oms.returns.shares import stock_of_line
from oms.returns.views import rma_document

# What a disposition does with units that are in quality control; those to be repaired stay there.
_JUDGED = {
    Disposition.RESTOCK: MovementKind.RESTORED,
    Disposition.VENDOR: MovementKind.BLOCKED,
    Disposition.LIQUIDATE: MovementKind.DAMAGED,
    Disposition.DESTROY: MovementKind.SCRAPPED,
}


@dataclass(frozen=True, slots=True)
class _Due:
    """Units of a line whose money becomes due."""

    line_no: int
    quantity: int
    disposition: Disposition | Open
    grade: Grade | None = None
    condition: str | None = None


def receive_return(runtime: Runtime, call: Call, return_id: str, request: ReceiptRequest) -> Outcome:
    """A node received units of a return: they are its stock, held back until they are inspected.

    Raises ActionNotAvailable for a return whose units may not come, InvalidRequest for more units than are to come.
    """

    def decide(order: Order, rma: Rma) -> Decision:
        named_node(runtime.database, call.tenant, runtime.clock.now(), request.node_id, "/node_id")
        if rma.state not in EXPECTING:
            raise ActionNotAvailable(f"The return is {rma.state.value}; none of its units may come.")
        lines = _received(rma, request)
        stock = StockChanges(call.tenant, movement_id=order.next_change, cause=rma.id, at=runtime.clock.now())
        for one in request.lines:
            for sku, quantity in stock_of_line(order, one.line_no, one.received).items():
                stock.take_back(sku, request.node_id, quantity, held=MovementKind.INSPECTED)
        told = ReturnReceived(
            **facts(order, rma),
            received_at_node=request.node_id,
            tracking_number=request.tracking_number,
            lines=tuple(
                ReceivedUnits(
                    line_no=one.line_no,
                    sku=order.line(one.line_no).agreed.sku,
                    received=one.received,
                    missing=one.missing,
                    wrong=one.wrong,
                )
                for one in request.lines
            ),
        )
        due = [_Due(n, line.due, "open") for n, line in lines.items() if line.due]
        return _done(runtime, call, order, rma, lines, told, due, request.node_id, stock.writes())

    return on_rma(runtime, call, return_id, decide, node_id=request.node_id)


def inspect_return(runtime: Runtime, call: Call, return_id: str, request: InspectionRequest) -> Outcome:
    """A node inspected units that it has received; what is restocked is for sale there from now on.

    Raises InvalidRequest for more units than the node has of the return and nobody has inspected.
    """

    def decide(order: Order, rma: Rma) -> Decision:
        lines = _inspected(rma, request)
        stock = StockChanges(call.tenant, movement_id=order.next_change, cause=rma.id, at=runtime.clock.now())
        for one in request.lines:
            kind = _JUDGED.get(Disposition(one.disposition))
            if kind is not None:
                for sku, quantity in stock_of_line(order, one.line_no, one.quantity).items():
                    stock.judge(sku, request.node_id, quantity, kind)
        told = ReturnInspected(
            **facts(order, rma),
            inspected_at_node=request.node_id,
            lines=tuple(
                InspectedUnits(
                    line_no=one.line_no,
                    sku=order.line(one.line_no).agreed.sku,
                    quantity=one.quantity,
                    grade=one.grade.value,
                    disposition=one.disposition.value,
                )
                for one in request.lines
            ),
        )
        due = _due_now(lines, request)
        return _done(runtime, call, order, rma, lines, told, due, request.node_id, stock.writes())

    return on_rma(runtime, call, return_id, decide, node_id=request.node_id)


def _done(
    runtime: Runtime,
    call: Call,
    order: Order,
    rma: Rma,
    lines: Mapping[int, RmaLine],
    told: EventData,
    due: Sequence[_Due],
    node_id: str,
    stock: Sequence[Write],
) -> Decision:
    """The order with what came of a return, and with what is owed from now on."""
    made = due_now(runtime, call, order, rma, due, node_id)
    after = with_lines(rma, {n: _with_owed(line, due) for n, line in lines.items()})
    events = [told, *(made.events if made else ())]
    if after.state is State.CLOSED and rma.state is not State.CLOSED:
        events.append(ReturnClosed(**facts(order, after)))
    changed, writes, drafts = change_order(
        call.tenant,
        order,
        events=events,
        rmas=[after],
        returns=[made.made] if made else [],
        refunds=made.refunds if made else [],
    )
    decision = Decision([*writes, *stock], drafts, body=rma_document(changed, after))
    if len(merge(decision.writes)) + len(drafts) + 1 > MOST_ACTIONS:
        raise InvalidRequest(errors=[FieldError("/lines", "too_many", "tell of these lines in several calls")])
    return decision


def due_now(runtime: Runtime, call: Call, order: Order, rma: Rma, due: Sequence[_Due], node_id: str) -> Accepted | None:
    """What is owed for units of a return from now on; None where nothing becomes due."""
    if not due:
        return None
    terms = [line.terms for one in due for line in rma.lines if line.line_no == one.line_no]
    judged = by_terms(order, due, terms, rma.override)
    taken = TakenBack(node_id, rma.reason, due, to=rma.to, to_reason=rma.to_reason)
    return become_due(runtime, call, order, rma, taken, judged)


def _with_owed(line: RmaLine, due: Sequence[_Due]) -> RmaLine:
    now = sum(one.quantity for one in due if one.line_no == line.line_no)
    return line.model_copy(update={"owed": line.owed + now})


def _received(rma: Rma, request: ReceiptRequest) -> dict[int, RmaLine]:
    """The lines of a return with what came of them."""
    found: dict[int, RmaLine] = {}
    errors: list[FieldError] = []
    for index, one in enumerate(request.lines):
        line = found.get(one.line_no) or rma.line(one.line_no)
        told = one.received + one.missing + one.wrong
        if line is None:
            detail = f"line {one.line_no} is not part of this return"
            errors.append(FieldError(f"/lines/{index}/line_no", "unknown_line", detail))
        elif told > line.to_come:
            detail = f"{line.to_come} units of line {one.line_no} are to come"
            errors.append(FieldError(f"/lines/{index}", "more_than_expected", detail))
        else:
            here = line.waiting.get(request.node_id, 0) + one.received
            found[one.line_no] = line.model_copy(
                update={
                    "received": line.received + one.received,
                    "missing": line.missing + one.missing,
                    "wrong": line.wrong + one.wrong,
                    "waiting": {**line.waiting, **({request.node_id: here} if here else {})},
                }
            )
    if errors:
        raise InvalidRequest(errors=errors)
    return found


def _inspected(rma: Rma, request: InspectionRequest) -> dict[int, RmaLine]:
    """The lines of a return with what was found out about them."""
    found: dict[int, RmaLine] = {}
    errors: list[FieldError] = []
    for index, one in enumerate(request.lines):
        line = found.get(one.line_no) or rma.line(one.line_no)
        here = line.waiting.get(request.node_id, 0) if line else 0
        if line is None or one.quantity > here:
            detail = f"{request.node_id} has {here} units of line {one.line_no} that nobody has inspected"
            errors.append(FieldError(f"/lines/{index}/quantity", "more_than_received", detail))
            continue
        waiting = {**line.waiting, request.node_id: here - one.quantity}
        graded = Graded(
            quantity=one.quantity, grade=one.grade, disposition=Disposition(one.disposition), node_id=request.node_id
        )
        found[one.line_no] = line.model_copy(
            update={
                "waiting": {node: units for node, units in waiting.items() if units},
                "graded": (*line.graded, graded),
            }
        )
    if errors:
        raise InvalidRequest(errors=errors)
    return found


def _due_now(lines: Mapping[int, RmaLine], request: InspectionRequest) -> list[_Due]:
    """The units of an inspection whose money it makes due, with what was found out about them."""
    left = {n: line.due for n, line in lines.items()}
    due = []
    for one in request.lines:
        units = min(one.quantity, left[one.line_no])
        left[one.line_no] -= units
        if units:
            due.append(_Due(one.line_no, units, Disposition(one.disposition), one.grade))
    return due

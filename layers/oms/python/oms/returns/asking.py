"""Units are asked to come back by post: what the rules say of them, and whether the customer keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.orders.model import Order
from oms.orders.store import existing_order, partition
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventData
from oms.platform.ids import child_id
from oms.platform.principal import authorize, may
from oms.platform.problems import FieldError, InvalidRequest, StaleVersion
from oms.registry.reads import named_node
from oms.returns.accepting import TakenBack, accept
from oms.returns.eligibility import Returnable, unit_value
from oms.returns.judging import Wish, found_by_rules, judge
from oms.returns.model import Kept, Rma, RmaLine, State
from oms.returns.requests import ReturnRequest
from oms.returns.rma_commands import REQUEST, approval, approved, changed, facts, units
from oms.returns.rma_events import ReturnRequested
from oms.returns.shares import returned_lines
from oms.returns.views import WRITE, return_document


def request_return(runtime: Runtime, call: Call, order_id: str, request: ReturnRequest) -> Outcome:
    """A customer wants to send units back; where the rules say so it is approved at once.

    Raises InvalidRequest for units that were not delivered or are bound already, NotReturnable for what the rules do
    not allow.
    """

    def decide() -> Decision:
        order = existing_order(runtime.database, call.tenant, order_id)
        action = WRITE if may(call.principal, WRITE) else REQUEST
        authorize(call.principal, action, partition(call.tenant, order_id), channel=order.header.channel)
        if call.expected_version not in (None, order.header.version):
            raise StaleVersion(f"The order is at version {order.header.version}.")
        _refuse_what_is_for_stores(request)
        returned_lines(order, request.lines)
        found = found_by_rules(runtime, call.tenant, order, request.lines, request.reason)
        if is_returnless(order, request, found):
            return _kept(runtime, call, order, request)
        rma, at_once = _requested(runtime, call, order, request, found)
        told = ReturnRequested(
            **facts(order, rma),
            reason=rma.reason,
            lines=units(rma),
            override_reason=rma.override.reason if rma.override else None,
        )
        events: list[EventData] = [told]
        if at_once:
            rma = approved(runtime, rma, call.principal.actor, None)
            events.append(approval(order, rma))
        return changed(call, order, rma, events, status=201)

    return execute(runtime, call, decide)


def _refuse_what_is_for_stores(request: ReturnRequest) -> None:
    errors = [
        FieldError(f"/{name}", "only_in_a_store", "a return by post is as the rules say")
        for name in ("fee", "shipping")
        if getattr(request, name) is not None
    ]
    errors += [
        FieldError(f"/lines/{index}/{name}", "only_in_a_store", "it is known when the units are inspected")
        for index, one in enumerate(request.lines)
        for name in ("disposition", "grade")
        if name in one.model_fields_set
    ]
    if errors:
        raise InvalidRequest(errors=errors)


@dataclass(frozen=True, slots=True)
class _KeptUnits:
    """Units that are paid back and that the customer keeps."""

    line_no: int
    quantity: int
    condition: str | None
    disposition: Kept = "kept"
    grade: None = None


def is_returnless(order: Order, request: ReturnRequest, found: Sequence[Returnable]) -> bool:
    """Whether the rules let the customer keep all of the units that are asked for."""
    currency = order.header.currency
    return all(
        one.rule.returnless is not None
        and one.rule.returnless.fits(unit_value(one.line), one.weight_grams, request.reason, currency)
        for one in found
    )


def _kept(runtime: Runtime, call: Call, order: Order, request: ReturnRequest) -> Decision:
    """The units are paid back at once and stay where they are; the stock ledger has them as a loss of their node."""
    taken = TakenBack(
        node_id=_came_from(order, request.lines[0].line_no),
        reason=request.reason,
        lines=[_KeptUnits(one.line_no, one.quantity, one.condition) for one in request.lines],
        to=request.to.value if request.to else None,
        to_reason=request.to_reason,
        override_reason=request.override_reason,
    )
    done = accept(runtime, call, order, taken)
    after, writes, drafts = change_order(
        call.tenant, order, events=done.events, refunds=done.refunds, returns=[done.made]
    )
    return Decision([*writes, *done.stock], drafts, status=201, body=return_document(after, done.made))


def _requested(
    runtime: Runtime, call: Call, order: Order, request: ReturnRequest, found: Sequence[Returnable]
) -> tuple[Rma, bool]:
    """The return as it is asked for, and whether the rules approve it at once."""
    repeated = {one.line_no for one in request.lines}
    if len(repeated) != len(request.lines):
        raise InvalidRequest(errors=[FieldError("/lines", "repeated", "each line of the order once")])
    wish = Wish(reason=request.reason, to=request.to, override_reason=request.override_reason)
    judged = judge(runtime, call.principal, order, request.lines, wish, found)
    node_id = request.node_id or _came_from(order, request.lines[0].line_no)
    named_node(runtime.database, call.tenant, runtime.clock.now(), node_id, "/node_id")
    rma = Rma(
        id=child_id("rma", order.header.id, len(order.rmas) + 1),
        order_id=order.header.id,
        node_id=node_id,
        reason=request.reason,
        state=State.REQUESTED,
        lines=tuple(
            RmaLine(
                line_no=one.line_no,
                sku=may_come.line.agreed.sku,
                quantity=one.quantity,
                condition=one.condition,
                terms=may_come.rule.terms,
            )
            for one, may_come in zip(request.lines, found, strict=True)
        ),
        days=min(one.rule.rma_days for one in found),
        to=request.to.value if request.to else None,
        to_reason=request.to_reason,
        override=judged.override,
        requested_at=format_instant(runtime.clock.now()),
        requested_by=call.principal.actor,
    )
    return rma, all(one.rule.approve == "at_once" for one in found)


def _came_from(order: Order, line_no: int) -> str:
    """The node that sent units of a line; they go back there where nobody says otherwise."""
    own = {line_no, *(piece.line_no for piece in order.pieces.get(line_no, ()))}
    return next(
        (one.node_id for one in order.shipments for part in one.lines if part.line_no in own), order.header.selling_node
    )

"""The verbs of a return by post between its units: decided, cancelled, opened again; `asking` makes one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from oms.orders.model import Order
from oms.orders.quantities import in_returns, with_customer
from oms.orders.store import existing_order, partition
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventData
from oms.platform.ids import parent_id
from oms.platform.principal import authorize, may
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, NotFound, StaleVersion
from oms.returns.model import EXPECTING, Rma, RmaLine, State
from oms.returns.rma import OVER, become, settled
from oms.returns.rma_events import (
    ReturnApproved,
    ReturnCancelled,
    ReturnDeclined,
    ReturnUnits,
)
from oms.returns.rma_requests import DecisionRequest, ReasonRequest
from oms.returns.views import WRITE, rma_document

REQUEST = "returns.request"


def decide_return(runtime: Runtime, call: Call, return_id: str, request: DecisionRequest) -> Outcome:
    """A person approves or declines a return by post. Raises ActionNotAvailable for one that was decided."""

    def decide(order: Order, rma: Rma) -> Decision:
        if rma.state is not State.REQUESTED:
            raise ActionNotAvailable(f"The return is {rma.state.value}; nobody has to decide about it.")
        if request.decision == "approve":
            after = approved(runtime, rma, call.principal.actor, request.reason)
            return changed(call, order, after, [approval(order, after)])
        after = become(rma, State.DECLINED).model_copy(update=_decided(runtime, call.principal.actor, request.reason))
        return changed(call, order, after, [ReturnDeclined(**facts(order, after), reason=request.reason)])

    return on_rma(runtime, call, return_id, decide)


def cancel_return(runtime: Runtime, call: Call, return_id: str, request: ReasonRequest) -> Outcome:
    """Nothing of a return is sent any more. Raises ActionNotAvailable once a parcel of it is on its way."""

    def decide(order: Order, rma: Rma) -> Decision:
        after = become(rma, State.CANCELLED)
        if after is rma:
            raise ActionNotAvailable("The return is cancelled already.")
        return changed(call, order, after, [ReturnCancelled(**facts(order, after), reason=request.reason)])

    return on_rma(runtime, call, return_id, decide, action=REQUEST)


def reopen_return(runtime: Runtime, call: Call, return_id: str, request: ReasonRequest) -> Outcome:
    """Units that left a return, or all of one that ended before any came, may be sent after all.

    Raises ActionNotAvailable where nothing left it, InvalidRequest where its units came back otherwise meanwhile.
    """

    def decide(order: Order, rma: Rma) -> Decision:
        if rma.state not in OVER:
            raise ActionNotAvailable(f"The return is {rma.state.value}.")
        lines = tuple(one.model_copy(update={"missing": 0, "wrong": 0, "expired": 0}) for one in rma.lines)
        again = rma.model_copy(update={"lines": lines})
        if not again.to_come:
            raise ActionNotAvailable("All units of the return have come.")
        _refuse_bound(order, rma, again)
        after = approved(runtime, again, call.principal.actor, request.reason)
        return changed(call, order, after, [approval(order, after, reopened=True)])

    return on_rma(runtime, call, return_id, decide)


def on_rma(
    runtime: Runtime,
    call: Call,
    return_id: str,
    decide: Callable[[Order, Rma], Decision],
    *,
    node_id: str | None = None,
    action: str = WRITE,
) -> Outcome:
    """Run a command on a return by post, read anew each time. Raises NotFound for one that there is not."""

    def fresh() -> Decision:
        order_id = parent_id("ord", return_id)
        wanted = action if action == WRITE or not may(call.principal, WRITE) else WRITE
        authorize(call.principal, wanted, partition(call.tenant, order_id), node=node_id)
        order = existing_order(runtime.database, call.tenant, order_id)
        authorize(call.principal, wanted, partition(call.tenant, order_id), channel=order.header.channel)
        rma = next((one for one in order.rmas if one.id == return_id), None)
        if rma is None:
            raise NotFound(f"There is no return by post {return_id}.")
        if call.expected_version not in (None, order.header.version):
            raise StaleVersion(f"The order is at version {order.header.version}.")
        return decide(order, rma)

    return execute(runtime, call, fresh)


def changed(call: Call, order: Order, rma: Rma, events: Sequence[EventData], *, status: int = 200) -> Decision:
    """The order with a return by post as it is now."""
    after, writes, drafts = change_order(call.tenant, order, events=events, rmas=[rma])
    return Decision(writes, drafts, status=status, body=rma_document(after, rma))


def facts(order: Order, rma: Rma) -> dict[str, str]:
    """What every fact of a return by post says."""
    return {
        "order_id": order.header.id,
        "external_id": order.header.external_id,
        "rma_id": rma.id,
        "node_id": rma.node_id,
        "channel": order.header.channel,
    }


def units(rma: Rma, count: Callable[[RmaLine], int] = lambda one: one.to_come) -> tuple[ReturnUnits, ...]:
    """Units of a return by line, as they are told."""
    return tuple(ReturnUnits(line_no=one.line_no, sku=one.sku, quantity=count(one)) for one in rma.lines if count(one))


def approved(runtime: Runtime, rma: Rma, by: str, reason: str | None) -> Rma:
    """The return with its units allowed to come, for as many days as the rules gave it."""
    until = format_instant(runtime.clock.now() + timedelta(days=rma.days))
    return settled(rma.model_copy(update={**_decided(runtime, by, reason), "expires_at": until}))


def _decided(runtime: Runtime, by: str, reason: str | None) -> dict[str, str | None]:
    return {"decided_at": format_instant(runtime.clock.now()), "decided_by": by, "decision_reason": reason}


def approval(order: Order, rma: Rma, *, reopened: bool = False) -> ReturnApproved:
    assert rma.expires_at is not None
    return ReturnApproved(
        **facts(order, rma),
        reason=rma.decision_reason,
        lines=units(rma),
        expires_at=rma.expires_at,
        reopened=reopened,
    )


def _refuse_bound(order: Order, rma: Rma, again: Rma) -> None:
    """Refuse units that came back, or are bound to another return, since they left this one."""
    errors = []
    for index, one in enumerate(again.lines):
        own = rma.line(one.line_no)
        bound = in_returns(order, one.line_no) - (own.bound if own and rma.state in EXPECTING else 0)
        free = with_customer(order, one.line_no) - bound
        if one.bound > free:
            detail = f"{max(free, 0)} units of line {one.line_no} are with the customer and not in another return"
            errors.append(FieldError(f"/lines/{index}", "not_with_customer", detail))
    if errors:
        raise InvalidRequest(errors=errors)

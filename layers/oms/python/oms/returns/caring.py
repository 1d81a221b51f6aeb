"""care_for_return: what the workflow of a return by post does whenever it wakes.

The workflow holds no state of its own. Each time it does what is due by the stored return and asks when to come again,
so it can be started at any time, twice at once, or anew after it was lost.
"""

from __future__ import annotations

from datetime import datetime

from oms.orders.model import Order
from oms.orders.store import existing_order
from oms.orders.writes import change_order
from oms.platform.clock import parse_instant
from oms.platform.commands import Decision, Runtime, execute
from oms.platform.consumers import call_from_workflow
from oms.platform.events import EventData
from oms.platform.ids import parent_id
from oms.returns.model import EXPECTING, Rma, State
from oms.returns.rma import with_lines
from oms.returns.rma_commands import facts, units
from oms.returns.rma_events import ReturnClosed, ReturnExpired


def care_for_return(runtime: Runtime, tenant: str, return_id: str) -> datetime | None:
    """Let units leave a return that did not come in time; answers when to come again, None where none is to come."""
    order_id = parent_id("ord", return_id)
    until = _until(existing_order(runtime.database, tenant, order_id), return_id)
    if until is None or until > runtime.clock.now():
        return until
    call = call_from_workflow("expire_return", tenant, f"{return_id}#{until.isoformat()}")

    def decide() -> Decision:
        order = existing_order(runtime.database, tenant, order_id)
        now_until = _until(order, return_id)
        if now_until is None or now_until > runtime.clock.now():
            return Decision([], body={"expired": False})
        rma = next(one for one in order.rmas if one.id == return_id)
        late = {
            one.line_no: one.model_copy(update={"expired": one.expired + one.to_come})
            for one in rma.lines
            if one.to_come
        }
        after = with_lines(rma, late)
        events: list[EventData] = [ReturnExpired(**facts(order, rma), lines=units(rma))]
        if after.state is State.CLOSED:
            events.append(ReturnClosed(**facts(order, after)))
        _, writes, drafts = change_order(tenant, order, events=events, rmas=[after])
        return Decision(writes, drafts, body={"expired": True})

    execute(runtime, call, decide)
    return _until(existing_order(runtime.database, tenant, order_id), return_id)


def _until(order: Order, return_id: str) -> datetime | None:
    """Until when units of a return may come, where any are to come."""
    rma: Rma | None = next((one for one in order.rmas if one.id == return_id), None)
    if rma is None or rma.state not in EXPECTING or not rma.to_come or rma.expires_at is None:
        return None
    return parse_instant(rma.expires_at)

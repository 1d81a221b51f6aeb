"""Giving up what was delivered and will not be paid."""

from __future__ import annotations

from oms.orders.amounts import Amounts, order_amounts, share, taxed
from oms.orders.model import Order
from oms.orders.states import refuse_unmanaged
from oms.orders.store import existing_order
from oms.orders.writes import change_order
from oms.payments.lifecycle import is_stuck, unpaid_rest
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.ids import child_id
from oms.platform.problems import ActionNotAvailable
from oms.settlement.events import WriteOffPosted
from oms.settlement.requests import WriteOffRequest


def write_off(runtime: Runtime, call: Call, order_id: str, request: WriteOffRequest) -> Outcome:
    """Give up the delivered and unpaid rest of an order, or some of it: it is not asked for any more.

    Raises ActionNotAvailable where nothing is unpaid, for more than that, and while its money is still being asked for.
    """

    def decide() -> Decision:
        order = existing_order(runtime.database, call.tenant, order_id)
        refuse_unmanaged(order.header.history)
        rest = unpaid_rest(order)
        captures = [one for taking in order.taking for one in taking.captures]
        if any((one.is_owed and not is_stuck(order, one)) or one.pending for one in captures):
            raise ActionNotAvailable("The money of a shipment is still being asked for.")
        amount = rest if request.amount is None else request.amount
        if not 0 < amount <= rest:
            raise ActionNotAvailable(f"{rest} of the order was delivered and not paid.", pointer="/amount")
        header = order.header
        number = header.write_offs + 1
        relief = _tax_share(order, amount) if request.tax_relief else Amounts()
        after = header.model_copy(update={"write_offs": number, "written_off": header.written_off + amount})
        event = WriteOffPosted(
            currency=header.currency,
            legal_entity=header.legal_entity,
            store=header.selling_node,
            channel=header.channel,
            order_id=header.id,
            write_off_id=child_id("wof", header.id, number),
            amount=amount,
            tax=relief.tax,
            taxes=taxed(relief.by_jurisdiction),
            reason=request.reason,
        )
        _, writes, drafts = change_order(call.tenant, order, events=[event], header=after)
        return Decision(writes, drafts, status=201, body=event.model_dump(mode="json"))

    return execute(runtime, call, decide)


def _tax_share(order: Order, amount: int) -> Amounts:
    """The tax in an amount of the order, rounded so that the shares of several write-offs sum to that of all."""
    whole = order_amounts((line.agreed for line in order.lines), order.header.charges)
    before = order.header.written_off
    return share(whole, before, min(before + amount, whole.total), whole.total)

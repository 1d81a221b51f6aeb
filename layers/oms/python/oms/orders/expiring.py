"""expire_reservation: goods that nobody has paid for in time are given up, whoever has them, in one transaction."""

from __future__ import annotations

from oms.fulfillment.events import FulfillmentOrderCancellationRequested
from oms.fulfillment.writes import let_go
from oms.inventory.writes import StockChanges
from oms.orders.cancelling import GivenBack, TakenOut, cancelled_units, take_out, what_is_left
from oms.orders.model import Order
from oms.orders.paying_in_store import RESERVATION_EXPIRED, expires_at
from oms.orders.store import existing_order
from oms.orders.writes import change_order
from oms.platform.commands import Decision, Runtime, execute
from oms.platform.consumers import call_from_workflow


def expire_reservation(runtime: Runtime, tenant: str, order_id: str) -> bool:
    """Cancel what of an order was held for payment in a store until now; whether this or an earlier call did.

    Its stock is available again, its nodes are told to put it back, and nobody is asked for money. Raises
    ActionNotAvailable while the order is being handed to its nodes.
    """
    first = existing_order(runtime.database, tenant, order_id)
    due = expires_at(first)
    if due is None or due > runtime.clock.now():
        return False
    call = call_from_workflow("expire_reservation", tenant, f"{order_id}#{first.header.version}")

    def decide() -> Decision:
        order, now = existing_order(runtime.database, tenant, order_id), runtime.clock.now()
        until = expires_at(order)
        if until is None or until > now:
            return Decision([], body={"expired": False})
        taken = all_taken_out(order, RESERVATION_EXPIRED)
        header, events = cancelled_units(order, taken.units, RESERVATION_EXPIRED, taken.waiting)
        _, writes, drafts = change_order(
            tenant, order, events=[*taken.events, *events], header=header, fulfillment_orders=taken.work
        )
        stock = StockChanges(tenant, movement_id=order.next_change, cause=order_id, at=now)
        give_back(stock, taken.given_back)
        return Decision([*writes, *stock.writes()], drafts, body={"expired": True})

    return bool(execute(runtime, call, decide).body["expired"])


def all_taken_out(order: Order, reason: str) -> TakenOut:
    """All of an order that has not left, taken out at once: nodes are told, and not asked."""
    taken = take_out(order, what_is_left(order, range(1, len(order.lines) + 1)), reason)
    changed = {work.id: work for work in taken.work}
    for work in order.fulfillment_orders:
        now = changed.get(work.id, work)
        if now.asked:
            # The request is answered in the same transaction, so that nobody has to hear of it.
            taken.events = [one for one in taken.events if not _asks(one, work.id)]
            after, told = let_go(now, {}, reason)
            changed[work.id] = after
            taken.events.append(told)
            for line_no, units in now.asked.items():
                taken.add(line_no, units)
                stock = order.line(line_no).stock(units)
                taken.given_back += [GivenBack(sku, work.node_id, count, True) for sku, count in stock.items() if count]
    taken.work = list(changed.values())
    return taken


def give_back(stock: StockChanges, given: list[GivenBack]) -> None:
    """End the claims of units that nobody wants any more."""
    for back in given:
        end = stock.release_allocation if back.allocated else stock.release_reservation
        end(back.sku, back.node_id, back.quantity)


def _asks(told: object, work_id: str) -> bool:
    return isinstance(told, FulfillmentOrderCancellationRequested) and told.fulfillment_order_id == work_id

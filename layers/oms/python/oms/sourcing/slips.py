"""The day on which there will be enough for whoever waits, kept current: what orders are told instead, once.

It changes as supply does, as those before somebody are served or leave, and as a day passes on which nothing came. It
is worked out as when the order was placed: what is to arrive is for those who have waited longest. So a slip that
leaves enough for somebody changes nothing for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from oms.inventory.supply.model import Coming
from oms.inventory.supply.reads import coming_supply
from oms.orders.backorders import Waiting, waiting_of
from oms.orders.events import OrderPromiseChanged, RepromisedLine
from oms.orders.model import Backorder, Order
from oms.orders.reads import queue_of
from oms.orders.store import fresh_orders, load_order
from oms.orders.writes import change_order
from oms.platform.commands import Call, Decision, Runtime, execute
from oms.platform.consumers import Event, call_from_event, call_from_workflow
from oms.registry.model import Item, Node
from oms.registry.reads import known_items, known_nodes
from oms.registry.segments import told
from oms.sourcing.reads import live_steps
from oms.sourcing.strategy import Step
from oms.sourcing.waiting import expected_on, may_give

# What changed a day where no supply did: those who come before, or the date of today.
QUEUE = "queue"


def repromise_waiting(runtime: Runtime, event: Event) -> int:
    """Tell the orders that wait for items of some supply on which day these are to come now; how many have another day.

    Each order is changed in a transaction of its own, once for each event of the supply.
    """
    skus = [told(line) for line in event.data["lines"]]
    call = call_from_event("repromise_order", event)
    return _repromise_items(runtime, event.tenant, skus, str(event.data["supply_id"]), lambda order: _of(call, order))


def keep_days_current(runtime: Runtime, tenant: str, skus: Iterable[str]) -> int:
    """Tell the orders that wait for some items their day, where the queue or the date has changed it; how many."""

    def call(order: Order) -> Call:
        return call_from_workflow("repromise_order", tenant, f"{order.header.id}#{order.header.version}")

    return _repromise_items(runtime, tenant, skus, QUEUE, call)


def _of(call: Call, order: Order) -> Call:
    return replace(call, key=f"{call.key}#{order.header.id}")


def _repromise_items(
    runtime: Runtime, tenant: str, names: Iterable[str], cause: str, call: Callable[[Order], Call]
) -> int:
    skus = dict.fromkeys(names)
    queues = {sku: queue_of(runtime.database, tenant, sku) for sku in skus}
    waiting = dict.fromkeys(one.order_id for queue in queues.values() for one in queue)
    if not waiting:
        return 0
    now = runtime.clock.now()
    nodes = known_nodes(runtime.database, tenant, now)
    coming = coming_supply(runtime.database, tenant, skus, nodes, now, consistent=True)
    items = known_items(runtime.database, tenant, skus, now)
    days = _Days(queues, coming, live_steps(runtime.database, tenant), nodes, items, now.date().isoformat())
    return sum(_repromise(runtime, tenant, order_id, days, cause, call) for order_id in waiting)


class _Days:
    """On which day there will be enough for whoever waits."""

    def __init__(
        self,
        queues: Mapping[str, Sequence[Waiting]],
        coming: Mapping[str, Sequence[Coming]],
        steps: Sequence[Step],
        nodes: Mapping[str, Node],
        items: Mapping[str, Item],
        today: str,
    ) -> None:
        self._queues = queues
        self._coming = coming
        self._steps = steps
        self._nodes = nodes
        self._items = items
        self._today = today

    def of(self, order: Order) -> tuple[Backorder, ...]:
        """What an order waits for, with its days as they are now; items that are not looked at keep theirs."""
        groups = waiting_of(order)
        ahead: dict[tuple[int, str], int] = {}
        found = []
        for one in order.header.backorders:
            line = order.line(one.line_no)
            name = (line.group_no, line.agreed.stock_sku)
            if line.agreed.stock_sku not in self._queues:
                found.append(one)
                continue
            own = groups[name]
            before = ahead.get(name, _units_before(self._queues[own.sku], own))
            ahead[name] = before + one.quantity
            may = may_give(own, self._steps, self._nodes, self._items)
            day = expected_on(self._coming[own.sku], may, before, one.quantity)
            found.append(_with_day(one, self._not_before(one, day)))
        return tuple(found)

    def _not_before(self, one: Backorder, day: str | None) -> str | None:
        """The day of units that wait for a street date besides; until then that date, where nothing else is known."""
        if one.not_before is None or (day is None and one.not_before < self._today):
            return day
        return max(day or one.not_before, one.not_before)


def _units_before(queue: Iterable[Waiting], own: Waiting) -> int:
    """The units that those wait for who began to wait before."""
    place = (own.placed_at, own.order_id, own.group_no)
    return sum(one.units for one in queue if (one.placed_at, one.order_id, one.group_no) < place)


def _with_day(one: Backorder, day: str | None) -> Backorder:
    if day == one.expected_on:
        return one
    return one.model_copy(update={"expected_on": day, "first_expected_on": one.first_expected_on or one.expected_on})


def _repromise(
    runtime: Runtime, tenant: str, order_id: str, days: _Days, cause: str, call: Callable[[Order], Call]
) -> bool:
    """Give one order its new days, if it has any."""
    first = load_order(runtime.database, tenant, order_id)
    if first is None or days.of(first) == first.header.backorders:
        return False
    orders = fresh_orders(runtime.database, tenant, first)

    def decide() -> Decision:
        order = next(orders)
        now = days.of(order)
        changed = [
            _line(order, before, after)
            for before, after in zip(order.header.backorders, now, strict=True)
            if before != after
        ]
        if not changed:
            return Decision([], body={"lines": 0})
        told = OrderPromiseChanged(
            order_id=order_id,
            external_id=order.header.external_id,
            cause=cause,
            lines=tuple(changed),
        )
        header = order.header.model_copy(update={"backorders": now})
        _, writes, drafts = change_order(tenant, order, events=[told], header=header)
        return Decision(writes, drafts, body={"lines": len(changed)})

    return bool(execute(runtime, call(first), decide).body["lines"])


def _line(order: Order, before: Backorder, after: Backorder) -> RepromisedLine:
    first, now = after.first_expected_on, after.expected_on
    return RepromisedLine(
        line_no=after.line_no,
        sku=order.line(after.line_no).agreed.sku,
        quantity=after.quantity,
        expected_before=before.expected_on,
        expected_on=now,
        first_expected_on=first,
        late_days=(date.fromisoformat(now) - date.fromisoformat(first)).days if now and first else None,
    )

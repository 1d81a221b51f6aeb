"""Which work is a leg: units that one node sends to another, where they go on with those of other nodes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oms.fulfillment.holds import held_at, joined, legs_to
from oms.fulfillment.model import TRANSFER, FulfillmentOrder, Status
from oms.orders.model import Group, Order
from oms.orders.request import Method
from oms.platform.clock import format_instant, parse_instant

# How long a store waits for what others send to it for one customer, before the customer gets what is there.
STORE_WAITS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Hub:
    """Where the units of a group come together, and until when those that are there wait for the others."""

    node_id: str
    until: str


def hub_of(order: Order, group: Group, now: datetime) -> Hub | None:
    """Where more units of a group are to go: to the store that was chosen, or where others of it wait.

    Where nothing waits any more, or the time to wait has passed, they go straight to the customer.
    """
    legs = [work for work in order.fulfillment_orders if work.is_leg and work.group_no == group.group_no]
    if group.method is Method.SHIP_TO_STORE and group.pickup_node is not None:
        known = [work.hold_until for work in legs if work.hold_until]
        return Hub(group.pickup_node, known[0] if known else format_instant(now + STORE_WAITS))
    for leg in legs:
        there, until = leg.destination_node or "", leg.hold_until or ""
        waits = legs_to(order, group.group_no, there) or held_at(order, group.group_no, there)
        if waits and parse_instant(until) > now:
            return Hub(there, until)
    return None


def through_hubs(order: Order, works: Sequence[FulfillmentOrder], hubs: Mapping[int, Hub]) -> list[FulfillmentOrder]:
    """New work of an order where the units of some groups come together: its legs, and what waits at the hub.

    What the hub has itself joins what waits there already. Work without goods stays as it is.
    """
    made: list[FulfillmentOrder] = []
    more: dict[str, FulfillmentOrder] = {}
    for work in works:
        hub = hubs.get(work.group_no)
        if hub is None or work.method == Method.DIGITAL.value:
            made.append(work)
        elif work.node_id != hub.node_id:
            leg = {"method": TRANSFER, "destination_node": hub.node_id, "hold_until": hub.until}
            made.append(work.model_copy(update=leg))
        else:
            held = held_at(order, work.group_no, hub.node_id)
            both = joined(held, work.lines) if held else None
            if both is not None:
                more[both.id] = both
            elif _waits(order, work, works, hub):
                made.append(work.model_copy(update={"status": Status.ON_HOLD, "hold_until": hub.until}))
            else:
                made.append(work)
    return [*more.values(), *_numbered(made, works)]


def _waits(order: Order, work: FulfillmentOrder, works: Sequence[FulfillmentOrder], hub: Hub) -> bool:
    """Whether anything is to come to the hub for this work."""
    coming = any(one.group_no == work.group_no and one.node_id != hub.node_id for one in works)
    return coming or bool(legs_to(order, work.group_no, hub.node_id))


def _numbered(made: Sequence[FulfillmentOrder], works: Sequence[FulfillmentOrder]) -> list[FulfillmentOrder]:
    """The work with the first of the ids that were meant for it, so that none is left out."""
    return [one.model_copy(update={"id": works[number].id}) for number, one in enumerate(made)]

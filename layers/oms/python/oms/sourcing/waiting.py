"""Who waits for stock comes before who comes: what a new order or basket may have, and when waiting ends.

Queues are read from the index of table `orders`, which shows an entry some milliseconds after it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from oms.inventory.model import Claimable
from oms.inventory.reads import StockView
from oms.inventory.supply.model import Coming
from oms.inventory.supply.reads import coming_supply
from oms.orders.backorders import Waiting
from oms.orders.model import Group
from oms.orders.request import Method
from oms.platform.dynamodb import Database
from oms.registry.model import Item, Node
from oms.sourcing.model import Sourced
from oms.sourcing.strategy import Scenario, Step, steps_for

Queue = Callable[[str], Sequence[Waiting]]
_USUAL = Step("usual", Scenario(id="usual"))


def beyond_waiting(
    view: StockView,
    steps: Sequence[Step],
    queue: Queue,
    arriving: Mapping[str, Sequence[Coming]] = MappingProxyType({}),
) -> Claimable:
    """What a channel can claim of some stock without the units that orders wait for and that may be given to them.

    The same for what it could claim once some supply has arrived.

    `queue` gives who waits for an item; it is asked only where a strategy lets orders wait. What is left to those who
    wait must stay there in the claim's own transaction.
    """
    stock = view.claimable(arriving)
    if not any(step.scenario.waits_for_days is not None for step in steps):
        return stock
    kept: dict[tuple[str, str], int] = {}
    theirs: dict[str, Mapping[tuple[str, str], int]] = {}
    for one in (one for sku in view.rows for one in queue(sku)):
        if one.channel not in theirs:
            theirs[one.channel] = replace(view, channel=one.channel).claimable(arriving).units
        left, still = theirs[one.channel], one.units
        places = [
            (one.sku, node_id) for node_id in may_give(one, steps, view.nodes, view.items) if (one.sku, node_id) in left
        ]
        for place in sorted(places, key=lambda place: (-left[place], place)):
            taken = min(still, max(0, left[place] - kept.get(place, 0)))
            kept[place] = kept.get(place, 0) + taken
            still -= taken
    kept = {place: count for place, count in kept.items() if count}
    units = {place: count - kept.get(place, 0) for place, count in stock.units.items()}
    return replace(
        stock,
        units={place: count for place, count in units.items() if count > 0},
        keep={place: stock.keep.get(place, 0) + kept.get(place, 0) for place in {**stock.keep, **kept}},
    )


def may_give(
    one: Waiting, steps: Sequence[Step], nodes: Mapping[str, Node], items: Mapping[str, Item] = MappingProxyType({})
) -> list[str]:
    """The nodes that may serve a group of an order that waits, as far as its place in the queue says."""
    tiers = [replace(step, items=items) for step in steps if step.scenario.is_for_tier(one.tier)]
    own = steps_for(tiers, one.channel, Method(one.method)) or [_USUAL]
    return [
        node.id
        for node in nodes.values()
        if node.status == "active"
        and node.id not in one.without
        and any(journey == one.method for journey in node.journeys)
        and any(step.scenario.admits(node) and step.may_give(one.sku, node) for step in own)
    ]


def expected_on(coming: Iterable[Coming], may: Iterable[str], ahead: int, units: int) -> str | None:
    """The first day by which enough is to arrive at these nodes for so many units, and for those `ahead` of them."""
    nodes, still = set(may), ahead + units
    for one in coming:
        if one.node_id in nodes:
            still -= one.units
            if still <= 0:
                return one.expected_on.isoformat()
    return None


def expected_days(
    database: Database,
    tenant: str,
    channel: str,
    groups: Sequence[Group],
    sourced: Sourced,
    items: Mapping[str, Item],
    nodes: Mapping[str, Node],
    queue: Queue,
    now: datetime,
) -> dict[int, str]:
    """The day on which enough is to come for each line of which units are missing, as far as supply says so."""
    missing = [(group, demand) for group in groups for demand in sourced.missing_of(group.group_no)]
    coming = coming_supply(database, tenant, (demand.sku for _, demand in missing), nodes, now)
    found: dict[int, str] = {}
    ahead: dict[str, int] = {}
    for group, demand in missing:
        waits = Waiting(
            order_id="",
            group_no=group.group_no,
            sku=demand.sku,
            units=demand.quantity,
            channel=channel,
            method=group.method.value,
            placed_at="",
        )
        before = ahead.setdefault(demand.sku, sum(one.units for one in queue(demand.sku)))
        may = may_give(waits, sourced.steps, nodes, items)
        day = expected_on(coming[demand.sku], may, before, demand.quantity)
        ahead[demand.sku] += demand.quantity
        if day is not None:
            found[demand.line_no] = day
    return found

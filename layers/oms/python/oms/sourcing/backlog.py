"""The plans of orders that wait for stock, one after the other from the same stock. Reads once, writes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, timedelta, tzinfo
from functools import partial
from zoneinfo import ZoneInfo

from oms.capacity.reads import room_of
from oms.inventory.model import Claimable
from oms.inventory.reads import stock_view
from oms.orders.backorders import Waiting, nodes_that_gave_up
from oms.orders.model import Group, Line, Order
from oms.platform.commands import Runtime
from oms.registry.model import weights_of
from oms.registry.reads import known_items, known_nodes
from oms.sourcing.costs import terms_by, usual_terms
from oms.sourcing.keeping import late_nodes
from oms.sourcing.model import Demand, Plan, Sourced
from oms.sourcing.reads import about_order, country_of, destination_of, live_steps, plan_group, plan_within, sources_of
from oms.sourcing.strategy import Step, steps_about, steps_for
from oms.sourcing.together import Share, plan_together
from oms.sourcing.waiting import may_give
from oms.sourcing.works import loads_of_plan, with_units

# By how much the clocks of the first time zone are ahead of UTC: there a day begins first.
_FIRST_ZONE = timedelta(hours=14)


@dataclass(slots=True)
class Served:
    """An order that waits, what of it is given stock, group by group, and by what else these plans may be exchanged."""

    order: Order
    plans: dict[int, Plan] = field(default_factory=dict)
    shares: dict[int, Share] = field(default_factory=dict)


class BacklogStock:
    """The stock of some items as each channel sees it at one instant, less what was given since."""

    def __init__(self, runtime: Runtime, tenant: str, skus: Sequence[str]) -> None:
        now, database = runtime.clock.now(), runtime.database
        self.skus = frozenset(skus)
        self._now = now
        self.nodes = known_nodes(database, tenant, now)
        self._late = partial(late_nodes, database, tenant, nodes=self.nodes, now=now)
        self._items = known_items(database, tenant, skus, now)
        self.weights = weights_of(self._items)
        self.steps = tuple(live_steps(database, tenant))
        self._view = stock_view(database, tenant, skus, channel="", items=self._items, nodes=self.nodes, now=now)
        self._room = room_of(database, tenant, self.nodes, self.nodes, now)
        self._seen: dict[str, Claimable] = {}
        self._taken: dict[tuple[str, str], int] = {}
        # Of the items that were weighed together, by node: the highest of all channels.
        self.prices: dict[str, dict[str, int]] = {}

    def can_serve(self, one: Waiting) -> bool:
        """Whether there is a unit for a group that waits, and its street date has begun anywhere."""
        if one.not_before is not None and (self._now + _FIRST_ZONE).date().isoformat() < one.not_before:
            return False
        left = self._left(one.channel)
        return any((one.sku, node_id) in left for node_id in may_give(one, self.steps, self.nodes, self._items))

    def serve(self, order: Order) -> Served:
        """Plan what an order waits for from what is left, and take it off."""
        served = Served(order)
        own = self._steps_for(order)
        for group in order.header.groups:
            lines = self._waiting(order, group)
            if not lines:
                continue
            steps = steps_for(own, order.header.channel, group.method, country_of(group, self.nodes))
            left = self._left(order.header.channel)
            plan = self._plan(order, group, lines, steps, left)
            if plan.allotments:
                served.plans[group.group_no] = plan
                served.shares[group.group_no] = self._share(group, plan, steps, left)
                for place, units in plan.claims.items():
                    self._taken[place] = self._taken.get(place, 0) + units
        return served

    def exchange(self, served: Sequence[Served]) -> None:
        """Look for nodes that cost less for all together; nobody gets a unit less.

        Orders of several channels may not have the same units, so those of each are exchanged among themselves.
        """
        for channel in dict.fromkeys(one.order.header.channel for one in served):
            own = [(one, no) for one in served if one.order.header.channel == channel for no in one.plans]
            together = plan_together([one.shares[no] for one, no in own], self._left(channel))
            for sku, prices in together.prices.items():
                known = self.prices.setdefault(sku, {})
                known |= {node_id: max(cents, known.get(node_id, 0)) for node_id, cents in prices.items()}
            for (one, no), plan in zip(own, together.plans, strict=True):
                for places, sign in ((one.plans[no].claims, -1), (plan.claims, 1)):
                    for place, units in places.items():
                        self._taken[place] = self._taken.get(place, 0) + sign * units
                one.plans[no] = plan

    def seen_by(self, order: Order) -> Claimable:
        """The stock as the channel of an order saw it at first."""
        return self._channel(order.header.channel)

    def sourced(self, served: Served) -> Sourced:
        """What was decided for an order and what it was decided from."""
        seen = self.seen_by(served.order)
        return Sourced(
            served.plans, is_best=False, stock=seen, weights=self.weights, steps=self._steps_for(served.order)
        )

    def _steps_for(self, order: Order) -> tuple[Step, ...]:
        return tuple(steps_about(self.steps, self._items, self.seen_by(order).ages, about_order(order.header)))

    def _channel(self, channel: str) -> Claimable:
        if channel not in self._seen:
            seen = replace(self._view, channel=channel).claimable()
            # Baskets that have just expired are left to the sweeper.
            self._seen[channel] = replace(seen, units=seen.at_once, expired={})
        return self._seen[channel]

    def _left(self, channel: str) -> dict[tuple[str, str], int]:
        units = {place: count - self._taken.get(place, 0) for place, count in self._channel(channel).units.items()}
        return {place: count for place, count in units.items() if count > 0}

    def _waiting(self, order: Order, group: Group) -> list[Line]:
        """The lines of a group that wait for these items, as if only what waits had been ordered."""
        today = self._now.astimezone(self._zone_of(order)).date().isoformat()
        found = [
            (order.line(one.line_no), one.quantity)
            for one in order.header.backorders
            if one.not_before is None or one.not_before <= today
        ]
        return [
            with_units(line, units)
            for line, units in found
            if line.group_no == group.group_no and line.agreed.stock_sku in self.skus
        ]

    def _zone_of(self, order: Order) -> tzinfo:
        """The time zone of whoever sold it, by which its street dates begin."""
        seller = self.nodes.get(order.header.selling_node)
        return ZoneInfo(seller.time_zone) if seller else UTC

    def _plan(
        self,
        order: Order,
        group: Group,
        lines: Sequence[Line],
        steps: Sequence[Step],
        left: Mapping[tuple[str, str], int],
    ) -> Plan:
        excluded = frozenset(node for line in lines for node in nodes_that_gave_up(order, line.line_no))
        demands = [Demand(line.line_no, line.agreed.stock_sku, line.quantity) for line in lines]
        late = self._late([group], giving={node_id for _, node_id in left}).get(group.group_no, frozenset())
        plan_of = partial(plan_group, group, demands, self.nodes, weights=self.weights, late=late)
        plan, full = plan_within(
            self._room,
            left,
            lambda units, out: plan_of(units, steps, without=excluded | out),
            lambda made: loads_of_plan(order, made),
            lambda made: made.claims,
            order.header.currency,
        )
        return replace(plan, excluded=excluded | full)

    def _share(self, group: Group, plan: Plan, steps: Sequence[Step], left: Mapping[tuple[str, str], int]) -> Share:
        """What a plan may be exchanged by: the nodes that it has, and others without a limit on what they take on."""
        chosen = {one.node_id for one in plan.allotments}
        sources = [
            one
            for one in sources_of(group, self.nodes, closed_too=False)
            if one.node_id in chosen
            or not (one.node_id in plan.excluded | plan.late | self._room.paused or self.nodes[one.node_id].capacity)
        ]
        place = destination_of(group, self.nodes)
        step = next((step for step in steps if step.name == plan.scenario), None)
        if step is None:
            return Share(plan, *usual_terms(sources, place, plan.late & chosen), {})
        wanted = {one.sku for one in plan.allotments}
        distances, terms = terms_by(step, sources, self.nodes, place, left, wanted, None, plan.late & chosen)
        return Share(plan, distances, terms, self.weights if terms.zones is not None else {})

"""Prices for what is scarce, from whole plans: each order has some, one is chosen for each, and stock is not exceeded.

This is a linear program whose columns are plans. Its prices say what one more unit of stock or capacity is worth; with
them each order is solved anew, and a plan that is cheaper at these prices joins the pool. With the library HiGHS the
program is solved exactly and at the end in whole numbers; without it prices rise where too much is taken and fall where
something is left (a subgradient of the Lagrangian dual).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf

from oms.sourcing.solver.highs import Highs
from oms.sourcing.solver.master import Column, Limits, Resource, program_of
from oms.sourcing.solver.problem import INBOUND, NOW, Answer, Network, Stock
from oms.sourcing.solver.shared import Plans

Prices = dict[Resource, int]
_ROUNDS = 150
_PATIENCE = 8
_FEW_FRESH = 200  # orders for each plan that must at least be new, for prices to be worth another round
_TOO_LITTLE = 5  # cents that a new plan must promise to be asked for


def priced(network: Network, prices: Mapping[Resource, int]) -> Network:
    """The network as an order sees it that pays the prices; overtime is in the price of units."""
    nodes = tuple(
        node._replace(
            unit_cents=node.unit_cents + prices.get(("units", node.id), 0),
            shipment_cents=node.shipment_cents + prices.get(("shipments", node.id), 0),
            overtime_cents=0,
        )
        for node in network.nodes
    )
    stock = dict(network.stock)
    for resource, cents in prices.items():
        if resource[0] == "stock" and cents:
            # A shipment that waits takes what comes in first.
            key = resource[1], resource[2]
            row = stock[key]
            at_once, waiting = row.opp_cents, row.opp_cents if row.waiting_cents is None else row.waiting_cents
            if resource[3] == NOW:
                at_once += cents
            else:
                waiting += cents
            stock[key] = Stock(row.available, row.inbound, at_once, waiting)
    return network._replace(nodes=nodes, stock=stock)


class Pool:
    """The plans known for each order, and the prices that follow from them."""

    def __init__(self, plans: Plans, library: Highs | None) -> None:
        self._plans = plans
        self._known: list[dict[object, Column]] = [{} for _ in plans.orders]
        self.prices: Prices = {}
        self.last: list[list[Answer]] = []  # of the last rounds, the best plans at their prices
        self.library = library
        # For each order what its best plan cost when last asked for, and the prices then of all that it could take.
        self._asked: list[tuple[float, list[tuple[Resource, float, int]]] | None] = [None] * len(plans.orders)
        self._fine: dict[Resource, float] = {}
        self._limits = Limits({}, {})
        caps, regular = self._limits.caps, self._limits.regular
        for node in plans.network.nodes:
            caps["units", node.id] = node.cap_units
            caps["shipments", node.id] = node.cap_shipments
            regular["units", node.id] = (node.regular_units, node.overtime_cents)
        for (node_id, sku), stock in plans.network.stock.items():
            caps["stock", node_id, sku, NOW] = stock.available
            caps["stock", node_id, sku, INBOUND] = stock.inbound

    def begin(self, alone: list[Answer]) -> None:
        """Take the plans that there are into the pool, and those that the orders would have alone."""
        made = self._plans.made
        for place, answer in enumerate(alone):
            self.hear(place, answer)
            self._remember(place, answer)
            self.hear(place, made[place])

    def hear(self, place: int, answer: Answer) -> bool:
        """Take one plan into the pool; whether it was new."""
        known = self._known[place]
        if answer.shipments in known:
            return False
        known[answer.shipments] = self._column(place, answer)
        return True

    def grow(self, until: float, clock: Callable[[], float]) -> None:
        """Prices and new plans in turn, until there are none or the time is over."""
        while clock() < until:
            if self.library:
                self._exact_prices(max(0.1, until - clock()))
            else:
                self._rise(until, clock)
            seen, fresh = priced(self._plans.network, self.prices), 0
            for place in range(len(self._plans.orders)):
                if self._may_gain(place) <= _TOO_LITTLE:
                    continue
                if clock() >= until:
                    return
                answer = self._plans.alone(seen, place)
                fresh += self.hear(place, answer)
                self._remember(place, answer)
            self.last.append([self.cheapest(place) for place in range(len(self._known))])
            if fresh * _FEW_FRESH < len(self._known):
                return

    def worth(self) -> Prices:
        """What one more of each resource would save by the plans that are known: the least prices that are as good.

        Prices are not unique where the last unit saves more than one more would. What has overtime keeps its price.
        """
        known = [[(one.cents, dict(one.uses)) for one in plans.values()] for plans in self._known]
        prices = dict(sorted(self.prices.items()))
        dearest = max((cents for plans in known for cents, _ in plans), default=0)
        for name in [name for name in prices if name not in self._limits.regular]:
            prices[name] = self._least(name, prices, known, dearest)
        return {name: cents for name, cents in prices.items() if cents}

    def _least(
        self, name: Resource, prices: Prices, known: list[list[tuple[int, dict[Resource, int]]]], most: int
    ) -> int:
        """The least price of a resource beside which no other gives a higher bound; the bound is concave in it."""
        # Each plan as a line: what it costs without the resource, and how much it takes of it.
        lines = [
            [
                (
                    cents + sum(prices.get(one, 0) * count for one, count in uses.items() if one != name),
                    uses.get(name, 0),
                )
                for cents, uses in plans
            ]
            for plans in known
        ]
        low, high = 0, most + 1
        while low < high:
            price = (low + high) // 2
            gained = sum(min(a + b * (price + 1) for a, b in own) - min(a + b * price for a, b in own) for own in lines)
            low, high = (price + 1, high) if gained > self._limits.caps[name] else (low, price)
        return low

    def cheapest(self, place: int) -> Answer:
        """The known plan of an order that is cheapest at the prices."""
        return min(self._known[place].values(), key=self._reduced).answer

    def _may_gain(self, place: int) -> float:
        """What a plan that is not known could save at most: since it was last asked for, prices can only have sunk so
        much."""
        asked = self._asked[place]
        if asked is None:
            return inf
        least, paid = asked
        fine = self._fine
        for resource, price, most in paid:
            now = fine.get(resource, 0.0)
            if now < price:
                least -= (price - now) * most
        return min(map(self._reduced, self._known[place].values())) - least

    def _remember(self, place: int, answer: Answer) -> None:
        """What the best plan of an order costs at these prices, and the prices of all that it could take."""
        fine = self._fine
        paid = [(resource, fine[resource], most) for resource, most in self._plans.reach(place) if resource in fine]
        self._asked[place] = self._reduced(self._known[place][answer.shipments]), paid

    def by_regret(self) -> list[int]:
        """The orders by how much dearer their second best known plan is, dearest first."""

        def regret(place: int) -> tuple[float, int]:
            costs = sorted(self._reduced(column) for column in self._known[place].values())
            return (costs[0] - costs[1] if len(costs) > 1 else 0, place)

        return sorted(range(len(self._known)), key=regret)

    def choose(self, seconds: float) -> list[Answer] | None:
        """One known plan for each order, all of them within stock and capacity; None without the library."""
        if not self.library:
            return None
        columns, made = self._columns(), self._plans.made
        # The plans there are now are an answer to begin with: however little time there is, nothing worse comes of it.
        begin = [column.answer.shipments == made[column.place].shipments for column in columns]
        program, _ = program_of(columns, len(self._known), self._limits, begin)
        values, _ = self.library.solve(program, seconds)
        chosen: list[Answer | None] = [None] * len(self._known)
        for column, value in zip(columns, values, strict=False):
            if value > 0.5:
                chosen[column.place] = column.answer
        return None if None in chosen else [answer for answer in chosen if answer]

    def _column(self, place: int, answer: Answer) -> Column:
        skus = {line.id: line.sku for line in self._plans.orders[place].lines}
        uses: dict[Resource, int] = {}
        for shipment in answer.shipments:
            parts: list[tuple[Resource, int]] = [(("shipments", shipment.node), 1)]
            for pick in shipment.picks:
                parts.append((("units", shipment.node), pick.quantity))
                parts.append((("stock", shipment.node, skus[pick.line], pick.pool), pick.quantity))
            for resource, count in parts:
                uses[resource] = uses.get(resource, 0) + count
        return Column(place, self._plans.own_cost(place, answer), tuple(uses.items()), answer)

    def _columns(self) -> list[Column]:
        return [column for known in self._known for column in known.values()]

    def _reduced(self, column: Column) -> float:
        fine = self._fine
        return column.cents + sum(fine.get(resource, 0) * count for resource, count in column.uses)

    def _rise(self, until: float, clock: Callable[[], float]) -> None:
        """Prices by steps along a subgradient, each as long as what is missing to the cost of the plans (Polyak)."""
        names = sorted(self._scarce())
        at = {name: number for number, name in enumerate(names)}
        limits = [self._limits.regular.get(name, (0, 0)) for name in names]
        regular, each = [units for units, _ in limits], [cents for _, cents in limits]
        caps = [self._limits.caps[name] for name in names]
        # Of each order the cost of each known plan and the scarce things that it takes, each as often as it takes it.
        known = [
            [
                (float(one.cents), [at[name] for name, count in one.uses if name in at for _ in range(count)])
                for one in plans
            ]
            for plans in (list(plans.values()) for plans in self._known)
        ]
        prices = [self._fine.get(name, 0.0) for name in names]
        target = float(self._plans.value(range(len(known)))[0])
        # Those of one plan take what they take.
        taken, paid = [0] * len(names), 0.0
        for plans in known:
            if len(plans) == 1:
                paid += plans[0][0]
                for number in plans[0][1]:
                    taken[number] += 1
        known = [plans for plans in known if len(plans) > 1]
        best, waited, scale, kept = -inf, 0, 1.0, prices
        for _ in range(_ROUNDS):
            if clock() >= until:
                break
            used = list(taken)
            dual = paid
            for plans in known:
                least, chosen = inf, plans[0][1]
                for cost, uses in plans:
                    for number in uses:
                        cost += prices[number]
                    if cost < least:
                        least, chosen = cost, uses
                dual += least
                for number in chosen:
                    used[number] += 1
            norm, slopes = 0, list[tuple[int, int]]()
            for number, price in enumerate(prices):
                over = price if price < each[number] else each[number]
                dual += price * taken[number] - over * regular[number] - (price - over) * caps[number]
                slope = used[number] - (regular[number] if price < each[number] else caps[number])
                if slope > 0 or price > 0:
                    slopes.append((number, slope))
                    norm += slope * slope
            waited += 1
            if dual > best:
                best, waited, kept = dual, 0, list(prices)
            elif waited >= _PATIENCE:
                waited, scale, prices = 0, scale / 2, list(kept)
                continue
            if not norm or target <= dual:
                break
            step = scale * (target - dual) / norm
            for number, slope in slopes:
                prices[number] = max(0.0, prices[number] + step * slope)
        self._fine = dict(zip(names, kept, strict=True))
        self.prices = {name: round(price) for name, price in self._fine.items() if price >= 0.5}

    def _scarce(self) -> set[Resource]:
        """What could be taken more of than there is, or than goes without overtime, by the plans that are known."""
        demand: dict[Resource, int] = {}
        for known in self._known:
            most: dict[Resource, int] = {}
            for column in known.values():
                for name, count in column.uses:
                    most[name] = max(most.get(name, 0), count)
            for name, count in most.items():
                demand[name] = demand.get(name, 0) + count
        free = {name: regular for name, (regular, cents) in self._limits.regular.items() if cents}
        return {name for name, count in demand.items() if count > free.get(name, self._limits.caps[name])}

    def _exact_prices(self, seconds: float) -> None:
        assert self.library is not None
        program, names = program_of(self._columns(), len(self._known), self._limits)
        values, duals = self.library.solve(program, seconds)
        if not values:
            return
        self._fine = {}
        for name, dual in zip(names, duals, strict=True):
            if name is not None and dual < 0:
                self._fine[name] = self._fine.get(name, 0.0) - dual
        self.prices = {resource: round(price) for resource, price in self._fine.items() if price >= 0.5}

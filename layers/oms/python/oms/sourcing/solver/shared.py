"""What many orders share while their plans are made: stock, capacity and overtime, given and taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from oms.sourcing.solver.check import Rulebook, Terms, short_cents
from oms.sourcing.solver.problem import NOW, Answer, Budget, Key, Network, SourcingOrder, Stock
from oms.sourcing.solver.single import solve_order

Value = tuple[int, ...]
# Units an order wants, the stock rows it could use with how many of them, and the slots of their nodes.
_Reach = tuple[int, list[tuple[tuple[str, str], int]], list[int]]
_MOST_SOLVED = 50  # plans that are kept for each order


class Plans:
    """One plan for each order, by its place in the list; `left` is the network without what the plans take."""

    def __init__(
        self, network: Network, orders: Sequence[SourcingOrder], budget: Budget, clock: Callable[[], float]
    ) -> None:
        self.network, self.orders = network, orders
        self.answers: list[Answer | None] = [None] * len(orders)
        self._book, self._budget, self._clock = Rulebook(network), budget, clock
        self._stock = dict(network.stock)
        self._nodes = list(network.nodes)
        self._units = [0] * len(network.nodes)
        self._reach = [self._reach_of(order) for order in orders]
        self._solved: list[dict[tuple[int, ...], Answer]] = [{} for _ in orders]
        self._own: list[Value] = [(0,) * len(network.keys)] * len(orders)
        self._alone: list[Value] = list(self._own)
        self._skus = [{line.id: line.sku for line in order.lines} for order in orders]
        self.heard: Callable[[int, Answer], object] | None = None  # is told every plan that is tried
        self.takers: dict[tuple[str, str], set[int]] = {}

    @property
    def made(self) -> list[Answer]:
        """The plans of all orders that have one."""
        return [answer for answer in self.answers if answer is not None]

    @property
    def left(self) -> Network:
        return replace(self.network, nodes=tuple(self._nodes), stock=self._stock)

    def best(self, place: int) -> Answer:
        """The order's best plan with what is left."""
        known, state = self._solved[place], self._state(place)
        answer = known.get(state)
        if answer is None:
            if len(known) >= _MOST_SOLVED:
                known.clear()
            answer = known[state] = self.alone(self.left, place)
        return answer

    def _state(self, place: int) -> tuple[int, ...]:
        """What is left for an order, no more of anything than it could use: the same state has the same best plan."""
        wanted, rows, slots = self._reach[place]
        stock, nodes = self._stock, self._nodes
        state = []
        for key, most in rows:
            row = stock[key]
            there, coming = row.available, row.inbound
            state.append((there if there < most else most) * (most + 1) + (coming if coming < most else most))
        for slot in slots:
            node = nodes[slot]
            state += (
                min(node.cap_units, wanted),
                min(node.cap_shipments, 2 * wanted),
                min(node.regular_units, wanted),
            )
        return tuple(state)

    def _reach_of(self, order: SourcingOrder) -> _Reach:
        wanted: dict[str, int] = {}
        for line in order.lines:
            wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
        rows = [
            ((node.id, sku), count)
            for node in self.network.nodes
            for sku, count in wanted.items()
            if (node.id, sku) in self.network.stock
        ]
        slots = sorted({self._book.slots[node_id] for (node_id, _), _ in rows})
        return sum(wanted.values()), rows, slots

    def alone(self, network: Network, place: int) -> Answer:
        """The order's best plan in another network, as if it were the only one."""
        return solve_order(network, self.orders[place], self._budget, clock=self._clock)

    def put(self, place: int, answer: Answer) -> None:
        self.answers[place] = answer
        if self.heard:
            self.heard(place, answer)
        self._own[place] = self._value(place, answer)
        self._move(place, answer, 1)

    def take(self, place: int) -> Answer:
        answer = self.answers[place]
        assert answer is not None
        self.answers[place] = None
        self._move(place, answer, -1)
        return answer

    def adopt(self, answers: Sequence[Answer]) -> None:
        """Put these plans, one for each order, in the place of those that are there."""
        changed = [place for place, answer in enumerate(answers) if self.answers[place] is not answer]
        for place in changed:
            if self.answers[place] is not None:
                self.take(place)
        for place in changed:
            self.put(place, answers[place])

    def value(self, places: Sequence[int]) -> Value:
        """What some orders cost, and all overtime with it: to compare before and after."""
        own = [self._own[place] for place in places]
        overtime = sum(
            node.overtime_cents * max(0, units - node.regular_units)
            for node, units in zip(self.network.nodes, self._units, strict=True)
        )
        return tuple(
            sum(value[k] for value in own) + (overtime if key is Key.COST else 0)
            for k, key in enumerate(self.network.keys)
        )

    def know_alone(self, answers: Sequence[Answer]) -> None:
        """The plans that the orders would have if each were the only one: none can be better."""
        self._alone = [self._value(place, answer) for place, answer in enumerate(answers)]

    def lost(self, place: int) -> Value:
        """How much worse an order's plan is than if it were the only one."""
        return tuple(own - alone for own, alone in zip(self._own[place], self._alone[place], strict=True))

    def least(self, missing: Sequence[int], made: Sequence[int] = ()) -> Value:
        """What some orders cost at least when those that are missing are solved as well."""
        alone = [self._alone[place] for place in missing]
        return tuple(value + sum(one[k] for one in alone) for k, value in enumerate(self.value(made)))

    def own_cost(self, place: int, answer: Answer) -> int:
        """What one plan costs without overtime."""
        terms = Terms(short=short_cents(self.orders[place], answer))
        for shipment in answer.shipments:
            terms = terms.plus(self._book.shipment_terms(self.orders[place], shipment))
        return terms.cost

    def _value(self, place: int, answer: Answer) -> Value:
        given = sum(pick.quantity for shipment in answer.shipments for pick in shipment.picks)
        wanted = sum(line.quantity for line in self.orders[place].lines)
        values = {Key.SHORT_UNITS: wanted - given, Key.SHIPMENTS: len(answer.shipments)}
        return tuple(self.own_cost(place, answer) if key is Key.COST else values[key] for key in self.network.keys)

    def _move(self, place: int, answer: Answer, sign: int) -> None:
        for shipment in answer.shipments:
            slot = self._book.slots[shipment.node]
            units = sign * sum(pick.quantity for pick in shipment.picks)
            self._units[slot] += units
            node = self._nodes[slot]
            self._nodes[slot] = replace(
                node,
                cap_units=node.cap_units - units,
                cap_shipments=node.cap_shipments - sign,
                regular_units=max(0, self.network.nodes[slot].regular_units - self._units[slot]),
            )
            for pick in shipment.picks:
                key = (shipment.node, self._skus[place][pick.line])
                before, count = self._stock[key], sign * pick.quantity
                now, coming = (count, 0) if pick.pool == NOW else (0, count)
                self._stock[key] = Stock(before.available - now, before.inbound - coming, before.opp_cents)
                holders = self.takers.setdefault(key, set())
                holders.add(place) if sign > 0 else holders.discard(place)

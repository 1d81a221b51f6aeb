"""What many orders share while their plans are made: stock, capacity and overtime, given and taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from oms.sourcing.solver.candidates import Hints, Made
from oms.sourcing.solver.check import Rulebook, Terms, short_cents
from oms.sourcing.solver.left import Known, Left, skus_of
from oms.sourcing.solver.problem import Answer, Budget, Key, Network, SourcingOrder
from oms.sourcing.solver.single import solve_order

Value = tuple[int, ...]


class Plans:
    """One plan for each order, by its place in the list; `left` is the network without what the plans take."""

    def __init__(
        self, network: Network, orders: Sequence[SourcingOrder], budget: Budget, clock: Callable[[], float]
    ) -> None:
        self.network, self.orders = network, orders
        self.answers: list[Answer | None] = [None] * len(orders)
        self._book, self._budget, self._clock = Rulebook(network), budget, clock
        self._left = Left(network)
        self._known = [Known(self._left, order) for order in orders]
        self._reach = [known.reach() for known in self._known]
        services: dict[tuple[object, ...], Made] = {}
        self._hints = [Hints(services, known.slots) for known in self._known]
        self._own: list[Value] = [(0,) * len(network.keys)] * len(orders)
        self._alone: list[Value] = list(self._own)
        self._values: list[dict[int, tuple[Answer, Value]]] = [{} for _ in orders]  # by the plan itself
        self.skus = skus_of(orders)
        self.heard: Callable[[int, Answer], object] | None = None  # is told every plan that is tried
        self.takers: dict[tuple[str, str], set[int]] = {}

    @property
    def made(self) -> list[Answer]:
        """The plans of all orders that have one."""
        return [answer for answer in self.answers if answer is not None]

    @property
    def left(self) -> Network:
        return self._left.network

    def units_left(self, row: tuple[str, str]) -> int:
        """What is left of a stock row, now and coming in."""
        return self._left.units(row)

    def best(self, place: int) -> Answer:
        """The order's best plan with what is left."""
        known = self._known[place]
        state = known.state()
        answer = known.best(state)
        if answer is None:
            answer = self.alone(self.left, place)
            known.add(state, answer, self._left.uses(answer, self.skus[place]))
        return answer

    def alone(self, network: Network, place: int) -> Answer:
        """The order's best plan in another network, as if it were the only one."""
        return solve_order(network, self.orders[place], self._budget, clock=self._clock, hints=self._hints[place])

    def reach(self, place: int) -> list[tuple[tuple[str, ...], int]]:
        """All that an order could take, and how much of it at most."""
        return self._reach[place]

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
        return tuple(
            [
                sum([value[k] for value in own]) + (self._left.overtime if key is Key.COST else 0)
                for k, key in enumerate(self.network.keys)
            ]
        )

    def solve_alone(self) -> list[Answer]:
        """The plans that the orders would have if each were the only one: none can be better."""
        answers = []
        for place in range(len(self.orders)):
            answers.append(self.best(place))
            self._alone[place] = self._value(place, answers[place])
        return answers

    def lost(self, place: int) -> Value:
        """How much worse an order's plan is than if it were the only one."""
        return tuple([own - alone for own, alone in zip(self._own[place], self._alone[place], strict=True)])

    def least(self, missing: Sequence[int], made: Sequence[int] = ()) -> Value:
        """What some orders cost at least when those that are missing are solved as well."""
        alone = [self._alone[place] for place in missing]
        return tuple([value + sum([one[k] for one in alone]) for k, value in enumerate(self.value(made))])

    def own_cost(self, place: int, answer: Answer) -> int:
        """What one plan costs without overtime."""
        terms = Terms(short=short_cents(self.orders[place], answer))
        for shipment in answer.shipments:
            terms = terms.plus(self._book.shipment_terms(self.orders[place], shipment))
        return terms.cost

    def _value(self, place: int, answer: Answer) -> Value:
        known = self._values[place].get(id(answer))
        if known is not None and known[0] is answer:
            return known[1]
        given = sum(pick.quantity for shipment in answer.shipments for pick in shipment.picks)
        wanted = sum(line.quantity for line in self.orders[place].lines)
        values = {Key.SHORT_UNITS: wanted - given, Key.SHIPMENTS: len(answer.shipments)}
        value = tuple(self.own_cost(place, answer) if key is Key.COST else values[key] for key in self.network.keys)
        self._values[place][id(answer)] = answer, value
        return value

    def _move(self, place: int, answer: Answer, sign: int) -> None:
        uses = self._left.uses(answer, self.skus[place])
        self._left.move(uses, sign)
        for row in uses.rows:
            holders = self.takers.setdefault(row, set())
            holders.add(place) if sign > 0 else holders.discard(place)

"""What is left of a network while plans take from it and give back, and plans that are known to be the best with it.

All that can be taken is one list of numbers: of each stock row the units there now and those coming in, of each node
its units, its shipments and its units without overtime. Plans are moved far more often than an order is solved, so the
rows and nodes of the network are made from the numbers when they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter, le

from oms.sourcing.solver.problem import INBOUND, NOW, Answer, Network, SourceNode, SourcingOrder, Stock
from oms.sourcing.solver.records import Record

State = tuple[int, ...]
_MOST_KNOWN = 40  # plans that are kept for each order
_ANY = 1 << 62  # as good as no limit


class Uses(Record):
    """What a plan takes: units by place in the numbers, units and shipments by slot, and the stock rows."""

    goods: tuple[tuple[int, int], ...]
    nodes: tuple[tuple[int, int, int], ...]
    rows: tuple[tuple[str, str], ...]


class Left:
    """The network without what the plans take; `overtime` is what the units that all nodes give cost beyond usual."""

    def __init__(self, network: Network) -> None:
        self.whole = network
        self.slots = {node.id: slot for slot, node in enumerate(network.nodes)}
        self.overtime = 0
        self.rows = {row: 2 * number for number, row in enumerate(network.stock)}
        self.levels: list[int] = []
        for stock in network.stock.values():
            self.levels += stock.available, stock.inbound
        self.first_slot = len(self.levels)
        for node in network.nodes:
            self.levels += node.cap_units, node.cap_shipments, node.regular_units
        self._units = [0] * len(network.nodes)
        self._uses: dict[int, tuple[Answer, Uses]] = {}  # by the plan itself
        self._names = list(network.stock)
        self._stock = dict(network.stock)
        self._nodes = list(network.nodes)
        # What moved since it was last made.
        self._stale: set[int] = set()
        self._stale_slots: set[int] = set()

    @property
    def network(self) -> Network:
        """A view of now: it holds until the next plan is moved."""
        whole, levels = self.whole, self.levels
        for place in self._stale:
            row = self._names[place >> 1]
            at = place & ~1
            stock = whole.stock[row]
            self._stock[row] = Stock(levels[at], levels[at + 1], stock.opp_cents, stock.waiting_cents)
        for slot in self._stale_slots:
            node, at = whole.nodes[slot], self.first_slot + 3 * slot
            units, shipments, regular = levels[at : at + 3]
            self._nodes[slot] = SourceNode(
                node.id,
                node.type,
                node.zip3,
                node.ready_day,
                node.inbound_day,
                node.shipment_cents,
                node.unit_cents,
                units,
                shipments,
                regular,
                node.overtime_cents,
            )
        self._stale.clear()
        self._stale_slots.clear()
        return Network(whole.keys, whole.rates, tuple(self._nodes), whole.weights, self._stock, whole.zones)

    def units(self, row: tuple[str, str]) -> int:
        """What is left of a stock row, now and coming in."""
        at = self.rows[row]
        return self.levels[at] + self.levels[at + 1]

    def uses(self, answer: Answer, skus: Mapping[str, str]) -> Uses:
        """What a plan takes; `skus` by line."""
        known = self._uses.get(id(answer))
        if known is not None:
            return known[1]
        goods: dict[int, int] = {}
        nodes: dict[int, tuple[int, int]] = {}
        rows: dict[tuple[str, str], None] = {}
        for shipment in answer.shipments:
            units = 0
            for pick in shipment.picks:
                row = shipment.node, skus[pick.line]
                rows[row] = None
                place = self.rows[row] + (pick.pool != NOW)
                goods[place] = goods.get(place, 0) + pick.quantity
                units += pick.quantity
            slot = self.slots[shipment.node]
            before, parcels = nodes.get(slot, (0, 0))
            nodes[slot] = before + units, parcels + 1
        uses = Uses(tuple(goods.items()), tuple([(slot, *counts) for slot, counts in nodes.items()]), tuple(rows))
        self._uses[id(answer)] = answer, uses
        return uses

    def has(self, uses: Uses) -> bool:
        """Whether all that a plan takes is left."""
        levels, first = self.levels, self.first_slot
        return all(levels[place] >= count for place, count in uses.goods) and all(
            levels[first + 3 * slot] >= units and levels[first + 3 * slot + 1] >= parcels
            for slot, units, parcels in uses.nodes
        )

    def move(self, uses: Uses, sign: int) -> None:
        """Let a plan take what it needs (`sign` 1) or give it back (-1)."""
        levels, stale = self.levels, self._stale
        for place, count in uses.goods:
            levels[place] -= sign * count
            stale.add(place)
        for slot, units, parcels in uses.nodes:
            at, node = self.first_slot + 3 * slot, self.whole.nodes[slot]
            before, most = self._units[slot], node.regular_units
            now = self._units[slot] = before + sign * units
            levels[at] -= sign * units
            levels[at + 1] -= sign * parcels
            levels[at + 2] = most - now if most > now else 0
            if now > most or before > most:
                self.overtime += node.overtime_cents * (max(0, now - most) - max(0, before - most))
            self._stale_slots.add(slot)


class Known:
    """The plans known for one order, each the best with what was left when it was made.

    With less left a plan is still the best as long as all that it takes is there, and no more of it is overtime.
    """

    def __init__(self, left: Left, order: SourcingOrder) -> None:
        self._left = left
        wanted: dict[str, int] = {}
        for line in order.lines:
            wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
        self._rows = [
            ((node.id, sku), count)
            for node in left.whole.nodes
            for sku, count in wanted.items()
            if (node.id, sku) in left.rows
        ]
        self.slots = sorted({left.slots[node_id] for (node_id, _), _ in self._rows})
        self._wanted = units = sum(wanted.values())
        # The numbers that the order depends on, and how much of each it could use at most.
        self._most: dict[int, int] = {}
        for row, most in self._rows:
            self._most[left.rows[row]] = self._most[left.rows[row] + 1] = most
        for slot in self.slots:
            at = left.first_slot + 3 * slot
            self._most |= {at: units, at + 1: 2 * units, at + 2: units}
        self._places = {number: place for place, number in enumerate(self._most)}
        self._state: Callable[[Sequence[int]], State] = itemgetter(*self._most) if self._most else _nothing
        self._plans: list[tuple[State, list[tuple[int, int]], Answer]] = []

    def reach(self) -> list[tuple[tuple[str, ...], int]]:
        """All that the order could take, and how much of it at most."""
        goods = [(("stock", *key, pool), most) for key, most in self._rows for pool in (NOW, INBOUND)]
        names = [self._left.whole.nodes[slot].id for slot in self.slots]
        return goods + [((of, name), self._wanted) for name in names for of in ("units", "shipments")]

    def state(self) -> State:
        """What is left of all that the order could use."""
        return self._state(self._left.levels)

    def best(self, state: State) -> Answer | None:
        """The best plan with this left, where it is known."""
        for known, needs, answer in self._plans:
            for place, least in needs:
                if state[place] < least:
                    break
            else:
                if all(map(le, state, known)):
                    return answer
        return None

    def add(self, state: State, answer: Answer, uses: Uses) -> None:
        """A plan that was found to be the best with this left."""
        places, first = self._places, self._left.first_slot
        needs = {places[number]: count for number, count in uses.goods}
        for slot, units, parcels in uses.nodes:
            at = first + 3 * slot
            needs[places[at]] = units
            needs[places[at + 1]] = parcels
            regular = places[at + 2]
            needs[regular] = min(units, state[regular])
        if len(self._plans) >= _MOST_KNOWN:
            del self._plans[1]  # the first is the one that the order would have alone
        # More of anything than the order could use makes no difference.
        limits = [_ANY if there >= most else there for there, most in zip(state, self._most.values(), strict=True)]
        self._plans.append((tuple(limits), list(needs.items()), answer))


def _nothing(_: Sequence[int]) -> State:
    return ()


def skus_of(orders: Sequence[SourcingOrder]) -> list[dict[str, str]]:
    """For each order the SKU of each line."""
    return [{line.id: line.sku for line in order.lines} for order in orders]

"""What is left of a network while plans take from it and give back, and plans that are known to be the best with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import le

from oms.sourcing.solver.problem import INBOUND, NOW, Answer, Network, SourceNode, SourcingOrder, Stock

State = tuple[int, ...]
_MOST_KNOWN = 40  # plans that are kept for each order


class Left:
    """The network without what the plans take; `units` are those that each node gives, `overtime` what they cost."""

    def __init__(self, network: Network) -> None:
        self.whole = network
        self.slots = {node.id: slot for slot, node in enumerate(network.nodes)}
        self.units = [0] * len(network.nodes)
        self.overtime = 0
        self.stock = dict(network.stock)
        self.nodes = list(network.nodes)

    @property
    def network(self) -> Network:
        """A view of now: it holds until the next plan is moved."""
        return replace(self.whole, nodes=tuple(self.nodes), stock=self.stock)

    def has(self, answer: Answer, skus: Mapping[str, str]) -> bool:
        """Whether all that a plan takes is left; `skus` by line."""
        goods: dict[tuple[str, str, str], int] = {}
        units: dict[str, int] = {}
        parcels: dict[str, int] = {}
        for shipment in answer.shipments:
            name = shipment.node
            parcels[name] = parcels.get(name, 0) + 1
            for pick in shipment.picks:
                key = name, skus[pick.line], pick.pool
                goods[key] = goods.get(key, 0) + pick.quantity
                units[name] = units.get(name, 0) + pick.quantity
        for (name, sku, pool), count in goods.items():
            row = self.stock[name, sku]
            if count > (row.available if pool == NOW else row.inbound):
                return False
        for name, count in units.items():
            node = self.nodes[self.slots[name]]
            if count > node.cap_units or parcels[name] > node.cap_shipments:
                return False
        return True

    def move(self, answer: Answer, skus: Mapping[str, str], sign: int) -> None:
        """Let a plan take what it needs (`sign` 1) or give it back (-1); `skus` by line."""
        for shipment in answer.shipments:
            slot = self.slots[shipment.node]
            units = 0
            for pick in shipment.picks:
                key, count = (shipment.node, skus[pick.line]), sign * pick.quantity
                units += count
                row = self.stock[key]
                if pick.pool == NOW:
                    self.stock[key] = Stock(row.available - count, row.inbound, row.opp_cents)
                else:
                    self.stock[key] = Stock(row.available, row.inbound - count, row.opp_cents)
            node, most, before = self.nodes[slot], self.whole.nodes[slot].regular_units, self.units[slot]
            self.units[slot] = before + units
            regular = most - before - units
            self.overtime += node.overtime_cents * (max(0, before + units - most) - max(0, before - most))
            self.nodes[slot] = SourceNode(
                node.id,
                node.type,
                node.zip3,
                node.ready_day,
                node.inbound_day,
                node.shipment_cents,
                node.unit_cents,
                node.cap_units - units,
                node.cap_shipments - sign,
                regular if regular > 0 else 0,
                node.overtime_cents,
            )


class Known:
    """The plans known for one order, each the best with what was left when it was made.

    With less left a plan is still the best as long as all that it takes is there, and no more of it is overtime.
    """

    def __init__(self, left: Left, order: SourcingOrder) -> None:
        self._left = left
        wanted: dict[str, int] = {}
        for line in order.lines:
            wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
        stock = left.whole.stock
        self._rows = [
            ((node.id, sku), count)
            for node in left.whole.nodes
            for sku, count in wanted.items()
            if (node.id, sku) in stock
        ]
        self.slots = sorted({left.slots[node_id] for (node_id, _), _ in self._rows})
        self._wanted = sum(wanted.values())
        self._skus = {line.id: line.sku for line in order.lines}
        self._places: dict[tuple[str, ...], int] = {}  # of each thing in the state
        for (node_id, sku), _ in self._rows:
            for pool in (NOW, INBOUND):
                self._places[node_id, sku, pool] = len(self._places)
        for slot in self.slots:
            for limit in ("units", "shipments", "regular"):
                self._places[left.whole.nodes[slot].id, limit] = len(self._places)
        self._plans: list[tuple[State, list[tuple[int, int]], Answer]] = []

    def reach(self) -> list[tuple[tuple[str, ...], int]]:
        """All that the order could take, and how much of it at most."""
        goods = [(("stock", *key, pool), most) for key, most in self._rows for pool in (NOW, INBOUND)]
        names = [self._left.whole.nodes[slot].id for slot in self.slots]
        return goods + [((of, name), self._wanted) for name in names for of in ("units", "shipments")]

    def state(self) -> State:
        """What is left of all that the order could use, no more of anything than it could use."""
        stock, nodes, wanted = self._left.stock, self._left.nodes, self._wanted
        state = []
        for key, most in self._rows:
            row = stock[key]
            there, coming = row.available, row.inbound
            state.append(there if there < most else most)
            state.append(coming if coming < most else most)
        for slot in self.slots:
            node = nodes[slot]
            units, shipments, regular = node.cap_units, node.cap_shipments, node.regular_units
            state.append(units if units < wanted else wanted)
            state.append(shipments if shipments < 2 * wanted else 2 * wanted)
            state.append(regular if regular < wanted else wanted)
        return tuple(state)

    def best(self, state: State) -> Answer | None:
        """The best plan with this left, where it is known."""
        for known, needs, answer in self._plans:
            for place, least in needs:
                if state[place] < least:
                    break
            else:
                if known == state or all(map(le, state, known)):
                    return answer
        return None

    def add(self, state: State, answer: Answer) -> None:
        """A plan that was found to be the best with this left."""
        needs: dict[int, int] = {}
        units: dict[str, int] = {}
        for shipment in answer.shipments:
            parcels = self._places[shipment.node, "shipments"]
            needs[parcels] = needs.get(parcels, 0) + 1
            for pick in shipment.picks:
                place = self._places[shipment.node, self._skus[pick.line], pick.pool]
                needs[place] = needs.get(place, 0) + pick.quantity
                units[shipment.node] = units.get(shipment.node, 0) + pick.quantity
        for node_id, count in units.items():
            needs[self._places[node_id, "units"]] = count
            regular = self._places[node_id, "regular"]
            needs[regular] = min(count, state[regular])
        if len(self._plans) >= _MOST_KNOWN:
            del self._plans[1]  # the first is the one that the order would have alone
        self._plans.append((state, list(needs.items()), answer))


def skus_of(orders: Sequence[SourcingOrder]) -> list[dict[str, str]]:
    """For each order the SKU of each line."""
    return [{line.id: line.sku for line in order.lines} for order in orders]

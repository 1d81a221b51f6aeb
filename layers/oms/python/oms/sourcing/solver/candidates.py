"""The shipments that an order could have, and what each could carry of it.

One shipment for each node, destination and wave is enough: two of them cost at least as much as one with all their
goods, because a shipment's price starts with a base and its billed weight steps round up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.sourcing.solver.problem import (
    HOME,
    INBOUND,
    NOW,
    Key,
    Network,
    OrderLine,
    ServiceKind,
    SourceNode,
    SourcingOrder,
)


# These two are not frozen, because they are made by the dozen for each order and that would take twice the time.
@dataclass(slots=True)
class Option:
    """A service by which a candidate could go: what the shipment costs at once, and each billed weight step."""

    service: str
    fixed: int
    step: int


@dataclass(slots=True)
class Candidate:
    """A shipment that could be made. `lines` maps the number of a line to what each unit of it costs here.

    `slot` is the number of its node; `options` are those services of which none is cheaper at every weight.
    """

    slot: int
    node: SourceNode
    dest: str
    wave: str
    options: tuple[Option, ...]
    lines: dict[int, int]


@dataclass(frozen=True, slots=True)
class Problem:
    """An order with its candidates, in whole numbers. `short` is the price of each unit left, per line.

    The keys of the objective are one number: each key counts so much more than all later ones together that it is never
    given up for them.
    """

    order: SourcingOrder
    lines: tuple[OrderLine, ...]
    weights: tuple[int, ...]
    short: tuple[int, ...]
    candidates: tuple[Candidate, ...]
    step_g: int
    # Units by (slot, SKU): free now, and free now or coming in.
    now: dict[tuple[int, str], int]
    whole: dict[tuple[int, str], int]
    key_weights: dict[Key, int]
    per_cost: int  # what a cent counts for


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of a network from other orders: services by zone and day, and which nodes have an order's goods.

    `slots` are the numbers of those nodes.
    """

    services: dict[tuple[object, ...], list[tuple[str, int, int]]]
    slots: Sequence[int]


def compile_order(network: Network, order: SourcingOrder, hints: Hints | None = None) -> Problem:
    """The order's candidates; nodes that can send nothing of it, or only too late, are left out."""
    lines = order.lines
    weights = _key_weights(network, order)
    per_cost, per_shipment = weights.get(Key.COST, 0), weights.get(Key.SHIPMENTS, 0)
    options = _Options(network, order, per_cost, per_shipment, hints.services if hints else {})
    candidates: list[Candidate] = []
    now: dict[tuple[int, str], int] = {}
    whole: dict[tuple[int, str], int] = {}
    stock_of, nodes = network.stock.get, network.nodes
    # A line that any node may serve needs no look at the node.
    asked = [
        (
            number,
            line,
            line.sku,
            line.dest,
            1 if line.split_ok else line.quantity,
            line.dest == HOME and line.eligible_types is None and not line.exclude_nodes,
        )
        for number, line in enumerate(lines)
    ]
    for slot in hints.slots if hints else range(len(nodes)):
        node = nodes[slot]
        if node.cap_units <= 0 or node.cap_shipments <= 0:
            continue
        name, coming, unit_cents = node.id, node.inbound_day is not None, node.unit_cents
        at_once: dict[str, dict[int, int]] = {}  # by destination, what a unit of each line costs
        later: dict[str, dict[int, int]] = {}
        for number, line, sku, dest, enough, anywhere in asked:
            stock = stock_of((name, sku))
            if stock is None:
                continue
            available = stock.available
            inbound = stock.inbound if coming else 0
            if available + inbound < enough or not (anywhere or _may_serve(node, line)):
                continue
            cents = per_cost * (unit_cents + stock.opp_cents)
            key = (slot, sku)
            now[key] = available
            whole[key] = available + inbound
            if available >= enough:
                if dest in at_once:
                    at_once[dest][number] = cents
                else:
                    at_once[dest] = {number: cents}
            if inbound > 0:
                later.setdefault(dest, {})[number] = cents
        for dest, costs in at_once.items():
            found = options.of(slot, node, dest, NOW)
            if found:
                candidates.append(Candidate(slot, node, dest, NOW, found, costs))
        for dest, costs in later.items():
            # A shipment that waits for inbound stock may carry what is there already.
            for number, cents in at_once.get(dest, {}).items():
                costs.setdefault(number, cents)
            if _is_there(slot, costs, lines, now):
                continue
            found = options.of(slot, node, dest, INBOUND)
            if found:
                candidates.append(Candidate(slot, node, dest, INBOUND, found, costs))
    return Problem(
        order=order,
        lines=lines,
        weights=tuple([network.weights[line.sku] for line in lines]),
        short=tuple([per_cost * line.short_cents + weights.get(Key.SHORT_UNITS, 0) for line in lines]),
        candidates=tuple(candidates),
        step_g=network.rates.step_g,
        now=now,
        whole=whole,
        key_weights=weights,
        per_cost=per_cost,
    )


def line_sequence(problem: Problem) -> list[int]:
    """The lines with the fewest places to come from first: there a wrong choice shows soonest."""
    places = [0] * len(problem.lines)
    for candidate in problem.candidates:
        for number in candidate.lines:
            places[number] += 1
    return sorted(range(len(problem.lines)), key=lambda n: (places[n], -problem.lines[n].quantity, n))


def _may_serve(node: SourceNode, line: OrderLine) -> bool:
    if line.eligible_types is not None and node.type not in line.eligible_types:
        return False
    return node.id not in line.exclude_nodes and (line.dest in (HOME, node.id) or line.transfer_ok)


def _is_there(slot: int, costs: dict[int, int], lines: tuple[OrderLine, ...], now: dict[tuple[int, str], int]) -> bool:
    """Whether all that could be sent is there now: then waiting for inbound stock is never cheaper."""
    for number in costs:
        sku = lines[number].sku
        if now[slot, sku] < sum([line.quantity for line in lines if line.sku == sku]):
            return False
    return True


class _Options:
    """The services by which a shipment may go, worked out once for each zone and day on which it leaves."""

    def __init__(
        self,
        network: Network,
        order: SourcingOrder,
        per_cost: int,
        per_shipment: int,
        known: dict[tuple[object, ...], list[tuple[str, int, int]]],
    ) -> None:
        self._network, self._order = network, order
        self._per_cost, self._per_shipment = per_cost, per_shipment
        self._home = network.zones.get(order.zip3, ())
        self._known, self._due = known, order.promise_day
        self._terms = order.late_cents_per_day, per_cost, per_shipment

    def of(self, slot: int, node: SourceNode, dest: str, wave: str) -> tuple[Option, ...]:
        """The services of one candidate; none where all of them would be too late."""
        leaves = node.ready_day
        if wave == INBOUND and node.inbound_day is not None and node.inbound_day > leaves:
            leaves = node.inbound_day
        if dest == HOME:
            kind, zone = HOME, self._home[slot]
        elif dest == node.id:
            kind, zone = "pickup", 0
        else:
            zip3 = next(other.zip3 for other in self._network.nodes if other.id == dest)
            kind, zone = "transfer", self._network.zones[zip3][slot]
        key = (kind, zone, leaves - self._due, self._terms)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._services(ServiceKind(kind), zone, leaves)
        handling = self._per_cost * node.shipment_cents
        if len(known) == 1:
            ((service, fixed, step),) = known
            return (Option(service, fixed + handling, step),)
        return tuple([Option(service, fixed + handling, step) for service, fixed, step in known])

    def _services(self, kind: ServiceKind, zone: int, leaves: int) -> list[tuple[str, int, int]]:
        order, found = self._order, []
        for service in self._network.rates.services:
            if service.kind is not kind:
                continue
            late = max(0, leaves + service.days[zone] - order.promise_day)
            if late and order.late_cents_per_day is None:
                continue
            cents = service.base[zone] + late * (order.late_cents_per_day or 0)
            found.append((service.id, self._per_cost * cents + self._per_shipment, self._per_cost * service.step[zone]))
        found.sort(key=lambda one: one[1:])
        kept: list[tuple[str, int, int]] = []
        for one in found:
            if not kept or one[2] < kept[-1][2]:
                kept.append(one)
        return kept


def _key_weights(network: Network, order: SourcingOrder) -> dict[Key, int]:
    """What one of each key counts for: more than all that the later keys can come to."""
    if network.keys == (Key.COST,):
        return {Key.COST: 1}
    units = sum(line.quantity for line in order.lines)
    most_cents = sum(line.quantity * line.short_cents for line in order.lines) + 1
    grams = sum(line.quantity * network.weights[line.sku] for line in order.lines)
    steps = units + grams // network.rates.step_g + 1
    dearest = max((max(s.base) + max(s.step) * steps for s in network.rates.services), default=0)
    node = max((n.shipment_cents + n.unit_cents + n.overtime_cents for n in network.nodes), default=0)
    leaves = max((max(n.ready_day, n.inbound_day or 0) for n in network.nodes), default=0)
    days = max(0, leaves + max((max(s.days) for s in network.rates.services), default=0) - order.promise_day)
    opportunity = max((stock.opp_cents for stock in network.stock.values()), default=0)
    most_cents += units * (dearest + node + opportunity + days * (order.late_cents_per_day or 0))
    most = {Key.COST: most_cents, Key.SHORT_UNITS: units, Key.SHIPMENTS: units}
    weights: dict[Key, int] = {}
    one = 1
    for key in reversed(network.keys):
        weights[key] = one
        one *= most[key] + 1
    return weights

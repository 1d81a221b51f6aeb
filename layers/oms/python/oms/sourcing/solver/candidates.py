"""The shipments that an order could have, and what each could carry of it.

One shipment for each node, destination and wave is enough: two of them cost at least as much as one with all their
goods, because a shipment's price starts with a base and its billed weight steps round up.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from oms.sourcing.solver.problem import (
    HOME,
    INBOUND,
    NOW,
    Key,
    Network,
    OrderLine,
    SourceNode,
    SourcingOrder,
)
from oms.sourcing.solver.records import Record

_BY_COST = itemgetter(0, 1)

# The number of a line, the line, its SKU, the fewest units that are of use, and whether any node may serve it.
Asked = tuple[int, OrderLine, str, int, bool]


class Option(Record):
    """A service by which a candidate could go: what the shipment costs at once, and each billed weight step."""

    service: str
    fixed: int
    step: int


# By kind, zone and days after the promise: what each costs at once and for each step, and its name.
Made = dict[tuple[str, int, int], list[tuple[int, int, str]]]


class Candidate(Record):
    """A shipment that could be made. `lines` maps the number of a line to what each unit of it costs here.

    `slot` is the number of its node; `options` are those services of which none is cheaper at every weight.
    """

    slot: int
    node: SourceNode
    dest: str
    wave: str
    options: tuple[Option, ...]
    lines: dict[int, int]


class Problem(Record):
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


class Hints(Record):
    """What is known of a network from other orders: services, and which nodes have an order's goods.

    `services` are kept for each price of a late day; `slots` are the numbers of those nodes.
    """

    services: dict[tuple[object, ...], Made]
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
    asked = _by_destination(lines)
    wanted: dict[str, int] = {}
    for line in lines:
        wanted[line.sku] = wanted.get(line.sku, 0) + line.quantity
    for slot in hints.slots if hints else range(len(nodes)):
        node = nodes[slot]
        if node.cap_units <= 0 or node.cap_shipments <= 0:
            continue
        name, coming, unit_cents = node.id, node.inbound_day is not None, node.unit_cents
        for dest, parts in asked:
            at_once: dict[int, int] = {}  # what a unit of each line costs
            later: dict[int, int] = {}
            for number, line, sku, enough, anywhere in parts:
                stock = stock_of((name, sku))
                if stock is None:
                    continue
                available = units = stock.available
                if coming:
                    units += stock.inbound
                if units < enough or not (anywhere or _may_serve(node, line)):
                    continue
                key = (slot, sku)
                now[key] = available
                whole[key] = units
                cents = per_cost * (unit_cents + stock.opp_cents)
                if available >= enough:
                    at_once[number] = cents
                if units > available:
                    waiting = stock.waiting_cents
                    later[number] = cents if waiting is None else per_cost * (unit_cents + waiting)
            if at_once:
                found = options.of(slot, node, dest, NOW)
                if found:
                    candidates.append(Candidate(slot, node, dest, NOW, found, at_once))
            if later:
                # A shipment that waits for inbound stock may carry what is there already.
                for number, cents in at_once.items():
                    later.setdefault(number, cents)
                # Where all that could be sent is there now, and no dearer, waiting is never cheaper.
                if all(
                    now[slot, lines[number].sku] >= wanted[lines[number].sku] and cents >= at_once[number]
                    for number, cents in later.items()
                ):
                    continue
                found = options.of(slot, node, dest, INBOUND)
                if found:
                    candidates.append(Candidate(slot, node, dest, INBOUND, found, later))
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


def _by_destination(lines: Sequence[OrderLine]) -> list[tuple[str, list[Asked]]]:
    found: dict[str, list[Asked]] = {}
    for number, line in enumerate(lines):
        anywhere = line.dest == HOME and line.eligible_types is None and not line.exclude_nodes
        asked = number, line, line.sku, 1 if line.split_ok else line.quantity, anywhere
        found.setdefault(line.dest, []).append(asked)
    return list(found.items())


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


class _Options:
    """The services by which a shipment may go, worked out once for each zone and day on which it leaves."""

    def __init__(
        self,
        network: Network,
        order: SourcingOrder,
        per_cost: int,
        per_shipment: int,
        services: dict[tuple[object, ...], Made],
    ) -> None:
        self._network, self._late = network, order.late_cents_per_day
        self._per_cost, self._per_shipment = per_cost, per_shipment
        self._home = network.zones.get(order.zip3, ())
        self._counters: dict[str, tuple[int, ...]] = {}  # the zones of each counter
        self._due = order.promise_day
        self._made: Made = services.setdefault((self._late, per_cost, per_shipment), {})

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
            zones = self._counters.get(dest)
            if zones is None:
                zip3 = next(other.zip3 for other in self._network.nodes if other.id == dest)
                zones = self._counters[dest] = self._network.zones[zip3]
            kind, zone = "transfer", zones[slot]
        # The kind as text: an enumeration is slow to look up by.
        key = (kind, zone, leaves - self._due)
        made = self._made.get(key)
        if made is None:
            made = self._made[key] = self._services(*key)
        handling = self._per_cost * node.shipment_cents
        if len(made) == 1:
            ((fixed, step, service),) = made
            return (Option(service, fixed + handling, step),)
        return tuple([Option(service, fixed + handling, step) for fixed, step, service in made])

    def _services(self, kind: str, zone: int, beyond: int) -> list[tuple[int, int, str]]:
        """Those that go to a zone, leaving so many days after the day that was promised (mostly less than 0)."""
        late_cents, per_cost, per_shipment = self._late, self._per_cost, self._per_shipment
        found: list[tuple[int, int, str]] = []
        for service in self._network.rates.services:
            if service.kind != kind:
                continue
            cents, late = service.base[zone], beyond + service.days[zone]
            if late > 0:
                if late_cents is None:
                    continue
                cents += late * late_cents
            found.append((per_cost * cents + per_shipment, per_cost * service.step[zone], service.id))
        if len(found) < 2:
            return found
        found.sort(key=_BY_COST)
        kept = found[:1]
        for one in found[1:]:
            if one[1] < kept[-1][1]:
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

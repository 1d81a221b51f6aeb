"""The rules, written apart from the search: whether plans keep them, and what they cost term by term.

A plan that the search got wrong is found here, before anybody acts on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from oms.sourcing.solver.problem import (
    HOME,
    INBOUND,
    NOW,
    Answer,
    Key,
    Network,
    OrderLine,
    Service,
    ServiceKind,
    Shipment,
    SourceNode,
    SourcingOrder,
)


class BrokenPlan(Exception):
    """A plan breaks a rule; the text names the order and the rule."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What plans cost, in minor units: one sum for each kind of cost, and the units left short."""

    freight: int = 0
    weight_steps: int = 0
    lateness: int = 0
    handling: int = 0
    opportunity: int = 0
    overtime: int = 0
    short: int = 0

    @property
    def cost(self) -> int:
        carried = self.freight + self.weight_steps + self.lateness
        return carried + self.handling + self.opportunity + self.overtime + self.short

    def plus(self, other: Terms) -> Terms:
        return Terms(
            self.freight + other.freight,
            self.weight_steps + other.weight_steps,
            self.lateness + other.lateness,
            self.handling + other.handling,
            self.opportunity + other.opportunity,
            self.overtime + other.overtime,
            self.short + other.short,
        )


class Rulebook:
    """The network with what is asked of it again and again looked up once."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.slots = {node.id: slot for slot, node in enumerate(network.nodes)}
        self._services = {service.id: service for service in network.rates.services}

    def node(self, node_id: str) -> SourceNode:
        return self.network.nodes[self.slots[node_id]]

    def shipment_terms(self, order: SourcingOrder, shipment: Shipment) -> Terms:
        """What one shipment costs apart from overtime. Raises BrokenPlan where it may not be made."""
        service = self._services.get(shipment.service)
        if shipment.node not in self.slots or service is None or not shipment.picks:
            raise BrokenPlan(f"{order.id}: no such node or service, or nothing in the shipment")
        node, lines = self.node(shipment.node), {line.id: line for line in order.lines}
        zone = self._zone(order, shipment, service)
        late = max(0, _leaves(order, node, shipment.wave) + service.days[zone] - order.promise_day)
        if late and order.late_cents_per_day is None:
            raise BrokenPlan(f"{order.id}: {node.id} by {service.id} breaks a hard promise")
        grams = units = opportunity = 0
        for pick in shipment.picks:
            line = lines.get(pick.line)
            if line is None or not may_pick(node, line) or line.dest != shipment.dest:
                raise BrokenPlan(f"{order.id}: {node.id} may not send line {pick.line} to {shipment.dest}")
            stock = self.network.stock.get((node.id, line.sku))
            if stock is None or pick.quantity <= 0 or pick.pool not in (NOW, shipment.wave):
                raise BrokenPlan(f"{order.id}: {node.id} has no such stock of line {pick.line}")
            grams += pick.quantity * self.network.weights[line.sku]
            units += pick.quantity
            opportunity += pick.quantity * stock.opp_cents
        return Terms(
            freight=service.base[zone],
            weight_steps=service.step[zone] * max(1, -(-grams // self.network.rates.step_g)),
            lateness=late * (order.late_cents_per_day or 0),
            handling=node.shipment_cents + units * node.unit_cents,
            opportunity=opportunity,
        )

    def _zone(self, order: SourcingOrder, shipment: Shipment, service: Service) -> int:
        dest, node = shipment.dest, shipment.node
        kind = ServiceKind.HOME if dest == HOME else ServiceKind.PICKUP if dest == node else ServiceKind.TRANSFER
        if service.kind is not kind or (dest != HOME and dest not in self.slots):
            raise BrokenPlan(f"{order.id}: {service.id} does not go from {node} to {dest}")
        if kind is ServiceKind.PICKUP:
            return 0
        zip3 = order.zip3 if dest == HOME else self.node(dest).zip3
        return self.network.zones[zip3][self.slots[node]]


def may_pick(node: SourceNode, line: OrderLine) -> bool:
    """Whether a node may serve a line at all, by its type, the line's exclusions and its destination."""
    if line.eligible_types is not None and node.type not in line.eligible_types:
        return False
    return node.id not in line.exclude_nodes and (line.dest in (HOME, node.id) or line.transfer_ok)


def price_plans(network: Network, orders: Sequence[SourcingOrder], answers: Sequence[Answer]) -> Terms:
    """What the plans of all orders cost together. Raises BrokenPlan at the first rule that one of them breaks."""
    book, terms = Rulebook(network), Terms()
    taken: Counter[tuple[str, str, str]] = Counter()
    units: Counter[str] = Counter()
    shipments: Counter[str] = Counter()
    if [order.id for order in orders] != [answer.order for answer in answers]:
        raise BrokenPlan("the plans are not those of the orders")
    for order, answer in zip(orders, answers, strict=True):
        terms = terms.plus(Terms(short=short_cents(order, answer)))
        skus = {line.id: line.sku for line in order.lines}
        for shipment in answer.shipments:
            terms = terms.plus(book.shipment_terms(order, shipment))
            shipments[shipment.node] += 1
            for pick in shipment.picks:
                units[shipment.node] += pick.quantity
                taken[shipment.node, skus[pick.line], pick.pool] += pick.quantity
    for (node_id, sku, pool), count in taken.items():
        stock = network.stock[node_id, sku]
        if count > (stock.available if pool == NOW else stock.inbound):
            raise BrokenPlan(f"{node_id}: {count} units of {sku} are more than there are")
    overtime = 0
    for node in network.nodes:
        if units[node.id] > node.cap_units or shipments[node.id] > node.cap_shipments:
            raise BrokenPlan(f"{node.id}: more than its capacity")
        overtime += node.overtime_cents * max(0, units[node.id] - node.regular_units)
    return terms.plus(Terms(overtime=overtime))


def objective(network: Network, orders: Sequence[SourcingOrder], answers: Sequence[Answer]) -> tuple[int, ...]:
    """One value for each key of the network, all plans together. Raises BrokenPlan."""
    cost = price_plans(network, orders, answers).cost
    made = [shipment for answer in answers for shipment in answer.shipments]
    given = sum(pick.quantity for shipment in made for pick in shipment.picks)
    wanted = sum(line.quantity for order in orders for line in order.lines)
    values = {Key.COST: cost, Key.SHIPMENTS: len(made), Key.SHORT_UNITS: wanted - given}
    return tuple(values[key] for key in network.keys)


def _leaves(order: SourcingOrder, node: SourceNode, wave: str) -> int:
    if wave == NOW:
        return node.ready_day
    if wave != INBOUND or node.inbound_day is None:
        raise BrokenPlan(f"{order.id}: nothing comes in at {node.id}")
    return max(node.ready_day, node.inbound_day)


def short_cents(order: SourcingOrder, answer: Answer) -> int:
    if order.max_shipments is not None and len(answer.shipments) > order.max_shipments:
        raise BrokenPlan(f"{order.id}: too many shipments")
    given: Counter[str] = Counter()
    parts: Counter[str] = Counter()
    for shipment in answer.shipments:
        parts.update({pick.line for pick in shipment.picks})
        for pick in shipment.picks:
            given[pick.line] += pick.quantity
    cents = 0
    for line in order.lines:
        left = line.quantity - given[line.id]
        if left < 0 or (not line.split_ok and (parts[line.id] > 1 or left not in (0, line.quantity))):
            raise BrokenPlan(f"{order.id}: line {line.id} is split, or more of it than was ordered")
        if order.ship_complete and left and answer.shipments:
            raise BrokenPlan(f"{order.id}: only a part of an order that ships complete")
        cents += left * line.short_cents
    return cents

"""Why a plan is as it is: its cost term by term, and for each line the node chosen, the next best, why not others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from oms.sourcing.solver.check import BrokenPlan, Rulebook, Terms, may_pick, price_plans
from oms.sourcing.solver.problem import (
    HOME,
    INBOUND,
    NOW,
    Answer,
    Network,
    OrderLine,
    Pick,
    ServiceKind,
    Shipment,
    SourceNode,
    SourcingOrder,
)


class Removed(StrEnum):
    """Why a node could not serve a line."""

    EXCLUDED = "excluded"
    WRONG_TYPE = "wrong_type"
    NOT_AT_THIS_COUNTER = "not_at_this_counter"
    NO_STOCK = "no_stock"
    NOT_ENOUGH_FOR_THE_WHOLE_LINE = "not_enough_for_the_whole_line"
    NO_CAPACITY = "no_capacity"
    TOO_LATE = "too_late"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Units of a line that a node sends; `wave` inbound waits for the node's inbound stock."""

    node: str
    wave: str
    service: str
    units: int


@dataclass(frozen=True, slots=True)
class LineChoice:
    """Where a line comes from, and the node that would have been next best for all of it.

    `difference` is how many minor units more the order would cost with the line at `runner_up` and all else as it is;
    both are None where no other node could take it. `removed` names the nodes that could not serve it, with the reason.
    """

    line: str
    chosen: tuple[Chosen, ...]
    short_units: int
    runner_up: str | None
    difference: int | None
    removed: tuple[tuple[str, Removed], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a plan costs, each kind of cost by itself, and the choice made for each line."""

    order: str
    terms: Terms
    proven: bool
    bound: int
    lines: tuple[LineChoice, ...]

    @property
    def cost(self) -> int:
        return self.terms.cost


def explain(network: Network, order: SourcingOrder, answer: Answer) -> Explanation:
    """The explanation of one order's plan. Raises BrokenPlan where the plan breaks a rule."""
    terms = price_plans(network, [order], [answer])
    lines = tuple(_choice(network, order, answer, line, terms.cost) for line in order.lines)
    return Explanation(order.id, terms, answer.proven, answer.bound, lines)


def _choice(network: Network, order: SourcingOrder, answer: Answer, line: OrderLine, cost: int) -> LineChoice:
    chosen = tuple(
        Chosen(shipment.node, shipment.wave, shipment.service, units)
        for shipment in answer.shipments
        if (units := sum(pick.quantity for pick in shipment.picks if pick.line == line.id))
    )
    book, removed = Rulebook(network), []
    names = {one.node for one in chosen}
    best: tuple[int, str] | None = None
    for node in network.nodes:
        if node.id in names:
            continue
        reason = _reason(book, order, node, line)
        if reason is not None:
            removed.append((node.id, reason))
            continue
        for plan in _plans_with(network, order, answer, line, node):
            try:
                other = price_plans(network, [order], [plan]).cost - cost
            except BrokenPlan:
                continue
            if best is None or (other, node.id) < best:
                best = other, node.id
    short = line.quantity - sum(one.units for one in chosen)
    difference, runner_up = best if best else (None, None)
    return LineChoice(line.id, chosen, short, runner_up, difference, tuple(removed))


def _reason(book: Rulebook, order: SourcingOrder, node: SourceNode, line: OrderLine) -> Removed | None:
    if node.id in line.exclude_nodes:
        return Removed.EXCLUDED
    if line.eligible_types is not None and node.type not in line.eligible_types:
        return Removed.WRONG_TYPE
    if not may_pick(node, line):
        return Removed.NOT_AT_THIS_COUNTER
    stock = book.network.stock.get((node.id, line.sku))
    there = 0 if stock is None else stock.available + (stock.inbound if node.inbound_day is not None else 0)
    if there <= 0:
        return Removed.NO_STOCK
    if not line.split_ok and there < line.quantity:
        return Removed.NOT_ENOUGH_FOR_THE_WHOLE_LINE
    if node.cap_shipments <= 0 or node.cap_units < (1 if line.split_ok else line.quantity):
        return Removed.NO_CAPACITY
    if not any(_arrives(book, order, shipment) for shipment in _shipments_of(book.network, node, line, there)):
        return Removed.TOO_LATE
    return None


def _arrives(book: Rulebook, order: SourcingOrder, shipment: Shipment) -> bool:
    try:
        book.shipment_terms(order, shipment)
    except BrokenPlan:
        return False
    return True


def _shipments_of(network: Network, node: SourceNode, line: OrderLine, units: int) -> Iterator[Shipment]:
    """Every shipment by which a node could send so many units of a line: by wave and service."""
    kind = (
        ServiceKind.HOME if line.dest == HOME else ServiceKind.PICKUP if line.dest == node.id else ServiceKind.TRANSFER
    )
    stock = network.stock[node.id, line.sku]
    for wave in (NOW, INBOUND):
        coming = min(units, stock.inbound) if wave == INBOUND and node.inbound_day is not None else 0
        there = min(units - coming, stock.available)
        parts = tuple(Pick(line.id, count, pool) for count, pool in ((coming, INBOUND), (there, NOW)) if count)
        if parts and (wave == NOW or coming):
            for service in network.rates.services:
                if service.kind is kind:
                    yield Shipment(node.id, line.dest, service.id, wave, parts)


def _plans_with(
    network: Network, order: SourcingOrder, answer: Answer, line: OrderLine, node: SourceNode
) -> Iterator[Answer]:
    """The plan with as much of a line at another node as it can give: in a shipment that goes there already, or a new
    one; nothing else moves."""
    others = []
    for shipment in answer.shipments:
        picks = tuple(pick for pick in shipment.picks if pick.line != line.id)
        if picks:
            others.append(shipment._replace(picks=picks))
    for added in _shipments_of(network, node, line, line.quantity):
        yield answer._replace(shipments=(*others, added))
        for place, shipment in enumerate(others):
            if (shipment.node, shipment.dest, shipment.wave) == (added.node, added.dest, added.wave):
                joined = added._replace(picks=(*shipment.picks, *added.picks))
                yield answer._replace(shipments=(*others[:place], joined, *others[place + 1 :]))

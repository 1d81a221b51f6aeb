"""Rules of thumb that other systems source by, in short versions of our own, to compare the optimiser with.

All take stock that is there now, and the cheapest service that the promise allows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations, islice

from oms.sourcing.solver.batch import EACH
from oms.sourcing.solver.check import BrokenPlan, Rulebook, may_pick
from oms.sourcing.solver.problem import NOW, Answer, Network, Pick, Shipment, SourcingOrder
from oms.sourcing.solver.shared import Plans

Rule = Callable[[Network, SourcingOrder], Answer]
_MOST_TESTS = 10_000


def in_turn(network: Network, orders: Sequence[SourcingOrder], rule: Rule) -> list[Answer]:
    """Each order by the rule, with what those before it have left."""
    plans = Plans(network, orders, EACH, lambda: 0.0)
    for place, order in enumerate(orders):
        plans.put(place, rule(plans.left, order))
    return plans.made


def nearest(network: Network, order: SourcingOrder) -> Answer:
    """From the nearest node on, each gives all it has."""
    return _walk(network, order, sorted(range(len(network.nodes)), key=lambda slot: _zone(network, order, slot)))


def priority(network: Network, order: SourcingOrder) -> Answer:
    """In the order in which the nodes are listed, each gives all it has."""
    return _walk(network, order, range(len(network.nodes)))


def fewest_splits(network: Network, order: SourcingOrder) -> Answer:
    """One node if it can, else two, else three; of those the nearest. Where none can, the nearest give all."""
    slots = [
        slot
        for slot, node in enumerate(network.nodes)
        if any((node.id, line.sku) in network.stock and may_pick(node, line) for line in order.lines)
    ]
    slots.sort(key=lambda slot: _zone(network, order, slot))
    for count in (1, 2, 3):
        best: tuple[int, Answer] | None = None
        for group in islice(combinations(slots, count), _MOST_TESTS):
            zones = sum(_zone(network, order, slot) for slot in group)
            if best is None or zones < best[0]:
                answer = _walk(network, order, group)
                if _is_whole(order, answer):
                    best = zones, answer
        if best is not None:
            return best[1]
    return nearest(network, order)


def _zone(network: Network, order: SourcingOrder, slot: int) -> int:
    return network.zones[order.zip3][slot]


def _is_whole(order: SourcingOrder, answer: Answer) -> bool:
    given = sum(pick.quantity for shipment in answer.shipments for pick in shipment.picks)
    return given == sum(line.quantity for line in order.lines)


def _walk(network: Network, order: SourcingOrder, slots: Iterable[int]) -> Answer:
    wanted = {line.id: line.quantity for line in order.lines}
    book, made = Rulebook(network), list[Shipment]()
    for slot in slots:
        node, room, parcels = network.nodes[slot], network.nodes[slot].cap_units, network.nodes[slot].cap_shipments
        for dest in dict.fromkeys(line.dest for line in order.lines):
            if parcels <= 0 or (order.max_shipments is not None and len(made) >= order.max_shipments):
                break
            picks: list[Pick] = []
            taken: dict[str, int] = {}
            for line in order.lines:
                stock = network.stock.get((node.id, line.sku))
                if line.dest != dest or stock is None or not may_pick(node, line):
                    continue
                units = min(wanted[line.id], stock.available - taken.get(line.sku, 0), room)
                if units > 0 and (line.split_ok or units == line.quantity):
                    picks.append(Pick(line.id, units, NOW))
                    taken[line.sku] = taken.get(line.sku, 0) + units
                    room -= units
            shipment = _cheapest(book, order, node.id, dest, tuple(picks))
            if shipment is None:
                room += sum(pick.quantity for pick in picks)
                continue
            made.append(shipment)
            parcels -= 1
            for pick in picks:
                wanted[pick.line] -= pick.quantity
        if not any(wanted.values()):
            break
    short = order.ship_complete and any(wanted.values())
    return Answer(order.id, () if short else tuple(made), (), 0, False)


def _cheapest(book: Rulebook, order: SourcingOrder, node: str, dest: str, picks: tuple[Pick, ...]) -> Shipment | None:
    best: tuple[int, Shipment] | None = None
    for service in book.network.rates.services:
        shipment = Shipment(node, dest, service.id, NOW, picks)
        try:
            cost = book.shipment_terms(order, shipment).cost
        except BrokenPlan:
            continue
        if best is None or cost < best[0]:
            best = cost, shipment
    return best[1] if best else None

"""Many orders that share stock and capacity: each one exactly, in the order in which they came.

What an order takes is gone for those after it. That is valid and quick, and no more than that: orders are not yet
weighed against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import perf_counter

from oms.sourcing.solver.problem import NOW, Answer, Budget, Network, SourcingOrder, Stock
from oms.sourcing.solver.single import USUAL, solve_order


def solve_in_turn(
    network: Network,
    orders: Sequence[SourcingOrder],
    budget: Budget = USUAL,
    *,
    clock: Callable[[], float] = perf_counter,
) -> list[Answer]:
    """The answers of the orders, each with what those before it have left; `budget` is that of one order."""
    stock = dict(network.stock)
    nodes = {node.id: node for node in network.nodes}
    answers = []
    for order in orders:
        skus = {line.id: line.sku for line in order.lines}
        left = replace(network, nodes=tuple(nodes.values()), stock=stock)
        answer = solve_order(left, order, budget, clock=clock)
        answers.append(answer)
        for shipment in answer.shipments:
            units = sum(pick.quantity for pick in shipment.picks)
            node = nodes[shipment.node]
            nodes[shipment.node] = replace(
                node,
                cap_units=node.cap_units - units,
                cap_shipments=node.cap_shipments - 1,
                regular_units=max(0, node.regular_units - units),
            )
            for pick in shipment.picks:
                key = (shipment.node, skus[pick.line])
                before = stock[key]
                now, coming = (pick.quantity, 0) if pick.pool == NOW else (0, pick.quantity)
                stock[key] = Stock(before.available - now, before.inbound - coming, before.opp_cents)
    return answers

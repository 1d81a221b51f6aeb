"""Which units of an order are on the shelves of which node because they came back."""

from __future__ import annotations

from collections.abc import Iterator

from oms.orders.model import Order


def came_back(order: Order) -> Iterator[tuple[int, str, int]]:
    """Line, node and units: of returns at once, and of those by post as they were received and not destroyed.

    What was lost on its way is paid back and came back to no shelf.
    """
    for one in order.returns:
        for back in one.lines if one.rma_id is None else ():
            if back.disposition not in ("lost", "kept", "destroy"):
                yield back.line_no, one.node_id, back.quantity
    for rma in order.rmas:
        for line in rma.lines:
            yield from ((line.line_no, node_id, units) for node_id, units in line.waiting.items())
            yield from (
                (line.line_no, part.node_id, part.quantity) for part in line.graded if part.disposition != "destroy"
            )

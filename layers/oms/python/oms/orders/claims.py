"""What an order still has reserved before it is sourced. Pure."""

from __future__ import annotations

from oms.orders.model import Claim, Line, Order


def open_claims(order: Order, line: Line) -> list[Claim]:
    """What is still claimed for a line that is not yet allocated.

    Cancelled units were first those that had no claim, then those of the last claims.
    """
    unclaimed = line.quantity - sum(claim.quantity for claim in line.claims)
    gone = max(0, order.cancelled.get(line.line_no, 0) - unclaimed)
    claims: list[Claim] = []
    for claim in reversed(line.claims):
        taken = min(gone, claim.quantity)
        gone -= taken
        if claim.quantity > taken:
            claims.insert(0, Claim(node_id=claim.node_id, quantity=claim.quantity - taken))
    return claims

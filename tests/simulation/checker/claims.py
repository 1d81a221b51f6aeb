"""What orders, placements under way, baskets and transfers hold of stock, as the checker makes it out by itself."""

from __future__ import annotations

from typing import Any

from tests.simulation.checker.evidence import Item
from tests.simulation.checker.picture import OrderView, held_by_node, parsed
from tests.simulation.checker.supply import kept_at_source

Place = tuple[str, str]  # partition of the SKU, node
# Units of such work are nobody's any more.
NO_CLAIM = ("REJECTED", "CANCELLED", "COMPLETED", "REPLACED")


class Claims:
    """What somebody holds: allocated units by place, reserved ones by SKU, and by place between two bounds.

    Which node gives up its reservation when units of an order are cancelled before they were allocated is written
    nowhere, so a node's reservations lie between what must be left and what can be left.
    """

    __slots__ = ("allocated", "least", "most", "reserved")

    def __init__(self) -> None:
        self.allocated: dict[Place, int] = {}
        self.least: dict[Place, int] = {}
        self.most: dict[Place, int] = {}
        self.reserved: dict[str, int] = {}

    def parts(self) -> tuple[dict[Any, int], ...]:
        return self.allocated, self.least, self.most, self.reserved

    def hold(self, place: Place, least: int, most: int) -> None:
        self.least[place] = self.least.get(place, 0) + least
        self.most[place] = self.most.get(place, 0) + most

    def add(self, other: Claims, sign: int) -> None:
        for mine, theirs in zip(self.parts(), other.parts(), strict=True):
            for key, units in theirs.items():
                mine[key] = mine.get(key, 0) + sign * units


def claims_of_order(order: OrderView) -> Claims:
    """What an order holds, from its lines and its work."""
    claims = Claims()
    given: dict[int, int] = dict(order.carried)
    for work in order.works.values():
        for part in work["lines"]:
            line = order.lines.get(part["line_no"])
            if line is None or not line.takes_stock:
                continue
            given[line.line_no] = given.get(line.line_no, 0) + part["quantity"]
            if work["status"] not in NO_CLAIM:
                units = held_by_node(part) - part.get("shipped", 0) - part.get("in_transit", 0)
                for sku, each in line.made_of:
                    place = (f"T#{order.tenant}#SKU#{sku}", work["node_id"])
                    claims.allocated[place] = claims.allocated.get(place, 0) + each * units
    if order.sourced:
        return claims
    for line in order.lines.values():
        if line.takes_stock:
            gone = order.cancelled.get(line.line_no, 0) + given.get(line.line_no, 0)
            waits = order.waiting.get(line.line_no, 0)
            for one, each in line.made_of:
                sku = f"T#{order.tenant}#SKU#{one}"
                claims.reserved[sku] = claims.reserved.get(sku, 0) + each * (line.quantity - gone - waits)
                for node, units in line.claims:
                    claims.hold((sku, node), each * max(0, units - gone), each * units)
    return claims


def claims_of_saga(tenant: str, chunks: dict[str, Item]) -> Claims:
    """What a placement under way holds, from its notes."""
    claims = Claims()
    for item in chunks.values():
        for sku, node, units in parsed(item["claims"]):
            pk = f"T#{tenant}#SKU#{sku}"
            claims.hold((pk, node), units, units)
            claims.reserved[pk] = claims.reserved.get(pk, 0) + units
    return claims


def claims_of_hold(pk: str, node: str, item: Item) -> Claims:
    """What a basket holds of a row, until it becomes an order or its units are given back."""
    claims = Claims()
    claims.hold((pk, node), item["units"], item["units"])
    claims.reserved[pk] = item["units"]
    return claims


def claims_of_supply(pk: str, item: Item) -> Claims:
    """What a node keeps for a line of a transfer."""
    claims = Claims()
    claims.allocated.update(kept_at_source(pk, item))
    return claims

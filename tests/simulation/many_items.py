"""The retailer with more items than one transaction takes, for orders of many lines."""

from __future__ import annotations

from typing import Any

from tests.simulation.directed import People
from tests.simulation.world import PLACES, Base, order, retailer, simulated

# More rows of stock than one transaction takes, so that placing such an order is a saga of two chunks.
MANY = 85


def node_document(name: str) -> dict[str, Any]:
    """A node as it is put again."""
    kind, latitude, longitude = PLACES[name]
    return {
        "id": name,
        "kind": kind,
        "name": name,
        "legal_entity": "100",
        "address": {"lines": ["1 Main St"], "city": name, "country": "US"},
        "time_zone": "America/New_York",
        "latitude": latitude,
        "longitude": longitude,
        "journeys": ["ship", "pickup", "ship_to_store", "delivery"],
    }


def _sku(number: int) -> str:
    return f"SKU-{number:03d}"


def one_of_many(number: int) -> dict[str, Any]:
    return {"sku": _sku(number), "quantity": 1, "unit_price": 100, "total": 100}


def large_order() -> dict[str, Any]:
    return order("o-1", *(one_of_many(number) for number in range(MANY)))


_base: list[Base] = []


def many_items() -> Base:
    """The retailer with many more items."""
    if not _base:
        retailer()
        simulation = simulated(0, [], faults=False)
        people = People(simulation)
        items = [{"sku": _sku(n), "description": "One of many", "kind": "stock", "unit": "each"} for n in range(MANY)]
        moves = [
            {"node_id": "dc-newark", "sku": _sku(n), "kind": "received", "quantity": 2, "reason": "opening stock"}
            for n in range(MANY)
        ]
        assert people.send("PUT", "/v1/items", {"items": items}).status == 200
        assert people.send("POST", "/v1/inventory/movements", {"movements": moves}).status == 200
        simulation.run(60)
        accepted = list(simulation.buses.accepted)
        _base.append(Base(simulation.tables, simulation.tables.snapshot(), accepted, simulation.scheduler.now))
        simulation.lambdas.retire()
    return _base[0]

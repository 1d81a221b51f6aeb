"""The small retailer of every run: a web shop, a warehouse, two stores, four items, two kits, too little of one item.

It is put in through the product's own doors once per process; each run begins from a copy of that.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.simulation.machine.simulation import Simulation

SHOP = "web"
PLACES = {
    "web": ("web", 40.71, -74.01),
    "dc-newark": ("dc", 40.74, -74.17),
    "albany": ("store", 42.65, -73.76),
    "pasadena": ("store", 34.15, -118.14),
}
NODES = tuple(name for name, (kind, _, _) in PLACES.items() if kind != "web")
# Units at the beginning, by SKU and node. LAST is what two buyers will want at once.
STOCK = {
    "MUG": {"dc-newark": 6, "albany": 3},
    "LAMP": {"dc-newark": 2, "pasadena": 2},
    "SCARF": {"albany": 1, "pasadena": 4},
    "LAST": {"dc-newark": 1},
}
SKUS = tuple(STOCK)
# What kits are made of; the second one may come from several nodes.
KITS = {"SET": {"MUG": 2, "LAMP": 1}, "GIFT": {"MUG": 1, "SCARF": 1}}
MAY_BE_SPLIT = frozenset({"GIFT"})
FOR_SALE = (*SKUS, *KITS)
# What the store in California takes on.
LIMITS = {
    "pasadena": [
        {"of": "orders", "per": "hour", "most": 2},
        {"of": "units", "per": "day", "most": 5},
        {"of": "value", "per": "week", "most": 20_000, "currency": "USD"},
    ]
}
PRICES = {"MUG": 700, "LAMP": 2_599, "SCARF": 1_250, "LAST": 9_900, "SET": 3_499, "GIFT": 1_801}
OPERATOR = "acme-operator"


@dataclass(slots=True)
class Base:
    """What a run begins from."""

    tables: Any
    snapshot: Any
    accepted: list[Any]
    now: int


_base: Base | None = None


def retailer() -> Base:
    """The retailer as it stands before the first order."""
    global _base
    if _base is None:
        simulation = Simulation(faults=False)
        put(simulation)
        _base = Base(
            simulation.tables, simulation.tables.snapshot(), list(simulation.buses.accepted), simulation.scheduler.now
        )
        simulation.lambdas.retire()
        # What stands now stands for the whole process; looking through it again and again finds nothing to free.
        gc.collect()
        gc.freeze()
        # A seed leaves less than a thousand objects that only this can free.
        gc.set_threshold(200_000, 20, 50)
    return _base


def simulated(seed: int | str = 0, choices: Sequence[int] | None = None, **more: Any) -> Simulation:
    """A simulation of this retailer; see machine/simulation.py for what it can do."""
    return Simulation(seed, choices, base=retailer(), **more)


def put(simulation: Simulation) -> None:
    """Register nodes and items and book the opening stock."""
    nodes = [_node(name, *place) for name, place in PLACES.items()]
    items = [{"sku": sku, "description": sku.title(), "kind": "stock", "unit": "each"} for sku in STOCK]
    items += [
        {
            "sku": sku,
            "description": sku.title(),
            "kind": "kit",
            "components": [{"sku": one, "quantity": units} for one, units in made_of.items()],
            "when_short": "split" if sku in MAY_BE_SPLIT else "reject",
        }
        for sku, made_of in KITS.items()
    ]
    movements = [
        {"node_id": node, "sku": sku, "kind": "received", "quantity": units, "reason": "opening stock"}
        for sku, by_node in STOCK.items()
        for node, units in by_node.items()
    ]
    for method, path, body in (
        ("PUT", "/v1/nodes", {"nodes": nodes}),
        ("PUT", "/v1/items", {"items": items}),
        ("POST", "/v1/inventory/movements", {"movements": movements}),
    ):
        answer = simulation.http(method, path, body, key=path, client=OPERATOR)
        assert answer.status == 200, answer.text
    # Well before the first order, so that no worker whose clock is slow takes a node for one of tomorrow.
    simulation.run(3_600)


def line(sku: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    """A line at the shop's price."""
    price = PRICES[sku]
    return {"sku": sku, "quantity": quantity, "unit_price": price, "total": price * quantity, **more}


def order(external_id: str, *lines: dict[str, Any], card: str = "tok_visa", **more: Any) -> dict[str, Any]:
    """An order whose sums add up, for New York."""
    total = sum(entry["total"] for entry in lines)
    return {
        "channel": "web",
        "external_id": external_id,
        "selling_node": SHOP,
        "taken_by": "shop",
        "currency": "USD",
        "locale": "en-US",
        "ship_to": {"city": "New York", "region": "NY", "postal_code": "10003", "country": "US"},
        "lines": list(lines),
        "totals": {"goods": total, "total": total},
        "payments": [{"provider": "strict", "token": card, "amount": total}],
        **more,
    }


def _node(name: str, kind: str, latitude: float, longitude: float) -> dict[str, Any]:
    return {
        "id": name,
        "kind": kind,
        "name": name,
        "legal_entity": "100",
        "address": {"lines": ["1 Main St"], "city": name, "country": "US"},
        "time_zone": "America/New_York",
        "latitude": latitude,
        "longitude": longitude,
        "journeys": [] if kind == "web" else ["ship", "pickup", "ship_to_store", "delivery"],
        "capacity": LIMITS.get(name, []),
    }

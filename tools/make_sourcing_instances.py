"""Instances of the format `sourcing/1`, from a seed: single orders of five sizes and batches of five.

    python -m tools.make_sourcing_instances --family s_wide --seed 7001 --count 20 --out DIR

The shapes are those of the published families: few distribution centres with much stock, many stores with little, one
vendor; skewed demand; promises, pick-up lines, splits and limits now and then. Distances are real.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt
from pathlib import Path
from random import Random
from typing import Any

PLACES = Path(__file__).parents[1] / "layers/oms/python/oms/platform/zip3.csv"
ZONE_KM = (80, 240, 480, 960, 1600, 2250, 2900)  # the farthest of zones 1 to 7
SERVICES: list[tuple[str, str, list[int], list[int], list[int]]] = [
    ("ground", "home", [0, 640, 660, 690, 730, 780, 830, 880, 930], [0, 38, 42, 50, 62, 78, 92, 106, 120],
     [0, 1, 2, 2, 3, 4, 4, 5, 5]),
    ("two_day", "home", [0, 1150, 1200, 1290, 1420, 1580, 1700, 1810, 1900], [0, 85, 95, 115, 145, 180, 205, 230, 250],
     [0, 1, 1, 2, 2, 2, 2, 2, 2]),
    ("overnight", "home", [0, 1900, 2050, 2300, 2650, 3000, 3200, 3400, 3550],
     [0, 150, 170, 210, 270, 330, 370, 400, 430], [0, 1, 1, 1, 1, 1, 1, 1, 1]),
    ("transfer", "transfer", [0, 180, 210, 260, 320, 390, 450, 500, 540], [0, 10, 12, 16, 22, 30, 36, 42, 46],
     [0, 1, 2, 3, 4, 5, 6, 6, 7]),
    ("pickup", "pickup", [0] * 9, [0] * 9, [0] * 9),
]  # fmt: skip
Row = dict[str, Any]
_SKEW = 2.2  # of demand: the higher, the more orders want the same SKUs


@dataclass(frozen=True, slots=True)
class Family:
    """How large an instance is: nodes, lines of an order, orders."""

    nodes: tuple[int, int]
    lines: tuple[int, int]
    orders: int = 1


FAMILIES = {
    "s_small": Family((5, 20), (1, 3)),
    "s_typical": Family((20, 50), (1, 10)),
    "s_wide": Family((50, 50), (4, 10)),
    "s_large": Family((200, 200), (10, 20)),
    "s_xl": Family((500, 500), (5, 20)),
    "b_small": Family((8, 20), (1, 5), 60),
    "b_100": Family((30, 40), (1, 5), 100),
    "b_1k_30": Family((30, 30), (1, 5), 1000),
    "b_1k_100": Family((100, 100), (1, 5), 1000),
    "b_5k_100": Family((100, 100), (1, 5), 5000),
}


def make_instance(name: str, seed: int) -> Row:
    """One instance of a family; the same seed gives the same."""
    family, random = FAMILIES[name], Random(f"{name}-{seed}")
    places = [line.split(",") for line in PLACES.read_text(encoding="utf-8").splitlines()[1:]]
    where = {row[0]: (int(row[1]) / 1e6, int(row[2]) / 1e6) for row in places}
    count = random.randint(*family.nodes)
    lines = [_line_count(random, family) for _ in range(family.orders)]
    skus = [f"K{n:04}" for n in range(max(lines) if family.orders == 1 else max(40, round(family.orders * 0.75)))]
    nodes = [
        _node(random, slot, count, random.choice(sorted(where)), sum(lines), family.orders) for slot in range(count)
    ]
    weights = {sku: max(80, min(4000, round(random.lognormvariate(6.4, 0.9)))) for sku in skus}
    orders = [_order(random, number, size, skus, nodes, where, family) for number, size in enumerate(lines)]
    used = sorted({line["sku"] for order in orders for line in order["lines"]})
    homes = {order["zip3"] for order in orders} | {node["zip3"] for node in nodes}
    return {
        "format": "sourcing/1",
        "id": f"{name}-{seed}",
        "kind": "single" if family.orders == 1 else "batch",
        "seed": seed,
        "objective": {"keys": _keys(random) if family.orders == 1 else ["cost"]},
        "rates": {
            "step_g": 500,
            "services": [dict(zip(("id", "kind", "base", "step", "days"), row, strict=True)) for row in SERVICES],
        },
        "nodes": nodes,
        "skus": {sku: {"weight_g": weights[sku]} for sku in used},
        "stock": [row for sku in used for row in _stock(random, sku, skus, nodes, family)],
        "zones": {home: [_zone(where[home], where[node["zip3"]]) for node in nodes] for home in sorted(homes)},
        "orders": orders,
    }


def _keys(random: Random) -> list[str]:
    return ["cost"] if random.random() < 0.9 else ["short_units", *random.choice(([], ["shipments"])), "cost"]


def _line_count(random: Random, family: Family) -> int:
    if family.orders == 1:
        return random.randint(*family.lines)
    return random.choices((1, 2, 3, 4, 5), (55, 25, 8, 6, 6))[0]


def _node(random: Random, slot: int, count: int, zip3: str, lines: int, orders: int) -> Row:
    centres = max(2, round(count * 0.06))
    kind = "vendor" if slot == count - 1 else "dc" if slot < centres else "store"
    low = {"dc": (92, 150, 31, 54), "store": (160, 320, 60, 130), "vendor": (300, 445, 2, 19)}[kind]
    cap, parcels = 200, 50
    if orders > 1:
        share = {"dc": 1.2 / centres, "vendor": 0.4, "store": 1.6 / count}[kind] * random.uniform(0.7, 1.5)
        cap, parcels = max(5, round(2.4 * lines / 1.8 * share)), max(3, round(lines * share))
    elif random.random() < 0.15:
        cap, parcels = random.choice(((2, 50), (5, 50), (15, 50), (200, 1), (200, 0)))
    late = (0, 0, 0, 0, 0, 0, 1, 1, 1, 2)
    none = {"dc": 0.3, "store": 0.65, "vendor": 1.0}[kind]
    return {
        "id": f"N{slot:03}",
        "type": kind,
        "zip3": zip3,
        "ready_day": random.choice({"dc": (0, 0, 0, 1), "store": late, "vendor": (1, 2)}[kind]),
        "inbound_day": None if random.random() < none else random.randint(1, 6),
        "shipment_cents": random.randint(low[0], low[1]),
        "unit_cents": random.randint(low[2], low[3]),
        "cap_units": cap,
        "cap_shipments": parcels,
        "regular_units": max(1, round(cap * random.choice((0.5, 0.7, 0.9, 1.0)))),
        "overtime_cents": random.choice((40, 80, 120)),
    }


def _stock(random: Random, sku: str, skus: list[str], nodes: list[Row], family: Family) -> list[Row]:
    """Rows of one SKU; in a batch what many orders want lies at more nodes, in all about twice what they want."""
    batch, rows = family.orders > 1, []
    carried = {"dc": 0.63, "store": 0.22, "vendor": 0.17} if batch else {"dc": 0.65, "store": 0.33, "vendor": 0.17}
    wanted = _wanted(skus.index(sku), len(skus), family.orders)
    mean = {"dc": 2.0, "store": 0.9, "vendor": 1.8}
    if batch:
        hot = 1 + min(1.0, wanted / 20)
        carried = {kind: min(0.9, share * hot) for kind, share in carried.items()}
        usual = sum(carried[node["type"]] * mean[node["type"]] for node in nodes)
        mean = {kind: units * max(1.0, 1.9 * wanted / usual) for kind, units in mean.items()}
    for node in nodes:
        kind = node["type"]
        if random.random() > carried[kind]:
            continue
        scarce = {"dc": (2.5, 1.4), "store": (4.8, 1.0), "vendor": (1.0, 1.0)}[kind]
        reserved = random.choice((0, 0, 0, 1))
        safety = random.choice((0, 0, 1, 2)) if kind == "store" else 0
        if batch:
            on_hand = reserved + safety + round(mean[kind] * (0.25 + 0.75 * random.expovariate(1)))
        else:
            most = {"dc": random.choice((3, 12, 40)), "store": 4, "vendor": 20}[kind]
            on_hand = round(most * random.random() ** 1.5)
        rows.append(
            {
                "node": node["id"],
                "sku": sku,
                "on_hand": on_hand,
                "reserved": reserved,
                "safety": safety,
                "inbound": random.randint(1, 12) if node["inbound_day"] is not None and random.random() < 0.4 else 0,
                "opp_cents": 0 if random.random() < 0.2 else min(2000, round(random.lognormvariate(*scarce))),
            }
        )
    return rows


def _wanted(place: int, skus: int, orders: int) -> float:
    """About how many units all orders of a batch want of the SKU at one place: a few SKUs are wanted by many."""
    return 2.7 * orders * (((place + 1) / skus) ** (1 / _SKEW) - (place / skus) ** (1 / _SKEW))


def _order(
    random: Random, number: int, size: int, skus: list[str], nodes: list[Row], where: Row, family: Family
) -> Row:
    if family.orders == 1:
        chosen = skus[:size]
    else:
        chosen = list(dict.fromkeys(skus[int(len(skus) * random.random() ** _SKEW)] for _ in range(size)))
    stores = [node["id"] for node in nodes if node["type"] == "store"]
    pickup = random.choice(stores) if stores and random.random() < 0.12 else None
    lines = []
    for place, sku in enumerate(chosen):
        dest = pickup if pickup and random.random() < 0.8 else "home"
        lines.append(
            {
                "id": f"L{place + 1}",
                "sku": sku,
                "qty": random.choices((1, 2, 3, 4, 6), (70, 17, 7, 4, 2))[0],
                "dest": dest,
                "transfer_ok": dest != "home" and random.random() < 0.7,
                "split_ok": random.random() < 0.67,
                "eligible_types": ["dc", "vendor"] if dest == "home" and random.random() < 0.05 else None,
                "exclude_nodes": random.sample(stores, min(3, len(stores))) if random.random() < 0.05 else [],
                "short_cents": max(1200, min(15_000, round(random.lognormvariate(8.1, 0.6)))),
            }
        )
    return {
        "id": f"O{number:05}",
        "zip3": random.choice(sorted(where)),
        "promise_day": random.choices((1, 2, 3, 5, 7), (2, 13, 23, 36, 26))[0],
        "late_cents_per_day": random.choice((None, None, None, 200, 350, 600)),
        "ship_complete": random.random() < 0.11,
        "max_shipments": random.choice((None, None, None, None, 1, 2, 2, 3)),
        "lines": lines,
    }


def _zone(here: tuple[float, float], there: tuple[float, float]) -> int:
    north, east = radians(there[0] - here[0]), radians(there[1] - here[1])
    part = sin(north / 2) ** 2 + cos(radians(here[0])) * cos(radians(there[0])) * sin(east / 2) ** 2
    return 1 + sum(12_742 * asin(sqrt(part)) > limit for limit in ZONE_KM)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", choices=sorted(FAMILIES), required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    asked = parser.parse_args(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    for seed in range(asked.seed, asked.seed + asked.count):
        instance = make_instance(asked.family, seed)
        (asked.out / f"{instance['id']}.json").write_text(json.dumps(instance), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

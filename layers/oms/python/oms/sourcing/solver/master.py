"""The program over whole plans: one is chosen for each order, and no more is taken than there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from oms.sourcing.solver.highs import Program
from oms.sourcing.solver.problem import Answer

Resource = tuple[str, ...]  # ("stock", node, SKU, pool), ("units", node), ("shipments", node)


@dataclass(frozen=True, slots=True)
class Column:
    """One plan of one order: what it costs without overtime and how much it takes of each resource."""

    place: int
    cents: int
    uses: tuple[tuple[Resource, int], ...]
    answer: Answer


@dataclass(frozen=True, slots=True)
class Limits:
    """How much there is of each resource, and how many of them go without overtime, with the cents of each beyond."""

    caps: dict[Resource, int]
    regular: dict[Resource, tuple[int, int]]


def program_of(
    columns: Sequence[Column], orders: int, limits: Limits, begin: Sequence[bool] = ()
) -> tuple[Program, list[Resource | None]]:
    """The program, and the resource that each of its rows is about.

    In whole numbers where `begin` tells which columns an answer to begin with has. Rows that can never be full are left
    out.
    """
    rows: dict[Resource, dict[int, float]] = {}
    for number, column in enumerate(columns):
        for resource, count in column.uses:
            rows.setdefault(resource, {})[number] = float(count)
    costs = [float(column.cents) for column in columns]
    upper = [1.0] * len(columns)
    known = [float(chosen) for chosen in begin]
    names: list[Resource | None] = [None] * orders
    sides: list[tuple[float, float]] = [(1.0, 1.0)] * orders
    entries: list[dict[int, float]] = [{} for _ in range(orders)]
    for number, column in enumerate(columns):
        entries[column.place][number] = 1.0
    for resource, row in rows.items():
        most: dict[int, float] = {}
        for number, units in row.items():
            place = columns[number].place
            most[place] = max(most.get(place, 0.0), units)
        demand = sum(most.values())
        regular, cents = limits.regular.get(resource, (0, 0))
        if cents and demand > regular:
            entries.append({**row, len(costs): -1.0})
            costs.append(float(cents))
            upper.append(inf)
            if begin:
                known.append(max(0.0, sum(units for number, units in row.items() if begin[number]) - regular))
            names.append(resource)
            sides.append((-inf, float(regular)))
        if demand > limits.caps[resource]:
            entries.append(row)
            names.append(resource)
            sides.append((-inf, float(limits.caps[resource])))
    return Program(costs, upper, sides, entries, len(columns) if begin else 0, known), names

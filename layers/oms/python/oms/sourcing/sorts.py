"""Orders in which nodes are preferred, as what a shipment from a later one costs more. Pure.

Every sort gives each node a place from 0 on, equal ones the same, and each place costs so many cents. So sorts add up
with one another, with the way and with freight, each with the weight that its cents give it; ties are broken by cost,
then by the node's id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from oms.platform.fields import Amount, Code
from oms.platform.intake import Request
from oms.registry.model import Node

_WHOLE_NUMBER_DIGITS = 15
_NONE_THERE = (2, 0)
NOTHING_LAIN: Mapping[str, int | None] = MappingProxyType({})


class Sort(Request):
    """By what nodes are preferred, and what each place further down costs a shipment.

    `oldest_stock` puts first the node to whose stock nothing has come for most days: of the items that are asked for
    and that it has, the one that has lain longest counts. Stock for which no day is known has lain longest of all;
    nodes that have none of the items come last. `most_available` and `least_available` count the units of all items
    that are asked for; `attribute` takes a whole number from the free attributes of a node, the `lowest` or `highest`
    first, and nodes without one last; `random` is another order for every order, and always the same for the same one.
    """

    by: Literal["oldest_stock", "most_available", "least_available", "attribute", "random"]
    attribute: Code | None = None
    first: Literal["lowest", "highest"] = "lowest"
    cents: Annotated[Amount, Field(ge=1)]

    @model_validator(mode="after")
    def _attribute_is_named(self) -> Self:
        if (self.by == "attribute") != (self.attribute is not None):
            raise ValueError("attribute is named where the sort is by attribute, and only there")
        return self


def sort_costs(
    sorts: Iterable[Sort],
    nodes: Mapping[str, Node],
    units: Mapping[str, int],
    seed: str,
    lain: Mapping[str, int | None] = NOTHING_LAIN,
) -> dict[str, int]:
    """What a shipment from each node costs by its places; `units` are those that it has of what is asked for.

    `lain` says for how many days the one of these items has lain there that has lain longest; None where nobody knows.
    """
    costs = dict.fromkeys(nodes, 0)
    for sort in sorts:
        value = _value(sort, units, seed, lain)
        values = {node_id: value(node) for node_id, node in nodes.items()}
        places = {one: place for place, one in enumerate(sorted(set(values.values())))}
        for node_id in nodes:
            costs[node_id] += sort.cents * places[values[node_id]]
    return costs


def _value(
    sort: Sort, units: Mapping[str, int], seed: str, lain: Mapping[str, int | None]
) -> Callable[[Node], tuple[int, int]]:
    """By what a node is sorted: smaller comes first."""
    if sort.by == "oldest_stock":
        return lambda node: _age(lain[node.id]) if node.id in lain else _NONE_THERE
    if sort.by == "random":
        return lambda node: (0, int.from_bytes(sha256(f"{seed} {node.id}".encode()).digest()[:8]))
    if sort.by == "attribute":
        name, sign = sort.attribute or "", 1 if sort.first == "lowest" else -1
        return lambda node: _number(node.attributes.get(name), sign)
    sign = -1 if sort.by == "most_available" else 1
    return lambda node: (0, sign * units.get(node.id, 0))


def _age(days: int | None) -> tuple[int, int]:
    return (0, 0) if days is None else (1, -days)


def _number(value: Any, sign: int) -> tuple[int, int]:
    text = str(value)
    if isinstance(value, bool) or len(text) > _WHOLE_NUMBER_DIGITS or not text.removeprefix("-").isdecimal():
        return 1, 0
    return 0, sign * int(text)

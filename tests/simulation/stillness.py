"""Reads that nobody else can disturb: whoever goes on first there, the answer is the same.

Which items somebody else changes is found out by the runs themselves. A read of items that so far nobody but its own
side has changed is taken as still, and is remembered; where a later run changes such an item after all, the search
begins anew with what it knows then. So in the end every read that was taken as still was held to it in every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

# An item, or with None in place of its sort key a partition, of a table or of its index.
Place = tuple[str, str, str | None]
READS = frozenset({"GetItem", "BatchGetItem", "Query", "GetSecretValue", "GetObject", "ListObjectsV2", "look"})
_INDEX = "index "
# Side 0 or 1; None is everything else, such as what follows from them.
Actor = int | None


@dataclass(slots=True)
class Stillness:
    """Who has changed what, and whose reads of it were taken as still."""

    changed: dict[Place, set[Actor]] = field(default_factory=dict)
    trusted: dict[Place, set[Actor]] = field(default_factory=dict)
    is_broken: bool = False

    def again(self) -> None:
        """The search begins anew: what was changed is known, and nothing was trusted yet."""
        self.trusted, self.is_broken = {}, False

    def is_still(self, side: int, operation: str, request: Mapping[str, Any]) -> bool:
        """Whether a call of a side is a read that nobody else disturbs; it is remembered then."""
        places = _places_of(operation, request)
        if places is None or any(self.changed.get(place, set()) - {side} for place in places):
            return False
        for place in places:
            self.trusted.setdefault(place, set()).add(side)
        return True

    def hears(self, actor: Actor, table: str, pk: str, sk: str, *items: Mapping[str, Any] | None) -> None:
        """An item was changed, from one of these to another."""
        listed = {item["gsi1pk"] for item in items if item and "gsi1pk" in item}
        for place in ((table, pk, sk), (table, pk, None), *((_INDEX + table, one, None) for one in listed)):
            self.changed.setdefault(place, set()).add(actor)
            if self.trusted.get(place, set()) - {actor}:
                self.is_broken = True


def _places_of(operation: str, request: Mapping[str, Any]) -> list[Place] | None:
    """What a read of tables looks at; None for everything that is none, or of which it cannot be said."""
    if operation == "GetItem":
        return _items(request["TableName"], [request["Key"]])
    if operation == "BatchGetItem":
        return [place for table, asked in request["RequestItems"].items() for place in _items(table, asked["Keys"])]
    if operation == "Query":
        condition, values = request["KeyConditionExpression"], request["ExpressionAttributeValues"]
        index = _INDEX if "IndexName" in request else ""
        name, _, value = condition.split(" AND ")[0].partition(" = ")
        if name == ("gsi1pk" if index else "pk"):
            return [(index + _short(request["TableName"]), values[value]["S"], None)]
    return None


def _items(table: str, keys: Iterable[Mapping[str, Any]]) -> list[Place]:
    return [(_short(table), key["pk"]["S"], key["sk"]["S"]) for key in keys]


def _short(table: str) -> str:
    return table.removesuffix("Table").lower()

"""Tables in memory that carry out the product's writes: for tests that need the mechanism and no AWS.

`MemoryDatabase` has the methods of `oms.platform.dynamodb.Database` and the same refusals: conditions are judged
against the state before the transaction, all actions happen or none, and a failed one raises Conflict.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence

from oms.platform.dynamodb import Conflict, Page, to_attributes
from oms.platform.writes import MOST_ACTIONS, Item, Key, Kind, Write, merge


class MemoryDatabase:
    """Every table of the product, as dictionaries."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, Key], Item] = {}
        self.commits: list[list[Write]] = []

    def get(self, table: str, key: Key, *, consistent: bool = True) -> Item | None:
        row = self.rows.get((table, key))
        return copy.deepcopy(row) if row is not None else None

    def get_many(self, keys: Sequence[tuple[str, Key]], *, consistent: bool = True) -> dict[tuple[str, Key], Item]:
        assert len(set(keys)) == len(keys), "DynamoDB refuses a key that is named twice"
        return {key: copy.deepcopy(self.rows[key]) for key in keys if key in self.rows}

    def query(
        self, table: str, pk: str, *, begins: str = "", since: str = "", consistent: bool = True
    ) -> Iterator[Item]:
        first = Key(pk, begins)
        for (name, key), row in sorted(self.rows.items(), key=lambda entry: entry[0][1].sk.encode()):
            if name == table and key.pk == first.pk and key.sk.startswith(first.sk) and key.sk >= since:
                yield copy.deepcopy(row)

    def query_page(self, table: str, pk: str, *, begins: str, limit: int, after: str | None = None) -> Page:
        found = [row for row in self.query(table, pk, begins=begins) if after is None or str(row["sk"]) < after]
        page = found[::-1][:limit]
        more = len(found) > limit
        return Page(page, {name: str(page[-1][name]) for name in ("pk", "sk")} if more else None)

    def query_index(
        self,
        table: str,
        index: str,
        gsi1pk: str,
        *,
        begins: str = "",
        limit: int = 50,
        after: Mapping[str, str] | None = None,
        newest_first: bool = False,
    ) -> Page:
        first = Key(gsi1pk, begins)
        found = [
            row
            for (name, _), row in self.rows.items()
            if name == table and row.get("gsi1pk") == first.pk and str(row["gsi1sk"]).startswith(first.sk)
        ]
        found.sort(key=_index_position, reverse=newest_first)
        if after:
            last = _index_position(dict(after))
            found = [
                row for row in found if (_index_position(row) < last) == newest_first and _index_position(row) != last
            ]
        page = [copy.deepcopy(row) for row in found[:limit]]
        names = ("pk", "sk", "gsi1pk", "gsi1sk")
        more = len(found) > limit
        return Page(page, {name: str(page[-1][name]) for name in names} if more else None)

    def commit(self, writes: Sequence[Write]) -> None:
        actions = merge(writes)
        if not 0 < len(actions) <= MOST_ACTIONS:
            raise ValueError(f"a transaction of {len(actions)} actions")
        lost = [(write, self.get(write.table, write.key)) for write in actions if not self._holds(write)]
        if lost:
            raise Conflict(lost, contended=False)
        for write in actions:
            self._carry_out(write)
        self.commits.append(actions)

    def _holds(self, write: Write) -> bool:
        row = self.rows.get((write.table, write.key))
        if write.kind is Kind.CREATE and row is not None:
            return False
        if write.must_exist and row is None:
            return False
        stored = row or {}
        return (
            all(isinstance(stored.get(name), int) and stored[name] >= amount for name, amount in write.at_least.items())
            and all(int(stored.get(name, 0)) <= amount for name, amount in write.at_most.items())
            and all(name in stored and stored[name] == value for name, value in write.equals.items())
        )

    def _carry_out(self, write: Write) -> None:
        slot = (write.table, write.key)
        if write.kind is Kind.REMOVE:
            self.rows.pop(slot, None)
        elif write.kind in (Kind.CREATE, Kind.PUT):
            self.rows[slot] = self._storable({**write.set, "pk": write.key.pk, "sk": write.key.sk})
        elif write.kind is Kind.CHANGE:
            row = self.rows.setdefault(slot, {"pk": write.key.pk, "sk": write.key.sk})
            row.update(self._storable(write.set))
            for name, amount in write.add.items():
                row[name] = int(row.get(name, 0)) + amount
            for name in write.unset:
                row.pop(name, None)

    @staticmethod
    def _storable(values: Mapping[str, object]) -> Item:
        to_attributes(values)  # raises for what DynamoDB could not hold, such as a fraction
        return copy.deepcopy(dict(values))


def _index_position(row: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in ("gsi1sk", "pk", "sk"))

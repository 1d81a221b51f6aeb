"""DynamoDB: the local engine's own module, called in process, with every change of every item written down.

The engine's answers are taken before they become JSON, and requests are handed over as they are: the product builds
each of them anew, and stored items are replaced and never changed in place.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from unittest import mock

from botocore.exceptions import ClientError

from local.engine.anchors import require, require_version
from local.engine.speed import _copy_items_plainly, _read_each_expression_once
from tests.simulation.machine.quick_expressions import NotPlain
from tests.simulation.machine.quick_tables import QuickTables
from tests.simulation.machine.topology import Topology
from tests.simulation.machine.workflow_errors import NotModelled

Item = dict[str, Any]
Rows = dict[tuple[str, str], Item]
# Items as they are stored, the same as plain values, and whether large ones may be among them.
Snapshot = tuple[dict[str, Any], dict[str, Rows], bool]


@dataclass(slots=True)
class Change:
    """An item before and after a commit, as plain values; `table` is its short name."""

    table: str
    pk: str
    sk: str
    before: Item | None
    after: Item | None


@dataclass(slots=True)
class Written:
    """The same as it is stored, with the instant: what streams carry, and what a stale read does not see yet."""

    table: str
    before: Item | None
    after: Item | None
    at: int


def _load_engine() -> Any:
    """The engine's module, without the thread that it starts to expire items by the real clock."""
    require_version()
    with mock.patch.object(threading.Thread, "start", return_value=None):
        from ministack.services import dynamodb, stepfunctions  # noqa: F401
    _read_each_expression_once()
    _copy_items_plainly()
    require(dynamodb, "_tables", "_emit_stream_event", "json_response", "_set_item", "_remove_item", "_INDEX_MEMBERS")
    dynamodb._tables = {}
    dynamodb.json_response = lambda data, status=200, **_: (status, {}, data)
    return dynamodb


_engine = _load_engine()
OPERATIONS: dict[str, Callable[[Any], Any]] = {
    "GetItem": _engine._get_item,
    "BatchGetItem": _engine._batch_get_item,
    "Query": _engine._query,
    "TransactWriteItems": _engine._transact_write_items,
}
WRITES = frozenset({"TransactWriteItems"})


class Tables:
    """All tables of one simulation; there is one at a time in a process, since the engine keeps its state globally."""

    def __init__(self, topology: Topology) -> None:
        _engine._tables.clear()
        for name, properties in topology.tables.items():
            _engine._create_table(
                {
                    "TableName": name,
                    "KeySchema": properties["KeySchema"],
                    "AttributeDefinitions": properties["AttributeDefinitions"],
                    "BillingMode": properties["BillingMode"],
                    "GlobalSecondaryIndexes": properties.get("GlobalSecondaryIndexes", []),
                }
            )
        self._listen()
        self._quick = QuickTables(_engine, self._note)
        self.short = {name: name.removesuffix("Table").lower() for name in topology.tables}
        self.plain: dict[str, Rows] = {short: {} for short in self.short.values()}
        self.now: Callable[[], int] = lambda: 0
        self._written: list[Written] = []
        self._recent: list[Written] = []

    def call(self, operation: str, request: dict[str, Any], *, behind: int = 0) -> dict[str, Any]:
        """Carry out one operation; `behind` reads as if that many of the latest changes had not happened yet."""
        if operation not in OPERATIONS:
            raise NotModelled(f"dynamodb {operation}")
        undone = self._undo(behind) if behind else []
        try:
            try:
                return self._quick.operations[operation](request)
            except NotPlain:
                self._quick.large = self._quick.large or operation in WRITES
                status, _, answer = OPERATIONS[operation](request)
        finally:
            for change in reversed(undone):
                self._store(change, change.after)
        if status == 200:
            return answer
        error = json.loads(answer)
        details = {
            "Error": {"Code": error.pop("__type").rsplit("#", 1)[-1], "Message": error.pop("message", "")},
            **error,
        }
        raise ClientError(details, operation)

    def take_changes(self) -> tuple[list[Written], list[Change]]:
        """What has changed since the last call, as stored and as plain values."""
        written, self._written = self._written, []
        self._recent = (self._recent + written)[-50:]
        changes = []
        for entry in written:
            item = entry.after or entry.before
            assert item is not None
            table, pk, sk = self.short[entry.table], item["pk"]["S"], item["sk"]["S"]
            rows = self.plain[table]
            before = rows.get((pk, sk))
            after = None if entry.after is None else plain(entry.after)
            if after is None:
                rows.pop((pk, sk), None)
            else:
                rows[pk, sk] = after
            changes.append(Change(table, pk, sk, before, after))
        return written, changes

    def changes_since(self, instant: int) -> int:
        """How many of the latest changes an index may not show yet."""
        return sum(1 for entry in self._recent if entry.at >= instant)

    def snapshot(self) -> Snapshot:
        """Everything that is stored, for `restore`."""
        stored = {name: _copied(table["items"]) for name, table in _engine._tables.items()}
        return stored, {name: dict(rows) for name, rows in self.plain.items()}, self._quick.large

    def restore(self, snapshot: Snapshot) -> None:
        """Begin again from a snapshot of these tables, whatever other tables there have been since."""
        self._listen()
        stored, rows, self._quick.large = snapshot
        for name, items in stored.items():
            _engine._tables[name]["items"] = _copied(items)
            _engine._items_replaced(_engine._tables[name])
        self.plain = {name: dict(found) for name, found in rows.items()}
        self._written.clear()
        self._recent.clear()

    def _listen(self) -> None:
        """The engine tells whoever asked last of the changes that it makes by itself."""
        _engine._emit_stream_event = lambda table, _, before, after, **__: self._note(table, before, after)

    def _note(self, table: str, before: Item | None, after: Item | None) -> None:
        self._written.append(Written(table, before, after, self.now()))

    def _undo(self, count: int) -> list[Written]:
        undone = self._recent[: -count - 1 : -1]
        for change in undone:
            self._store(change, change.before)
        return undone

    @staticmethod
    def _store(change: Written, item: Item | None) -> None:
        known = change.after or change.before
        assert known is not None
        table, pk, sk = _engine._tables[change.table], known["pk"]["S"], known["sk"]["S"]
        if item is None:
            _engine._remove_item(table, pk, sk)
        else:
            _engine._set_item(table, pk, sk, item)


def plain(item: Mapping[str, Any]) -> Item:
    """An item's typed attributes as plain values."""
    return {name: _value(attribute) for name, attribute in item.items()}


def _value(attribute: Mapping[str, Any]) -> Any:
    for kind, content in attribute.items():
        if kind in ("S", "BOOL"):
            return content
        if kind == "N":
            return int(content)
        if kind == "NULL":
            return None
        if kind == "L":
            return [_value(entry) for entry in content]
        if kind == "M":
            return plain(content)
    raise NotModelled(f"an attribute {attribute}")


def _copied(items: Mapping[str, Mapping[str, Item]]) -> defaultdict[str, dict[str, Item]]:
    copied: defaultdict[str, dict[str, Item]] = defaultdict(dict)
    for pk, rows in items.items():
        copied[pk] = dict(rows)
    return copied

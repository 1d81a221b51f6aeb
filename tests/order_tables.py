"""The tables in memory for tests in which several threads, or a fault, come between a command and its store."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from oms.platform.dynamodb import Page
from oms.platform.writes import Item, Key, Write
from tests.memory_table import MemoryDatabase


class OrderTables(MemoryDatabase):
    """Tables that several threads may use; `around` sees every call and may fail it or do something first."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.RLock()
        self.around: Callable[[str, Callable[[], Any]], Any] = lambda name, act: act()

    def get(self, table: str, key: Key, *, consistent: bool = True) -> Item | None:
        return self._run("get", lambda: super(OrderTables, self).get(table, key))

    def get_many(self, keys: Sequence[tuple[str, Key]], *, consistent: bool = True) -> dict[tuple[str, Key], Item]:
        return self._run("get_many", lambda: super(OrderTables, self).get_many(keys))

    def query(
        self, table: str, pk: str, *, begins: str = "", since: str = "", consistent: bool = True
    ) -> Iterator[Item]:
        def read() -> list[Item]:
            # Filtered before it is sorted: a large order asks for a partition per SKU.
            found = {
                key.sk: row
                for (name, key), row in self.rows.items()
                if name == table and key.pk == pk and key.sk.startswith(begins) and key.sk >= since
            }
            return [copy.deepcopy(found[sk]) for sk in sorted(found, key=str.encode)]

        return iter(self._run(f"query {table}", read))

    def query_index(self, *args: Any, **more: Any) -> Page:
        return self._run("query_index", lambda: super(OrderTables, self).query_index(*args, **more))

    def commit(self, writes: Sequence[Write]) -> None:
        self._run("commit", lambda: super(OrderTables, self).commit(writes))

    def _run(self, name: str, act: Callable[[], Any]) -> Any:
        def locked() -> Any:
            with self.lock:
                return act()

        return self.around(name, locked)

"""Putting nodes and items when two callers meet or a load stops half-way, and what a warm function remembers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from oms.platform.clock import FixedClock
from oms.platform.commands import Call, Runtime
from oms.platform.intake import validate
from oms.platform.principal import system_principal
from oms.platform.problems import Busy, StaleVersion
from oms.platform.writes import Write
from oms.registry.commands import put_items, put_node, put_nodes
from oms.registry.model import PutNode
from oms.registry.reads import forget, known_items, known_nodes
from oms.registry.store import NodeCache, load_items, load_nodes
from tests.memory_table import MemoryDatabase

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
NODE: dict[str, Any] = {
    "kind": "dc",
    "name": "DC",
    "legal_entity": "us",
    "address": {"lines": ["1"], "city": "X", "country": "US"},
    "latitude": Decimal(1),
    "longitude": Decimal(2),
    "time_zone": "UTC",
}


class Counted(MemoryDatabase):
    """Counts its queries, and fails the commits whose numbers are given (the first is 1)."""

    def __init__(self) -> None:
        super().__init__()
        self.queries = 0
        self.tries = 0
        self.failing: set[int] = set()

    def query(self, *args: Any, **more: Any):
        self.queries += 1
        return super().query(*args, **more)

    def commit(self, writes: list[Write]) -> None:
        self.tries += 1
        if self.tries in self.failing:
            raise Busy()
        super().commit(writes)


@pytest.fixture
def runtime() -> Runtime:
    return Runtime(clock=FixedClock(NOW), database=Counted(), random=Random(1), pause=lambda _: None)


def call(command: str, key: str = "k", version: int | None = None) -> Call:
    principal = system_principal("t1", "tester")
    return Call(command, principal, key, f"hash {key}", "c", "request", expected_version=version)


def node(name: str = "DC", **more: Any) -> PutNode:
    return validate(PutNode, NODE | {"id": "dc-1", "name": name} | more)


def test_of_two_changes_at_once_one_is_stale(runtime: Runtime):
    put_node(runtime, call("put_node", "a"), node())
    other = Runtime(clock=runtime.clock, database=runtime.database, random=Random(2))
    plain_commit = runtime.database.commit

    def second_writer_first(writes: list[Write]) -> None:
        runtime.database.commit = plain_commit
        put_node(other, call("put_node", "b", 1), node("other"))
        plain_commit(writes)

    runtime.database.commit = second_writer_first
    with pytest.raises(StaleVersion):
        put_node(runtime, call("put_node", "c", 1), node("mine", effective_from="2026-04-01T00:00:00Z"))
    (stored,) = load_nodes(runtime.database, "t1", datetime(2027, 1, 1, tzinfo=UTC))
    assert (stored.name, stored.version) == ("other", 2)


def test_a_bulk_load_of_nodes_goes_on_where_it_stopped(runtime: Runtime):
    rows = [NODE | {"id": f"dc-{n}"} for n in range(4)]
    runtime.database.failing = {3}
    with pytest.raises(Busy):
        put_nodes(runtime, call("put_nodes"), rows)
    assert len(load_nodes(runtime.database, "t1", NOW)) == 2
    outcome = put_nodes(runtime, call("put_nodes"), rows)
    assert [(row["status"], row["version"]) for row in outcome.body["results"]] == [(201, 1)] * 4
    assert put_nodes(runtime, call("put_nodes"), rows).replayed


def test_a_bulk_load_of_items_takes_few_transactions_and_goes_on_where_it_stopped(runtime: Runtime):
    rows = [{"sku": f"S{n}", "description": "d"} for n in range(300)]
    runtime.database.failing = {3}
    with pytest.raises(Busy):
        put_items(runtime, call("put_items"), rows)
    outcome = put_items(runtime, call("put_items"), rows)
    assert (outcome.body["accepted"], outcome.body["refused"]) == (300, 0)
    assert {row["version"] for row in outcome.body["results"]} == {1}
    assert [len(writes) for writes in runtime.database.commits] == [90, 90, 90, 38, 1]


def test_large_items_keep_the_event_of_a_load_small(runtime: Runtime):
    rows = [{"sku": f"S{n}", "description": "d" * 2000} for n in range(60)]
    put_items(runtime, call("put_items"), rows)
    details = [row["detail"] for (table, _), row in runtime.database.rows.items() if table == "events"]
    assert len(details) == 4
    assert max(len(str(detail)) for detail in details) < 64 * 1024
    assert len(load_items(runtime.database, "t1", [f"S{n}" for n in range(60)])) == 60


def test_a_warm_function_reads_the_nodes_once_a_minute(runtime: Runtime):
    put_node(runtime, call("put_node"), node())
    cache, database, clock = NodeCache(), runtime.database, runtime.clock
    database.queries = 0
    for _ in range(4):
        assert cache.nodes(database, "t1", clock.now())["dc-1"].version == 1
        clock.advance(seconds=20)
    assert database.queries == 2


def test_a_planned_change_takes_effect_on_time_in_a_warm_function(runtime: Runtime):
    put_node(runtime, call("put_node", "a"), node())
    put_node(runtime, call("put_node", "b", 1), node("Later", effective_from="2026-03-09T12:00:30Z"))
    cache, database, clock = NodeCache(), runtime.database, runtime.clock
    assert cache.nodes(database, "t1", clock.now())["dc-1"].name == "DC"
    clock.advance(seconds=30)
    assert cache.nodes(database, "t1", clock.now())["dc-1"].name == "Later"


def test_a_version_that_is_known_elsewhere_is_read_at_once(runtime: Runtime):
    put_node(runtime, call("put_node", "a"), node())
    cache, database = NodeCache(), runtime.database
    cache.nodes(database, "t1", NOW)
    put_node(runtime, call("put_node", "b", 1), node("New"))
    assert cache.nodes(database, "t1", NOW)["dc-1"].name == "DC"
    assert cache.nodes(database, "t1", NOW, at_least={"dc-1": 2})["dc-1"].name == "New"


def test_what_is_missing_is_never_remembered(runtime: Runtime):
    forget()
    database = runtime.database
    assert known_nodes(database, "t1", NOW, named=["dc-1"]) == {}
    assert known_items(database, "t1", ["S"], NOW) == {}
    put_node(runtime, call("put_node"), node())
    put_items(runtime, call("put_items"), [{"sku": "S", "description": "d"}])
    assert list(known_nodes(database, "t1", NOW, named=["dc-1"])) == ["dc-1"]
    assert list(known_items(database, "t1", ["S"], NOW)) == ["S"]
    forget()

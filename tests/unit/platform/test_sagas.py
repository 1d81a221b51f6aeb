"""Sagas: one runner at a time, chunks that are undone exactly once, and nothing left behind."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oms.platform.clock import FixedClock, format_instant
from oms.platform.commands import Runtime
from oms.platform.dynamodb import Conflict
from oms.platform.problems import Busy, StillRunning
from oms.platform.saga import (
    LEASE,
    Claim,
    Saga,
    begin,
    commit_chunk,
    exists,
    expired_sagas,
    forget_notes,
    saga_name,
    undo_saga,
)
from oms.platform.writes import MOST_ACTIONS, Key, Kind, Write, create
from tests.order_tables import OrderTables

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROW = Key("T#acme#SAGA", "place#1")
NOTES = "T#acme#SAGA#place#1"
STOCK = Key("T#acme#SKU#A", "NODE#S1")
WEEK = timedelta(days=7)


class Numbered:
    """Identifiers in order: run_1, run_2."""

    def __init__(self) -> None:
        self.made = 0

    def new(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}_{self.made}"


@pytest.fixture
def tables() -> OrderTables:
    return OrderTables()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def runtime(tables: OrderTables, clock: FixedClock) -> Runtime:
    return Runtime(clock=clock, ids=Numbered(), database=tables)


def give_back(runtime: Runtime, saga: Saga, number: int, claims: Sequence[Claim]) -> Iterator[Write]:
    for sku, node, units in claims:
        key = Key(f"T#{saga.tenant}#SKU#{sku}", f"NODE#{node}")
        yield Write(Kind.CHANGE, "stock", key, add={"free": units}, at_least={"free": 0})


def take(units: int) -> Write:
    return Write(Kind.CHANGE, "stock", STOCK, add={"free": -units}, at_least={"free": units})


def running(runtime: Runtime, tables: OrderTables) -> Saga:
    """A saga whose two chunks took 3 and 4 of 10 units."""
    tables.rows["stock", STOCK] = {"free": 10}
    saga = begin(runtime, "acme", "place#1", give_back)
    for number, units in ((0, 3), (1, 4)):
        commit_chunk(runtime, saga, number, [take(units)], [("A", "S1", units)])
    return saga


def test_a_saga_begins_with_its_runner_and_lease(runtime: Runtime, tables: OrderTables):
    assert exists(runtime, "acme", "place#1") is False
    saga = begin(runtime, "acme", "place#1", give_back)
    assert saga == Saga("acme", "place#1", "run_1")
    assert saga.still_mine() == Write(Kind.CHECK, "commands", ROW, equals={"runner": "run_1"})
    assert tables.rows == {
        ("commands", ROW): {
            "pk": ROW.pk,
            "sk": ROW.sk,
            "runner": "run_1",
            "claimed_by": "run_1",
            "lease_until": format_instant(NOW + LEASE),
        }
    }
    assert exists(runtime, "acme", "place#1") is True
    assert exists(runtime, "acme", "place#2") is False
    assert exists(runtime, "other", "place#1") is False


def test_a_chunk_takes_what_it_says_and_notes_how_to_undo_it(runtime: Runtime, tables: OrderTables):
    running(runtime, tables)
    assert tables.rows["stock", STOCK]["free"] == 3
    for number, units in ((0, 3), (1, 4)):
        note = tables.rows["commands", Key(NOTES, f"CHUNK#run_1#{number:06d}")]
        assert json.loads(str(note["claims"])) == [["A", "S1", units]]
        assert note["expires_at"] == int((NOW + WEEK).timestamp())


def test_a_chunk_is_committed_only_by_the_present_runner(runtime: Runtime, tables: OrderTables):
    saga = running(runtime, tables)
    before = dict(tables.rows)
    with pytest.raises(Conflict):
        commit_chunk(runtime, Saga("acme", "place#1", "run_9"), 2, [take(1)], [])
    with pytest.raises(Conflict):
        commit_chunk(runtime, saga, 1, [take(1)], [])
    assert tables.rows == before


def test_a_saga_ends_with_the_command_of_its_runner(runtime: Runtime, tables: OrderTables):
    saga = running(runtime, tables)
    done = create("orders", Key("T#acme#ORDER#1", "HEADER"), {})
    with pytest.raises(Conflict):
        tables.commit([Saga("acme", "place#1", "run_9").finished(), done])
    assert exists(runtime, "acme", "place#1")
    tables.commit([saga.finished(), done])
    assert not exists(runtime, "acme", "place#1")


def test_a_living_saga_is_left_alone(runtime: Runtime, tables: OrderTables, clock: FixedClock):
    running(runtime, tables)
    clock.advance(seconds=LEASE.total_seconds() - 0.001)
    before = dict(tables.rows)
    with pytest.raises(StillRunning):
        begin(runtime, "acme", "place#1", give_back)
    assert expired_sagas(runtime, "acme") == []
    assert tables.rows == before


def test_what_a_dead_runner_left_is_undone_first(runtime: Runtime, tables: OrderTables, clock: FixedClock):
    running(runtime, tables)
    clock.advance(seconds=LEASE.total_seconds())
    assert expired_sagas(runtime, "acme") == ["place#1"]
    assert expired_sagas(runtime, "other") == []
    saga = begin(runtime, "acme", "place#1", give_back)
    assert tables.rows["stock", STOCK]["free"] == 10
    assert {key for name, key in tables.rows if name == "commands"} == {ROW}
    assert tables.rows["commands", ROW]["runner"] == saga.runner
    assert tables.rows["commands", ROW]["lease_until"] == format_instant(clock.now() + LEASE)


def test_a_lease_from_a_clock_that_ran_ahead_is_over(runtime: Runtime, tables: OrderTables, clock: FixedClock):
    running(runtime, tables)
    clock.advance(seconds=-0.001)
    assert expired_sagas(runtime, "acme") == ["place#1"]
    begin(runtime, "acme", "place#1", give_back)
    assert tables.rows["stock", STOCK]["free"] == 10


def test_who_is_second_to_begin_is_told_that_it_runs(runtime: Runtime, tables: OrderTables):
    def other_first(name: str, act: Any) -> Any:
        if name == "commit":
            tables.rows["commands", ROW] = {"runner": "run_9", "lease_until": format_instant(NOW + LEASE)}
        return act()

    tables.around = other_first
    with pytest.raises(StillRunning):
        begin(runtime, "acme", "place#1", give_back)
    assert tables.rows["commands", ROW]["runner"] == "run_9"


def test_undoing_takes_the_saga_over_and_forgets_it(runtime: Runtime, tables: OrderTables):
    saga = running(runtime, tables)
    undo_saga(runtime, "acme", "place#1", give_back)
    assert tables.rows == {("stock", STOCK): {"free": 10}}
    # The late runner can do nothing more.
    with pytest.raises(Conflict):
        commit_chunk(runtime, saga, 2, [take(1)], [])
    undo_saga(runtime, "acme", "place#1", give_back)
    assert tables.rows == {("stock", STOCK): {"free": 10}}


@pytest.mark.parametrize("commits", range(4))
def test_an_undo_that_dies_is_finished_by_the_next(
    runtime: Runtime, tables: OrderTables, clock: FixedClock, commits: int
):
    """Whichever commit it does not reach: each chunk is given back once."""
    running(runtime, tables)
    clock.advance(hours=1)
    left = commits

    def dies(name: str, act: Any) -> Any:
        nonlocal left
        if name == "commit":
            if not left:
                raise Busy()
            left -= 1
        return act()

    tables.around = dies
    with pytest.raises(Busy):
        undo_saga(runtime, "acme", "place#1", give_back)
    tables.around = lambda name, act: act()
    assert tables.rows["stock", STOCK]["free"] == (3, 3, 6, 10)[commits]
    if commits:
        # Taken over with a lease of its own, so that nobody else undoes it meanwhile.
        assert tables.rows["commands", ROW] == {
            "pk": ROW.pk,
            "sk": ROW.sk,
            "runner": "run_2",
            "claimed_by": "run_1",
            "lease_until": format_instant(clock.now() + LEASE),
        }
        assert expired_sagas(runtime, "acme") == []
    undo_saga(runtime, "acme", "place#1", give_back)
    assert tables.rows == {("stock", STOCK): {"free": 10}}


def test_two_that_undo_do_not_both_give_back(runtime: Runtime, tables: OrderTables):
    running(runtime, tables)
    first = True

    def taken_over(name: str, act: Any) -> Any:
        nonlocal first
        if name == "commit" and first:
            first = False
            tables.rows["commands", ROW] = {**tables.rows["commands", ROW], "runner": "run_9"}
        return act()

    tables.around = taken_over
    with pytest.raises(Conflict):
        undo_saga(runtime, "acme", "place#1", give_back)
    assert tables.rows["stock", STOCK]["free"] == 3


def test_a_note_that_was_undone_meanwhile_is_not_undone_again(runtime: Runtime, tables: OrderTables):
    running(runtime, tables)

    def gone(name: str, act: Any) -> Any:
        found = act()
        if name == "query commands":
            del tables.rows["commands", Key(NOTES, "CHUNK#run_1#000001")]
        return found

    tables.around = gone
    with pytest.raises(Conflict):
        undo_saga(runtime, "acme", "place#1", give_back)
    assert tables.rows["stock", STOCK]["free"] == 3 + 3


def test_the_notes_of_a_saga_that_succeeded_are_removed(runtime: Runtime, tables: OrderTables):
    saga = running(runtime, tables)
    tables.rows["commands", Key(NOTES, "CHUNK#run_1#000002")] = {"claims": "[]"}
    before = len(tables.commits)
    forget_notes(runtime, saga, 2)
    assert {key.sk for name, key in tables.rows if name == "commands"} == {"place#1", "CHUNK#run_1#000002"}
    forget_notes(runtime, saga, MOST_ACTIONS * 2)
    assert [len(actions) for actions in tables.commits[before:]] == [2, MOST_ACTIONS, MOST_ACTIONS]
    forget_notes(runtime, saga, MOST_ACTIONS + 1)
    assert [len(actions) for actions in tables.commits[before + 3 :]] == [MOST_ACTIONS, 1]
    assert {key.sk for name, key in tables.rows if name == "commands"} == {"place#1"}


def test_notes_of_a_saga_that_succeeded_are_not_undone_by_a_later_one(runtime: Runtime, tables: OrderTables):
    first = running(runtime, tables)
    tables.commit([first.finished()])
    second = begin(runtime, "acme", "place#1", give_back)
    commit_chunk(runtime, second, 0, [take(2)], [("A", "S1", 2)])
    assert tables.rows["stock", STOCK]["free"] == 1
    undo_saga(runtime, "acme", "place#1", give_back)
    assert tables.rows["stock", STOCK]["free"] == 3
    assert exists(runtime, "acme", "place#1") is False


@pytest.mark.parametrize("fault", [Busy(), Conflict([], contended=True)])
def test_notes_that_cannot_be_removed_do_not_matter(runtime: Runtime, tables: OrderTables, fault: Exception):
    saga = running(runtime, tables)
    before = dict(tables.rows)

    def refused(name: str, act: Any) -> Any:
        raise fault

    tables.around = refused
    forget_notes(runtime, saga, 2)
    assert tables.rows == before


def test_a_name_has_a_fixed_length_and_tells_calls_apart():
    assert saga_name("place", "é") == f"place#{hashlib.sha256('é'.encode()).hexdigest()}"
    assert len(saga_name("place", "x" * 255)) == len(saga_name("place", "y"))

"""The mechanism of commands: one effect per key, the first answer for ever, and refusals that leave nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from oms.platform.clock import FixedClock
from oms.platform.commands import MOST_ATTEMPTS, Call, Decision, Runtime, execute, find_outcome, input_hash
from oms.platform.dynamodb import Conflict
from oms.platform.principal import Principal
from oms.platform.problems import ActionNotAvailable, Busy, KeyReused
from oms.platform.writes import Key, Kind, Write, create, merge, put, remove
from tests.order_tables import OrderTables

COUNTER = Key("T#acme#COUNTER", "COUNTER")


@pytest.fixture
def tables() -> OrderTables:
    return OrderTables()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def runtime(tables: OrderTables, pauses: list[float]) -> Runtime:
    return Runtime(clock=FixedClock(datetime(2026, 1, 1, tzinfo=UTC)), database=tables, pause=pauses.append)


def call(key: str = "k", content: object = "same", tenant: str = "acme", command: str = "count") -> Call:
    return Call(command, Principal(tenant, "me", "client"), key, input_hash(content), "correlation", "causation")


def counting(tables: OrderTables) -> Any:
    def decide() -> Decision:
        row = tables.get("orders", COUNTER) or {"n": 0, "version": 0}
        version = int(str(row["version"]))
        write = put("orders", COUNTER, {"n": int(str(row["n"])) + 1, "version": version + 1}, version=version or None)
        return Decision([write], status=201, body={"n": int(str(row["n"])) + 1})

    return decide


def count(tables: OrderTables) -> int:
    row = tables.get("orders", COUNTER)
    return int(str(row["n"])) if row else 0


@pytest.mark.capability("A1")
def test_a_repeat_gets_the_first_answer(runtime: Runtime, tables: OrderTables):
    first = execute(runtime, call(), counting(tables))
    again = execute(runtime, call(), counting(tables))
    assert (first.status, first.body, first.replayed) == (201, {"n": 1}, False)
    assert (again.status, again.body, again.replayed) == (201, {"n": 1}, True)
    assert count(tables) == 1
    assert find_outcome(runtime, call()) == again
    assert find_outcome(runtime, call("other")) is None


@pytest.mark.capability("A1")
def test_keys_are_told_apart_by_tenant_and_command(runtime: Runtime, tables: OrderTables):
    for one in (call(), call("k2"), call(tenant="other"), call(command="add")):
        assert execute(runtime, one, counting(tables)).replayed is False
    assert count(tables) == 4


def test_other_input_under_the_same_key_is_refused(runtime: Runtime, tables: OrderTables):
    execute(runtime, call(), counting(tables))
    before = dict(tables.rows)
    with pytest.raises(KeyReused):
        execute(runtime, call(content="other"), counting(tables))
    with pytest.raises(KeyReused):
        find_outcome(runtime, call(content="other"))
    assert tables.rows == before


def test_a_refusal_is_not_remembered(runtime: Runtime, tables: OrderTables):
    def refuse() -> Decision:
        raise ActionNotAvailable

    with pytest.raises(ActionNotAvailable):
        execute(runtime, call(), refuse)
    assert tables.rows == {}
    assert execute(runtime, call(), counting(tables)).body == {"n": 1}
    # Once it has happened, what would refuse it now no longer matters.
    assert execute(runtime, call(), refuse).body == {"n": 1}


def test_a_decision_that_was_overtaken_is_made_again(runtime: Runtime, tables: OrderTables, pauses: list[float]):
    late = 3
    tables.rows["orders", COUNTER] = {"n": 0, "version": 1}

    def somebody_first(name: str, act: Any) -> Any:
        nonlocal late
        if name == "commit" and late:
            late -= 1
            tables.rows["orders", COUNTER] = {"n": 10 - late, "version": 20 - late}
        return act()

    tables.around = somebody_first
    assert execute(runtime, call(), counting(tables)).body == {"n": 11}
    assert len(pauses) == 3
    assert all(0 <= pause <= 0.01 * 2**attempt for attempt, pause in enumerate(pauses))


@pytest.mark.capability("D4")
def test_too_many_lost_races_are_busy(runtime: Runtime, tables: OrderTables):
    tries = 0

    def always(name: str, act: Any) -> Any:
        nonlocal tries
        if name == "commit":
            tries += 1
            raise Conflict([], contended=True)
        return act()

    tables.around = always
    with pytest.raises(Busy) as refused:
        execute(runtime, call(), counting(tables))
    assert (tries, refused.value.retry_after_seconds) == (MOST_ATTEMPTS, 2)
    assert tables.rows == {}


def test_a_reply_that_was_lost_is_found_by_the_repeat(runtime: Runtime, tables: OrderTables):
    def lost(name: str, act: Any) -> Any:
        done = act()
        if name == "commit":
            raise Busy()
        return done

    tables.around = lost
    with pytest.raises(Busy):
        execute(runtime, call(), counting(tables))
    tables.around = lambda name, act: act()
    assert execute(runtime, call(), counting(tables)).replayed is True
    assert count(tables) == 1


def test_the_hash_does_not_depend_on_the_order_of_names():
    assert input_hash({"a": 1, "b": [1, 2]}) == input_hash({"b": [1, 2], "a": 1})
    assert input_hash({"a": 1}) != input_hash({"a": "1"})
    assert input_hash([1, 2]) != input_hash([2, 1])


def test_two_changes_of_one_item_are_one_with_both_demands():
    key = Key("p", "s")
    first = Write(Kind.CHANGE, "stock", key, add={"reserved": 2, "version": 1}, at_least={"available": 2})
    second = Write(
        Kind.CHANGE, "stock", key, set={"x": 1}, add={"reserved": 3, "version": 1}, at_least={"available": 3}
    )
    (merged,) = merge([first, second])
    assert merged.add == {"reserved": 5, "version": 1}
    assert merged.at_least == {"available": 5}
    assert merged.set == {"x": 1}


def test_two_actions_that_exclude_each_other_are_a_fault_of_ours():
    key = Key("p", "s")
    with pytest.raises(ValueError):
        merge([create("orders", key, {}), put("orders", key, {})])
    with pytest.raises(ValueError):
        merge([remove("orders", key), remove("orders", key)])
    with pytest.raises(ValueError):
        merge([Write(Kind.CHANGE, "orders", key, set={"a": 1}), Write(Kind.CHANGE, "orders", key, set={"a": 2})])

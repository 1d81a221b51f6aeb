"""finance_export stops at every call it makes to AWS, and still each line is exported once."""

# ruff: noqa: F811 - fixtures are imported by name

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import boto3
import pytest

from functions.finance_export import handler as function
from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.closing import evidence
from oms.finance.closing.facts import OrdersRead
from oms.finance.commands import Books
from oms.finance.lanes import Day
from oms.platform.commands import Runtime
from tests.unit.finance import exported, world
from tests.unit.finance.world import books, finance_cloud  # noqa: F401  (fixtures)


class _Crash(BaseException):
    """The function stops dead; nothing of it may catch this."""


class _CrashAt:
    """Stops the function right before its n-th call to AWS, which is also right after the call before took effect."""

    def __init__(self, clients: list[Any], number: int) -> None:
        self._left = number
        self._events = [client.meta.events for client in clients]
        self.reached = False

    def __enter__(self) -> None:
        for events in self._events:
            events.register_first("before-call", self._count)

    def __exit__(self, *_: object) -> None:
        for events in self._events:
            events.unregister("before-call", self._count)

    def _count(self, **_: Any) -> None:
        self._left -= 1
        if self._left == 0:
            self.reached = True
            raise _Crash


@pytest.mark.capability("N7")
def test_an_export_that_stops_at_any_call_is_finished_with_each_line_once(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """case-35: one export per call at which it can stop; time and the ledger move on before it is tried again."""
    s3 = boto3.client("s3")
    monkeypatch.setattr(function, "bucket", ExportBucket(s3))
    number, crash = 0, None
    while crash is None or crash.reached:
        number += 1
        world.deliver(books, [world.captured(f"A{number}", 100)])
        wish = exported.wish(f"exp_{number}")
        crash = _CrashAt([books.runtime.database.client, s3], number)
        with crash, suppress(_Crash):
            assert exported.run(function, books, wish) == []
        books.runtime.clock.advance(minutes=1)
        world.deliver(books, [world.captured(f"B{number}", 100)])
        # Whoever comes first after the stop finishes it: the same wish, or another one.
        others = [] if number % 2 else [exported.wish(f"exp_other_{number}")]
        assert exported.run(function, books, *others, wish) == []
    assert number > 20
    assert exported.run(function, books, exported.wish("exp_last")) == []
    assert exported.lines_exported() == exported.lines_in_ledger(books, world.TODAY)
    assert len(exported.events("FinanceExportCompleted")) == number + number // 2 + 1
    exported.assert_chain(exported.manifests())


@pytest.mark.capability("N7")
def test_the_orders_of_a_large_date_are_read_part_by_part_and_a_part_that_stands_is_not_read_again(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two orders to a part; the close stops at one call after the other, and goes on behind its last part."""
    s3 = boto3.client("s3")
    monkeypatch.setattr(function, "bucket", ExportBucket(s3))
    monkeypatch.setattr(evidence, "READ_TOGETHER", 2)
    world.deliver(books, [world.captured(f"A{number}", 100) for number in range(5)])
    world.close_day(books)
    read: list[str] = []
    read_part = evidence.read_part

    def counted(runtime: Runtime, day: Day, named: Sequence[str]) -> OrdersRead:
        part = read_part(runtime, day, named)
        read.extend(named)
        return part

    monkeypatch.setattr(evidence, "read_part", counted)
    for number in range(20, 60):
        crash = _CrashAt([books.runtime.database.client, s3], number)
        with crash, suppress(_Crash):
            assert exported.run(function, books, exported.wish("exp_1", "close")) == []
        if not crash.reached:
            break
    assert number > 25
    parts = sorted(key.rsplit("/", 1)[1] for key in exported.stored() if "/snapshots/" in key and "orders-" in key)
    assert parts == ["orders-00000.json", "orders-00001.json", "orders-00002.json"]
    # A part is read again only where the stop came before it stood.
    assert sorted(set(read)) == [f"ord_A{number}" for number in range(5)]
    assert max(Counter(read).values()) < number - 20
    assert exported.lines_exported() == exported.lines_in_ledger(books, world.TODAY)
    (manifest,) = exported.manifests()
    assert (manifest["kind"], manifest["control_totals"]["entries"]) == ("close", 5)

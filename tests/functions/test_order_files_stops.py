"""order_files: whatever is delivered again or stops half-way, each row takes effect once and is answered once."""

from __future__ import annotations

from typing import Any

import pytest

from oms.orders import file_rows
from tests.order_doors import doors
from tests.order_file_doors import OrderIntake, order_files, past
from tests.order_world import document, line, world

__all__ = ["doors", "order_files", "world"]


@pytest.mark.capability("A7")
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 12))
def test_a_crash_at_any_write_places_no_row_twice_and_leaves_none_out(
    order_files: OrderIntake, nth: int, after: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(file_rows, "MOST_ROWS_OF_PART", 2)
    database, writes = order_files.doors.world.database, 0
    commit, put = type(database).commit, order_files.objects.put_object

    def crashing(write: Any) -> Any:
        def do(*given: Any, **named: Any) -> None:
            nonlocal writes
            writes += 1
            if after or writes != nth:
                write(*given, **named)
            if writes == nth:
                raise RuntimeError("the sandbox died")

        return do

    monkeypatch.setattr(database, "commit", crashing(lambda found: commit(database, found)))
    monkeypatch.setattr(order_files.objects, "put_object", crashing(put))
    order_files.drop_orders(
        document(line("A", 1), external_id="1"),
        past(),
        document(line("NONE", 1), external_id="2"),
        document(line("A", 2), external_id="3"),
    )
    order_files.until_empty()
    assert writes >= nth
    outcomes = [row.split(",")[:3] for part in (1, 2) for row in order_files.rows(part)]
    assert outcomes == [
        ["1", "placed", ""],
        ["2", "imported", ""],
        ["3", "refused", "unknown_sku"],
        ["4", "placed", ""],
    ]
    assert len(order_files.doors.world.order_ids()) == 3
    assert order_files.doors.world.stock("A", "DC1").reserved == 3
    (told,) = order_files.told("OrderFileLoaded")
    assert (told["rows"], told["placed"], told["imported"], told["refused"]) == (4, 2, 1, 1)


@pytest.mark.capability("A7")
def test_a_row_that_was_refused_stays_refused_for_this_file_whatever_comes_later(
    order_files: OrderIntake, monkeypatch: pytest.MonkeyPatch
):
    """Two runs of a row come to one thing: what was recorded first."""
    order_files.drop_orders(document(line("A", 20), external_id="1"))

    def no_place(key: str) -> None:
        raise RuntimeError("the sandbox died")

    order_files.doors.place(document(line("A", 1)))
    assert order_files.work_off(order_files.waiting.pop(0)) == []
    order_files.objects.before_put = no_place
    assert order_files.work_off(order_files.waiting[0]) == ["m0"]
    order_files.doors.world.receive("A", "DC1", 50)
    order_files.objects.before_put = lambda key: None
    order_files.until_empty()
    assert [row.split(",")[:3] for row in order_files.rows()] == [["1", "refused", "out_of_stock"]]

"""stock_files: whatever is delivered again, comes in another order or stops half-way, each row takes effect once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from oms.inventory import file_rows
from oms.platform.problems import Busy
from tests.intake_doors import KEY, RESULTS, Intake, count, dropped, intake
from tests.order_doors import doors
from tests.order_world import STOCK, world

__all__ = ["doors", "intake", "world"]

pytestmark = pytest.mark.capability("O4")


def test_the_same_message_again_changes_nothing(intake: Intake):
    intake.drop(count(), count("S1"))
    message = intake.waiting[0]
    intake.until_empty()
    before = intake.objects.stored
    with intake.doors.world.unchanged():
        assert intake.work_off(message, message) == []
    assert (intake.waiting, intake.objects.stored) == ([], before)
    intake.settle()


def test_the_same_file_dropped_again_is_answered_anew_and_changes_no_stock(intake: Intake):
    intake.drop(count(units=7), count("S1", units=3))
    intake.until_empty()
    rows = [intake.row(node) for node in STOCK]
    first = intake.results()
    intake.drop(count(units=7), count("S1", units=3))
    intake.until_empty()
    assert [intake.row(node) for node in STOCK] == rows
    assert intake.results(folder="results/acme/nightly/v2") == ["row,outcome,code,detail", "2,ignored,,", "3,ignored,,"]
    assert intake.results() == first
    assert [told["ignored"] for told in intake.told()] == [0, 2]
    assert len(intake.told("StockMoved")) == 1
    intake.settle()


@pytest.mark.parametrize("order", [1, -1])
def test_parts_are_taken_in_in_any_order_and_the_last_one_ends_the_file(
    intake: Intake, order: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(file_rows, "MOST_ROWS_OF_PART", 2)
    intake.drop(count(), count("S1"), count("S2"), count("S9"), count(sku="B"))
    assert intake.work_off(intake.waiting.pop()) == []
    parts, intake.waiting = intake.waiting[::order], []
    assert [part["part"]["number"] for part in parts] == [1, 2, 3][::order]
    for part in parts:
        assert intake.told() == []
        assert f"{RESULTS}/manifest.json" not in intake.objects.stored
        assert intake.work_off(part, part) == []
    assert [intake.results(number)[1:] for number in (1, 2, 3)] == [
        ["2,recorded,,", "3,recorded,,"],
        ["4,recorded,,", "5,refused,unknown_node,node_id: There is no node S9."],
        ["6,recorded,,"],
    ]
    (told,) = intake.told()
    assert (told["rows"], told["recorded"], told["ignored"], told["refused"]) == (5, 4, 0, 1)
    assert [part["rows"] for part in intake.manifest()["parts"]] == [2, 2, 1]
    intake.settle()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("nth", range(1, 12))
def test_a_crash_at_any_write_leaves_no_row_out_and_takes_none_in_twice(
    intake: Intake, nth: int, after: bool, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(file_rows, "MOST_ROWS_OF_PART", 4)
    monkeypatch.setattr(file_rows, "MOST_WRITES_OF_BLOCK", 6)
    database, writes = intake.doors.world.database, 0
    commit, put = type(database).commit, intake.objects.put_object

    def crashing(write: Callable[..., None]) -> Callable[..., None]:
        def do(*given: Any, **named: Any) -> None:
            nonlocal writes
            writes += 1
            if after or writes != nth:
                write(*given, **named)
            if writes == nth:
                raise RuntimeError("the sandbox died")

        return do

    monkeypatch.setattr(database, "commit", crashing(lambda found: commit(database, found)))
    monkeypatch.setattr(intake.objects, "put_object", crashing(put))
    intake.drop(
        count(), count("S1"), count("S2"), count("S9"), count(sku="B"), count("S1", "B"), count(sku="B", units=8)
    )
    intake.until_empty()
    assert writes >= nth
    assert [intake.results(number)[1:] for number in (1, 2)] == [
        ["2,recorded,,", "3,recorded,,", "4,recorded,,", "5,refused,unknown_node,node_id: There is no node S9."],
        ["6,recorded,,", "7,recorded,,", "8,ignored,,"],
    ]
    assert (intake.on_hand(), intake.on_hand("B")) == ({"DC1": 7, "S1": 7, "S2": 7}, {"DC1": 7, "S1": 7, "S2": 5})
    (told,) = intake.told()
    assert (told["rows"], told["recorded"], told["ignored"], told["refused"]) == (7, 5, 1, 1)
    assert sum(len(moved["movements"]) for moved in intake.told("StockMoved")) == 5
    intake.settle()


def test_what_became_known_after_a_crash_does_not_change_what_was_said(intake: Intake, monkeypatch: pytest.MonkeyPatch):
    """The rows of a block are judged once: the block that was recorded keeps its refusal, and no other shifts."""
    monkeypatch.setattr(file_rows, "MOST_WRITES_OF_BLOCK", 6)
    intake.drop(count(sku="NEW"), count(), count("S1"))

    def no_place(key: str) -> None:
        raise RuntimeError("the sandbox died")

    intake.objects.before_put = no_place
    assert intake.work_off(intake.waiting.pop(0)) == []
    assert intake.work_off(intake.waiting[0]) == ["m0"]
    intake.objects.before_put = lambda key: None
    intake.doors.world.add_item("NEW", {})
    intake.until_empty()
    assert intake.results()[1:] == ["2,refused,unknown_sku,sku: There is no item NEW.", "3,recorded,,", "4,recorded,,"]
    intake.settle()


def test_a_table_that_throttles_is_waited_for(intake: Intake):
    refusals = iter(range(5))

    def around(name: str, act: Callable[[], Any]) -> Any:
        if name == "commit" and next(refusals, None) is not None:
            raise Busy()
        return act()

    intake.drop(count())
    assert intake.work_off(intake.waiting.pop(0)) == []
    intake.doors.world.database.around = around
    part = intake.waiting.pop(0)
    assert intake.work_off(part) == []
    assert next(refusals, None) is None
    assert intake.results()[1:] == ["2,recorded,,"]
    intake.settle()


def test_a_file_that_was_dropped_over_another_is_a_file_of_its_own(intake: Intake):
    intake.drop(count(units=7))
    intake.drop(count(units=8, number=2))
    intake.until_empty()
    assert intake.row("DC1").on_hand == 8
    assert sorted(told["object_version"] for told in intake.told()) == ["v1", "v2"]
    assert [told["recorded"] for told in intake.told()] == [1, 1]
    intake.settle()


def test_without_a_version_the_latest_one_is_taken_in_once(intake: Intake):
    """The local engine does not say which version was dropped."""
    intake.drop(count(units=7))
    intake.waiting = [dropped(KEY, None), dropped(KEY, None)]
    intake.until_empty()
    assert [told["object_version"] for told in intake.told()] == ["v1"]
    intake.settle()


def test_a_bucket_that_answers_a_range_with_the_whole_object_is_understood(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(file_rows, "MOST_ROWS_OF_PART", 1)
    intake.objects.knows_ranges = False
    intake.drop(count(), count("S1"))
    intake.until_empty()
    assert [intake.results(number)[1:] for number in (1, 2)] == [["2,recorded,,"], ["3,recorded,,"]]
    intake.settle()

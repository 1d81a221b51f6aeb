"""A long run that did not try everything fails: what is needed follows from the template and the kinds of faults."""

from __future__ import annotations

import pytest

from tests.simulation.coverage import KINDS, NOT_BROKEN, NOT_REDELIVERED, NOT_SET_ASIDE, OFTEN_ENOUGH, needed, unmet
from tests.simulation.machine.topology import topology


def enough():
    """Points of a run that met everything just often enough, as seeds count them."""
    return {(*point, "Query") if len(point) == 2 else point: OFTEN_ENOUGH for point in needed(topology())}


def test_a_run_that_met_everything_lacks_nothing():
    assert unmet(enough(), topology()) == []


def test_a_run_that_met_nothing_lacks_everything():
    assert len(unmet({}, topology())) == len(needed(topology()))


@pytest.mark.parametrize(
    ("point", "named"),
    [
        (("crash_after", "place_order", "Query"), "crash_after place_order: 9 times"),
        (("set_aside", "PostLedgerQueue", "Query"), "set_aside PostLedgerQueue: 9 times"),
        (("redelivered", "EventsTable", "Query"), "redelivered EventsTable: 9 times"),
        (("stale_index",), "stale_index: 9 times"),
    ],
)
def test_what_struck_once_too_little_is_named(point, named):
    points = enough()
    points[point] -= 1
    assert unmet(points, topology()) == [named]


def test_calls_of_one_function_count_together():
    points = enough()
    del points["crash_before", "place_order", "Query"]
    points |= {("crash_before", "place_order", "GetItem"): 4, ("crash_before", "place_order", "PutEvents"): 6}
    assert unmet(points, topology()) == []


def test_only_what_is_there_is_left_out():
    feeds = {feed.source for feed in (*topology().queue_feeds, *topology().stream_feeds)}
    assert NOT_BROKEN.keys() <= topology().functions.keys()
    assert NOT_REDELIVERED.keys() <= NOT_SET_ASIDE.keys() <= feeds
    assert len(set(KINDS)) == len(KINDS)

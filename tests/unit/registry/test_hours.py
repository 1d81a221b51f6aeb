"""Opening hours as instants: clock changes, midnight, holidays, always and never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.registry.hours import end_of_open_time, open_days, open_intervals
from oms.registry.model import Node

NEW_YORK = "America/New_York"
HOUR = timedelta(hours=1)
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def node(zone: str = NEW_YORK, hours: dict | None = None, holidays: list | None = None, status: str = "active") -> Node:
    return Node.model_validate(
        {
            "id": "store-1",
            "kind": "store",
            "name": "Store 1",
            "legal_entity": "us",
            "address": {"lines": ["1 Main St"], "city": "Springfield", "country": "US"},
            "time_zone": zone,
            "hours": hours,
            "holidays": holidays or [],
            "status": status,
            "latitude_microdegrees": 0,
            "longitude_microdegrees": 0,
            "effective_from": "2020-01-01T00:00:00Z",
            "version": 1,
        }
    )


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def daily(opens: str, closes: str) -> dict:
    return {day: [[opens, closes]] for day in DAYS}


def intervals(of: Node, start: str, end: str) -> list[tuple[str, str]]:
    return [(a.isoformat()[:16], b.isoformat()[:16]) for a, b in open_intervals(of, at(start), at(end))]


def test_local_hours_move_against_utc_when_the_clocks_go_forward():
    shop = node(hours=daily("09:00", "17:00"))
    # New York goes from UTC-5 to UTC-4 on 8 March 2026.
    assert intervals(shop, "2026-03-07T00:00Z", "2026-03-09T12:00Z") == [
        ("2026-03-07T14:00", "2026-03-07T22:00"),
        ("2026-03-08T13:00", "2026-03-08T21:00"),
    ]


def test_a_night_with_an_hour_less_and_one_with_an_hour_more():
    bar = node(hours={"saturday": [["22:00", "04:00"]]})
    spring = open_intervals(bar, at("2026-03-07T12:00Z"), at("2026-03-08T12:00Z"))
    autumn = open_intervals(bar, at("2026-10-31T12:00Z"), at("2026-11-01T12:00Z"))
    assert [b - a for a, b in spring] == [timedelta(hours=5)]
    assert [b - a for a, b in autumn] == [timedelta(hours=7)]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        # 02:30 does not exist on 8 March 2026: the wall clock passes it at 07:00 UTC.
        (["02:30", "06:00"], [("2026-03-08T07:00", "2026-03-08T10:00")]),
        (["00:00", "02:30"], [("2026-03-08T05:00", "2026-03-08T07:00")]),
        (["02:10", "02:50"], []),
    ],
)
def test_a_local_time_that_is_skipped_is_the_instant_of_the_change(hours: list[str], expected: list):
    assert intervals(node(hours={"sunday": [hours]}), "2026-03-08T05:00Z", "2026-03-09T04:00Z") == expected


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        # 01:30 comes twice on 1 November 2026, at 05:30 and 06:30 UTC: the first counts.
        (["01:30", "03:00"], [("2026-11-01T05:30", "2026-11-01T08:00")]),
        (["00:00", "01:30"], [("2026-11-01T04:00", "2026-11-01T05:30")]),
    ],
)
def test_a_local_time_that_comes_twice_is_its_first_coming(hours: list[str], expected: list):
    assert intervals(node(hours={"sunday": [hours]}), "2026-11-01T04:00Z", "2026-11-02T05:00Z") == expected


def test_a_zone_that_changes_by_half_an_hour():
    # Lord Howe Island goes from UTC+11 to UTC+10:30 at 02:00 on 5 April 2026, and back at 02:00 on 4 October.
    shop = node("Australia/Lord_Howe", {"sunday": [["02:15", "03:00"]]})
    assert intervals(shop, "2026-10-03T12:00Z", "2026-10-04T12:00Z") == [("2026-10-03T15:30", "2026-10-03T16:00")]


def test_a_date_that_a_zone_skipped_has_no_hours():
    # Samoa had no 30 December 2011.
    shop = node("Pacific/Apia", daily("09:00", "17:00"))
    assert intervals(shop, "2011-12-29T12:00Z", "2011-12-31T12:00Z") == [
        ("2011-12-29T19:00", "2011-12-30T03:00"),
        ("2011-12-30T19:00", "2011-12-31T03:00"),
    ]


def test_hours_over_midnight_belong_to_the_day_they_begin():
    bar = node("UTC", {"friday": [["20:00", "02:00"]]})
    # 6 March 2026 is a Friday.
    assert intervals(bar, "2026-03-05T00:00Z", "2026-03-08T00:00Z") == [("2026-03-06T20:00", "2026-03-07T02:00")]


def test_a_holiday_replaces_the_hours_that_begin_on_it_and_no_others():
    bar = node(
        "UTC",
        daily("20:00", "02:00"),
        [{"date": "2026-12-25"}, {"date": "2026-12-31", "hours": [["18:00", "05:00"]], "name": "New Year"}],
    )
    assert intervals(bar, "2026-12-24T12:00Z", "2026-12-26T12:00Z") == [("2026-12-24T20:00", "2026-12-25T02:00")]
    assert intervals(bar, "2026-12-31T12:00Z", "2027-01-01T12:00Z") == [("2026-12-31T18:00", "2027-01-01T05:00")]


def test_touching_and_overlapping_hours_are_joined_and_cut_to_the_span():
    shop = node(
        "UTC", {"monday": [["08:00", "12:00"], ["11:00", "14:00"], ["14:00", "24:00"]], "tuesday": [["00:00", "06:00"]]}
    )
    # 9 March 2026 is a Monday.
    assert intervals(shop, "2026-03-09T10:00Z", "2026-03-10T05:00Z") == [("2026-03-09T10:00", "2026-03-10T05:00")]


def test_midnight_to_midnight_is_the_whole_day():
    around = node("UTC", {"monday": [["00:00", "00:00"]], "tuesday": [["00:00", "24:00"]]})
    assert intervals(around, "2026-03-08T00:00Z", "2026-03-13T00:00Z") == [("2026-03-09T00:00", "2026-03-11T00:00")]


def test_without_hours_a_node_is_always_open_but_for_its_holidays():
    depot = node("UTC")
    assert intervals(depot, "2026-03-08T00:00Z", "2026-03-10T00:00Z") == [("2026-03-08T00:00", "2026-03-10T00:00")]
    closed_once = node("UTC", holidays=[{"date": "2026-03-09"}])
    assert intervals(closed_once, "2026-03-08T06:00Z", "2026-03-10T06:00Z") == [
        ("2026-03-08T06:00", "2026-03-09T00:00"),
        ("2026-03-10T00:00", "2026-03-10T06:00"),
    ]


def test_a_closed_node_and_an_empty_span_are_never_open():
    assert open_intervals(node(status="closed"), at("2026-03-08T00:00Z"), at("2026-03-09T00:00Z")) == []
    assert open_intervals(node(), at("2026-03-08T00:00Z"), at("2026-03-08T00:00Z")) == []
    assert end_of_open_time(node(status="closed"), at("2026-03-08T00:00Z"), HOUR) is None
    assert end_of_open_time(node(hours={}), at("2026-03-08T00:00Z"), HOUR) is None


def test_open_time_counts_while_the_shop_is_open_only():
    shop = node(hours=daily("09:00", "17:00"))
    for start, end in (
        ("2026-03-04T15:00Z", "2026-03-04T18:00Z"),  # 10:00 in New York: the same day
        ("2026-03-04T20:00Z", "2026-03-05T15:00Z"),  # 15:00: two hours of this day, one of the next
        ("2026-03-04T23:00Z", "2026-03-05T17:00Z"),  # after closing
        ("2026-03-07T21:00Z", "2026-03-08T15:00Z"),  # over the night in which the clocks go forward
        ("2026-10-31T20:00Z", "2026-11-01T16:00Z"),  # and over that in which they go back
    ):
        assert end_of_open_time(shop, at(start), 3 * HOUR) == at(end), start


def test_open_time_of_a_night_with_an_hour_less_and_one_with_an_hour_more():
    bar = node(hours=daily("22:00", "06:00"))
    for start, end in (("2026-03-08T03:00Z", "2026-03-08T10:00Z"), ("2026-11-01T02:00Z", "2026-11-01T09:00Z")):
        assert end_of_open_time(bar, at(start), 7 * HOUR) == at(end)
    # The shorter night has seven hours, the longer one nine.
    assert end_of_open_time(bar, at("2026-03-08T03:00Z"), 8 * HOUR) == at("2026-03-09T03:00Z")
    assert end_of_open_time(bar, at("2026-11-01T02:00Z"), 9 * HOUR) == at("2026-11-01T11:00Z")


def test_open_time_waits_for_the_next_day_that_is_no_holiday():
    shop = node(hours={"monday": [["09:00", "17:00"]]}, holidays=[{"date": "2026-03-16"}])
    # The Monday after is a holiday, so the one after that, in New York's summer time.
    assert end_of_open_time(shop, at("2026-03-09T21:00Z"), HOUR) == at("2026-03-23T14:00Z")
    once_a_year = node("UTC", {}, [{"date": "2026-12-24", "hours": [["10:00", "11:00"]]}])
    assert end_of_open_time(once_a_year, at("2025-12-25T00:00Z"), HOUR) == at("2026-12-24T11:00Z")
    assert end_of_open_time(once_a_year, at("2025-12-25T00:00Z"), 2 * HOUR) is None


@given(
    minutes=st.integers(0, 4 * 365 * 24 * 60),
    opens=st.integers(0, 23),
    closes=st.integers(0, 23),
    zone=st.sampled_from(["UTC", NEW_YORK, "Europe/London", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_open_time_ends_when_it_has_been_open_for_so_long(minutes: int, opens: int, closes: int, zone: str):
    shop = node(zone, {day: [[f"{opens:02}:00", f"{closes:02}:30"]] for day in DAYS[:5]})
    instant = at("2024-01-01T00:00Z") + timedelta(minutes=minutes)
    needed = timedelta(minutes=1 + minutes % 3000)
    end = end_of_open_time(shop, instant, needed)
    assert end is not None
    assert sum((b - a for a, b in open_intervals(shop, instant, end)), timedelta()) == needed
    week = open_intervals(shop, instant, instant + timedelta(days=8))
    assert all(a < b for a, b in week)
    assert all(first[1] < second[0] for first, second in pairwise(week))


@pytest.mark.capability("F8")
def test_open_days_leave_out_closed_ones_and_begin_with_the_day_after():
    """Sunday is closed, Monday a holiday, and on Tuesday the clocks have changed: 18:00 is an hour later in UTC."""
    hours = {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in DAYS if day != "sunday"}
    shop = node(hours=hours, holidays=[{"date": "2026-11-02"}])
    days = islice(open_days(shop, datetime(2026, 10, 30, 20, tzinfo=UTC)), 2)
    assert list(days) == [
        (datetime(2026, 10, 31, 13, tzinfo=UTC), datetime(2026, 10, 31, 22, tzinfo=UTC)),
        (datetime(2026, 11, 3, 14, tzinfo=UTC), datetime(2026, 11, 3, 23, tzinfo=UTC)),
    ]


@pytest.mark.capability("F8")
def test_a_shop_that_is_always_open_has_every_day_and_one_that_is_closed_for_good_has_none():
    (day,) = islice(open_days(node(), datetime(2026, 11, 23, 12, tzinfo=UTC)), 1)
    assert day == (datetime(2026, 11, 24, 5, tzinfo=UTC), datetime(2026, 11, 25, 5, tzinfo=UTC))
    assert list(open_days(node(status="closed"), datetime(2026, 11, 23, 12, tzinfo=UTC))) == []
    assert list(open_days(node(hours={}), datetime(2026, 11, 23, 12, tzinfo=UTC))) == []


@pytest.mark.capability("F8")
def test_hours_over_midnight_belong_to_the_day_on_which_they_begin():
    bar = node(hours={"friday": [["18:00", "02:00"]]})
    (day,) = islice(open_days(bar, datetime(2026, 11, 23, 12, tzinfo=UTC)), 1)
    assert day == (datetime(2026, 11, 27, 23, tzinfo=UTC), datetime(2026, 11, 28, 7, tzinfo=UTC))

"""The business date of a node: its own wall clock and cut-off, also where a night is short or long."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.platform.intake import validate
from oms.platform.problems import InvalidRequest
from oms.registry.hours import business_date_of
from oms.registry.model import PutNode
from tests.order_nodes import node

ZONES = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC")
# Nights on which clocks change somewhere, and Apia's day that never was.
NIGHTS = (date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 11, 1), date(2011, 12, 30))
instants = st.builds(
    lambda night, minutes: datetime.combine(night, time(), UTC) + timedelta(minutes=minutes),
    st.sampled_from(NIGHTS),
    st.integers(-2 * 1440, 2 * 1440),
)
cut_offs = st.builds(lambda hour, minute: f"{hour:02d}:{minute:02d}", st.integers(0, 23), st.integers(0, 59))


def at(zone: str, cut_off: str | None = None):
    return node("S1", "store", 42.6, -73.7, time_zone=zone, cut_off=cut_off)


@pytest.mark.capability("N3")
@given(at_instant=instants, zone=st.sampled_from(ZONES), cut_off=cut_offs)
def test_the_date_is_that_of_the_wall_clock_or_the_one_before(at_instant: datetime, zone: str, cut_off: str):
    local = at_instant.astimezone(ZoneInfo(zone))
    before = local.strftime("%H:%M") < cut_off
    expected = date.fromordinal(local.date().toordinal() - before)
    assert business_date_of(at(zone, cut_off), at_instant) == expected


@pytest.mark.capability("N3")
@given(at_instant=instants, zone=st.sampled_from(ZONES))
def test_a_date_never_goes_back_where_the_clock_changes_before_the_cut_off(at_instant: datetime, zone: str):
    """Clocks change before 04:00, so that with this cut-off a later instant has no earlier date."""
    store = at(zone)
    assert business_date_of(store, at_instant) <= business_date_of(store, at_instant + timedelta(minutes=1))


@pytest.mark.capability("N3")
@pytest.mark.parametrize(
    ("cut_off", "instant", "expected"),
    [
        # The night of 8 March has 23 hours in New York: 07:59 UTC is 03:59 there.
        (None, datetime(2026, 3, 8, 7, 59, tzinfo=UTC), date(2026, 3, 7)),
        (None, datetime(2026, 3, 8, 8, 0, tzinfo=UTC), date(2026, 3, 8)),
        # That of 1 November has 25: 08:59 UTC is 03:59.
        (None, datetime(2026, 11, 1, 8, 59, tzinfo=UTC), date(2026, 10, 31)),
        (None, datetime(2026, 11, 1, 9, 0, tzinfo=UTC), date(2026, 11, 1)),
        ("00:00", datetime(2026, 11, 20, 5, 0, tzinfo=UTC), date(2026, 11, 20)),
        ("06:30", datetime(2026, 11, 20, 11, 29, tzinfo=UTC), date(2026, 11, 19)),
        ("06:30", datetime(2026, 11, 20, 11, 30, tzinfo=UTC), date(2026, 11, 20)),
    ],
)
def test_the_day_ends_at_the_nodes_own_cut_off(cut_off: str | None, instant: datetime, expected: date):
    assert business_date_of(at("America/New_York", cut_off), instant) == expected


@pytest.mark.parametrize("wrong", ["4:00", "24:00", "04:60", "04:00:00", ""])
def test_a_cut_off_is_a_local_time(wrong: str):
    put = {
        "id": "S1",
        "kind": "store",
        "name": "S1",
        "legal_entity": "100",
        "address": {"lines": ["1 Main St"], "city": "Town", "country": "US"},
        "time_zone": "UTC",
        "latitude": 0,
        "longitude": 0,
        "cut_off": wrong,
    }
    with pytest.raises(InvalidRequest) as refused:
        validate(PutNode, put)
    assert [error.pointer for error in refused.value.errors] == ["/cut_off"]

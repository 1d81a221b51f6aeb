"""The periods in which a node's capacity counts: of its own local time, over clock changes and turns of the year."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from oms.registry.limits import CapacityLimit, period

NEW_YORK, DELHI = "America/New_York", "Asia/Kolkata"


@pytest.mark.capability("D10")
@pytest.mark.parametrize(
    ("per", "instant", "zone", "name"),
    [
        ("day", "2026-11-27T04:59", NEW_YORK, "day#2026-11-26"),
        ("day", "2026-11-27T05:00", NEW_YORK, "day#2026-11-27"),
        ("month", "2026-12-01T04:59", NEW_YORK, "month#2026-11"),
        ("week", "2027-01-03T12:00", NEW_YORK, "week#2026-W53"),
        ("week", "2027-01-04T12:00", NEW_YORK, "week#2027-W01"),
        ("hour", "2026-11-27T05:20", DELHI, "hour#2026-11-27T04:30Z"),
        # The hour from one to two comes twice.
        ("hour", "2026-11-01T05:30", NEW_YORK, "hour#2026-11-01T05:00Z"),
        ("hour", "2026-11-01T06:30", NEW_YORK, "hour#2026-11-01T06:00Z"),
    ],
)
def test_periods_are_of_the_nodes_own_time(per, instant, zone, name):
    assert period(per, datetime.fromisoformat(instant).replace(tzinfo=UTC), zone) == name


@pytest.mark.parametrize(
    "limit", [{"of": "value", "per": "day", "most": 1}, {"of": "units", "per": "day", "most": 1, "currency": "USD"}]
)
def test_only_value_has_a_currency(limit):
    with pytest.raises(ValidationError, match="a limit of value has a currency"):
        CapacityLimit(**limit)

"""The field types of requests: an instant is a text with day, time and zone, and nothing that merely looks like one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from oms.platform.fields import Instant, IsoDate
from oms.platform.intake import Request, read_json, validate
from oms.platform.problems import InvalidRequest


class Said(Request):
    at: Instant


class Planned(Request):
    on: IsoDate


NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "at",
    [
        '"2026-03-09T12:00:00Z"',
        '"2026-03-09t12:00:00z"',
        '"2026-03-09 12:00:00Z"',
        '"2026-03-09T12:00:00.000Z"',
        '"2026-03-09T12:00Z"',
        '"2026-03-09T13:00:00+01:00"',
        '"2026-03-09T07:00:00-0500"',
    ],
)
def test_day_time_and_zone_are_an_instant(at: str):
    said = validate(Said, read_json(f'{{"at": {at}}}'))
    assert said.at == NOON
    assert said.model_dump(mode="json") == {"at": "2026-03-09T12:00:00.000Z"}


@pytest.mark.parametrize(
    "at",
    [
        "1773057600",
        "1773057600.5",
        "0",
        "true",
        "null",
        "{}",
        '"1773057600"',
        '"2026-03-09"',
        '"2026-03-09T12:00:00"',
        '"2026-03-09T12:00:00 Europe/Berlin"',
        '"12:00:00Z"',
        '"2026-02-30T12:00:00Z"',
        '"2026-03-09T25:00:00Z"',
        '"yesterday"',
        '""',
    ],
)
def test_everything_else_is_refused_by_name(at: str):
    with pytest.raises(InvalidRequest) as refused:
        validate(Said, read_json(f'{{"at": {at}}}'))
    assert [error.pointer for error in refused.value.errors] == ["/at"]


@pytest.mark.parametrize("day", ["2000-01-01", "2999-12-31"])
def test_the_first_and_the_last_day(day: str):
    assert validate(Planned, {"on": day}).on.isoformat() == day


@pytest.mark.parametrize("day", ["1999-12-31", "3000-01-01", "0001-01-01", "9999-12-31"])
def test_a_day_with_which_sums_could_leave_the_calendar_is_refused(day: str):
    for model, content, pointer in ((Planned, {"on": day}, "/on"), (Said, {"at": f"{day}T12:00:00Z"}, "/at")):
        with pytest.raises(InvalidRequest) as refused:
            validate(model, content)
        assert [error.pointer for error in refused.value.errors] == [pointer]

"""When a node has an order ready and when it is collected: cut-off, opening hours, holidays, clock changes."""

from __future__ import annotations

from datetime import datetime

import pytest

from oms.registry.hours import collected_at, ready_at
from oms.registry.model import Node
from tests.unit.registry.test_hours import DAYS, at, daily, node

THANKSGIVING = [{"date": "2026-11-26", "name": "Thanksgiving Day"}]


def with_lead_time(hours: dict | None = None, holidays: list | None = None, **lead_time: object) -> Node:
    found = node(hours=hours, holidays=holidays)
    return Node.model_validate({**found.model_dump(mode="json"), "lead_time": lead_time})


def shown(instant: datetime | None) -> str | None:
    return None if instant is None else instant.strftime("%Y-%m-%d %H:%M")


@pytest.mark.capability("D9")
@pytest.mark.parametrize(
    ("given_at", "ready"),
    [
        ("2026-11-24T09:00-05:00", "2026-11-24 17:00"),  # an hour before it opens at 10: two hours from then
        ("2026-11-24T12:59-05:00", "2026-11-24 19:59"),  # just before the cut-off
        ("2026-11-24T13:00-05:00", "2026-11-25 17:00"),  # at the cut-off: from the next opening on
        ("2026-11-25T13:00-05:00", "2026-11-27 17:00"),  # over a holiday
        ("2026-11-24T19:30-05:00", "2026-11-25 17:00"),
    ],
)
def test_what_comes_after_the_cut_off_begins_with_the_next_opening(given_at, ready):
    store = with_lead_time(daily("10:00", "20:00"), THANKSGIVING, minutes=120, cut_off="13:00")
    assert shown(ready_at(store, at(given_at))) == ready


def test_working_off_goes_over_the_night_and_over_a_clock_change():
    store = with_lead_time(daily("10:00", "20:00"), minutes=120)
    assert shown(ready_at(store, at("2026-11-24T19:00-05:00"))) == "2026-11-25 16:00"
    # On the first of November 2026 clocks in New York go back at 2:00.
    night = with_lead_time(daily("00:00", "24:00"), minutes=180)
    assert shown(ready_at(night, at("2026-11-01T00:00-04:00"))) == "2026-11-01 07:00"
    assert shown(ready_at(with_lead_time(minutes=60, cut_off="12:00"), at("2026-10-31T12:00-04:00"))) == (
        "2026-11-01 05:00"
    )


def test_a_node_that_never_opens_is_never_ready():
    assert ready_at(with_lead_time({}, minutes=1), at("2026-11-24T12:00-05:00")) is None


@pytest.mark.capability("D9")
def test_a_carrier_comes_at_its_times_and_not_on_a_holiday():
    collections = {day: ["11:00", "16:00"] for day in DAYS[:5]}
    store = with_lead_time(daily("10:00", "20:00"), THANKSGIVING, collections=collections)
    assert shown(collected_at(store, at("2026-11-24T11:00-05:00"))) == "2026-11-24 16:00"
    assert shown(collected_at(store, at("2026-11-24T11:01-05:00"))) == "2026-11-24 21:00"
    assert shown(collected_at(store, at("2026-11-25T16:01-05:00"))) == "2026-11-27 16:00"
    assert shown(collected_at(store, at("2026-11-27T17:00-05:00"))) == "2026-11-30 16:00"


def test_without_collections_it_leaves_when_it_is_ready_and_without_days_never():
    ready = at("2026-11-24T11:00-05:00")
    assert collected_at(with_lead_time(), ready) == ready
    assert collected_at(with_lead_time(collections={}), ready) is None

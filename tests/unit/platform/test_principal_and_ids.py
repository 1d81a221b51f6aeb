"""Who may do what, and names that are made once: tenants never meet, identifiers sort and repeat as they should."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from oms.platform.clock import FixedClock, business_date, format_instant, parse_instant
from oms.platform.ids import TimeOrderedIds, child_id, derived_id, parent_id
from oms.platform.principal import authorize, node_principal, permits, principal_from_claims, system_principal
from oms.platform.problems import NotAuthenticated, NotFound, ScopeMissing


def test_everything_about_a_caller_is_in_its_scopes():
    claims = {"sub": "c1", "scope": "acme/orders.write acme/channel.web acme/node.S1 acme/lines.1500 openid"}
    caller = principal_from_claims(claims)
    assert (caller.tenant, caller.actor, caller.role) == ("acme", "c1", "client")
    assert (caller.channels, caller.nodes) == ({"web"}, {"S1"})
    assert (caller.limit("lines", 200), caller.limit("lines", 2000), caller.limit("other", 5)) == (1500, 2000, 5)


def test_a_caller_has_the_roles_of_its_scopes_and_that_of_its_claim():
    scoped = principal_from_claims({"sub": "c1", "scope": "acme/role.agent acme/role.supervisor"})
    assert scoped.roles == {"agent", "supervisor", "client"}
    claimed = principal_from_claims({"sub": "c1", "scope": "acme/orders.read", "role": "manager"})
    assert claimed.roles == {"manager"}


@pytest.mark.parametrize("scope", ["", "openid", "acme/a other/b", "orders.write"])
def test_a_token_of_no_tenant_or_two_is_nobodys(scope: str):
    with pytest.raises(NotAuthenticated):
        principal_from_claims({"sub": "c1", "scope": scope})


def test_a_permission_is_needed_and_reaches_no_further_than_its_tenant():
    caller = principal_from_claims({"sub": "c1", "scope": "acme/orders.read"})
    authorize(caller, "orders.read", "T#acme#ORDER#1")
    with pytest.raises(ScopeMissing):
        authorize(caller, "orders.write", "T#acme#ORDER#1")
    for key in ("T#other#ORDER#1", "T#acme2#ORDER#1", "", "ORDER"):
        with pytest.raises(NotFound):
            authorize(caller, "orders.read", key)
        with pytest.raises(NotFound):
            authorize(system_principal("acme", "us"), "anything", key)
    assert node_principal("acme", "S1").nodes == {"S1"}


def test_who_is_bound_to_a_node_or_a_channel_reaches_no_other():
    key = "T#acme#ORDER#1"
    bound = principal_from_claims({"sub": "c1", "scope": "acme/orders.write acme/node.S1 acme/channel.web"})
    free = principal_from_claims({"sub": "c1", "scope": "acme/orders.write"})
    for principal in (bound, free, system_principal("acme", "us")):
        authorize(principal, "orders.write", key, node="S1", channel="web")
        assert permits(principal, "orders.write", key, node="S1")
    with pytest.raises(NotFound):
        authorize(bound, "orders.write", key, node="S2")
    with pytest.raises(ScopeMissing, match="the channel app"):
        authorize(bound, "orders.write", key, channel="app")
    authorize(free, "orders.write", key, node="S2", channel="app")
    assert not permits(bound, "orders.write", key, node="S2")
    assert not permits(bound, "orders.read", key, node="S1")
    assert not permits(free, "orders.write", "T#other#ORDER#1")


def test_identifiers_sort_by_time_and_never_repeat():
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    ids = TimeOrderedIds(clock)
    made = []
    for _ in range(50):
        made.append(ids.new("ord"))
        clock.advance(milliseconds=1)
    assert made == sorted(made)
    assert len(set(made)) == 50
    assert len({ids.new("ord") for _ in range(50)}) == 50
    assert all(one.startswith("ord_") and len(one) == 30 for one in made)


def test_what_follows_from_its_parts_has_always_the_same_name():
    assert derived_id("ent", "a", "b") == derived_id("ent", "a", "b")
    assert derived_id("ent", "a", "b") != derived_id("ent", "ab")
    assert child_id("ful", "ord_01J", 3) == "ful_01J_3"
    assert parent_id("ord", "ful_01J_3") == "ord_01J"
    for text in ("", "ful_01J", "a_b_c_d", "ful"):
        assert parent_id("ord", text) == "ord_"


def test_times_are_utc_and_sort_as_text():
    instant = datetime(2026, 3, 8, 2, 30, tzinfo=UTC)
    assert format_instant(instant) == "2026-03-08T02:30:00.000Z"
    assert parse_instant("2026-03-08T03:30:00+01:00") == instant
    for wrong in ("2026-03-08T02:30:00", "tomorrow"):
        with pytest.raises(ValueError):
            parse_instant(wrong)
    with pytest.raises(ValueError):
        format_instant(datetime(2026, 3, 8))  # noqa: DTZ001


def test_the_trading_day_ends_by_the_clock_on_the_wall():
    """Also in the night in which the clocks change: 03:59 is yesterday, 04:00 is today."""
    cutoff = time(4)
    for day in (date(2026, 3, 8), date(2026, 11, 1), date(2026, 6, 1)):
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=3)
        found = {
            business_date(midnight + timedelta(minutes=minute), "America/New_York", cutoff) for minute in range(600)
        }
        assert found == {day - timedelta(days=1), day}
    assert business_date(datetime(2026, 3, 8, 7, 59, tzinfo=UTC), "America/New_York", cutoff) == date(2026, 3, 7)
    assert business_date(datetime(2026, 3, 8, 8, 0, tzinfo=UTC), "America/New_York", cutoff) == date(2026, 3, 8)

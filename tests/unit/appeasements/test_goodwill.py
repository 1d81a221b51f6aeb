"""The pure rules of goodwill: shares that sum exactly, and limits that no sum of grants passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.appeasements.limits import (
    LIMITS,
    Counter,
    Grant,
    Standing,
    judge,
    judge_approval,
    order_cap,
    role_of,
)
from oms.appeasements.model import Part, PendingReason, Role
from oms.appeasements.refusals import OrderCap, OverRefund, RoleLimit
from oms.appeasements.shares import Base, share_out, share_out_of_tax

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONEY = st.integers(0, 10**6)


def standing(goods: int, before: int = 0, refundable: int = 10**9, currency: str = "USD") -> Standing:
    return Standing(currency=currency, goods=goods, granted_before=before, refundable=refundable)


@st.composite
def some_bases(draw: st.DrawFn) -> list[Base]:
    nets = draw(st.lists(MONEY, min_size=1, max_size=6))
    taxes = [draw(st.integers(0, net)) for net in nets]
    return [
        Base(n, net, tax, draw(st.integers(0, net)), 0, tax, 0, 0)
        for n, (net, tax) in enumerate(zip(nets, taxes, strict=True), 1)
    ]


def _after(base: Base, part: Part | None) -> Base:
    if part is None:
        return base
    done = {"given": base.given + part.net, "done": base.done + part.net, "tax_done": base.tax_done + part.tax}
    return replace(base, tax_left=base.tax_left - part.tax, **done)


@given(some_bases(), st.lists(MONEY, min_size=1, max_size=4))
@pytest.mark.capability("L1", "L3")
def test_goodwill_for_the_tax_comes_to_exactly_what_was_said_or_is_refused(bases, wishes):
    for wish in wishes:
        try:
            parts = share_out_of_tax(wish, bases) if wish else ()
        except OverRefund:
            continue
        by_line = {part.line_no: part for part in parts}
        assert sum(part.net + part.tax for part in parts) == wish
        for base in bases:
            part = by_line.get(base.line_no)
            if part is not None:
                assert 0 <= part.net <= base.room
                assert 0 <= part.tax <= base.tax_left
        bases = [_after(base, by_line.get(base.line_no)) for base in bases]


@given(some_bases(), st.lists(MONEY, min_size=1, max_size=6))
@pytest.mark.capability("L3")
def test_shares_sum_exactly_and_never_come_to_more_than_was_delivered(bases, wishes):
    taxed = {base.line_no: 0 for base in bases}
    for wish in wishes:
        room = sum(base.room for base in bases)
        if wish > room:
            with pytest.raises(OverRefund):
                share_out(wish, bases)
            continue
        parts = share_out(wish, bases) if room else ()
        assert sum(part.net for part in parts) == wish
        new = {part.line_no: part for part in parts}
        for part in parts:
            assert part.tax >= 0
            taxed[part.line_no] += part.tax
        bases = [_after(base, new.get(base.line_no)) for base in bases]
        for base in bases:
            assert base.given <= base.delivered
            # In however many parts it was given, its tax is the share of the sum, rounded half up once.
            expected = (2 * base.tax * base.given + base.net) // (2 * base.net) if base.net else 0
            assert taxed[base.line_no] == expected <= base.tax


@given(st.sampled_from(list(Role)), MONEY, st.lists(st.integers(1, 30000), max_size=12))
@pytest.mark.capability("L2")
def test_what_a_role_grants_alone_never_passes_its_limits(role, goods, wishes):
    granted = 0
    for wish in wishes:
        try:
            evaluation = judge(role, wish, wish, standing(goods, granted), ())
        except (OrderCap, RoleLimit):
            continue
        if not evaluation.pending:
            granted += wish
    assert granted <= LIMITS[role].amount("USD")
    assert granted * 100 <= LIMITS[role].percent * goods
    assert granted <= order_cap(goods)


@given(st.sampled_from(list(Role)), st.sampled_from(list(Role)), MONEY, MONEY, st.integers(1, 30000), MONEY)
@pytest.mark.capability("L2", "L3")
def test_whoever_approves_nothing_passes_the_order(asks, approves, goods, before, wish, refundable):
    now = standing(goods, before, refundable)
    try:
        needs = judge(asks, wish, wish, now, ()).needs_role
        judge_approval(approves, needs, wish, wish, now, ())
    except (OrderCap, OverRefund, RoleLimit):
        return
    assert (before + wish) * 100 <= 25 * goods
    assert wish <= refundable
    assert before + wish <= LIMITS[approves].amount("USD")


def counter(of: str, *amounts: int, at: datetime = AT, currency: str = "USD") -> Counter:
    facts = {"currency": currency, "granted_at": at}
    grants = tuple(Grant(appeasement_id=f"apm_{n}", amount=amount, **facts) for n, amount in enumerate(amounts))
    return Counter(of=of, name="x", grants=grants)


@pytest.mark.capability("L2", "L4")
@pytest.mark.parametrize(
    ("seen", "wish", "beyond"),
    [
        (counter("customer", 1, 1), 1, False),
        (counter("customer", 1, 1, 1), 1, True),
        (counter("customer", 7000), 500, False),
        (counter("customer", 7000), 501, True),
        (counter("customer", 7000, currency="EUR"), 501, False),
        (counter("customer", 1, 1, 1, at=AT - timedelta(days=90)), 7500, False),
        (counter("customer", 1, 1, 1, at=AT - timedelta(days=90, seconds=-1)), 1, True),
        (counter("actor", *[1] * 9), 1, False),
        (counter("actor", *[1] * 10), 1, True),
        (counter("actor", 9000), 1000, False),
        (counter("actor", 9000), 1001, True),
    ],
)
def test_beyond_the_usual_somebody_else_decides(seen: Counter, wish: int, beyond: bool):
    evaluation = judge(Role.SUPERVISOR, wish, wish, standing(10**6), [seen.now(AT)])
    velocity = (PendingReason.VELOCITY,) if beyond else ()
    assert tuple(reason for reason in evaluation.pending if reason is PendingReason.VELOCITY) == velocity


@pytest.mark.capability("L2")
def test_beyond_what_is_usual_a_manager_asks_another_manager():
    evaluation = judge(Role.MANAGER, 100, 100, standing(10**5), [counter("customer", 1, 1, 1)])
    assert (evaluation.pending, evaluation.needs_role) == ((PendingReason.VELOCITY,), Role.MANAGER)


@pytest.mark.capability("L2")
@pytest.mark.parametrize(
    ("names", "role"),
    [
        ({"client"}, None),
        ({"system"}, None),
        ({"agent", "client"}, Role.AGENT),
        ({"manager", "associate"}, Role.MANAGER),
    ],
)
def test_a_caller_has_the_highest_role_of_the_token(names: set[str], role: Role | None):
    assert role_of(names) is role


@pytest.mark.capability("L2")
@pytest.mark.parametrize(("currency", "most"), [("USD", 1000), ("JPY", 10), ("KWD", 10000)])
def test_an_amount_limit_is_in_whole_units(currency: str, most: int):
    assert judge(Role.AGENT, most, most, standing(10**6, currency=currency), ()).pending == ()
    over = judge(Role.AGENT, most + 1, most + 1, standing(10**6, currency=currency), ())
    assert over.pending == (PendingReason.ROLE_LIMIT,)

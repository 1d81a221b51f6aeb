"""Each tie-out is blind to a day in order, and sees the error that is planted in it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from oms.finance.closing.exceptions import Check, ExceptionKind
from oms.finance.closing.facts import Carried, TransitFacts
from oms.finance.closing.model import Blocker, Seal, SealedDay, SealReason, SealState
from oms.finance.closing.sums import open_orders, suspense_after
from oms.finance.closing.tie_outs import close_exceptions
from oms.finance.model import debit
from tests.unit.finance.evidence import (
    AUTHORIZED,
    CAPTURED,
    IN_ORDER,
    NOON,
    OPENED,
    SHIPPED,
    TODAY,
    entry,
    found,
    order,
    payment,
    seen,
    session,
    usd,
)


@pytest.mark.capability("N1", "N3")
def test_a_day_in_order_has_no_exceptions() -> None:
    assert close_exceptions(seen(*IN_ORDER)) == ()
    assert open_orders(seen(*IN_ORDER)) == ()


@pytest.mark.capability("N1")
def test_t1_sees_a_lost_cent_in_each_currency_and_ledger() -> None:
    broken = entry(usd("1110", 100), usd("2010", -99), order=None)
    memo = entry(debit("9010", 5, "EUR"), order=None)
    assert [(one.currency, one.found, one.detail) for one in found(seen(*IN_ORDER, broken, memo), Check.T1)] == [
        ("EUR", 5, "sum of the memorandum pair"),
        ("USD", 1, "sum of the general ledger"),
    ]


@pytest.mark.capability("N1", "N6")
def test_t2_sees_revenue_that_did_not_leave_and_goods_without_revenue() -> None:
    twice = seen(*IN_ORDER, entry(usd("2010", 1000), usd("4010", -1000)))
    (one,) = found(twice, Check.T2)
    assert (one.kind, one.order_id, one.store, one.expected, one.found) == ("differs", "ord_1", "web", 10500, 11500)
    without = seen(AUTHORIZED, CAPTURED)
    assert [(one.expected, one.found) for one in found(without, Check.T2)] == [(10500, 0)]
    # What comes back has an entry of its own and leaves the sale as it was.
    back = entry(usd("4090", 4000), usd("4020", 500), usd("2040", 330), usd("2050", -4830))
    came_back = order(returned_goods=4000)
    assert found(seen(*IN_ORDER, back, orders={"ord_1": came_back}), Check.T2) == []
    (one,) = found(seen(*IN_ORDER, back), Check.T2)
    assert (one.account, one.expected, one.found) == ("4090", 0, 4000)
    assert [one.found for one in found(seen(*IN_ORDER, orders={"ord_1": came_back}), Check.T2)] == [0]


@pytest.mark.capability("N4", "N3")
@pytest.mark.parametrize(("days", "checks"), [(3, []), (4, ["T5", "T6"])])
def test_t5_and_t6_tell_of_what_the_bank_has_not_shown_for_long(days: int, checks: list[str]) -> None:
    since = TODAY - timedelta(days=days)
    on_its_way = [
        TransitFacts(kind=kind, id="x-1", store="S12", currency="USD", amount=40940, since=since)
        for kind in ("payout", "deposit", "intercompany")
    ]
    late = close_exceptions(seen(*IN_ORDER, in_transit=on_its_way))
    assert [one.check for one in late] == checks
    assert [(one.account, one.found, one.since, one.age_days) for one in late] == [
        (account, 40940, since, days) for account in ("1035", "1030")[: len(checks)]
    ]


@pytest.mark.capability("N6")
def test_t3_knows_rounding_of_cash_and_what_was_given_up_unpaid() -> None:
    """9.98 due, 10.00 taken in a store, of which 9.98 paid for goods; and 21.65 that were never paid."""
    sold = order(captured=998, delivered=998, delivered_goods=922, delivered_shipping=0, delivered_tax=76)
    sale = entry(usd("1010", 1000), usd("4010", -922), usd("2040", -76), usd("6070", -2))
    assert found(seen(sale, orders={"ord_1": sold}, payments=[payment(1000, 1000)]), Check.T3) == []
    unpaid = order(captured=0, delivered=2165, delivered_goods=2000, delivered_shipping=0, written_off=2165)
    left = entry(usd("2010", 2165), usd("4010", -2000), usd("2040", -165))
    gone = entry(usd("6040", 2000), usd("2040", 165), usd("2010", -2165))
    assert found(seen(left, gone, orders={"ord_1": unpaid}), Check.T3) == []
    assert [one.found for one in found(seen(left, orders={"ord_1": unpaid}), Check.T3)] == [-2165]


@pytest.mark.capability("N1", "N3")
def test_t3_sees_a_capture_that_was_not_posted() -> None:
    (one,) = found(seen(AUTHORIZED, SHIPPED), Check.T3)
    assert (one.kind, one.account, one.expected, one.found) == (ExceptionKind.DIFFERS, "2010", 0, -11325)


@pytest.mark.capability("N3")
@pytest.mark.parametrize(("days", "kinds"), [(14, []), (15, [ExceptionKind.AGED])])
def test_t3_tells_of_deposits_that_stay_for_long(days: int, kinds: list[ExceptionKind]) -> None:
    """54.13 were captured when ready and never collected (F05)."""
    took = entry(usd("1110", 11325), usd("2010", -11325), on=TODAY - timedelta(days=days))
    waiting = order(
        delivered=0, delivered_goods=0, delivered_shipping=0, delivered_tax=0, delivered_discount=0, status="OPEN"
    )
    kept = found(seen(journal=(took,), orders={"ord_1": waiting}), Check.T3)
    assert [one.kind for one in kept] == kinds
    assert [(one.found, one.since, one.age_days) for one in kept] == [
        (11325, TODAY - timedelta(days=days), days) for _ in kinds
    ]


@pytest.mark.capability("N3")
@pytest.mark.parametrize(("days", "count"), [(2, 0), (3, 1)])
def test_t3_tells_sooner_of_what_left_unpaid(days: int, count: int) -> None:
    left = entry(usd("2010", 11325), usd("4010", -10000), usd("4020", -500), usd("2040", -825))
    late = left.model_copy(update={"business_date": TODAY - timedelta(days=days)})
    unpaid = found(seen(journal=(late,), orders={"ord_1": order(captured=0)}), Check.T3)
    assert [(one.detail, one.found) for one in unpaid] == [("delivered and not paid", -11325)] * count


@pytest.mark.capability("N3")
def test_t3_takes_what_became_owed_back_as_settled() -> None:
    """Captured, then cancelled: the deposit is owed to the customer and no deposit any more."""
    owed = entry(usd("2010", 11325), usd("2050", -11325))
    nothing_left = order(delivered=0, delivered_goods=0, delivered_shipping=0, delivered_tax=0)
    evidence = seen(AUTHORIZED, CAPTURED, owed, orders={"ord_1": nothing_left})
    assert found(evidence, Check.T3) == []
    assert open_orders(evidence) == ("ord_1",)


@pytest.mark.capability("N2", "N3")
def test_t7_sees_cash_left_in_a_closed_drawer() -> None:
    (one,) = found(seen(AUTHORIZED, SHIPPED, CAPTURED, OPENED), Check.T7)
    assert (one.drawer_session, one.store, one.account, one.found) == ("drw_1", "S12", "1010", 10000)
    still_open = seen(AUTHORIZED, SHIPPED, CAPTURED, OPENED, sessions=[session("OPEN")])
    assert found(still_open, Check.T7) == []


@pytest.mark.capability("N9")
def test_t9_sees_a_debt_that_only_one_side_has() -> None:
    mine = entry(usd("2050", 4330), usd("2310", -4330), source_event="evt_x")
    theirs = entry(usd("1310", 4330), usd("1010", -4330), source_event="evt_x", entity="200")
    short = entry(usd("1310", 4000), usd("1010", -4000), source_event="evt_x", entity="200")
    assert found(seen(*IN_ORDER, mine, between=[mine, theirs]), Check.T9) == []
    (one,) = found(seen(*IN_ORDER, mine, between=[mine, short]), Check.T9)
    assert (one.expected, one.found, one.detail) == (4330, 4000, "fact evt_x")
    (one,) = found(seen(*IN_ORDER, mine, between=[mine]), Check.T9)
    assert (one.expected, one.found) == (4330, 0)


@pytest.mark.capability("K1", "N1")
def test_t10_sees_an_authorisation_that_the_ledger_still_has_open() -> None:
    released = seen(AUTHORIZED, payments=[payment(captured=0, released=11325)])
    (one,) = found(released, Check.T10)
    assert (one.account, one.expected, one.found) == ("9010", 0, 11325)
    unknown = seen(*IN_ORDER, payments=[payment(captured=7000)])
    assert [(one.expected, one.found) for one in found(unknown, Check.T10)] == [(4325, 0)]


@pytest.mark.capability("N1", "J10")
@pytest.mark.parametrize(("days", "count"), [(2, 0), (3, 1)])
def test_t12_tells_of_refunds_that_are_owed_for_long(days: int, count: int) -> None:
    owed = entry(usd("4090", 4000), usd("2040", 330), usd("2050", -4330), on=TODAY - timedelta(days=days))
    kept = found(seen(*IN_ORDER, journal=(owed,)), Check.T12)
    assert [(one.kind, one.found, one.age_days) for one in kept] == [(ExceptionKind.AGED, 4330, days)] * count


@pytest.mark.capability("N1", "J10")
def test_t12_sees_what_was_paid_and_never_owed() -> None:
    too_much = entry(usd("2050", 4330), usd("1110", -4330))
    (one,) = found(seen(*IN_ORDER, too_much), Check.T12)
    assert (one.kind, one.order_id, one.found) == (ExceptionKind.DIFFERS, "ord_1", -4330)
    cash = entry(usd("2050", 1083), usd("1010", -1083), order=None, drawer_session="drw_2")
    (one,) = found(seen(*IN_ORDER, cash), Check.T12)
    assert (one.drawer_session, one.order_id, one.found) == ("drw_2", None, -1083)


@pytest.mark.capability("N1")
def test_t13_wants_the_suspense_account_empty_at_the_end_of_a_month() -> None:
    kept = entry(usd("1040", 40440), usd("1090", 500), usd("1030", -40940), order=None, on=date(2026, 11, 30))
    carried = Carried(suspense={"USD": 200, "EUR": 7})
    last = seen(kept, on=date(2026, 11, 30), carried=carried)
    assert [(one.currency, one.found) for one in found(last, Check.T13)] == [("EUR", 7), ("USD", 700)]
    assert found(seen(kept, on=date(2026, 11, 29), carried=carried), Check.T13) == []
    resolved = entry(usd("6030", 700), usd("1090", -700), order=None)
    settled = seen(kept, resolved, on=date(2026, 11, 30), carried=Carried(suspense={"USD": 200}))
    assert found(settled, Check.T13) == []
    assert suspense_after(settled) == {}


@pytest.mark.capability("N3")
def test_stores_that_are_open_forced_or_silent_are_told() -> None:
    passed = (SealReason(code=Blocker.DRAWER_NOT_CLOSED, detail="Session drw_1 of drawer D1 is OPEN."),)
    forced = Seal(sealed_by="max", sealed_at=NOON, forced=True, reason="it burnt down", passed_over=passed)
    stores = [
        SealedDay(store="S12", state=SealState.SEALED, seal=forced),
        SealedDay(store="S13", state=SealState.OPEN),
        SealedDay(store="web", state=SealState.SEALED, seal=Seal(sealed_by="max", sealed_at=NOON)),
    ]
    told = found(seen(*IN_ORDER, stores=stores, silent=["S14"]), Check.SEAL)
    assert [(one.kind, one.store, one.detail) for one in told] == [
        (ExceptionKind.FORCED, "S12", "it burnt down (drawer_not_closed)"),
        (ExceptionKind.OPEN, "S13", "is not sealed"),
        (ExceptionKind.SILENT, "S14", "nothing was heard of it"),
    ]


@pytest.mark.capability("I1")
def test_t14_sees_what_suppliers_are_owed_and_did_not_send_and_the_reverse() -> None:
    supplied = entry(usd("5010", 1215), usd("4050", -182), usd("2210", -1033), rule="goods_supplied")
    sent = {"ord_1": order(supplied_cost=1215, supplied_payable=1033)}
    assert found(seen(*IN_ORDER, supplied, orders=sent), Check.T14) == []
    assert [(one.account, one.expected, one.found) for one in found(seen(*IN_ORDER, supplied), Check.T14)] == [
        ("2210", 0, 1033),
        ("5010", 0, 1215),
    ]
    assert [(one.account, one.expected, one.found) for one in found(seen(*IN_ORDER, orders=sent), Check.T14)] == [
        ("2210", 1033, 0),
        ("5010", 1215, 0),
    ]

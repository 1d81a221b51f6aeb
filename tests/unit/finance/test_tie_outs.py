"""Each tie-out is blind to a day in order, and sees the error that is planted in it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from oms.finance.closing.exceptions import Check, CloseException, ExceptionKind
from oms.finance.closing.facts import Carried, Evidence, OrderFacts, PaymentFacts, SessionFacts
from oms.finance.closing.model import Blocker, Seal, SealedDay, SealReason, SealState
from oms.finance.closing.sums import open_orders, suspense_after
from oms.finance.closing.tie_outs import close_exceptions
from oms.finance.lanes import Day
from oms.finance.model import Line, PostedEntry, credit, debit

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TIMES = iter(range(1, 10_000))


def entry(*lines: Line, order: str | None = "ord_1", on: date = TODAY, entity: str = "100", **more: Any) -> PostedEntry:
    number = next(TIMES)
    return PostedEntry(
        **{
            "entry_id": f"ent_{number}",
            "rule": "planted",
            "rule_version": 1,
            "entity": entity,
            "store": "web",
            "channel": "shop",
            "order_id": order,
            "occurred_at": NOON,
            "source_event": f"evt_{number}",
            "reference": f"ref_{number}",
            "lines": lines,
            "posted_at": NOON,
            "business_date": on,
            **more,
        }
    )


def usd(account: str, amount: int) -> Line:
    """A line; debit above zero."""
    return debit(account, amount, "USD") if amount > 0 else credit(account, -amount, "USD")


def order(**more: Any) -> OrderFacts:
    """An order of 113.25 that was shipped and captured."""
    facts = {
        "order_id": "ord_1",
        "external_id": "1",
        "channel": "shop",
        "store": "web",
        "legal_entity": "100",
        "currency": "USD",
        "status": "COMPLETED",
        "placed_at": "2026-11-20T12:00:00.000Z",
        "goods": 10000,
        "discount": 0,
        "charges": 500,
        "tax": 825,
        "total": 11325,
        "captured": 11325,
        "delivered": 11325,
        "delivered_goods": 10000,
        "delivered_discount": 0,
        "delivered_shipping": 500,
        "delivered_tax": 825,
        "version": 5,
    }
    return OrderFacts.model_validate(facts | more)


def payment(authorized: int = 11325, captured: int = 11325, released: int = 0) -> PaymentFacts:
    return PaymentFacts(
        payment_id="pay_1",
        order_id="ord_1",
        rank=1,
        tender="card",
        provider="strict",
        psp_reference="psp_1",
        state="CAPTURED",
        currency="USD",
        amount=11325,
        authorized=authorized,
        captured=captured,
        released=released,
    )


def session(state: str = "CLOSED") -> SessionFacts:
    return SessionFacts(
        session_id="drw_1",
        store="S12",
        drawer="D1",
        legal_entity="100",
        business_date=TODAY,
        currency="USD",
        device="T1",
        cashier="ann",
        state=state,
        is_over=state == "CLOSED",
        opened_at=NOON,
        opening_float=10000,
        cash_sale=0,
        cash_refund=0,
        drop=0,
        paid_in=0,
        paid_out=0,
        movements=0,
        expected=10000,
        counted=10000,
        variance=0,
        missing=0,
        statement=1,
    )


AUTHORIZED = entry(usd("9010", 11325), usd("9020", -11325))
SHIPPED = entry(usd("2010", 11325), usd("4010", -10000), usd("4020", -500), usd("2040", -825))
CAPTURED = entry(usd("1110", 11325), usd("2010", -11325), usd("9020", 11325), usd("9010", -11325))
OPENED = entry(usd("1010", 10000), usd("1020", -10000), order=None, drawer_session="drw_1", store="S12")
CLOSED = entry(usd("1020", 10000), usd("1010", -10000), order=None, drawer_session="drw_1", store="S12")
IN_ORDER = (AUTHORIZED, SHIPPED, CAPTURED, OPENED, CLOSED)


def seen(*entries: PostedEntry, on: date = TODAY, journal: tuple[PostedEntry, ...] = (), **more: Any) -> Evidence:
    """A day of these entries; `journal` are entries of the order from days before."""
    named = {one.order_id for one in (*entries, *journal) if one.order_id is not None}
    journals = {name: [one for one in (*journal, *entries) if one.order_id == name] for name in named}
    found: dict[str, Any] = {
        "day": Day("demo", "100", on),
        "entries": entries,
        "journals": journals,
        "between": [],
        "orders": {"ord_1": order()},
        "payments": [payment()],
        "sessions": [session()],
        "movements": [],
        "stores": [SealedDay(store="web", state=SealState.SEALED, seal=Seal(sealed_by="max", sealed_at=NOON))],
        "silent": [],
        "carried": Carried(),
    }
    return Evidence(**found | more)


def found(evidence: Evidence, check: Check) -> list[CloseException]:
    """What one tie-out found."""
    return [one for one in close_exceptions(evidence) if one.check is check]


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
    assert found(seen(*IN_ORDER, back), Check.T2) == []


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

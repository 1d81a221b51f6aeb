"""Cash drawers over HTTP: what goes in and out of a session, who counts it, and what it came to."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from oms.drawers.model import movement_id
from tests.drawer_doors import MANAGER, Drawers, pieces
from tests.functions.conftest import Api
from tests.order_doors import Doors, doors
from tests.order_world import world

__all__ = ["doors", "world"]

# The drawer of the shared Square example: 150.00 in it, 207.98 expected, 207.68 found.
SQUARE = [
    (1, "cash_sale", 2254),
    (2, "cash_sale", 1080),
    (3, "cash_refund", 536),
    (4, "paid_out", 2000),
    (5, "paid_in", 5000),
]
FOUND = pieces(n10000=2, n500=1, n100=2, n50=1, n10=1, n5=1, n1=3)


@pytest.fixture
def drawers(doors: Doors) -> Drawers:
    return Drawers(doors)


@pytest.mark.capability("N2")
def test_a_drawer_that_is_thirty_cents_short_says_so_when_it_is_closed(drawers: Drawers):
    opened = drawers.open()
    assert (opened.status, opened.body["state"], opened.body["business_date"]) == (201, "OPEN", "2026-11-23")
    session = opened.body["id"]
    for sequence, kind, amount in SQUARE:
        why = {"reason": "courier"} if kind.startswith("paid") else {}
        moved = drawers.move(session, sequence, kind, amount, **why)
        assert (moved.status, moved.body["amount"], moved.body["version"]) == (201, amount, sequence + 1)
    assert drawers.end(session).body["state"] == "ENDED"
    counted = drawers.count(session, FOUND, by="bob").body
    assert (counted["state"], counted["counted"], counted["needs_approval"]) == ("COUNTED", 20768, False)
    closed = drawers.close(session).body
    assert closed["state"] == "CLOSED"
    assert (closed["expected"], closed["counted"], closed["variance"]) == (20798, 20768, -30)
    assert closed["totals"] == {
        "cash_sale": 3334,
        "cash_refund": 536,
        "drop": 0,
        "paid_in": 5000,
        "paid_out": 2000,
    }
    seen = drawers.see(session)
    (statement,) = seen["statements"]
    assert (statement["number"], statement["variance"], statement["stated_by"]) == (1, -30, "ann")
    assert statement["lines"][0] == {"denomination": 10000, "pieces": 2}
    assert seen["counts"][0]["counted_by"] == "bob"
    assert [kind for kind, _ in drawers.told(session)] == [
        "DrawerOpened",
        *["DrawerMovementRecorded"] * 5,
        "DrawerEnded",
        "DrawerCounted",
        "DrawerClosed",
    ]
    assert drawers.told(session)[-1][1] == {
        "session_id": session,
        "node_id": "S1",
        "drawer_id": "D1",
        "legal_entity": "100",
        "business_date": "2026-11-23",
        "currency": "USD",
        "statement": 1,
        "expected": 20798,
        "counted": 20768,
        "variance": -30,
        "missing": 0,
        "closed_by": "ann",
        "approved_by": None,
        "reason": None,
    }


@pytest.mark.capability("N2", whole=True)
def test_a_session_shows_all_cash_of_a_drawer_by_kind_till_and_person(drawers: Drawers):
    """Two tills and three people at one drawer, and a float, a count and a surplus."""
    session = drawers.opened("D1", 20000)
    drawers.move(session, 1, "cash_sale", 5413)
    drawers.move(session, 1, "cash_sale", 2165, device="T2", cashier="cy")
    drawers.move(session, 2, "cash_refund", 1083)
    drawers.move(session, 3, "paid_in", 5000, reason="change")
    drawers.move(session, 2, "paid_out", 1250, device="T2", cashier="cy", reason="supplies")
    drawers.move(session, 4, "drop", 20000, reference="bag-1")
    drawers.end(session)
    drawers.count(session, pieces(n10000=1, n100=2, n50=1), by="bob")
    drawers.close(session, by="dan")
    seen = drawers.see(session)
    sums = {"cash_sale": 7578, "cash_refund": 1083, "drop": 20000, "paid_in": 5000, "paid_out": 1250}
    assert (seen["opening_float"], seen["totals"]) == (20000, sums)
    assert (seen["expected"], seen["counted"], seen["variance"]) == (10245, 10250, 5)
    who = (seen["cashier"], seen["ended_by"], seen["counts"][0]["counted_by"], seen["statements"][0]["stated_by"])
    assert who == ("ann", "ann", "bob", "dan")
    path = f"/v1/drawer-sessions/{session}/movements?device="
    tills = {till: drawers.staff.get(f"{path}{till}").body["movements"] for till in ("T1", "T2")}
    assert [(one["sequence"], one["kind"], one["cashier"]) for one in tills["T1"]] == [
        *((4, "drop", "ann"), (3, "paid_in", "ann"), (2, "cash_refund", "ann"), (1, "cash_sale", "ann"))
    ]
    assert [(one["sequence"], one["kind"], one["cashier"]) for one in tills["T2"]] == [
        *((2, "paid_out", "cy"), (1, "cash_sale", "cy"))
    ]


@pytest.mark.capability("N2")
def test_nobody_who_counts_is_told_what_is_expected(drawers: Drawers):
    session = drawers.counted(pieces(n10000=2), *SQUARE)
    for shown in (drawers.see(session), drawers.count(session, pieces(n10000=2, n500=1)).body):
        assert (shown["expected"], shown["variance"], shown["totals"]) == (None, None, None)
    assert "expected" not in dict(drawers.told(session))["DrawerCounted"]
    listed = drawers.staff.get("/v1/drawers/D1/sessions?node_id=S1").body["sessions"][0]
    assert (listed["expected"], listed["counted"]) == (None, 20500)
    hidden = drawers.staff.get(f"/v1/drawer-sessions/{session}/movements")
    assert (hidden.status, hidden.body["code"]) == (409, "action_not_available")
    # Whoever may approve and took no part is shown it; whoever may approve and counted is not.
    assert drawers.see(session, api=drawers.manager)["variance"] == -298
    counter = Api(drawers.staff.handler, MANAGER, actor="till-1", calls=100)
    assert drawers.see(session, api=counter)["variance"] is None


@pytest.mark.capability("N2")
def test_a_drawer_is_counted_three_times_at_most_and_the_last_count_holds(drawers: Drawers):
    session = drawers.counted(pieces(n10000=1), opening_float=10100)
    assert drawers.count(session, pieces(n10000=1, n50=1)).status == 200
    third = drawers.count(session, pieces(n10000=1, n100=1))
    assert [one["total"] for one in third.body["counts"]] == [10000, 10050, 10100]
    assert third.body["available_actions"] == ["close"]
    with drawers.doors.world.unchanged():
        assert drawers.count(session, pieces(n10000=1)).status == 409
    assert drawers.close(session).body["variance"] == 0


@pytest.mark.capability("N2")
def test_a_variance_beyond_the_limit_is_approved_by_another_person(drawers: Drawers):
    session = drawers.counted(pieces(n100=7), opening_float=901)
    assert drawers.see(session)["needs_approval"] is True
    sees_all = Api(drawers.staff.handler, MANAGER, actor="till-1", calls=100)
    with drawers.doors.world.unchanged():
        assert drawers.close(session).status == 409  # without the right
        assert drawers.close(session, by="max", api=sees_all).status == 409  # the token that counted
        assert drawers.close(session, by="ann", api=drawers.manager).status == 409  # the person who counted
    closed = drawers.close(session, by="max", api=drawers.manager)
    assert (closed.status, closed.body["variance"]) == (200, -201)
    assert drawers.see(session)["statements"][0]["approved_by"] == "max"
    assert dict(drawers.told(session))["DrawerClosed"]["approved_by"] == "max"


@pytest.mark.capability("N2")
def test_a_variance_at_the_limit_needs_nobody_else(drawers: Drawers):
    over = drawers.counted(pieces(n100=11), opening_float=900)
    assert drawers.close(over).body["variance"] == 200
    short = drawers.counted(pieces(n100=7), opening_float=900, drawer="D2")
    assert drawers.close(short).body["variance"] == -200


@pytest.mark.capability("N2")
def test_a_movement_that_is_told_again_changes_nothing(drawers: Drawers):
    session = drawers.opened()
    first = drawers.move(session, 1, "cash_sale", 2254, tax=172, key="k-1")
    assert first.status == 201
    with drawers.doors.world.unchanged():
        again = drawers.move(session, 1, "cash_sale", 2254, tax=172, key="k-1")
    assert (again.status, again.headers["Idempotency-Replayed"]) == (201, "true")
    other_key = drawers.move(session, 1, "cash_sale", 2254, tax=172)
    assert (other_key.status, other_key.body["version"]) == (200, 2)
    assert drawers.see(session)["movements"] == 1
    assert [kind for kind, _ in drawers.told(session)] == ["DrawerOpened", "DrawerMovementRecorded"]
    with drawers.doors.world.unchanged():
        taken = drawers.move(session, 1, "cash_sale", 2255, tax=172)
    assert (taken.status, taken.body["code"]) == (409, "sequence_taken")


@pytest.mark.capability("N2")
def test_a_repeat_is_known_even_after_the_drawer_has_ended(drawers: Drawers):
    session = drawers.opened()
    drawers.move(session, 1, "cash_sale", 100)
    drawers.end(session)
    assert drawers.move(session, 1, "cash_sale", 100).status == 200
    with drawers.doors.world.unchanged():
        late = drawers.move(session, 2, "cash_sale", 100)
    assert (late.status, late.body["code"]) == (409, "action_not_available")


@pytest.mark.capability("N2")
def test_numbers_that_are_missing_are_shown_until_they_come(drawers: Drawers):
    session = drawers.opened()
    assert drawers.move(session, 2, "cash_sale", 100).body["gaps"] == [{"device": "T1", "first": 1, "last": 1}]
    drawers.move(session, 6, "drop", 50, device="T2", reference="bag-1")
    assert drawers.see(session)["gaps"] == [
        {"device": "T1", "first": 1, "last": 1},
        {"device": "T2", "first": 1, "last": 5},
    ]
    drawers.move(session, 1, "cash_refund", 30)
    assert drawers.see(session)["gaps"] == [{"device": "T2", "first": 1, "last": 5}]
    drawers.end(session)
    drawers.count(session, pieces(n10000=1, n5000=1, n10=2))
    drawers.close(session)
    assert dict(drawers.told(session))["DrawerClosed"]["missing"] == 5


@pytest.mark.capability("N2")
def test_one_cashier_has_two_drawers_with_one_till_and_each_has_one_open_session(drawers: Drawers):
    first = drawers.opened("D1", 10000)
    with drawers.doors.world.unchanged():
        refused = drawers.open("D1")
    assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    second = drawers.opened("D2", 20000)
    assert drawers.move(first, 1, "cash_sale", 500).status == 201
    assert drawers.move(second, 2, "cash_sale", 700).status == 201
    with drawers.doors.world.unchanged():
        assert drawers.move(second, 1, "cash_sale", 500).body["code"] == "sequence_taken"
    drawers.end(first)
    third = drawers.opened("D1", 5000, cashier="bob")
    ids = [one["id"] for one in drawers.staff.get("/v1/drawers/D1/sessions?node_id=S1").body["sessions"]]
    assert sorted(ids) == sorted([first, third])
    assert drawers.see(second)["movements"] == drawers.see(first)["movements"] == 1
    assert drawers.see(second)["gaps"] == []


@pytest.mark.capability("N2")
def test_a_drawer_that_is_left_open_overnight_keeps_its_business_date(drawers: Drawers):
    clock = drawers.doors.world.clock
    clock.instant = datetime(2026, 11, 24, 8, 59, tzinfo=UTC)  # 03:59 in New York: the day before has not ended
    late = drawers.open("D1")
    assert late.body["business_date"] == "2026-11-23"
    clock.instant = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert drawers.open("D2").body["business_date"] == "2026-11-24"
    session = late.body["id"]
    moved = drawers.move(session, 1, "cash_sale", 100)
    assert moved.status == 201
    drawers.end(session)
    assert dict(drawers.told(session))["DrawerMovementRecorded"]["business_date"] == "2026-11-23"
    assert drawers.see(session)["business_date"] == "2026-11-23"
    wanted = "/v1/drawers/D1/sessions?node_id=S1&business_date="
    assert [one["id"] for one in drawers.staff.get(f"{wanted}2026-11-23").body["sessions"]] == [session]
    assert drawers.staff.get(f"{wanted}2026-11-24").body["sessions"] == []


@pytest.mark.capability("N2")
def test_a_store_that_was_offline_says_when_it_opened(drawers: Drawers):
    opened = drawers.open(opened_at="2026-11-21T20:00:00Z")
    assert (opened.status, opened.body["business_date"]) == (201, "2026-11-21")
    with drawers.doors.world.unchanged():
        for at in ("2026-11-23T12:00:01Z", "2026-11-16T11:59:59Z"):
            refused = drawers.open("D2", opened_at=at)
            assert (refused.status, refused.pointers) == (422, ["/opened_at"])


@pytest.mark.capability("N2")
def test_a_closed_drawer_shows_its_movements_with_reasons_and_people(drawers: Drawers):
    session = drawers.opened(opening_float=0)
    drawers.move(session, 1, "paid_in", 300, reason="change", cashier="bob")
    drawers.move(session, 2, "cash_sale", 100, occurred_at="2026-11-23T11:58:00Z", reference="R-7")
    drawers.end(session)
    drawers.count(session, pieces(n100=4))
    drawers.close(session)
    path = f"/v1/drawer-sessions/{session}/movements"
    page = drawers.staff.get(f"{path}?limit=1").body
    assert page["movements"] == [
        {
            "id": movement_id("S1", "T1", date(2026, 11, 23), 2),
            "device": "T1",
            "sequence": 2,
            "kind": "cash_sale",
            "amount": 100,
            "tax": 0,
            "reason": None,
            "reference": "R-7",
            "refund_id": None,
            "rounding": 0,
            "cashier": "ann",
            "occurred_at": "2026-11-23T11:58:00.000Z",
            "late": False,
            "sale_id": None,
        }
    ]
    (first,) = drawers.staff.get(f"{path}?limit=1&cursor={page['next_cursor']}").body["movements"]
    assert (first["kind"], first["reason"], first["cashier"]) == ("paid_in", "change", "bob")
    assert drawers.staff.get(f"{path}?device=T2").body["movements"] == []

"""What cash drawers refuse, and that nothing changes then."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drawer_doors import MANAGER, STAFF, Drawers, pieces
from tests.functions.conftest import Api
from tests.order_doors import Doors, doors
from tests.order_world import world

__all__ = ["doors", "world"]


@pytest.fixture
def drawers(doors: Doors) -> Drawers:
    return Drawers(doors)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "cash_sale", "amount": 0}, "/amount"),
        ({"kind": "cash_sale", "amount": 10.5}, "/amount"),
        ({"kind": "cash_sale", "amount": 100, "tax": 101}, "/"),
        ({"kind": "cash_refund", "amount": 100, "tax": 1}, "/"),
        ({"kind": "paid_in", "amount": 100}, "/"),
        ({"kind": "paid_out", "amount": 100}, "/"),
        ({"kind": "gift", "amount": 100}, "/kind"),
        ({"kind": "drop", "amount": 100, "sequence": 0}, "/sequence"),
        ({"kind": "drop", "amount": 100, "occurred_at": "2026-11-23T12:00:01Z"}, "/occurred_at"),
    ],
)
def test_a_movement_that_makes_no_sense_is_refused(drawers: Drawers, change: dict[str, Any], pointer: str):
    session = drawers.opened()
    with drawers.doors.world.unchanged():
        refused = drawers.staff.post(f"/v1/drawer-sessions/{session}/movements", {"sequence": 1, **change})
    assert (refused.status, refused.pointers) == (422, [pointer])


@pytest.mark.capability("N2")
def test_coins_and_notes_are_those_of_the_currency(drawers: Drawers):
    session = drawers.opened(currency="JPY")
    drawers.end(session)
    with drawers.doors.world.unchanged():
        refused = drawers.count(session, pieces(n1000=15, n25=1))
        twice = drawers.count(session, [*pieces(n1000=1), *pieces(n1000=2)])
        assert drawers.open("D2", currency="XXX").pointers == ["/currency"]
        assert drawers.open("D2", currency="ISK").pointers == ["/currency"]
    assert (refused.status, refused.pointers) == (422, ["/lines/1/denomination"])
    assert (twice.status, twice.pointers) == (422, ["/lines"])
    # Two yen may be missing without approval.
    drawers.count(session, pieces(n5000=2, n1000=4, n500=1, n100=4, n50=1, n10=4, n5=1, n1=2))
    assert drawers.close(session).status == 409
    drawers.count(session, pieces(n5000=2, n1000=4, n500=1, n100=4, n50=1, n10=4, n5=1, n1=3))
    assert drawers.close(session).body["variance"] == -2


@pytest.mark.capability("N2")
def test_each_state_takes_only_its_own_calls(drawers: Drawers):
    session = drawers.opened(opening_float=100)
    late = {"movement": {"sequence": 9, "kind": "cash_sale", "amount": 1}}
    calls = {
        "record_movement": lambda: drawers.move(session, 1, "cash_sale", 100),
        "end": lambda: drawers.end(session),
        "count": lambda: drawers.count(session, pieces(n100=2)),
        "close": lambda: drawers.close(session),
        "restate": lambda: drawers.restate(session, **late),
    }
    for state, step in (
        ("OPEN", "record_movement"),
        ("OPEN", "end"),
        ("ENDED", "count"),
        ("COUNTED", "close"),
        ("CLOSED", "restate"),
    ):
        seen = drawers.see(session)
        assert seen["state"] == state
        with drawers.doors.world.unchanged():
            for name in calls.keys() - set(seen["available_actions"]) - {"record_movement"}:
                assert calls[name]().status == 409, (state, name)
        assert calls[step]().status in (200, 201)
    assert drawers.see(session)["state"] == "RESTATED"


@pytest.mark.capability("N2")
def test_a_call_about_an_older_version_changes_nothing(drawers: Drawers):
    session = drawers.opened(opening_float=0)
    drawers.move(session, 1, "cash_sale", 100)
    old = {"if-match": "1"}
    with drawers.doors.world.unchanged():
        for stale in (drawers.end(session, headers=old), drawers.move(session, 2, "cash_sale", 5, headers=old)):
            assert (stale.status, stale.body["code"]) == (409, "stale_version")
    assert drawers.end(session, headers={"if-match": "2"}).status == 200
    assert drawers.count(session, pieces(n100=1), headers={"if-match": "3"}).status == 200
    with drawers.doors.world.unchanged():
        assert drawers.close(session, headers={"if-match": "3"}).body["code"] == "stale_version"
    assert drawers.close(session, headers={"if-match": "4"}).body["version"] == 5


@pytest.mark.capability("N2")
def test_a_store_has_its_own_drawers_only(drawers: Drawers):
    session = drawers.opened()
    other = Api(drawers.staff.handler, (*MANAGER, "node.S2"), actor="till-9")
    body = {"node_id": "S1", "device": "T", "cashier": "c", "currency": "USD", "opening_float": 0}
    path = f"/v1/drawer-sessions/{session}"
    with drawers.doors.world.unchanged():
        assert other.get(path).status == 404
        assert other.get("/v1/drawers/D1/sessions?node_id=S1").status == 404
        assert other.post("/v1/drawers/D9/sessions", body).status == 404
        assert other.post(f"{path}/end", {"ended_by": "x"}).status == 404
        assert other.post(f"{path}/movements", {"sequence": 1, "kind": "drop", "amount": 1}).status == 404
        assert drawers.open("D9", node_id="S404").status == 404
        assert drawers.staff.get("/v1/drawer-sessions/drw_1").status == 404
        assert drawers.staff.get(path, tenant="other").status == 404
        for scopes in (("drawers.write",), ("orders.read",)):
            assert drawers.staff.get(path, scopes=scopes).status == 403
        assert drawers.staff.post(f"{path}/end", {"ended_by": "x"}, scopes=("drawers.read",)).status == 403
        assert drawers.restate(session, api=Api(drawers.staff.handler, STAFF)).status == 403


@pytest.mark.capability("N2")
def test_lists_of_drawers_go_on_where_their_own_page_ended(drawers: Drawers):
    ids = []
    for day in (20, 21, 22):
        session = drawers.opened(opened_at=f"2026-11-{day}T20:00:00Z")
        drawers.end(session)
        ids.append(session)
    path = "/v1/drawers/D1/sessions?node_id=S1&limit=2"
    first = drawers.staff.get(path).body
    second = drawers.staff.get(f"{path}&cursor={first['next_cursor']}").body
    assert [one["id"] for one in (*first["sessions"], *second["sessions"])] == ids[::-1]
    assert second["next_cursor"] is None
    drawers.count(ids[0], pieces(n10000=1, n5000=1))
    drawers.close(ids[0])
    other_list = f"/v1/drawer-sessions/{ids[0]}/movements?cursor={first['next_cursor']}"
    for url in (f"{path}&cursor=made-up", other_list, f"{path}&business_date=2026-11-20&cursor={first['next_cursor']}"):
        refused = drawers.staff.get(url)
        assert (refused.status, refused.pointers) == (422, ["/query/cursor"])
    for wrong in ("limit=0", "limit=101", "business_date=20", "colour=red"):
        assert drawers.staff.get(f"/v1/drawers/D1/sessions?node_id=S1&{wrong}").status == 422

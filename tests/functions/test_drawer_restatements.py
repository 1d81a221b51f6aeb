"""A closed drawer is stated anew: a late movement, a corrected count, and what was stated before stays."""

from __future__ import annotations

import pytest

from tests.drawer_doors import MANAGER, Drawers, pieces
from tests.functions.conftest import Api
from tests.order_doors import Doors, doors
from tests.order_world import world

__all__ = ["doors", "world"]


@pytest.fixture
def drawers(doors: Doors) -> Drawers:
    return Drawers(doors)


def closed_five_over(drawers: Drawers) -> str:
    """A drawer of 100.00 in which 105.00 were found, closed by a manager."""
    session = drawers.counted(pieces(n10000=1, n500=1), (2, "paid_in", 1000), opening_float=9000)
    assert drawers.close(session, by="max", api=drawers.manager).body["variance"] == 500
    return session


LATE = {"sequence": 1, "kind": "cash_sale", "amount": 500, "tax": 38}


@pytest.mark.capability("N2")
def test_a_late_sale_makes_a_statement_of_its_own(drawers: Drawers):
    session = closed_five_over(drawers)
    before = drawers.see(session)
    restated = drawers.restate(session, movement=LATE)
    assert (restated.status, restated.body["state"], restated.body["statement"]) == (201, "RESTATED", 2)
    after = drawers.see(session)
    assert after["statements"][0] == before["statements"][0]
    assert [(one["expected"], one["counted"], one["variance"]) for one in after["statements"]] == [
        (10000, 10500, 500),
        (10500, 10500, 0),
    ]
    assert [one["missing"] for one in after["statements"]] == [1, 0]
    assert after["gaps"] == []
    moved, told = drawers.told(session)[-2:]
    assert (moved[0], moved[1]["late"], moved[1]["amount"]) == ("DrawerMovementRecorded", True, 500)
    assert (told[0], told[1]["variance_before"], told[1]["variance"]) == ("DrawerRestated", 500, 0)
    assert after["version"] == len(drawers.told(session)) == 7


@pytest.mark.capability("N2")
def test_a_corrected_count_leaves_what_was_counted_before(drawers: Drawers):
    session = closed_five_over(drawers)
    restated = drawers.restate(session, count={"lines": pieces(n10000=1, n100=4)})
    assert restated.body["variance"] == 400
    assert restated.body["counted"] == 10400
    assert [one["total"] for one in restated.body["counts"]] == [10500]
    again = drawers.restate(session, movement=LATE)
    assert (again.body["expected"], again.body["counted"], again.body["variance"]) == (10500, 10400, -100)
    assert [one["counted"] for one in drawers.see(session)["statements"]] == [10500, 10400, 10400]


@pytest.mark.capability("N2")
def test_only_another_person_states_a_drawer_anew(drawers: Drawers):
    session = closed_five_over(drawers)
    counter = Api(drawers.staff.handler, MANAGER, actor="till-1", calls=100)
    with drawers.doors.world.unchanged():
        by_token = drawers.restate(session, api=counter, movement=LATE)
        by_name = drawers.restate(session, by="ann", movement=LATE)
        for refused in (by_token, by_name):
            assert (refused.status, refused.body["code"]) == (409, "action_not_available")
        assert drawers.restate(session).status == 422
        assert drawers.restate(session, movement=LATE, count={"lines": []}).status == 422
        assert drawers.restate(session, count={"lines": pieces(n3=1)}).pointers == ["/count/lines/0/denomination"]
        assert drawers.restate(session, movement=LATE, headers={"if-match": "1"}).body["code"] == "stale_version"


@pytest.mark.capability("N2")
def test_a_movement_that_is_in_the_statement_already_makes_no_other(drawers: Drawers):
    session = closed_five_over(drawers)
    known = {"sequence": 2, "kind": "paid_in", "amount": 1000, "reason": "why"}
    with drawers.doors.world.unchanged():
        assert drawers.restate(session, movement=known).body["code"] == "action_not_available"
        assert drawers.restate(session, movement={**known, "amount": 1}).body["code"] == "sequence_taken"
    assert drawers.restate(session, movement=LATE).status == 201
    with drawers.doors.world.unchanged():
        assert drawers.restate(session, movement=LATE).body["code"] == "action_not_available"


@pytest.mark.capability("N2")
def test_a_repeated_call_answers_as_the_first(drawers: Drawers):
    session = closed_five_over(drawers)
    path = f"/v1/drawer-sessions/{session}/restatements"
    body = {"reason": "offline", "stated_by": "max", "movement": LATE}
    first = drawers.manager.post(path, body, key="r-1")
    with drawers.doors.world.unchanged():
        again = drawers.manager.post(path, body, key="r-1")
    assert (again.status, again.body, again.headers["Idempotency-Replayed"]) == (201, first.body, "true")

"""Several people at one drawer at once: each call is decided again on what the others left."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drawer_doors import Drawers, pieces
from tests.interruptions import before_commit, calm
from tests.order_doors import Doors, doors
from tests.order_world import world

__all__ = ["doors", "world"]


@pytest.fixture
def drawers(doors: Doors) -> Drawers:
    return Drawers(doors)


def meanwhile(drawers: Drawers, do: Any) -> list[Any]:
    """Something that happens just before the next commit; what it answered."""
    answers: list[Any] = []

    def once() -> None:
        calm(drawers.doors)
        answers.append(do())

    before_commit(drawers.doors, 1, once)
    return answers


@pytest.mark.capability("N2")
def test_of_two_who_open_a_drawer_at_once_one_does(drawers: Drawers):
    other = meanwhile(drawers, lambda: drawers.open("D1", cashier="bob"))
    refused = drawers.open("D1")
    assert (other[0].status, refused.status, refused.body["code"]) == (201, 409, "action_not_available")
    (only,) = drawers.staff.get("/v1/drawers/D1/sessions?node_id=S1").body["sessions"]
    assert (only["id"], only["cashier"]) == (other[0].body["id"], "bob")


@pytest.mark.capability("N2")
def test_two_movements_at_once_are_both_counted(drawers: Drawers):
    session = drawers.opened(opening_float=0)
    meanwhile(drawers, lambda: drawers.move(session, 1, "cash_sale", 100))
    assert drawers.move(session, 2, "cash_sale", 200).body["version"] == 3
    drawers.end(session)
    drawers.count(session, pieces(n100=3))
    closed = drawers.close(session).body
    assert (closed["expected"], closed["variance"], closed["gaps"]) == (300, 0, [])


@pytest.mark.capability("N2")
def test_one_movement_told_by_two_calls_at_once_is_one(drawers: Drawers):
    session = drawers.opened(opening_float=0)
    first = meanwhile(drawers, lambda: drawers.move(session, 1, "cash_sale", 100))
    second = drawers.move(session, 1, "cash_sale", 100)
    assert (first[0].status, second.status) == (201, 200)
    assert drawers.see(session)["movements"] == 1


@pytest.mark.capability("N2")
def test_two_drawers_of_one_till_share_its_numbers_at_once(drawers: Drawers):
    one, two = drawers.opened("D1"), drawers.opened("D2")
    first = meanwhile(drawers, lambda: drawers.move(two, 1, "drop", 100))
    second = drawers.move(one, 1, "drop", 100)
    assert (first[0].status, second.status, second.body["code"]) == (201, 409, "sequence_taken")
    assert [drawers.see(name)["movements"] for name in (one, two)] == [0, 1]


@pytest.mark.capability("N2")
def test_a_movement_that_meets_the_end_is_in_it_or_refused(drawers: Drawers):
    session = drawers.opened(opening_float=0)
    ended = meanwhile(drawers, lambda: drawers.end(session))
    late = drawers.move(session, 1, "cash_sale", 100)
    assert (ended[0].status, late.status) == (200, 409)
    assert drawers.see(session)["movements"] == 0


@pytest.mark.capability("N2")
def test_a_count_that_meets_the_close_changes_nothing(drawers: Drawers):
    session = drawers.counted(pieces(n100=1), opening_float=100)
    closed = meanwhile(drawers, lambda: drawers.close(session))
    again = drawers.count(session, pieces(n100=2))
    assert (closed[0].status, again.status) == (200, 409)
    assert drawers.see(session)["counted"] == 100

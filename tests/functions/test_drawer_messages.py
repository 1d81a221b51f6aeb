"""Cash drawers on the store bus: what a node says about its own drawers is taken in once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.drawer_doors import Drawers, pieces
from tests.order_doors import Doors, doors, message
from tests.order_world import TENANT, world

__all__ = ["doors", "world"]

OPENING = {"drawer_id": "D1", "device": "T1", "cashier": "ann", "currency": "USD", "opening_float": 10000}


@pytest.fixture
def drawers(doors: Doors) -> Drawers:
    return Drawers(doors)


def say(drawers: Drawers, type_: str, message_id: str, source: str = "store.S1", **data: Any) -> list[str]:
    told = message(source, type_, message_id)
    told["detail"]["data"] = data
    return drawers.doors.queue("node_messages", told)


def session_of(drawers: Drawers, drawer: str = "D1") -> str:
    (only,) = drawers.staff.get(f"/v1/drawers/{drawer}/sessions?node_id=S1").body["sessions"]
    return str(only["id"])


@pytest.mark.capability("N2")
def test_a_node_opens_counts_and_closes_its_drawer_over_the_bus(drawers: Drawers):
    assert say(drawers, "OpenDrawer", "m-1", **OPENING) == []
    with drawers.doors.world.unchanged():
        assert say(drawers, "OpenDrawer", "m-1", **OPENING) == []
    session = session_of(drawers)
    named = {"session_id": session}
    sale = {**named, "sequence": 1, "kind": "cash_sale", "amount": 500, "tax": 38}
    assert say(drawers, "RecordDrawerMovement", "m-2", **sale) == []
    with drawers.doors.world.unchanged():
        assert say(drawers, "RecordDrawerMovement", "m-2", **sale) == []
    assert say(drawers, "RecordDrawerMovement", "m-3", **sale) == []
    assert say(drawers, "EndDrawer", "m-4", **named, ended_by="ann") == []
    assert say(drawers, "CountDrawer", "m-5", **named, counted_by="bob", lines=pieces(n10000=1, n500=1)) == []
    assert say(drawers, "CloseDrawer", "m-6", **named, closed_by="ann") == []
    seen = drawers.see(session)
    assert (seen["state"], seen["expected"], seen["variance"], seen["version"]) == ("CLOSED", 10500, 0, 5)
    told = drawers.told(session)
    assert told[0][0] == "DrawerOpened"
    rows = list(drawers.doors.world.database.query("events", f"T#{TENANT}#DRAWERSESSION#{session}"))
    assert [row["for_nodes"] for row in rows] == [True, False, False, False, False]


@pytest.mark.capability("N2")
def test_a_message_that_is_refused_comes_again_and_changes_nothing(drawers: Drawers):
    say(drawers, "OpenDrawer", "m-1", **OPENING)
    named = {"session_id": session_of(drawers)}
    drop = {"sequence": 1, "kind": "drop", "amount": 100}
    with drawers.doors.world.unchanged():
        assert say(drawers, "OpenDrawer", "m-2", **OPENING) == ["m0"]
        assert say(drawers, "RecordDrawerMovement", "m-3", session_id="drw_1", **drop) == ["m0"]
        assert say(drawers, "RecordDrawerMovement", "m-4", **drop) == ["m0"]
        assert say(drawers, "RecordDrawerMovement", "m-5", source="store.S2", **named, **drop) == ["m0"]
        assert say(drawers, "CountDrawer", "m-6", **named, counted_by="bob", lines=[]) == ["m0"]
        card = {**drop, "kind": "paid_in", "reason": "4111 1111 1111 1111"}
        assert say(drawers, "RecordDrawerMovement", "m-7", **named, **card) == []


@pytest.mark.capability("N2")
def test_a_node_cannot_approve_a_variance(drawers: Drawers):
    say(drawers, "OpenDrawer", "m-1", **OPENING)
    named = {"session_id": session_of(drawers)}
    say(drawers, "EndDrawer", "m-2", **named, ended_by="ann")
    say(drawers, "CountDrawer", "m-3", **named, counted_by="bob", lines=[])
    with drawers.doors.world.unchanged():
        assert say(drawers, "CloseDrawer", "m-4", **named, closed_by="max") == ["m0"]
    assert drawers.close(named["session_id"], by="max", api=drawers.manager).body["variance"] == -10000

"""To whom work is offered, and what a strategy may say of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.test_brokering import hold
from tests.functions.test_offers import NEAR, OFFER, listed, offered, say, seen, told
from tests.functions.test_rerouting import begun
from tests.functions.test_strategies import PATH
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


@pytest.mark.capability("E13")
@pytest.mark.parametrize(
    "lines",
    [
        (line("A", 2, method="pickup", pickup_node="S2"),),
        # All of it goes as two shipments.
        (line("A", 12),),
    ],
)
def test_a_pick_up_and_what_goes_as_several_shipments_is_offered_to_nobody(doors: Doors, lines: Any):
    hold(doors, OFFER)
    order_id = doors.place(document(*lines))
    for work in doors.run_order_workflow(order_id):
        assert doors.world.work(work).offered_to == ()
    assert told(doors, order_id) == []


@pytest.mark.capability("E13")
@pytest.mark.parametrize(
    ("scenario", "others"),
    [
        ({}, ("S1", "S2")),
        ({"offer": {"nodes": 2, "minutes": 5}}, ("S1",)),
        ({"surcharges": [{"where": {"nodes": ["S1"]}, "cents": 1_000}]}, ("S2", "S1")),
        ({"excluded": [{"nodes": ["S1"]}]}, ("S2",)),
        ({"offer": None}, ()),
    ],
)
def test_it_is_offered_to_the_next_best_by_its_scenario(doors: Doors, scenario: dict[str, Any], others: Any):
    hold(doors, {**OFFER, **scenario})
    _, work = begun(doors, line("A", 2))
    assert doors.world.work(work).offered_to == others


@pytest.mark.capability("E13")
@pytest.mark.parametrize(
    ("offer", "pointer"),
    [
        ({"nodes": 1, "minutes": 5}, "nodes"),
        ({"nodes": 11, "minutes": 5}, "nodes"),
        ({"nodes": 2, "minutes": 4}, "minutes"),
        ({"nodes": 2, "minutes": 1_441}, "minutes"),
        ({"nodes": 2}, "minutes"),
    ],
)
def test_an_offer_has_its_limits(doors: Doors, offer: dict[str, int], pointer: str):
    with doors.world.unchanged():
        answer = doors.api("rule_sets").put(PATH, {"scenarios": [{**NEAR, "offer": offer}]})
    assert (answer.status, answer.pointers) == (422, [f"/scenarios/0/offer/{pointer}"])


@pytest.mark.capability("E13")
def test_a_store_that_is_not_offered_anything_sees_nothing(doors: Doors):
    _, work = offered(doors, nodes=2)
    with doors.world.unchanged():
        for verb in ("accept", "reject"):
            assert say(doors, work, verb, "S2", reason="x").status == 404
        assert seen(doors, work, "S2").status == 404
        assert listed(doors, "S2") == []

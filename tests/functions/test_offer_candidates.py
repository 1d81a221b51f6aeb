"""To whom work is offered, and what a strategy may say of it."""

from __future__ import annotations

from typing import Any

import pytest

from oms.orders.reads import work_of_node
from tests.functions.test_brokering import broker, hold
from tests.functions.test_capacity import limited
from tests.functions.test_offers import NEAR, OFFER, listed, offered, say, seen, told
from tests.functions.test_promises import basket, card, promised, works
from tests.functions.test_rerouting import ANYWHERE, at, begun
from tests.functions.test_strategies import PATH
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

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


@pytest.mark.capability("E13")
@pytest.mark.parametrize(("rows", "others"), [(13, 2), (17, 1), (18, 0)])
def test_work_is_offered_to_as_many_as_one_transaction_can_tell(doors: Doors, rows: int, others: int):
    skus = [f"X{number:02}" for number in range(rows)]
    for sku in skus:
        doors.world.add_item(sku, {"DC1": 1, "S1": 1, "S2": 1})
    for node_id in ("DC1", "S1"):
        limited(doors, node_id, ("orders", "hour", 5), ("units", "day", 50), ("orders", "week", 50))
    order_id, work = offered(doors, *(line(sku, 1) for sku in skus))
    assert len(doors.world.work(work).offered_to) == others
    if others:
        assert say(doors, work, "accept", "S1").status == 200
        assert [status for _, status, _ in at(doors, order_id)] == ["REPLACED", "ACCEPTED"]


@pytest.mark.capability("E13")
def test_a_node_that_would_break_the_promise_is_not_offered_the_work(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    near = {"id": "near", "up_to_km": 1_000, "cents": 700, "fastest_days": 0, "slowest_days": 1}
    card(doors, {"id": "ground", "zones": [near, {**ANYWHERE["zones"][0], "slowest_days": 5}]})
    hold(doors, OFFER)
    promise = promised(doors, basket("A", 2)).body
    _, work = begun(doors, line("A", 2), promise_id=promise["id"])
    # To New York the store in California takes up to five days.
    assert doors.world.work(work).offered_to == ("S1",)


@pytest.mark.capability("E13", "E12")
def test_no_better_plan_takes_over_what_is_on_offer(doors: Doors):
    doors.world.add_item("D", {"S1": 2, "S2": 2})
    hold(doors, {**OFFER, "reoptimize_from_cents": 1})
    order_id, _ = begun(doors, line("D", 2))
    doors.world.receive("D", "DC1", 2)
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="D")
    assert at(doors, order_id) == [("S1", "OPEN", [(1, 2)])]


@pytest.mark.capability("E13")
def test_the_next_page_of_a_list_goes_on_after_an_offer(doors: Doors):
    order_id, first = offered(doors)
    _, second = begun(doors, line("A", 1), external_id="second")
    url = "/v1/fulfillment-orders?node=S1&status=OPEN&limit=1"
    page = doors.api("fulfillment").get(url).body
    assert [one["id"] for one in page["fulfillment_orders"]] == [first]
    rest = doors.api("fulfillment").get(f"{url}&cursor={page['next_cursor']}").body
    assert [(one["id"], one["available_actions"]) for one in rest["fulfillment_orders"]] == [(second, ["accept"])]
    # Whatever closes the store finds its own work only, and what is with another node stays there.
    assert [work.id for work in work_of_node(doors.world.database, TENANT, "S1", "OPEN")] == []
    assert [work.id for work in work_of_node(doors.world.database, TENANT, "DC1", "OPEN")] == [first, second]
    assert at(doors, order_id) == [("DC1", "OPEN", [(1, 2)])]

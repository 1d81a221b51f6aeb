"""Why the nodes of an order were chosen, as a person reads it."""

from __future__ import annotations

import pytest

from oms.registry.store import node_write
from tests.order_doors import Doors, doors
from tests.order_nodes import PLACES, node
from tests.order_world import NEW_YORK, TENANT, document, line, world

__all__ = ["doors", "world"]


def decided(doors: Doors, order_id: str) -> list[dict]:
    answer = doors.api("read_orders").get(f"/v1/orders/{order_id}/decisions")
    assert (answer.status, answer.body["order_id"]) == (200, order_id)
    return answer.body["decisions"]


@pytest.mark.capability("E6")
def test_a_decision_says_what_was_looked_at_and_why_the_rest_was_not_taken(doors: Doors):
    order_id = doors.place(document(line("A", 3), line("B", 2)))
    (one,) = decided(doors, order_id)
    assert (one["number"], one["command"]) == (1, "place_order")
    assert one["at"] == "2026-11-23T12:00:00.000Z"
    (group,) = one["groups"]
    assert (group["method"], group["shipments"], group["missing_units"], group["proven"]) == ("ship", 1, 0, True)
    assert [(c["node_id"], c["outcome"], c["reason"], c["units"]) for c in group["candidates"]] == [
        ("DC1", "chosen", "has_everything", {"A": 10, "B": 10}),
        ("S1", "not_chosen", "farther", {"A": 5, "B": 5}),
        ("S2", "not_chosen", "farther", {"A": 5, "B": 5}),
    ]
    near, far = (group["candidates"][n]["metres"] for n in (0, 1))
    assert group["metres"] == near < far
    assert group["runner_up"] == {
        "nodes": ["S1"],
        "missing_units": 0,
        "more_late_units": 0,
        "more_shipments": 0,
        "more_metres": far - near,
        "more_cost": None,
    }
    assert (group["scenario"], group["cost"]) == ("fewest_shipments_then_nearest", None)
    km = (far - near) // 1_000
    assert [entry["says"] for entry in group["lines"]] == [
        f"3 from DC1: the nearest node that has everything. Next would have been S1: {km} km farther.",
        f"2 from DC1: the nearest node that has everything. Next would have been S1: {km} km farther.",
    ]


@pytest.mark.capability("E6")
def test_a_split_and_a_closed_node_are_explained(doors: Doors):
    shut = node("S2", *PLACES["S2"], status="closed").model_copy(update={"version": 2})
    doors.world.database.commit([node_write(TENANT, shut)])
    order_id = doors.place(document(line("A", 14)))
    (one,) = decided(doors, order_id)
    (group,) = one["groups"]
    assert (group["shipments"], group["runner_up"]["missing_units"]) == (2, 9)
    assert [(c["node_id"], c["outcome"], c["reason"]) for c in group["candidates"]] == [
        ("DC1", "chosen", "fewest_shipments"),
        ("S1", "chosen", "fewest_shipments"),
        ("S2", "removed", "closed"),
    ]
    (entry,) = group["lines"]
    assert entry["nodes"] == {"DC1": 10, "S1": 4}
    assert entry["says"] == (
        "10 from DC1 and 4 from S1: no fewer than 2 nodes have everything, and these are the nearest. "
        "Next would have been S1, without 9 of the units."
    )


def test_of_a_very_large_order_the_first_lines_are_explained(doors: Doors):
    ways = [{**line("A", 1), "ship_to": {**NEW_YORK, "city": f"Town {n}"}} for n in range(20)]
    for number in range(60):
        doors.world.add_item(f"M{number}", {"DC1": 1})
    many = [line(f"M{number}", 1) for number in range(60)]
    order_id = doors.place(document(*many, *ways))
    (one,) = decided(doors, order_id)
    assert (len(one["groups"]), one["unexplained_groups"]) == (1, 20)
    assert (len(one["groups"][0]["lines"]), one["groups"][0]["unexplained_lines"]) == (50, 10)


def test_of_lines_from_many_nodes_fewer_are_explained_and_sentences_stay_short(doors: Doors):
    """A decision is one item of a table, which takes 400 KB."""
    names = [f"N{number:02}" for number in range(12)]
    doors.world.database.commit([node_write(TENANT, node(name, *PLACES["S1"])) for name in names])
    for number in range(20):
        doors.world.add_item(f"M{number}", dict.fromkeys(names, 1))
    order_id = doors.place(document(*[line(f"M{number}", 11) for number in range(20)]))
    (group,) = decided(doors, order_id)[0]["groups"]
    # Each line counts as three of fifty.
    assert (len(group["lines"]), group["unexplained_lines"]) == (16, 4)
    assert len(group["lines"][0]["nodes"]) == 11
    assert group["lines"][0]["says"].startswith(
        "1 from N00, 1 from N01, 1 from N02, 1 from N03, 1 from N04 and 6 others: no fewer than 11 nodes"
    )


def test_decisions_belong_to_a_tenant(doors: Doors):
    order_id = doors.place(document(line("A", 1)))
    api = doors.api("read_orders")
    assert api.get(f"/v1/orders/{order_id}/decisions", tenant="other").status == 404
    assert api.get(f"/v1/orders/{order_id}/decisions", scopes=("orders.write",)).status == 403
    assert api.get("/v1/orders/ord_none/decisions").status == 404

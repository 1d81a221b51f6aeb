"""How much a node takes on: limits that work counts against until it is given back, and nodes that switch off."""

from __future__ import annotations

from typing import Any

import pytest

from oms.registry import reads as registry
from oms.registry.store import node_write
from tests.functions.conftest import Answer
from tests.functions.test_decisions import decided
from tests.functions.test_promises import GROUND, basket, card, promised, works
from tests.functions.test_rerouting import act, at, begun, cancel, reroute
from tests.order_doors import Doors, doors, message
from tests.order_nodes import PLACES, node
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]


def limited(doors: Doors, node_id: str, *limits: tuple[str, str, int], currency: str = "USD") -> None:
    """Give a node limits: of what, in which period, and how much."""
    capacity = [
        {"of": of, "per": per, "most": most, **({"currency": currency} if of == "value" else {})}
        for of, per, most in limits
    ]
    version = 2 + doors.world.calls
    doors.world.calls += 1
    changed = node(node_id, *PLACES[node_id], capacity=capacity).model_copy(update={"version": version})
    doors.world.database.commit([node_write(TENANT, changed)])
    registry.forget()


def pause(doors: Doors, node_id: str, key: str = "p1", **body: Any) -> Answer:
    return doors.api("capacity").post(f"/v1/nodes/{node_id}/pause", {"reason": "stocktaking", **body}, key=key)


def left(doors: Doors, node_id: str) -> list[tuple[str, str, int, int]]:
    """What is taken and left of each limit of a node."""
    seen = doors.api("capacity").get(f"/v1/nodes/{node_id}/capacity").body
    return [(one["of"], one["per"], one["taken"], one["left"]) for one in seen["limits"]]


def order(*lines: dict[str, Any], number: int = 1, **more: Any) -> dict[str, Any]:
    return document(*lines, external_id=f"order-{number}", **more)


@pytest.mark.capability("D10", whole=True)
@pytest.mark.capability("E8")
def test_work_counts_from_its_allocation_and_is_given_back_when_the_node_gives_it_up(doors: Doors):
    limited(doors, "DC1", ("orders", "day", 2), ("units", "week", 9), ("value", "month", 7_000))
    order_id, first = begun(doors, line("A", 3), line("B", 2))
    assert left(doors, "DC1") == [("orders", "day", 1, 1), ("units", "week", 5, 4), ("value", "month", 5_000, 2_000)]
    act(doors, first, "accept")
    act(doors, first, "ship", lines=[{"line_no": 1, "quantity": 1}])
    act(doors, first, "close", reason="damaged")
    # What has left was taken on; what was given up is not.
    assert left(doors, "DC1") == [("orders", "day", 1, 1), ("units", "week", 1, 8), ("value", "month", 1_000, 6_000)]
    assert reroute(doors, order_id, first, "INCOMPLETE")
    limited(doors, "S1", ("orders", "hour", 5))
    _, second = begun(doors, line("A", 4), external_id="second")
    act(doors, second, "reject", reason="too_busy")
    assert left(doors, "DC1") == [("orders", "day", 1, 1), ("units", "week", 1, 8), ("value", "month", 1_000, 6_000)]
    doors.world.check()


@pytest.mark.capability("D10")
def test_what_is_cancelled_is_given_back(doors: Doors):
    limited(doors, "DC1", ("orders", "day", 2), ("units", "day", 9))
    order_id, _ = begun(doors, line("A", 3))
    one = {"reason": "late", "lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", one).status == 200
    assert left(doors, "DC1") == [("orders", "day", 1, 1), ("units", "day", 2, 7)]
    cancel(doors, order_id)
    assert left(doors, "DC1") == [("orders", "day", 0, 2), ("units", "day", 0, 9)]


@pytest.mark.capability("D10", "E6")
def test_a_full_node_is_passed_over_until_its_period_ends(doors: Doors):
    limited(doors, "DC1", ("orders", "day", 1))
    begun(doors, line("A", 1))
    second = doors.place(order(line("A", 1), number=2))
    doors.run_order_workflow(second)
    assert [work[0] for work in at(doors, second)] == ["S1"]
    candidates = {one["node_id"]: one["reason"] for one in decided(doors, second)[0]["groups"][0]["candidates"]}
    assert (candidates["DC1"], candidates["S1"]) == ("no_capacity", "has_everything")
    doors.world.clock.advance(hours=17)  # midnight in New York
    third = doors.place(order(line("A", 1), number=3))
    doors.run_order_workflow(third)
    assert [work[0] for work in at(doors, third)] == ["DC1"]
    assert left(doors, "DC1") == [("orders", "day", 1, 0)]


@pytest.mark.capability("D10")
def test_a_limit_of_nothing_leaves_the_node_out(doors: Doors):
    limited(doors, "DC1", ("units", "month", 0))
    assert at(doors, begun(doors, line("A", 1))[0])[0][0] == "S1"


@pytest.mark.capability("D10")
def test_orders_that_were_placed_at_once_get_what_room_there_is_when_they_are_allocated(doors: Doors):
    limited(doors, "DC1", ("orders", "day", 1))
    placed = [doors.place(order(line("A", 2), number=n)) for n in (1, 2)]
    assert doors.world.stock("A", "DC1").reserved == 4
    for order_id in placed:
        doors.run_order_workflow(order_id)
    assert [at(doors, order_id)[0][0] for order_id in placed] == ["DC1", "S1"]
    assert decided(doors, placed[1])[-1]["command"] == "source_order"
    assert doors.world.stock("A", "DC1").available == 8
    assert left(doors, "DC1") == [("orders", "day", 1, 0)]
    doors.world.check()


@pytest.mark.capability("D10")
def test_units_that_nobody_else_has_are_taken_on_over_the_limit(doors: Doors):
    limited(doors, "DC1", ("orders", "day", 1))
    doors.world.add_item("D", {"DC1": 5})
    placed = [doors.place(order(line("D", 2), number=n)) for n in (1, 2)]
    for order_id in placed:
        doors.run_order_workflow(order_id)
    assert [at(doors, order_id)[0][0] for order_id in placed] == ["DC1", "DC1"]
    assert left(doors, "DC1") == [("orders", "day", 2, 0)]
    # An order that comes now is kept for a person, with its unit.
    third = doors.see(doors.place(order(line("D", 1), number=3)))
    assert third["status"] == "PENDING_REVIEW"
    failed = [(one["name"], one["detail"]) for one in third["validations"] if one["verdict"] == "fail"]
    detail = "no node with capacity has all of the units; node DC1 takes nothing more on now"
    assert failed == [("capacity", detail)]
    assert doors.world.stock("D", "DC1").reserved == 1


@pytest.mark.capability("D10")
def test_a_node_gives_no_more_units_than_it_has_room_for(doors: Doors):
    limited(doors, "DC1", ("units", "day", 3))
    order_id = doors.place(order(line("A", 8)))
    doors.run_order_workflow(order_id)
    assert sorted((node, lines) for node, _, lines in at(doors, order_id)) == [
        ("DC1", [(1, 3)]),
        ("S1", [(1, 5)]),
    ]


@pytest.mark.capability("D10")
def test_value_counts_in_its_own_currency_only(doors: Doors):
    limited(doors, "DC1", ("value", "day", 100), currency="EUR")
    assert at(doors, begun(doors, line("A", 1))[0])[0][0] == "DC1"
    assert left(doors, "DC1") == [("value", "day", 0, 100)]


@pytest.mark.capability("D10", whole=True)
def test_a_node_switches_itself_off_and_on(doors: Doors):
    answer = pause(doors, "DC1", until="2026-11-23T18:00:00Z")
    assert (answer.status, answer.body) == (
        200,
        {
            "node_id": "DC1",
            "pause": {"reason": "stocktaking", "until": "2026-11-23T18:00:00.000Z"},
            "limits": [],
            "version": 1,
            "available_actions": ["pause", "resume"],
        },
    )
    assert at(doors, begun(doors, line("A", 1))[0])[0][0] == "S1"
    promise = promised(doors, basket("A", 1, "ship", "pickup"), pickup_node="DC1").body
    assert [(one["method"], one["can"]) for one in promise["options"]] == [("ship", True), ("pickup", False)]
    held = {"channel": "web", "lines": [{"sku": "A", "quantity": 1, "node_id": "DC1"}]}
    assert doors.api("reservations").post("/v1/reservations", held).status == 409
    # Its end is judged when somebody asks.
    doors.world.clock.advance(hours=6)
    assert at(doors, begun(doors, line("A", 1), external_id="later")[0])[0][0] == "DC1"
    again = doors.api("capacity").post("/v1/nodes/DC1/resume", {})
    assert (again.status, again.body["code"]) == (409, "action_not_available")
    assert pause(doors, "DC1", key="p2").body["version"] == 2
    resumed = doors.api("capacity").post("/v1/nodes/DC1/resume", {}, key="r2")
    assert (resumed.body["pause"], resumed.body["version"]) == (None, 3)
    assert at(doors, begun(doors, line("A", 1), external_id="last")[0])[0][0] == "DC1"


@pytest.mark.capability("D9", whole=True)
def test_a_promised_date_is_that_of_a_node_with_room(doors: Doors):
    works(doors, "DC1", "S1", "S2")
    card(doors, GROUND)
    near = promised(doors, basket("A", 1)).body["options"][0]
    pause(doors, "DC1")
    far = promised(doors, basket("A", 1)).body["options"][0]
    # One and two days from DC1, two and three from S1; Thursday is a holiday of all.
    assert (near["earliest"], near["latest"]) == ("2026-11-24", "2026-11-25")
    assert (far["earliest"], far["latest"]) == ("2026-11-25", "2026-11-26")


@pytest.mark.capability("D10")
def test_what_was_placed_before_a_pause_goes_elsewhere_where_it_can(doors: Doors):
    placed = doors.place(order(line("A", 1)))
    pause(doors, "DC1")
    doors.run_order_workflow(placed)
    assert at(doors, placed)[0][0] == "S1"


@pytest.mark.capability("D10")
def test_a_node_pauses_itself_over_the_store_bus(doors: Doors):
    for kind, data in (("PauseNode", {"reason": "power_cut"}), ("ResumeNode", {}), ("ResumeNode", {})):
        answer = doors.queue("node_messages", message("store.S1", kind, f"{kind}-{doors.world.calls}", **data))
        assert answer == []
        doors.world.calls += 1
        seen = doors.api("capacity").get("/v1/nodes/S1/capacity").body["pause"]
        assert (seen and seen["reason"]) == (data.get("reason"))
    kinds = [row["type"] for (table, _), row in doors.world.database.rows.items() if table == "events"]
    assert kinds == ["NodePaused", "NodeResumed"]


@pytest.mark.parametrize(
    ("node_id", "body", "status", "code"),
    [
        ("DC1", {"until": "2026-11-23T12:00:00Z"}, 422, "invalid_request"),
        ("DC1", {"reason": ""}, 422, "invalid_request"),
        ("none", {}, 404, "not_found"),
    ],
)
def test_a_pause_that_makes_no_sense_changes_nothing(doors: Doors, node_id: str, body: dict[str, Any], status, code):
    with doors.world.unchanged():
        answer = pause(doors, node_id, **body)
        assert (answer.status, answer.body["code"]) == (status, code)

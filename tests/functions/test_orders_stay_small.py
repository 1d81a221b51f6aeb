"""What is done to an order again and again does not make it grow until it can be changed no more."""

from __future__ import annotations

import pytest

from oms.choices.offering import MOST_OFFERS
from oms.orders import method_changes
from tests.choice_doors import SUBSTITUTION, Choices, choices
from tests.functions.test_substitutions import MAY_REPLACE, collected, offer, told_at_the_counter
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["choices", "doors", "world"]


@pytest.mark.capability("C3")
def test_units_that_are_cancelled_one_by_one_for_a_reason_are_one_entry(doors: Doors):
    doors.world.add_item("BULK", {"DC1": 50})
    order_id = doors.place(document(line("BULK", 40)))
    doors.run_order_workflow(order_id)
    less = {"reason": "less", "lines": [{"line_no": 1, "quantity": 1}]}
    for body in [less, less, {**less, "reason": "other"}, less]:
        assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", body).status == 200
    assert doors.see(order_id)["cancellations"] == [
        {"line_no": 1, "quantity": 3, "reason": "less"},
        {"line_no": 1, "quantity": 1, "reason": "other"},
    ]
    assert doors.see(order_id)["lines"][0]["quantities"] == {"released": 36, "cancelled": 4}


@pytest.mark.capability("G8")
def test_a_customer_is_asked_about_a_line_so_often_and_no_more(choices: Choices):
    choices.rules(SUBSTITUTION, substitutes=MAY_REPLACE)
    _, work = collected(choices)
    for _ in range(MOST_OFFERS):
        (choice,) = offer(choices, work).body["choices"]
        said = {"option": "wait", "asked": "in_person"}
        assert told_at_the_counter(choices, work, choice["id"], said).status == 200
    with choices.doors.world.unchanged():
        refused = offer(choices, work)
        assert (refused.status, refused.body["code"], refused.pointers) == (409, "action_not_available", ["/line_no"])


@pytest.mark.capability("F10")
def test_an_order_goes_another_way_so_often_and_no_more(doors: Doors, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(method_changes, "MOST_CHANGED", 2)
    order_id = doors.place(document(line("A", 1)))
    doors.run_order_workflow(order_id)

    def change(line_no: int, store: str) -> tuple[int, str]:
        way = {"reason": "wish", "lines": [{"line_no": line_no, "quantity": 1}], "method": "pickup"}
        made = doors.api("change_orders").post(f"/v1/orders/{order_id}/method-changes", {**way, "pickup_node": store})
        return made.status, made.body.get("code", "")

    assert [change(1, "S1"), change(2, "S2")] == [(200, ""), (200, "")]
    with doors.world.unchanged():
        assert change(3, "S1") == (409, "action_not_available")

"""A node that work is offered to may take it or not; what is done with it is for the node that has it."""

from __future__ import annotations

import pytest

from tests.choice_doors import SUBSTITUTION, Choices, choices
from tests.functions.test_offers import node, offered, say
from tests.functions.test_substitutions import MAY_REPLACE
from tests.order_doors import doors
from tests.order_world import world

__all__ = ["choices", "doors", "world"]


@pytest.mark.capability("G8", "E13")
@pytest.mark.parametrize("taken", [False, True], ids=["on offer", "was on offer"])
def test_who_work_is_offered_to_asks_its_customer_nothing_and_answers_nothing(choices: Choices, taken: bool):
    doors = choices.doors
    choices.rules(SUBSTITUTION, substitutes=MAY_REPLACE)
    order_id, work = offered(doors)
    if taken:
        assert say(doors, work, "accept", "DC1").status == 200
    api, place = doors.api("change_orders"), f"/v1/fulfillment-orders/{work}"
    what = {"line_no": 1, "quantity": 1}
    with doors.world.unchanged():
        foreign = api.post(f"{place}/substitutions", what, scopes=node("S1"))
        assert (foreign.status, foreign.body["code"]) == (404, "not_found")
    made = api.post(f"{place}/substitutions", what, scopes=node("DC1"))
    assert made.status == 200, made.body
    (choice,) = made.body["choices"]
    said = {"option": "cancel", "asked": "by_phone"}
    with doors.world.unchanged():
        foreign = api.post(f"{place}/choices/{choice['id']}/answer", said, scopes=node("S1"))
        assert (foreign.status, foreign.body["code"]) == (404, "not_found")
    assert api.post(f"{place}/choices/{choice['id']}/answer", said, scopes=node("DC1")).status == 200
    assert doors.see(order_id)["lines"][0]["quantities"]["cancelled"] == 1

"""A node that work is offered to may take it or not; what is done with it is for the node that has it."""

from __future__ import annotations

import pytest

from oms.orders.writes import work_write
from oms.platform.ids import parent_id
from oms.sourcing.rates import Label, LabelStatus
from tests.choice_doors import SUBSTITUTION, Choices, choices
from tests.functions.test_offers import node, offered, say, seen
from tests.functions.test_substitutions import MAY_REPLACE
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, world

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


@pytest.mark.capability("E13", "H4")
def test_who_work_was_offered_to_sees_no_label_of_it(doors: Doors):
    _, work = offered(doors)
    assert say(doors, work, "accept", "DC1").status == 200
    before = doors.world.order(parent_id("ord", work))
    (kept,) = before.fulfillment_orders
    label = Label(
        id="lbl_1",
        package_no=1,
        provider="easypost",
        carrier="UPS",
        carrier_service="Ground",
        status=LabelStatus.BOUGHT,
        requested_at="2026-11-23T12:00:00.000Z",
        format="pdf",
        weight_grams=100,
        url="https://labels.example/1.pdf",
        tracking_number="1Z1",
    )
    doors.world.database.commit([work_write(TENANT, kept.model_copy(update={"labels": (label,)}))])
    assert [one["url"] for one in seen(doors, work, "DC1").body["labels"]] == ["https://labels.example/1.pdf"]
    assert seen(doors, work, "S1").body["labels"] == []

"""What is sent again in place of lost units may be another item: what was lost stays lost all the same."""

from __future__ import annotations

import pytest

from tests.carrier_messages import shipped
from tests.choice_doors import SUBSTITUTION, Choices, choices
from tests.functions.test_parcel_claims import BACK, LOST, claim, counts, sent
from tests.order_doors import doors
from tests.order_world import line, world

__all__ = ["choices", "doors", "world"]
MAY_REPLACE = [{"sku": "A", "currency": "USD", "by": [{"sku": "B", "unit_price": 800}]}]


@pytest.mark.capability("H8", "G8")
def test_units_whose_replacement_became_another_item_are_not_claimed_twice(choices: Choices):
    doors = choices.doors
    choices.rules({**SUBSTITUTION, "dearer": "ordered_price"}, substitutes=MAY_REPLACE)
    order_id = sent(doors, line("A", 2))
    (again,) = claim(doors, LOST, (1, 1), key="one").body["fulfillment_order_ids"]
    assert doors.run_order_workflow(order_id) == [again]
    doors.world.act(again, "accept")
    node = doors.world.work(again).node_id
    made = doors.api("change_orders").send(
        "POST",
        f"/v1/fulfillment-orders/{again}/substitutions",
        {"line_no": 2, "quantity": 1},
        scopes=("fulfillment.write", f"node.{node}"),
    )
    assert made.status == 200, made.body
    (offered,) = choices.offered(order_id)
    assert choices.answer(offered, {"option": "substitute", "sku": "B"}).status == 200
    assert counts(doors, order_id) == [{"shipped": 1, "lost": 1}, {"cancelled": 1}, {"allocated": 1}]
    (other,) = doors.run_order_workflow(order_id)
    shipped(doors, other, {"tracking_number": "1Z2"})
    assert counts(doors, order_id) == [{"shipped": 1, "lost": 1}, {"cancelled": 1}, {"shipped": 1}]
    with doors.world.unchanged():
        twice = claim(doors, BACK, (1, 2), key="two")
        assert (twice.status, twice.body["code"]) == (409, "more_than_in_parcel")

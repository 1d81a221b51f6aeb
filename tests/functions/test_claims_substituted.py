"""What is sent again in place of lost units is the same item: it is claimed and comes back as what was paid."""

from __future__ import annotations

import pytest

from tests.choice_doors import SUBSTITUTION, Choices, choices
from tests.functions.test_parcel_claims import BACK, LOST, claim, counts, sent
from tests.order_doors import doors
from tests.order_world import line, world

__all__ = ["choices", "doors", "world"]
MAY_REPLACE = [{"sku": "A", "currency": "USD", "by": [{"sku": "B", "unit_price": 800}]}]


@pytest.mark.capability("H8", "G8")
def test_what_is_sent_again_is_no_other_item_and_nothing_is_claimed_twice(choices: Choices):
    doors = choices.doors
    choices.rules({**SUBSTITUTION, "dearer": "ordered_price"}, substitutes=MAY_REPLACE)
    order_id = sent(doors, line("A", 2))
    (again,) = claim(doors, LOST, (1, 1), key="one").body["fulfillment_order_ids"]
    assert doors.run_order_workflow(order_id) == [again]
    doors.world.act(again, "accept")
    node = doors.world.work(again).node_id
    with doors.world.unchanged():
        refused = doors.api("change_orders").send(
            "POST",
            f"/v1/fulfillment-orders/{again}/substitutions",
            {"line_no": 2, "quantity": 1},
            scopes=("fulfillment.write", f"node.{node}"),
        )
        assert (refused.status, refused.body["code"]) == (409, "no_substitute")
    # Whoever has it not says so, and it is claimed anew.
    doors.world.act(again, "reject", reason="out_of_stock")
    cancelled = doors.api("change_orders").post(
        f"/v1/orders/{order_id}/cancellations", {"reason": "lost", "lines": [{"line_no": 2, "quantity": 1}]}
    )
    assert cancelled.status == 200, cancelled.body
    assert claim(doors, BACK, (1, 1), key="two").status == 201
    assert counts(doors, order_id) == [{"shipped": 1, "lost": 1}, {"cancelled": 1}]
    with doors.world.unchanged():
        assert claim(doors, BACK, (1, 2), key="three").body["code"] == "more_than_in_parcel"

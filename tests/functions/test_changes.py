"""Change orders: whatever changes what was agreed is one delta that is written once, and they sum up to the summary."""

from __future__ import annotations

import pytest

from tests.functions.conftest import Answer
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


def changes(doors: Doors, order_id: str) -> list[dict]:
    answer = doors.api("read_orders").get(f"/v1/orders/{order_id}/changes")
    assert answer.status == 200
    return answer.body["changes"]


def cancelled(doors: Doors, order_id: str, line_no: int, units: int) -> Answer:
    wish = {"reason": "changed_mind", "lines": [{"line_no": line_no, "quantity": units}]}
    return doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", wish)


def sums(goods: int, discount: int, charges: int, tax: int, total: int) -> dict[str, int]:
    return {"goods": goods, "discount": discount, "charges": charges, "tax": tax, "total": total}


@pytest.mark.capability("C3")
def test_a_cancellation_another_way_and_a_return_are_deltas_beside_an_original_that_stays(doors):
    placed = document(line("A", 3, 333, tax=10, off=5), line("B", 2, 500, tax=41), postage=200)
    order_id = doors.place(placed)
    works = doors.run_order_workflow(order_id)
    first = {key: row for (table, key), row in doors.world.tables().items() if key.sk == "AGREED" or "LINES" in key.sk}
    whole = sums(1999, 5, 200, 71, 2265)
    seen = doors.see(order_id)
    assert (seen["original"], seen["summary"], seen["changes"]) == (whole, whole, 0)
    assert changes(doors, order_id) == []

    assert cancelled(doors, order_id, 1, 1).status == 200
    doors.world.clock.advance(minutes=1)
    moved = {"reason": "customer", "method": "pickup", "pickup_node": "S1", "lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/method-changes", moved).status == 200
    for work in (*works, *doors.run_order_workflow(order_id)):
        if not doors.world.work(work).is_closed:
            collected = doors.world.work(work).method == "pickup"
            for verb in ("accept", "stage", "hand-over") if collected else ("ship",):
                doors.world.act(work, verb)
        doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    back = {"node_id": "S1", "reason": "too_big", "fee": 50, "shipping": 100}
    back["lines"] = [{"line_no": 2, "quantity": 1, "disposition": "sellable"}]
    assert doors.api("returns").post("/v1/orders/" + order_id + "/returns", back).status == 201

    made = changes(doors, order_id)
    assert [(one["number"], one["kind"], one["reason"], one["of_version"]) for one in made] == [
        (1, "cancellation", "changed_mind", made[0]["of_version"]),
        (2, "method_change", "customer", made[0]["of_version"] + 1),
        (3, "return", "too_big", made[2]["of_version"]),
    ]
    assert [(one["at"], one["actor"], one["role"], one["channel"]) for one in made[:2]] == [
        ("2026-11-23T12:00:00.000Z", "client-1", "client", None),
        ("2026-11-23T12:01:00.000Z", "client-1", "client", None),
    ]
    assert made[0]["lines"] == [{"line_no": 1, "sku": "A", "quantity": -1, "amounts": sums(-333, -2, 0, -3, -334)}]
    assert made[0]["amounts"] == sums(-333, -2, 0, -3, -334)
    assert [(one["line_no"], one["quantity"]) for one in made[1]["lines"]] == [(1, -1), (3, 1)]
    assert made[1]["amounts"] == sums(0, 0, 0, 0, 0)
    # The fee of a return is a charge; of the postage a hundred goes back with its tax.
    assert [(one["line_no"], one["quantity"]) for one in made[2]["lines"]] == [(2, -1)]
    assert made[2]["amounts"] == sums(-500, 0, -50, -31, -581)
    seen = doors.see(order_id)
    assert (seen["original"], seen["changes"]) == (whole, 3)
    assert seen["summary"] == sums(1166, 3, 150, 37, 1350)
    after = doors.world.tables()
    assert {key: after["orders", key] for key in first} == first
    doors.world.check()


@pytest.mark.capability("C3")
def test_an_order_that_is_cancelled_whole_comes_to_nothing_and_a_refused_change_leaves_no_delta(doors):
    order_id = doors.place(document(line("A", 2, tax=80), postage=200))
    with doors.world.unchanged():
        assert cancelled(doors, order_id, 1, 3).status == 409
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", {"reason": "x"}).status == 200
    seen = doors.see(order_id)
    assert seen["original"] == sums(2000, 0, 200, 100, 2300)
    assert seen["summary"] == sums(0, 0, 0, 0, 0)
    (made,) = changes(doors, order_id)
    assert (made["id"], made["amounts"]) == (f"chg_{order_id[4:]}_1", sums(-2000, 0, -200, -100, -2300))
    assert doors.api("read_orders").get("/v1/orders/ord_unknown/changes").status == 404

"""A better plan for work of a node under races, after a cancellation, by sorts and for kits, and what wakes it."""

from __future__ import annotations

import pytest

from tests.functions.test_brokering import broker, hold
from tests.functions.test_decisions import decided
from tests.functions.test_reoptimizing import NEAR, came, far, units_of
from tests.functions.test_rerouting import act, at, begun, cancel
from tests.functions.test_stock_levels import follow, record
from tests.functions.test_strategies import PATH
from tests.interruptions import before_commit
from tests.kits import add_kit
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]


@pytest.mark.capability("E12")
def test_a_node_that_accepts_at_the_same_moment_keeps_its_work(doors: Doors):
    order_id, work = far(doors)
    doors.world.receive("D", "S1", 2)
    before_commit(doors, 1, lambda: act(doors, work, "accept"))
    broker(doors, "StockFreed", sku="D")
    assert at(doors, order_id) == [("S2", "ACCEPTED", [(1, 2)])]
    assert units_of(doors) == {"S1": (2, 0), "S2": (0, 2)}
    doors.world.check()


@pytest.mark.capability("E12")
def test_a_cancellation_at_the_same_moment_leaves_nothing_to_take_over(doors: Doors):
    order_id, _ = far(doors)
    doors.world.receive("D", "S1", 2)
    before_commit(doors, 1, lambda: cancel(doors, order_id))
    broker(doors, "StockFreed", sku="D")
    assert at(doors, order_id) == [("S2", "CANCELLED", [(1, 0)])]
    assert units_of(doors) == {"S1": (2, 0), "S2": (2, 0)}


@pytest.mark.capability("E12")
def test_stock_that_is_taken_at_the_same_moment_is_given_up_quietly(doors: Doors):
    order_id, _ = far(doors)
    doors.world.receive("D", "S1", 2)
    other: list[str] = []
    before_commit(doors, 1, lambda: other.append(doors.place(document(line("D", 2), external_id="second"))))
    broker(doors, "StockFreed", sku="D")
    assert at(doors, order_id) == [("S2", "OPEN", [(1, 2)])]
    assert at(doors, other[0]) == []
    assert doors.world.stock("D", "S1").reserved == 2
    doors.world.check()


@pytest.mark.capability("E12")
def test_a_part_that_was_cancelled_does_not_move(doors: Doors):
    order_id, work = far(doors, units=3)
    one = {"reason": "late", "lines": [{"line_no": 1, "quantity": 1}]}
    assert doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", one).status == 200
    came(doors, "DC1", 2)
    assert at(doors, order_id) == [("S2", "REPLACED", [(1, 0)]), ("DC1", "SCHEDULED", [(1, 2)])]
    line_ = doors.api("fulfillment").get(f"/v1/fulfillment-orders/{work}").body["lines"][0]
    assert (line_["quantity"], line_["cancelled"], line_["replaced"]) == (3, 1, 2)
    cancel(doors, order_id)
    assert doors.see(order_id)["status"] == "CANCELLED"
    assert units_of(doors) == {"DC1": (2, 0), "S2": (3, 0)}
    doors.world.check()


@pytest.mark.capability("E12")
def test_a_sort_by_what_nodes_have_counts_in_the_plan_that_there_was(doors: Doors):
    """S2 with 2 is the second of two nodes, which costs 1,000; only among itself it would be the first."""
    doors.world.add_item("D", {"S2": 2})
    sort = {"by": "most_available", "cents": 1_000}
    hold(doors, {"id": "most", "cents_per_100_km": 0, "sorts": [sort], "reoptimize_from_cents": 1_000})
    order_id, _ = begun(doors, line("D", 2))
    came(doors, "S1", 9)
    assert at(doors, order_id)[1] == ("S1", "SCHEDULED", [(1, 2)])
    assert (decided(doors, order_id)[-1]["takeover"]["cost"], decided(doors, order_id)[-1]["groups"][0]["cost"]) == (
        1_000,
        0,
    )


@pytest.mark.capability("E12")
def test_nobody_is_woken_where_no_scenario_wants_it_or_no_node_has_work(doors: Doors):
    def freed() -> list[str]:
        return [str(row["pk"]) for row in doors.world.database.rows.values() if row.get("type") == "StockFreed"]

    far(doors, least=None)
    assert follow(doors, record("D", "S1", 7, 0, 2)) == []
    hold(doors, {**NEAR, "reoptimize_from_cents": 1})
    assert follow(doors, record("A", "S1", 8, 0, 2)) == []
    assert freed() == []
    assert follow(doors, record("D", "S1", 9, 0, 2)) == []
    assert freed() == [f"T#{TENANT}#FREED#D#9"]


@pytest.mark.capability("E12")
def test_the_saving_is_a_positive_amount_in_whole_cents(doors: Doors):
    for value in (0, -1, "x", 1.5):
        with doors.world.unchanged():
            answer = doors.api("rule_sets").put(PATH, {"scenarios": [{**NEAR, "reoptimize_from_cents": value}]})
        assert (answer.status, answer.pointers) == (422, ["/scenarios/0/reoptimize_from_cents"])


@pytest.mark.capability("E12", "D13")
def test_a_kit_and_its_neighbour_move_together_as_units_of_stock(doors: Doors):
    doors.world.add_item("D", {"S2": 3})
    doors.world.add_item("E", {"S2": 4})
    add_kit(doors.world, "DUO", {"D": 1, "E": 2})
    hold(doors, {**NEAR, "reoptimize_from_cents": 1})
    order_id, _ = begun(doors, line("DUO", 2), line("D", 1))
    doors.world.receive("D", "DC1", 3)
    doors.world.receive("E", "DC1", 3)
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="E")
    came(doors, "DC1", 1, sku="E")
    assert at(doors, order_id) == [("S2", "REPLACED", [(1, 0), (2, 0)]), ("DC1", "SCHEDULED", [(1, 2), (2, 1)])]
    assert units_of(doors) == {"DC1": (0, 3), "S2": (3, 0)}
    assert units_of(doors, "E") == {"DC1": (0, 4), "S2": (4, 0)}
    doors.world.check()


@pytest.mark.capability("E12")
def test_work_that_does_not_fit_one_transaction_stays(doors: Doors):
    skus = [f"X{number:02}" for number in range(24)]
    for sku in skus:
        doors.world.add_item(sku, {"S2": 1})
    hold(doors, {**NEAR, "reoptimize_from_cents": 1})
    order_id, _ = begun(doors, *(line(sku, 1) for sku in skus))
    for sku in skus:
        doors.world.receive(sku, "DC1", 1)
    with doors.world.unchanged():
        broker(doors, "StockFreed", sku="X00")
    assert [work[:2] for work in at(doors, order_id)] == [("S2", "OPEN")]

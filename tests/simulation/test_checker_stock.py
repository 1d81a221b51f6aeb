"""The checker about capacity, supply and levels: silent about a healthy run, and not about one that breaks a rule."""

import json

import pytest

from tests.simulation.checked_run import Run

COUNTER = ("T#acme#CAPACITY#pasadena", "day#2026-11-23")
MUGS = "T#acme#SKU#MUG"


def counted_without_work(run: Run) -> None:
    run.put("stock", COUNTER, {"units": 3, "expires_at": 9_999_999_999})


def work_without_its_count(run: Run) -> None:
    use = {"period": COUNTER[1], "of": "orders", "most": 5}
    run.rewrite("orders", run.key("orders", "WORK#", "COMPLETED"), node_id="pasadena", capacity=[use])


def supply(run: Run, to_come: int = 2, told: int = 2) -> None:
    line = {"line_no": 1, "sku": "MUG", "quantity": 2, "expected_on": "2026-12-01"}
    row = {"body": json.dumps(line), "kind": "purchase_order", "node_id": "albany", "to_come": to_come}
    run.put("stock", (MUGS, "SUPPLY#po-1#0001"), row)
    run.put("stock", ("T#acme#SUPPLY#po-1", "SUPPLY"), {"version": 1, "body": "{}"})
    moved = [{"kind": "expected", "quantity": told, "changes": {"future": told}, "cause": "po-1"}]
    run.put("stock", ("T#acme#MOVES#MUG#albany", "MOVE#2026#s1"), {"body": json.dumps(moved)})


def expected_and_not_told(run: Run) -> None:
    supply(run, told=1)


def more_to_come_than_ordered(run: Run) -> None:
    supply(run, to_come=3)


def a_sum_of_yesterday(run: Run) -> None:
    run.set("stock", (MUGS, "LEVEL#network"), units=99)


SPOILED = {
    "INV16": (counted_without_work, work_without_its_count),
    "INV17": (expected_and_not_told, more_to_come_than_ordered),
    "INV18": (a_sum_of_yesterday,),
}


@pytest.mark.parametrize(("invariant", "spoil"), [(name, one) for name, all_of in SPOILED.items() for one in all_of])
def test_each_rule_is_found_broken(invariant, spoil):
    run = Run.healthy()
    spoil(run)
    assert run.broken(invariant)


def test_supply_that_adds_up_is_not_blamed():
    run = Run.healthy()
    supply(run)
    assert run.broken("INV17") == []


@pytest.mark.parametrize("amount", [-1, 6])
def test_a_counter_below_zero_or_above_its_limit_is_found_in_its_commit(amount):
    run = Run.healthy()
    key = run.key("orders", "WORK#", "COMPLETED")
    use = {"period": COUNTER[1], "of": "orders", "most": 5}
    work = run.rewrite("orders", key, node_id="pasadena", capacity=[use])
    counted = run.put("stock", COUNTER, {"orders": amount, "expires_at": 9_999_999_999})
    assert run.broken_by(work, counted, run.step(key, status="COMPLETED"), invariant="INV16")

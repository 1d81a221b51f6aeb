"""The checker about capacity, supply and levels: silent about a healthy run, and not about one that breaks a rule."""

import copy
import json
from functools import cache
from typing import Any

import pytest

from tests.simulation.checked_run import Run
from tests.simulation.checker import Evidence
from tests.simulation.world import line, order, simulated

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


@cache
def days_with_kits() -> Evidence:
    """A kit that went whole, and one whose parts went on their own; one of each was cancelled."""
    simulation = simulated(faults=False)
    placed = simulation.http("POST", "/v1/orders", order("kits", line("SET", 2), line("GIFT", 2)), key="kits")
    assert placed.status == 201, placed.text
    simulation.run(1)
    wanted = {"reason": "late", "lines": [{"line_no": number, "quantity": 1} for number in (1, 2)]}
    gone = simulation.http("POST", f"/v1/orders/{placed.body['id']}/cancellations", wanted, key="gone")
    assert gone.status == 200, gone.text
    simulation.run_until_quiet()
    assert simulation.violations == []
    return simulation.evidence()


def edit_lines(run: Run, number: int, **changes: object) -> None:
    run.rewrite("orders", run.key("orders", "LINES#"), lambda lines: lines[number - 1].update(changes))


def sold_as_something_else(run: Run) -> None:
    edit_lines(run, 1, components=[{"sku": "MUG", "quantity": 1}, {"sku": "LAMP", "quantity": 1}])


def another_share_of_a_part(run: Run) -> None:
    edit_lines(run, 3, part_of={"line_no": 2, "sku": "GIFT", "each": 2, "parts": 2})


def given_to_its_node_as_something_else(run: Run) -> None:
    def edit(work: dict[str, Any]) -> None:
        next(part for part in work["lines"] if part["sku"] == "SET")["components"].pop()

    run.rewrite("orders", run.key("orders", "WORK#"), edit)


def a_part_cancelled_alone(run: Run) -> None:
    def edit(progress: dict[str, Any]) -> None:
        progress["cancellations"] = [one for one in progress["cancellations"] if one["line_no"] != 3]

    run.rewrite("orders", run.key("orders", "ORDER"), edit, name="progress")


@pytest.mark.parametrize(
    ("invariant", "spoil"),
    [
        ("INV1", sold_as_something_else),
        ("INV1", another_share_of_a_part),
        ("INV1", given_to_its_node_as_something_else),
        ("INV2", a_part_cancelled_alone),
    ],
)
def test_a_kit_that_is_not_its_components_is_found(invariant, spoil):
    healthy = Run(copy.deepcopy(days_with_kits()))
    assert healthy.broken(invariant) == []
    spoil(healthy)
    assert healthy.broken(invariant)


@pytest.mark.parametrize("amount", [-1, 6])
def test_a_counter_below_zero_or_above_its_limit_is_found_in_its_commit(amount):
    run = Run.healthy()
    key = run.key("orders", "WORK#", "COMPLETED")
    use = {"period": COUNTER[1], "of": "orders", "most": 5}
    work = run.rewrite("orders", key, node_id="pasadena", capacity=[use])
    counted = run.put("stock", COUNTER, {"orders": amount, "expires_at": 9_999_999_999})
    assert run.broken_by(work, counted, run.step(key, status="COMPLETED"), invariant="INV16")

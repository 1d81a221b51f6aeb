"""What is in the packages of a shipment: exactly what leaves, many to many by quantity."""

from __future__ import annotations

import pytest

from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


def open_work(doors: Doors, *lines: dict) -> tuple[str, str]:
    order_id = doors.place(document(*(lines or (line("A", 5),))))
    (work,) = doors.run_order_workflow(order_id)
    return order_id, work


PACKAGES = {
    "no contents": (
        [{"package_no": 1}, {"package_no": 2}],
        ["/shipment/packages/0/lines", "/shipment/packages/1/lines"],
    ),
    "one without": (
        [{"package_no": 1, "lines": [{"line_no": 1, "quantity": 5}]}, {"package_no": 2}],
        ["/shipment/packages/1/lines"],
    ),
    "too few": (
        [
            {"package_no": 1, "lines": [{"line_no": 1, "quantity": 2}]},
            {"package_no": 2, "lines": [{"line_no": 1, "quantity": 2}]},
        ],
        ["/shipment/packages"],
    ),
    "too many": ([{"package_no": 1, "lines": [{"line_no": 1, "quantity": 6}]}], ["/shipment/packages"]),
    "another line": (
        [{"package_no": 1, "lines": [{"line_no": 1, "quantity": 5}, {"line_no": 2, "quantity": 1}]}],
        ["/shipment/packages"],
    ),
    "empty": ([{"package_no": 1, "lines": []}], ["/shipment/packages/0/lines"]),
    "one number twice": (
        [
            {"package_no": 1, "lines": [{"line_no": 1, "quantity": 2}]},
            {"package_no": 1, "lines": [{"line_no": 1, "quantity": 3}]},
        ],
        ["/shipment/packages"],
    ),
}


@pytest.mark.capability("H1")
@pytest.mark.parametrize("case", PACKAGES)
def test_the_packages_hold_exactly_what_leaves(doors: Doors, case: str):
    packages, pointers = PACKAGES[case]
    _, work = open_work(doors)
    with doors.world.unchanged():
        refused = doors.api("fulfillment").post(
            f"/v1/fulfillment-orders/{work}/ship", {"shipment": {"packages": packages}}
        )
        assert (refused.status, refused.pointers) == (422, pointers)


@pytest.mark.capability("H1")
def test_shipments_and_packages_are_told_apart_by_quantity(doors: Doors):
    """One line in two packages, two lines in one package, and one package that says nothing of its contents."""
    order_id, work = open_work(doors, line("A", 3), line("B", 2))
    api = doors.api("fulfillment")
    packages = [
        {"package_no": 1, "lines": [{"line_no": 1, "quantity": 1}, {"line_no": 2, "quantity": 1}]},
        {"package_no": 2, "lines": [{"line_no": 1, "quantity": 1}]},
    ]
    first = {
        "lines": [{"line_no": 1, "quantity": 2}, {"line_no": 2, "quantity": 1}],
        "shipment": {"packages": packages},
    }
    assert api.post(f"/v1/fulfillment-orders/{work}/ship", first).status == 200
    assert (
        api.post(f"/v1/fulfillment-orders/{work}/ship", {"shipment": {"packages": [{"package_no": 1}]}}).status == 200
    )
    contents = [
        [[(part["sku"], part["quantity"]) for part in package["lines"]] for package in shipment["packages"]]
        for shipment in doors.see(order_id)["shipments"]
    ]
    assert contents == [[[("A", 1), ("B", 1)], [("A", 1)]], [[("A", 1), ("B", 1)]]]

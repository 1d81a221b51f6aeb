"""What was delivered and is not paid is given up: all of it or a part, with its tax where a jurisdiction allows it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.functions.test_disputes import lines, shipped
from tests.interruptions import before_commit, calm
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


def write_off(doors: Doors, order_id: str, **body: Any) -> Answer:
    return doors.api("settlements").post(f"/v1/orders/{order_id}/write-offs", {"reason": "nobody pays", **body})


@pytest.mark.capability("K9", "N1")
def test_what_was_delivered_and_is_not_paid_is_written_off_with_its_tax(doors: Doors):
    """21.65 unpaid of 20.00 + 1.65."""
    order_id, _ = shipped(doors, capture="declined")
    given_up = write_off(doors, order_id, tax_relief=True)
    assert (given_up.status, given_up.body["amount"], given_up.body["tax"]) == (201, 2165, 165)
    assert lines(doors, order_id, "WriteOffPosted") == [("6040", 2000), ("2040", 165), ("2010", -2165)]
    assert doors.see(order_id)["written_off"] == 2165
    with doors.world.unchanged():
        refused = write_off(doors, order_id)
        assert (refused.status, refused.pointers) == (409, ["/amount"])


@pytest.mark.capability("K9", "N1")
def test_a_rest_may_be_written_off_in_parts_whose_tax_sums_to_the_whole(doors: Doors):
    order_id, _ = shipped(doors, capture="declined")
    taxes = [write_off(doors, order_id, amount=amount, tax_relief=True).body["tax"] for amount in (1000, 1000, 165)]
    assert taxes == [76, 76, 13]
    with doors.world.unchanged():
        assert write_off(doors, order_id, amount=1).status == 409


@pytest.mark.capability("K9")
def test_a_jurisdiction_without_relief_keeps_its_tax(doors: Doors):
    order_id, _ = shipped(doors, capture="declined")
    assert write_off(doors, order_id).body["tax"] == 0
    assert lines(doors, order_id, "WriteOffPosted") == [("6040", 2165), ("2010", -2165)]


@pytest.mark.capability("K9")
def test_what_is_paid_or_being_asked_for_is_not_written_off(doors: Doors):
    paid, _ = shipped(doors)
    waiting, _ = shipped_and_pending(doors)
    for order_id in (paid, waiting):
        with doors.world.unchanged():
            refused = write_off(doors, order_id)
            assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    with doors.world.unchanged():
        assert write_off(doors, "ord_unknown").status == 404
        assert write_off(doors, paid, amount=0).status == 422


def shipped_and_pending(doors: Doors) -> tuple[str, str]:
    order_id = doors.place(document(line("A", 2, 1000, tax=165), external_id="pending"))
    (work,) = doors.run_order_workflow(order_id)
    doors.world.act(work, "ship", lines={1: 2})
    return order_id, work


@pytest.mark.capability("K9")
def test_two_who_write_a_rest_off_at_once_give_up_no_more_than_it(doors: Doors):
    order_id, work = shipped_and_pending(doors)
    doors.world.provider.script["capture"] = ["declined"]
    with pytest.raises(RuntimeError):
        doors.world.capture(work)
    other: list[Answer] = []

    def once() -> None:
        calm(doors)
        other.append(write_off(doors, order_id, amount=2000))

    before_commit(doors, 1, once)
    refused = write_off(doors, order_id, amount=2000)
    assert (other[0].status, refused.status) == (201, 409)
    assert doors.world.order(order_id).header.written_off == 2000

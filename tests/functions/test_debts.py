"""What was delivered and not paid is paid or given up, and never both."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.functions.test_disputes import shipped, tender
from tests.functions.test_payment_care import care, link_of
from tests.interruptions import before_commit, calm
from tests.order_doors import Doors, doors
from tests.order_world import world

__all__ = ["doors", "world"]


def write_off(doors: Doors, order_id: str, **more: Any) -> Answer:
    return doors.api("settlements").post(f"/v1/orders/{order_id}/write-offs", {"reason": "not paid", **more})


def pay(doors: Doors, name: str, token: str, key: str) -> Answer:
    return doors.api("payments").post(f"/v1/pay-links/{name}", {"provider": "strict", "token": token}, key=key)


def asked_by_link(doors: Doors) -> tuple[str, str]:
    """An order of 21.65 that has left, whose card was refused four times, and the name of its pay link."""
    order_id, _ = shipped(doors, capture="declined")
    doors.world.provider.script["capture"] = ["declined"] * 3
    for _ in range(3):
        doors.world.clock.advance(seconds=care(doors, order_id))
    assert care(doors, order_id) == 3 * 86_400
    return order_id, str(link_of(doors, order_id)["name"])


@pytest.mark.capability("K9")
def test_a_debt_that_was_written_off_is_not_asked_for_again(doors: Doors):
    order_id, _ = shipped(doors, capture="declined")
    assert care(doors, order_id) == 3600
    assert write_off(doors, order_id).status == 201
    doors.world.clock.advance(seconds=3600)
    assert care(doors, order_id) == 0
    assert tender(doors, order_id).captured == 0
    assert [one["event"] for one in doors.timeline(order_id)].count("PaymentCaptureRetried") == 0


@pytest.mark.capability("K9")
def test_a_pay_link_of_a_debt_that_was_written_off_takes_nothing(doors: Doors):
    order_id, name = asked_by_link(doors)
    assert doors.api("payments").get(f"/v1/pay-links/{name}").body["state"] == "OPEN"
    assert write_off(doors, order_id).status == 201
    assert doors.api("payments").get(f"/v1/pay-links/{name}").body["state"] == "OVER"
    with doors.world.unchanged():
        refused = pay(doors, name, "tok_2", "k-1")
        assert (refused.status, refused.body["code"]) == (409, "pay_link_over")
        body = {"payment_id": tender(doors, order_id).id, "provider": "strict", "token": "tok_2"}
        by_person = doors.api("payments").post(f"/v1/orders/{order_id}/payments", body)
        assert (by_person.status, by_person.body["code"]) == (409, "action_not_available")
    assert tender(doors, order_id).captured == 0


@pytest.mark.capability("K9")
def test_who_pays_while_the_debt_is_written_off_pays_nothing(doors: Doors):
    """The write-off comes between what the customer's call reads and what it stores."""
    order_id, name = asked_by_link(doors)
    # The first commit lets go of what the old card holds.
    before_commit(doors, 2, lambda: (calm(doors), write_off(doors, order_id)))
    late = pay(doors, name, "tok_2", "k-1")
    assert (late.status, late.body["code"]) == (409, "action_not_available")
    assert doors.world.order(order_id).header.written_off == 2165
    assert (tender(doors, order_id).captured, tender(doors, order_id).attempt) == (0, 1)


@pytest.mark.capability("K9")
def test_what_is_paid_is_not_written_off(doors: Doors):
    order_id, name = asked_by_link(doors)
    before_commit(doors, 1, lambda: (calm(doors), pay(doors, name, "tok_2", "k-1")))
    late = write_off(doors, order_id)
    assert (late.status, late.body["code"]) == (409, "action_not_available")
    assert tender(doors, order_id).captured == 2165
    assert doors.world.order(order_id).header.written_off == 0


@pytest.mark.capability("K9")
def test_of_two_who_pay_one_link_at_once_one_pays(doors: Doors):
    order_id, name = asked_by_link(doors)
    before_commit(doors, 2, lambda: (calm(doors), pay(doors, name, "tok_2", "k-1")))
    late = pay(doors, name, "tok_3", "k-2")
    assert (late.status, late.body["code"]) == (409, "action_not_available")
    assert (tender(doors, order_id).captured, tender(doors, order_id).token) == (2165, "tok_2")
    assert doors.world.provider.amount("capture") == 2165


@pytest.mark.capability("K9")
def test_a_debt_is_written_off_though_another_card_was_refused_too(doors: Doors):
    """The money waits for a third card; who gives it up asks for it no more."""
    order_id, name = asked_by_link(doors)
    doors.world.provider.script["authorize"] = ["declined"]
    assert pay(doors, name, "tok_2", "k-1").status == 202
    assert tender(doors, order_id).state.value == "FAILED"
    assert write_off(doors, order_id, amount=1).status == 201
    with doors.world.unchanged():
        body = {"payment_id": tender(doors, order_id).id, "provider": "strict", "token": "tok_3"}
        assert doors.api("payments").post(f"/v1/orders/{order_id}/payments", body).status == 409
    assert write_off(doors, order_id).body["amount"] == 2164
    assert write_off(doors, order_id).status == 409

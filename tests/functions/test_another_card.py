"""Another card for a tender: which ones can be given, what it is asked for, and what a person is told without one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.functions.conftest import Answer
from tests.functions.test_payment_care import care, declined, link_of
from tests.interruptions import before_commit, calm
from tests.money_doors import Money, gift
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


def pay(doors: Doors, order_id: str, provider: str, token: str = "tok_2") -> Answer:
    (payment,) = doors.world.order(order_id).payments
    body = {"payment_id": payment.id, "provider": provider, "token": token}
    return doors.api("payments").post(f"/v1/orders/{order_id}/payments", body)


def second_parcel_unpaid(doors: Doors) -> str:
    """An order of 5000: 2000 are taken, 2000 more have left, and its card is not held again for them."""
    doors.world.provider.max_captures = 1
    order_id = doors.place(document(line("A", 5)))
    (work,) = doors.run_order_workflow(order_id)
    doors.world.act(work, "ship", {1: 2})
    assert doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work) == {"captured": 2000}
    doors.world.act(work, "ship", {1: 2})
    doors.world.provider.script["authorize"] = ["declined"]
    with pytest.raises(RuntimeError, match="insufficient_funds"):
        doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    return order_id


@pytest.mark.capability("K9")
@pytest.mark.parametrize("provider", ["elsewhere", "stored_value"])
def test_a_card_of_nobody_that_cards_are_paid_with_is_refused(doors: Doors, provider: str):
    order_id = declined(doors)
    care(doors, order_id)
    name = link_of(doors, order_id)["name"]
    with doors.world.unchanged():
        by_person = pay(doors, order_id, provider)
        body = {"provider": provider, "token": "NUMBER-0001"}
        by_link = doors.api("payments").post(f"/v1/pay-links/{name}", body)
    for refused in (by_person, by_link):
        assert (refused.status, refused.body["code"]) == (422, "invalid_request")
        assert [(one["pointer"], one["code"]) for one in refused.body["errors"]] == [("/provider", "unknown_provider")]
    assert doors.api("payments").get(f"/v1/pay-links/{name}").body["state"] == "OPEN"


@pytest.mark.capability("K9")
def test_a_gift_card_that_did_not_pay_is_replaced_by_a_card_which_is_a_tender_of_its_own_kind(doors: Doors):
    card = Money(doors).sold(2000)
    order_id = doors.place(document(line("A", 3), payments=[gift(card, 3000)]))
    doors.task("source_order", order_id=order_id)
    assert doors.task("authorize_payment", order_id=order_id)["outcome"] == "DECLINED"

    assert pay(doors, order_id, "strict").status == 202

    told = doors.stored_event(order_id, "PaymentAuthorized")["detail"]["data"]
    assert (told["tender"], told["provider"], told["amount"]) == ("card", "strict", 3000)
    assert doors.see(order_id)["payment_status"] == "AUTHORIZED"


@pytest.mark.capability("K9")
def test_a_card_of_another_provider_does_not_replace_one_that_has_paid_a_part(doors: Doors):
    """What was taken is given back by who took it, and a tender has one provider."""
    order_id = second_parcel_unpaid(doors)
    with doors.world.unchanged():
        refused = pay(doors, order_id, "stripe", "pm_1")
    assert (refused.status, [one["code"] for one in refused.body["errors"]]) == (422, ["other_provider"])
    assert pay(doors, order_id, "strict").status == 202
    assert doors.world.provider.amount("capture") == 4000


@pytest.mark.capability("K9")
def test_a_link_says_what_is_left_to_be_held_where_a_part_was_taken_before(doors: Doors):
    order_id = second_parcel_unpaid(doors)
    assert care(doors, order_id) == 3 * 86_400
    link = link_of(doors, order_id)
    shown = doors.api("payments").get(f"/v1/pay-links/{link['name']}").body
    assert (link["amount"], shown["state"], shown["amount"]) == (3000, "OPEN", 3000)
    assert pay(doors, order_id, "strict").status == 202
    assert doors.world.provider.amount("authorize") == 8000


@pytest.mark.capability("K9")
def test_a_person_is_told_of_what_left_and_could_not_be_held_again(doors: Doors):
    order_id = second_parcel_unpaid(doors)
    doors.world.clock.advance(seconds=care(doors, order_id))
    assert care(doors, order_id) == 0
    told: dict[str, Any] = doors.stored_event(order_id, "PaymentUnpaid")["detail"]["data"]
    second = doors.world.order(order_id).shipments[1].id
    assert (told["amount"], told["shipment_ids"]) == (2000, [second])


@pytest.mark.capability("K3")
@pytest.mark.parametrize("commit", [1, 2, 3])
def test_two_runs_that_renew_a_hold_at_once_renew_it_once(doors: Doors, commit: int):
    order_id = doors.place(document(line("A", 3)))
    doors.run_order_workflow(order_id)
    doors.world.clock.advance(seconds=care(doors, order_id))
    before_commit(doors, commit, lambda: (calm(doors), care(doors, order_id)))

    care(doors, order_id)

    (payment,) = doors.world.order(order_id).payments
    assert (payment.state.value, payment.attempt, payment.capturable) == ("AUTHORIZED", 2, 3000)
    assert (doors.world.provider.amount("authorize"), doors.world.provider.amount("void")) == (6000, 3000)

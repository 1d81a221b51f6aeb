"""The payment life cycle through its functions: holds are renewed, captures tried again, customers asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests import scripted_provider
from tests.functions.test_psp_webhook import send
from tests.functions.test_unmatched_money import hint
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["doors", "world"]


def care(doors: Doors, order_id: str) -> int:
    """What the workflow's task answers: for how many seconds to wait."""
    return int(doors.task("care_for_payment", order_id=order_id)["wait_seconds"])


def ship(doors: Doors, work: str) -> None:
    for verb in ("accept", "pick", "pack", "ship"):
        doors.world.act(work, verb)


def link_of(doors: Doors, order_id: str) -> dict[str, Any]:
    (told,) = [row for row in doors.timeline(order_id) if row["event"] == "PaymentLinkCreated"]
    return dict(doors.stored_event(order_id, "PaymentLinkCreated")["detail"]["data"]) | {"at": told["occurred_at"]}


def declined(doors: Doors) -> str:
    order_id = doors.place(document(line("A", 3)))
    doors.task("source_order", order_id=order_id)
    doors.world.provider.script.update({"authorize": ["declined"]})
    assert doors.task("authorize_payment", order_id=order_id)["outcome"] == "DECLINED"
    return order_id


@pytest.mark.capability("K3")
def test_a_hold_that_is_needed_longer_is_renewed_at_four_fifths_of_its_time(doors: Doors):
    order_id = doors.place(document(line("A", 3)))
    doors.run_order_workflow(order_id)
    first = doors.world.order(order_id).payments[0]
    held_for = care(doors, order_id)
    doors.world.clock.advance(seconds=held_for - 1)
    assert care(doors, order_id) == 1
    assert doors.world.order(order_id).payments[0] == first
    doors.world.clock.advance(seconds=1)

    # The provider of this test says the same end for each hold, so the second one is shorter.
    assert care(doors, order_id) == held_for * 20 // 100

    after = doors.world.order(order_id).payments[0]
    assert (after.state.value, after.attempt, after.capturable) == ("AUTHORIZED", 2, 3000)
    assert after.psp_reference != first.psp_reference
    assert doors.world.provider.amount("void") == 3000
    assert [row["event"] for row in doors.timeline(order_id)][-3:] == [
        "PaymentReleased",
        "PaymentRenewed",
        "PaymentAuthorized",
    ]


@pytest.mark.capability("K3", "K9")
def test_a_renewal_that_is_declined_holds_the_goods_and_asks_the_customer(doors: Doors):
    order_id = doors.place(document(line("A", 3)))
    doors.run_order_workflow(order_id)
    doors.world.clock.advance(seconds=care(doors, order_id))
    doors.world.provider.script.update({"authorize": ["declined"]})

    wait = care(doors, order_id)

    order = doors.see(order_id)
    assert (order["status"], order["payment_status"]) == ("PENDING_REVIEW", "FAILED")
    link = link_of(doors, order_id)
    assert (link["amount"], link["name"].split(".")[0], wait) == (3000, "acme", 3 * 86_400)


@pytest.mark.capability("K9")
def test_a_customer_pays_a_declined_order_with_another_card(doors: Doors):
    order_id = declined(doors)
    assert care(doors, order_id) == 3 * 86_400
    name = link_of(doors, order_id)["name"]
    shown = doors.api("payments").get(f"/v1/pay-links/{name}")
    assert (shown.status, shown.body["state"], shown.body["amount"]) == (200, "OPEN", 3000)
    assert set(shown.body) == {"state", "amount", "currency", "expires_at"}

    paid = doors.api("payments").post(f"/v1/pay-links/{name}", {"provider": "strict", "token": "tok_2"}, key="k-1")

    assert (paid.status, set(paid.body)) == (202, {"order_id", "payment_id"})
    order = doors.see(order_id)
    assert (order["status"], order["payment_status"]) == ("CONFIRMED", "AUTHORIZED")
    assert doors.world.order(order_id).payments[0].token == "tok_2"
    assert doors.world.provider.amount("authorize") == 3000
    again = doors.api("payments").post(f"/v1/pay-links/{name}", {"provider": "strict", "token": "tok_2"}, key="k-1")
    assert (again.status, again.body) == (202, paid.body)
    assert doors.api("payments").get(f"/v1/pay-links/{name}").body["state"] == "PAID"
    other = doors.api("payments").post(f"/v1/pay-links/{name}", {"provider": "strict", "token": "tok_3"}, key="k-2")
    assert (other.status, other.body["code"]) == (409, "action_not_available")
    assert doors.world.provider.amount("authorize") == 3000
    assert care(doors, order_id) > 0


@pytest.mark.capability("K9")
def test_what_nobody_pays_in_time_is_cancelled_and_its_units_are_free(doors: Doors):
    order_id = declined(doors)
    doors.world.clock.advance(seconds=care(doors, order_id))

    assert care(doors, order_id) == 0

    order = doors.see(order_id)
    assert (order["status"], doors.world.stock("A", "DC1").allocated) == ("CANCELLED", 0)
    told = doors.stored_event(order_id, "PaymentUnpaid")["detail"]["data"]
    assert (told["amount"], told["shipment_ids"]) == (0, [])
    name = link_of(doors, order_id)["name"]
    late = doors.api("payments").post(f"/v1/pay-links/{name}", {"provider": "strict", "token": "tok_2"})
    assert (late.status, late.body["code"]) == (409, "pay_link_over")
    assert doors.world.provider.effects == []


@pytest.mark.capability("K9", whole=True)
def test_a_refused_capture_is_tried_by_schedule_then_asked_for_by_link_then_told(doors: Doors):
    """Never silent: three more attempts, another card, and at last a person who writes it off."""
    order_id = doors.place(document(line("A", 3)))
    (work,) = doors.run_order_workflow(order_id)
    doors.world.provider.script.update({"capture": ["declined"] * 4})
    ship(doors, work)
    with pytest.raises(RuntimeError, match="processor_declined"):
        doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    waits = []
    for _ in range(3):
        waits.append(care(doors, order_id))
        doors.world.clock.advance(seconds=waits[-1])
    assert waits == [3600, 86_400, 3 * 86_400]

    assert care(doors, order_id) == 3 * 86_400

    link = link_of(doors, order_id)
    assert link["amount"] == 3000
    doors.world.clock.advance(seconds=3 * 86_400)
    assert care(doors, order_id) == 0
    (told,) = [row for row in doors.timeline(order_id) if row["event"] == "PaymentUnpaid"]
    assert doors.stored_event(order_id, "PaymentUnpaid")["detail"]["data"]["amount"] == 3000
    assert told["command"] == "end_pay_link"
    assert doors.world.provider.amount("capture") == 0


@pytest.mark.capability("K9")
def test_a_refused_capture_is_taken_from_another_card(doors: Doors):
    order_id = doors.place(document(line("A", 3)))
    (work,) = doors.run_order_workflow(order_id)
    doors.world.provider.script.update({"capture": ["declined"] * 4})
    ship(doors, work)
    with pytest.raises(RuntimeError, match="processor_declined"):
        doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    for _ in range(3):
        doors.world.clock.advance(seconds=care(doors, order_id))
    care(doors, order_id)
    payment_id = doors.world.order(order_id).payments[0].id
    body = {"payment_id": payment_id, "provider": "strict", "token": "tok_2"}

    paid = doors.api("payments").post(f"/v1/orders/{order_id}/payments", body)

    assert (paid.status, set(paid.body)) == (202, {"order_id", "payment_id"})
    assert doors.see(order_id)["payment_status"] == "CAPTURED"
    assert (doors.world.provider.amount("capture"), doors.world.provider.amount("void")) == (3000, 3000)
    assert care(doors, order_id) == 0


@pytest.mark.capability("K3")
def test_a_customer_who_does_not_confirm_in_a_day_is_asked_for_another_card(doors: Doors):
    order_id = doors.place(document(line("A", 3)))
    doors.task("source_order", order_id=order_id)
    doors.world.provider.script.update({"authorize": ["action"]})
    assert doors.task("authorize_payment", order_id=order_id)["outcome"] == "PENDING"
    assert care(doors, order_id) == 86_400
    doors.world.clock.advance(days=1)

    assert care(doors, order_id) == 3 * 86_400

    assert doors.see(order_id)["payment_status"] == "FAILED"
    assert link_of(doors, order_id)["amount"] == 3000


def test_a_payment_that_waits_for_nothing_needs_no_workflow(doors: Doors):
    order_id = doors.place(document(line("A", 3)))
    (work,) = doors.run_order_workflow(order_id)
    ship(doors, work)
    doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)

    assert care(doors, order_id) == 0

    body = {"payment_id": doors.world.order(order_id).payments[0].id, "provider": "strict", "token": "tok_2"}
    refused = doors.api("payments").post(f"/v1/orders/{order_id}/payments", body)
    assert (refused.status, refused.body["code"]) == (409, "action_not_available")
    assert doors.world.provider.amount("authorize") == 3000
    unknown = doors.api("payments").get("/v1/pay-links/acme.pay_01J00000000000000000000000")
    assert unknown.status == 404


@pytest.mark.capability("K3")
def test_goods_that_never_leave_are_held_for_so_long_and_then_a_person_decides(doors: Doors, monkeypatch):
    order_id = doors.place(document(line("A", 3)))
    doors.run_order_workflow(order_id)
    for _ in range(4):
        held_until = doors.world.clock.now() + timedelta(days=7)
        monkeypatch.setattr(scripted_provider, "CAPTURE_BEFORE", held_until)
        doors.world.clock.advance(seconds=care(doors, order_id))
    assert care(doors, order_id) == 0
    payment = doors.world.order(order_id).payments[0]
    assert (payment.attempt, payment.state.value) == (5, "AUTHORIZED")
    doors.world.provider.expire(str(payment.psp_reference))

    sent = hint(str(payment.psp_reference), order_id, payment.id).replace("payment.captured", "payment.expired")
    assert send(doors, sent).body == {"done": "looked up"}

    assert doors.see(order_id)["status"] == "PENDING_REVIEW"
    assert care(doors, order_id) == 0
    body = {"payment_id": payment.id, "provider": "strict", "token": "tok_2"}
    assert doors.api("payments").post(f"/v1/orders/{order_id}/payments", body).status == 202
    assert doors.see(order_id)["status"] == "CONFIRMED"

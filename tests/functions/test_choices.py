"""What a customer decides by a link: about units that wait, that a store gave up, or that a node would replace."""

from __future__ import annotations

from typing import Any

import pytest

from oms.orders.quantities import quantities
from tests.choice_doors import BACKORDER, REJECTION, Choices, choices
from tests.functions.test_strategies import hold
from tests.notice_doors import CUSTOMER, Notices, notices
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["choices", "doors", "notices", "world"]
WAITS = {"id": "waits", "otherwise": "backorder", "cancel_after_days": 14}
CUP = [{"sku": "A", "currency": "USD", "by": [{"sku": "B", "unit_price": 800}, {"sku": "C", "unit_price": 1500}]}]
HOME = {"city": "New York", "postal_code": "10003", "country": "US"}


def states(doors: Doors, order_id: str, line_no: int = 1) -> dict[str, int]:
    order = doors.world.order(order_id)
    return quantities(order, order.line(line_no))


def waiting(choices: Choices, *more: dict[str, Any], units: int = 23, **changes: Any) -> str:
    """A sourced and paid order of which three units of A wait."""
    hold(choices.doors, WAITS)
    order_id = choices.doors.place(document(line("A", units), *more, **changes))
    choices.doors.run_order_workflow(order_id)
    choices.hear()
    return order_id


def rejected(choices: Choices, **more: Any) -> tuple[str, str]:
    """An order of two units that S1 was to hand over and that it has not got."""
    order_id = choices.doors.place(document(line("A", 2, method="pickup", pickup_node="S1", **more)))
    (work,) = choices.doors.run_order_workflow(order_id)
    choices.doors.world.act(work, "reject", reason="out_of_stock")
    assert choices.doors.task("reroute_fulfillment", fulfillment_order_id=work, reason="REJECTED")["rerouted"] is False
    choices.doors.task("escalate_fulfillment", fulfillment_order_id=work, reason="REJECTED")
    choices.hear()
    return order_id, work


@pytest.mark.capability("I6")
def test_the_customer_is_asked_once_what_becomes_of_units_that_wait(choices: Choices):
    choices.rules(BACKORDER, substitutes=CUP)
    order_id = waiting(choices)
    choices.hear()
    (offered,) = choices.offered(order_id)
    assert (offered["kind"], offered["line_no"], offered["quantity"], offered["otherwise"]) == (
        "BACKORDER",
        1,
        3,
        "cancel",
    )
    assert (offered["options"], offered["substitutes"]) == (
        ["wait", "substitute", "cancel"],
        [{"sku": "B", "unit_price": 800}],
    )
    assert (offered["expires_at"], len(offered["choice_link"])) == ("2026-11-25T12:00:00.000Z", 35)
    page = choices.page(offered)
    assert page == {
        "state": "OPEN",
        "kind": "BACKORDER",
        "sku": "A",
        "description": None,
        "quantity": 3,
        "options": ["wait", "substitute", "cancel"],
        "substitutes": [{"sku": "B", "unit_price": 800}],
        "currency": "USD",
        "expires_at": "2026-11-25T12:00:00.000Z",
        "otherwise": "cancel",
        "answer": None,
        "substitute": None,
    }
    rows = [row for row in choices.doors.timeline(order_id) if row["event"] == "ChoiceOffered"]
    assert ["choice_link" in row["data"] for row in rows] == [False]
    assert [one["status"] for one in choices.doors.see(order_id)["choices"]] == ["OPEN"]


@pytest.mark.capability("I6")
def test_who_waits_is_served_as_ever_and_cannot_answer_again(choices: Choices):
    choices.rules(BACKORDER)
    order_id = waiting(choices)
    (offered,) = choices.offered(order_id)
    answered = choices.answer(offered, {"option": "wait"}, key="k")
    assert (answered.status, answered.body["state"], answered.body["answer"]) == (200, "ANSWERED", "wait")
    assert choices.answer(offered, {"option": "wait"}, key="k").body == answered.body
    with choices.doors.world.unchanged():
        late = choices.answer(offered, {"option": "cancel"})
        assert (late.status, late.body["code"]) == (409, "choice_over")
        assert late.body["detail"] == "It was decided at 2026-11-23T12:00:00.000Z: wait."
    choices.later(hours=49)
    assert states(choices.doors, order_id) == {"released": 20, "backordered": 3}
    # What was said once is not asked again.
    choices.hear()
    assert len(choices.offered(order_id)) == 1


@pytest.mark.capability("I6")
def test_who_cancels_pays_nothing_for_it_and_all_of_the_money_is_released(choices: Choices):
    choices.rules(BACKORDER)
    choices.doors.world.add_item("NEW", {})
    hold(choices.doors, WAITS)
    order_id = choices.doors.place(document(line("NEW", 2)))
    choices.doors.run_order_workflow(order_id)
    choices.hear()
    (offered,) = choices.offered(order_id)
    assert choices.answer(offered, {"option": "cancel"}).status == 200
    assert states(choices.doors, order_id) == {"cancelled": 2}
    choices.doors.world.release_payment(order_id)
    seen = choices.doors.see(order_id)
    assert (seen["status"], seen["payment_status"]) == ("CANCELLED", "VOIDED")
    assert seen["cancellations"] == [{"line_no": 1, "quantity": 2, "reason": "customer_choice"}]
    told = choices.doors.stored_event(order_id, "ChoiceAnswered")["detail"]["data"]
    assert (told["option"], told["quantity"], told["taken_by"], told["asked"]) == ("cancel", 2, "customer", "link")


@pytest.mark.capability("I6", "G8")
def test_a_substitute_goes_at_its_lower_price_and_takes_the_place_of_what_waits(choices: Choices):
    choices.rules(BACKORDER, substitutes=CUP)
    order_id = waiting(choices, units=23)
    (offered,) = choices.offered(order_id)
    answered = choices.answer(offered, {"option": "substitute", "sku": "B"})
    assert (answered.status, answered.body["substitute"]) == (200, "B")
    assert states(choices.doors, order_id) == {"released": 20, "cancelled": 3}
    seen = choices.doors.see(order_id)
    assert [(one["sku"], one["quantity"], one["unit_price"], one["total"]) for one in seen["lines"]] == [
        ("A", 23, 1000, 23_000),
        ("B", 3, 800, 2_400),
    ]
    told = choices.doors.stored_event(order_id, "OrderLineSubstituted")["detail"]["data"]
    assert (told["from_sku"], told["sku"], told["quantity"], told["difference"]) == ("A", "B", 3, -600)
    works = [work.id for work in choices.doors.world.order(order_id).fulfillment_orders]
    assert told["fulfillment_order_ids"] == works[-1:]
    choices.doors.run_order_workflow(order_id)
    for work in works:
        for verb in ("accept", "pick", "pack", "ship"):
            choices.doors.world.act(work, verb)
        choices.doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    choices.doors.world.release_payment(order_id)
    seen = choices.doors.see(order_id)
    assert (seen["status"], seen["payment_status"]) == ("COMPLETED", "CAPTURED")
    assert choices.doors.world.provider.amount("capture") == 22_400


@pytest.mark.capability("I6")
@pytest.mark.parametrize(
    ("otherwise", "after"), [("wait", {"backordered": 3}), ("cancel", {"cancelled": 3})], ids=["waits", "cancels"]
)
def test_without_an_answer_the_rule_decides_once(choices: Choices, otherwise: str, after: dict[str, int]):
    choices.rules({**BACKORDER, "otherwise": otherwise})
    order_id = waiting(choices)
    (offered,) = choices.offered(order_id)
    with choices.doors.world.unchanged():
        choices.clock()
    choices.doors.world.clock.advance(hours=48)
    with choices.doors.world.unchanged():
        late = choices.answer(offered, {"option": "wait"})
        assert (late.status, late.body["code"]) == (409, "choice_over")
        assert late.body["detail"] == f"Nobody answered by 2026-11-25T12:00:00.000Z, which means: {otherwise}."
    assert choices.page(offered)["state"] == "EXPIRED"
    for _ in range(2):
        choices.clock()
    assert states(choices.doors, order_id) == {"released": 20, **after}
    assert choices.doors.world.events(order_id).count("ChoiceExpired") == 1
    assert [one["status"] for one in choices.doors.see(order_id)["choices"]] == ["EXPIRED"]
    assert choices.page(offered)["options"] == []


@pytest.mark.capability("I6")
def test_there_is_nothing_to_decide_about_units_that_came(choices: Choices):
    choices.rules(BACKORDER)
    order_id = waiting(choices)
    (offered,) = choices.offered(order_id)
    choices.doors.world.receive("A", "DC1", 3)
    choices.stock_came("A")
    assert states(choices.doors, order_id) == {"released": 20, "allocated": 3}
    with choices.doors.world.unchanged():
        late = choices.answer(offered, {"option": "cancel"})
        assert (late.status, late.body["code"]) == (409, "choice_over")
        assert late.body["detail"] == "What it was about has come, has gone another way or was cancelled."
    assert choices.page(offered)["state"] == "WITHDRAWN"
    choices.later(hours=49)
    assert [one["status"] for one in choices.doors.see(order_id)["choices"]] == ["WITHDRAWN"]
    assert choices.doors.world.events(order_id)[-1] == "ChoiceWithdrawn"


@pytest.mark.capability("I6")
def test_nobody_is_asked_without_a_rule_and_of_another_channel(choices: Choices):
    choices.rules({**BACKORDER, "channels": ["app"]})
    order_id = waiting(choices)
    assert choices.offered(order_id) == []
    assert choices.doors.see(order_id)["choices"] == []


@pytest.mark.capability("I6", "F10")
def test_what_a_choice_does_not_offer_is_refused_and_changes_nothing(choices: Choices):
    choices.rules(BACKORDER, REJECTION, substitutes=CUP)
    order_id = waiting(choices)
    (offered,) = choices.offered(order_id)
    wrong: list[tuple[dict[str, Any], int, str, str]] = [
        ({"option": "ship", "ship_to": HOME}, 422, "option_not_offered", "/option"),
        ({"option": "substitute"}, 422, "option_not_offered", "/sku"),
        ({"option": "substitute", "sku": "C"}, 422, "option_not_offered", "/sku"),
        ({"option": "wait", "sku": "B"}, 422, "option_not_offered", "/sku"),
    ]
    for body, status, code, pointer in wrong:
        with choices.doors.world.unchanged():
            refused = choices.answer(offered, body)
            assert (refused.status, refused.body["code"], refused.pointers) == (status, code, [pointer]), body
    choices.doors.world.cancel(order_id, {1: 20})
    with choices.doors.world.unchanged():
        unknown = choices.doors.api("change_orders").get("/v1/choices/acme.chc_01ARZ3NDEKTSV4RRFFQ69G5FAV")
        assert (unknown.status, unknown.body["code"]) == (404, "not_found")


@pytest.mark.capability("F10")
def test_after_a_store_reject_the_customer_picks_another_store(choices: Choices):
    choices.rules(REJECTION)
    order_id, _ = rejected(choices)
    (offered,) = choices.offered(order_id)
    assert (offered["kind"], offered["quantity"], offered["options"]) == ("REJECTION", 2, ["pickup", "ship", "cancel"])
    with choices.doors.world.unchanged():
        refused = choices.answer(offered, {"option": "pickup"})
        assert (refused.status, refused.pointers) == (422, ["/pickup_node"])
        refused = choices.answer(offered, {"option": "pickup", "pickup_node": "S1"})
        assert (refused.status, refused.body["code"], refused.pointers) == (409, "out_of_stock", ["/option"])
    assert choices.answer(offered, {"option": "pickup", "pickup_node": "S2"}).status == 200
    (work,) = choices.doors.run_order_workflow(order_id)
    assert choices.doors.world.work(work).node_id == "S2"
    for verb in ("accept", "stage", "hand-over"):
        choices.doors.world.act(work, verb)
    choices.doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    seen = choices.doors.see(order_id)
    assert (seen["status"], seen["payment_status"]) == ("COMPLETED", "CAPTURED")
    assert [one["answer"]["option"] for one in seen["choices"]] == ["pickup"]


@pytest.mark.capability("F10")
def test_after_a_store_reject_the_customer_has_it_sent_or_cancels(choices: Choices):
    choices.rules(REJECTION)
    order_id, _ = rejected(choices)
    (offered,) = choices.offered(order_id)
    assert choices.answer(offered, {"option": "ship", "ship_to": HOME}).status == 200
    (work,) = choices.doors.run_order_workflow(order_id)
    assert (choices.doors.world.work(work).node_id, choices.doors.world.work(work).method) == ("DC1", "ship")

    order_id = choices.doors.place(
        document(line("C", 2, method="pickup", pickup_node="S1"), external_id="second", cards=[2000])
    )
    (work,) = choices.doors.run_order_workflow(order_id)
    choices.doors.world.act(work, "reject", reason="out_of_stock")
    choices.doors.task("escalate_fulfillment", fulfillment_order_id=work, reason="REJECTED")
    choices.hear()
    (offered,) = choices.offered(order_id)
    assert choices.answer(offered, {"option": "cancel"}).status == 200
    choices.doors.world.release_payment(order_id)
    seen = choices.doors.see(order_id)
    assert (seen["status"], seen["payment_status"]) == ("CANCELLED", "VOIDED")


@pytest.mark.capability("I6")
def test_the_customer_gets_the_link_by_mail(choices: Choices, notices: Notices):
    choices.rules(BACKORDER)
    notices.rules(shop="Acme", choice_page="https://shop.example/choose/$name")
    order_id = waiting(choices, customer=CUSTOMER)
    notices.hear(times=2)
    (offered,) = choices.offered(order_id)
    (letter,) = [one for one in notices.letters if one.subject.startswith("Please decide")]
    assert f"https://shop.example/choose/{offered['choice_link']}" in letter.text
    assert "3 × A" in letter.text
    assert ("choice", "SENT", None) in notices.states(order_id)


@pytest.mark.capability("I6")
def test_without_a_page_for_the_link_no_mail_is_written(choices: Choices, notices: Notices):
    choices.rules(BACKORDER)
    order_id = waiting(choices, customer=CUSTOMER)
    notices.hear()
    assert ("choice", "SUPPRESSED", "NO_CHOICE_PAGE") in notices.states(order_id)

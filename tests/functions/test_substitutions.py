"""A node offers something else in place of units: never dearer, only with the customer's word, and removable."""

from __future__ import annotations

from typing import Any

import pytest

from tests.choice_doors import BACKORDER, SUBSTITUTION, Choices, choices
from tests.functions.conftest import Answer
from tests.order_doors import doors
from tests.order_world import document, line, world

__all__ = ["choices", "doors", "world"]
MAY_REPLACE = [
    {"sku": "A", "currency": "USD", "by": [{"sku": "B", "unit_price": 800}, {"sku": "C", "unit_price": 1500}]},
    {"sku": "A", "currency": "EUR", "by": [{"sku": "C", "unit_price": 1}]},
]


def collected(choices: Choices, **more: Any) -> tuple[str, str]:
    """Three units of A that S1 hands over; its associate picks them."""
    order_id = choices.doors.place(document(line("A", 3, method="pickup", pickup_node="S1", **more)))
    (work,) = choices.doors.run_order_workflow(order_id)
    choices.doors.world.act(work, "accept")
    return order_id, work


def offer(choices: Choices, work: str, line_no: int = 1, quantity: int = 2, **more: Any) -> Answer:
    """What the associate offers."""
    body = {"line_no": line_no, "quantity": quantity, **more}
    scopes = ("fulfillment.write", "node.S1")
    api = choices.doors.api("change_orders")
    return api.send("POST", f"/v1/fulfillment-orders/{work}/substitutions", body, scopes=scopes)


def told_at_the_counter(choices: Choices, work: str, choice_id: str, body: dict[str, Any], node: str = "S1") -> Answer:
    """What the associate says that the customer has decided."""
    path = f"/v1/fulfillment-orders/{work}/choices/{choice_id}/answer"
    scopes = ("fulfillment.write", f"node.{node}")
    return choices.doors.api("change_orders").send("POST", path, body, scopes=scopes)


@pytest.mark.capability("G8", whole=True)
def test_the_customer_approves_by_link_and_pays_less(choices: Choices):
    """A tax and a discount fall with the price; what is removed again before it is packed costs nothing."""
    choices.rules(SUBSTITUTION, substitutes=MAY_REPLACE)
    order_id, work = collected(choices, tax=90, off=30)
    made = offer(choices, work)
    assert made.status == 200
    (choice,) = made.body["choices"]
    # What is dearer is not offered.
    assert (choice["substitutes"], choice["quantity"]) == ([{"sku": "B", "unit_price": 800}], 2)
    with choices.doors.world.unchanged():
        again = offer(choices, work)
        assert (again.status, again.body["code"], again.pointers) == (409, "already_asked", ["/line_no"])
    (offered,) = choices.offered(order_id)
    # Nothing changes without the customer's word.
    assert choices.doors.see(order_id)["lines"][0]["quantities"] == {"released": 3}
    assert choices.answer(offered, {"option": "substitute", "sku": "B"}).status == 200
    seen = choices.doors.see(order_id)
    assert [(one["sku"], one["quantity"], one["quantities"], one["total"]) for one in seen["lines"]] == [
        ("A", 3, {"released": 1, "cancelled": 2}, 3_060),
        ("B", 2, {"allocated": 2}, 1_632),
    ]
    assert (seen["lines"][1]["discounts"], seen["lines"][1]["tax"]) == ([{"amount": 16, "source": "promo-1"}], 48)
    (new,) = choices.doors.run_order_workflow(order_id)
    assert (choices.doors.world.work(new).node_id, choices.doors.world.work(new).method) == ("S1", "pickup")
    choices.doors.world.act(new, "accept")
    removed = choices.doors.api("change_orders").post(
        f"/v1/orders/{order_id}/cancellations",
        {"reason": "not_wanted", "lines": [{"line_no": 2, "quantity": 1}]},
    )
    assert removed.status == 202
    choices.doors.world.act(new, "cancel-response", accepted=True)
    for one in (work, new):
        for verb in ("pick", "stage", "hand-over"):
            choices.doors.world.act(one, verb)
        choices.doors.task("capture_payment", order_id=order_id, fulfillment_order_id=one)
    choices.doors.world.release_payment(order_id)
    seen = choices.doors.see(order_id)
    assert [one["quantities"] for one in seen["lines"]] == [
        {"collected": 1, "cancelled": 2},
        {"collected": 1, "cancelled": 1},
    ]
    assert (seen["status"], seen["payment_status"]) == ("COMPLETED", "CAPTURED")
    # A third of 3,060 and half of 1,632.
    assert choices.doors.world.provider.amount("capture") == 1_020 + 816


@pytest.mark.capability("G8")
def test_the_associate_asks_at_the_counter_and_is_recorded(choices: Choices):
    choices.rules({**SUBSTITUTION, "dearer": "ordered_price"}, substitutes=MAY_REPLACE)
    order_id, work = collected(choices)
    (choice,) = offer(choices, work, quantity=3, substitutes=["C"]).body["choices"]
    assert choice["substitutes"] == [{"sku": "C", "unit_price": 1000}]
    said = {"option": "substitute", "sku": "C", "asked": "in_person"}
    with choices.doors.world.unchanged():
        foreign = told_at_the_counter(choices, work, choice["id"], said, node="S2")
        assert (foreign.status, foreign.body["code"]) == (404, "not_found")
        unknown = told_at_the_counter(choices, work, "chc_1", said)
        assert (unknown.status, unknown.body["code"]) == (404, "not_found")
    assert told_at_the_counter(choices, work, choice["id"], said).status == 200
    told = choices.doors.stored_event(order_id, "ChoiceAnswered")["detail"]["data"]
    assert (told["asked"], told["taken_by"], told["option"], told["substitute"]) == (
        "in_person",
        "client-1",
        "substitute",
        "C",
    )
    seen = choices.doors.see(order_id)
    # Dearer goods at the price of what was ordered.
    assert [(one["sku"], one["total"], one["quantities"]) for one in seen["lines"]] == [
        ("A", 3000, {"cancelled": 3}),
        ("C", 3000, {"allocated": 3}),
    ]
    assert choices.doors.world.work(work).status.value == "CANCELLED"
    assert choices.doors.world.stock("A", "S1").available == 5
    # The link says what happened.
    (offered,) = choices.offered(order_id)
    with choices.doors.world.unchanged():
        assert choices.answer(offered, {"option": "cancel"}).body["code"] == "choice_over"
    assert choices.page(offered)["answer"] == "substitute"


@pytest.mark.capability("G8")
@pytest.mark.parametrize(("option", "left"), [("wait", 3), ("cancel", 1)], ids=["keeps", "removes"])
def test_who_does_not_want_it_keeps_what_was_ordered_or_does_without(choices: Choices, option: str, left: int):
    choices.rules(SUBSTITUTION, substitutes=MAY_REPLACE)
    order_id, work = collected(choices)
    offer(choices, work)
    (offered,) = choices.offered(order_id)
    assert choices.answer(offered, {"option": option}).status == 200
    for verb in ("pick", "stage", "hand-over"):
        choices.doors.world.act(work, verb)
    choices.doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    assert choices.doors.world.provider.amount("capture") == 1000 * left
    assert choices.doors.world.stock("A", "S1").on_hand == 5 - left


@pytest.mark.capability("G8")
def test_nothing_is_offered_that_no_rule_allows_or_that_is_picked(choices: Choices):
    choices.rules(SUBSTITUTION, BACKORDER, substitutes=MAY_REPLACE)
    order_id = choices.doors.place(
        document(line("A", 3, method="pickup", pickup_node="S1"), line("B", 1, method="pickup", pickup_node="S1"))
    )
    (work,) = choices.doors.run_order_workflow(order_id)
    choices.doors.world.act(work, "accept")
    choices.doors.world.act(work, "pick", {1: 2})
    with choices.doors.world.unchanged():
        for refused, status, code, pointer in (
            (offer(choices, work, 2, 1), 409, "no_substitute", "/line_no"),
            (offer(choices, work, 3, 1), 422, "unknown_line", "/line_no"),
            (offer(choices, work, 1, 2), 409, "action_not_available", "/quantity"),
            (offer(choices, work, 1, 1, substitutes=["B", "C"]), 422, "no_substitute", "/substitutes/1"),
            (offer(choices, "ful_0_1", 1, 1), 404, "not_found", None),
        ):
            assert refused.status == status, refused.body
            assert refused.body["code"] == code if pointer is None else refused.body["errors"][0]["code"] == code
            assert refused.pointers == ([pointer] if pointer else [])
    # What was picked after it was offered is not replaced any more.
    offer(choices, work, 1, 1)
    choices.doors.world.act(work, "pick", {1: 1, 2: 1})
    (offered,) = choices.offered(order_id)
    with choices.doors.world.unchanged():
        assert choices.answer(offered, {"option": "substitute", "sku": "B"}).body["code"] == "choice_over"


@pytest.mark.capability("G8")
def test_a_substitute_that_the_node_has_not_got_is_refused(choices: Choices):
    choices.rules(SUBSTITUTION, substitutes=[{"sku": "A", "currency": "USD", "by": [{"sku": "D", "unit_price": 900}]}])
    choices.doors.world.add_item("D", {"DC1": 5, "S2": 5})
    order_id, work = collected(choices)
    offer(choices, work)
    (offered,) = choices.offered(order_id)
    with choices.doors.world.unchanged():
        refused = choices.answer(offered, {"option": "substitute", "sku": "D"})
        assert (refused.status, refused.body["code"], refused.pointers) == (409, "out_of_stock", ["/option"])
    choices.doors.world.receive("D", "S1", 2)
    assert choices.answer(offered, {"option": "substitute", "sku": "D"}).status == 200

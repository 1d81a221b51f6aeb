"""Stories of gift cards, for the crash points."""

from __future__ import annotations

from typing import Any

from tests.simulation.directed import People
from tests.simulation.telling import story
from tests.simulation.world import line

SALE = {"currency": "USD", "selling_node": "albany", "channel": "store"}


@story
def a_gift_card_pays(people: People) -> None:
    """Beside a payment card: a unit is cancelled, the rest is shipped, and what an old card had left is income."""
    card = sold(people, 1_800)
    payments = [gift(card, 1_400), {"provider": "strict", "token": "tok_visa", "amount": 700}]
    order_id = people.place("o-1", line("MUG", 3), payments=payments)
    work_id = people.released(order_id)
    people.cancel(order_id, [{"line_no": 1, "quantity": 2}])
    people.simulation.sleep(30)
    people.do(work_id, "ship")
    people.until(order_id, payment_status="CAPTURED")
    old = sold(people, 500, expires_on="2026-11-01")
    refused = people.place("o-2", line("MUG"), payments=[gift(old, 700)])
    people.until(refused, status="PENDING_REVIEW")
    people.review(refused, "cancel")
    people.send("POST", f"/v1/gift-cards/{old}/breakage", {"reason": "expired"})
    people.send("GET", f"/v1/gift-cards/{card}")
    people.simulation.sleep(30)


@story
def a_gift_card_gets_its_money_back(people: People) -> None:
    """Of two units one comes back, its money goes back to the card, and the card pays with it once more."""
    card = sold(people, 1_400)
    order_id = people.place("o-1", line("MUG", 2), payments=[gift(card, 1_400)])
    people.do(people.released(order_id), "ship")
    people.until(order_id, payment_status="CAPTURED")
    unit = {"node_id": "albany", "reason": "too_small", "lines": [{"line_no": 1, "quantity": 1}]}
    people.send("POST", f"/v1/orders/{order_id}/returns", unit)
    people.until(order_id, payment_status="PARTIALLY_REFUNDED")
    again = people.place("o-2", line("MUG"), payments=[gift(card, 700)])
    people.do(people.released(again), "ship")
    people.until(again, payment_status="CAPTURED")
    people.simulation.sleep(30)


@story
def a_gift_card_when_the_provider_tells(people: People) -> None:
    """Nobody knows whether the payment card is held until its provider says so; then the gift card is."""
    simulation = people.simulation
    spawn = simulation.provider._spawn

    def later(event: Any, tried: Any) -> None:
        simulation.scheduler.after(700, lambda: spawn(event, tried))

    simulation.provider._spawn = later
    simulation.before_call("authorize_payment", 3, "broken")
    tenders = [{"provider": "strict", "token": "tok_error_after_effect", "amount": 350}, gift(sold(people, 350), 350)]
    people.do(people.released(people.place("o-1", line("MUG"), payments=tenders)), "ship")


@story
def a_gift_card_when_its_run_was_stopped(people: People) -> None:
    """The run that would redeem it is gone; the recovery redeems it."""
    simulation = people.simulation
    order_id = people.place("o-1", line("MUG"), payments=[gift(sold(people, 700), 700)])
    work_id = people.released(order_id)
    simulation.runs.tokens.clear()
    people.do(work_id, "ship")
    simulation.sleep(10)
    for _ in range(4):
        simulation.ring("RecoverSagas")
        simulation.sleep(300)


@story
def paid_for_when_it_is_ready(people: People) -> None:
    """Two tenders, of which one pays when the goods wait at the counter, and the other when they are collected."""
    card = {"provider": "strict", "token": "tok_visa"}
    payments = [{**card, "amount": 1_000, "capture_on": "ready"}, {**card, "amount": 400}]
    collected = line("MUG", 2, method="pickup", pickup_node="albany")
    order_id = people.place("o-1", collected, payments=payments)
    work_id = people.released(order_id)
    people.do(work_id, "stage")
    people.simulation.sleep(30)
    people.do(work_id, "hand-over")
    people.until(order_id, payment_status="CAPTURED")


def sold(people: People, amount: int, **more: Any) -> str:
    """The id of a gift card that was sold for cash."""
    body = {**SALE, "amount": amount, "tenders": [{"tender": "cash", "amount": amount}], **more}
    return str(people.send("POST", "/v1/gift-cards", body).body["id"])


def gift(card: str, amount: int) -> dict[str, Any]:
    return {"tender": "gift_card", "provider": "stored_value", "token": card, "amount": amount}

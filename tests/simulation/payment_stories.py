"""Stories of payments that wait: a pay link, another card, captures that are tried again, and what nobody pays."""

from __future__ import annotations

import json

from tests.simulation.directed import People, crash_at_write
from tests.simulation.telling import story
from tests.simulation.tender_stories import gift, sold
from tests.simulation.world import line

DAY = 86_400
DECLINED = {"provider": "strict", "token": "tok_declined"}
GOOD = {"provider": "strict", "token": "tok_visa"}


@story
def a_customer_pays_by_link(people: People) -> None:
    """The first card is declined, so is the next one; the third pays, and the link is shown and paid twice."""
    order_id = people.place("o-1", line("MUG"), payments=[{**DECLINED, "amount": 700}])
    people.until(order_id, status="PENDING_REVIEW")
    path = f"/v1/pay-links/{people.wait_for(lambda: link_of(people, order_id))}"
    people.send("GET", path)
    people.send("POST", path, {**DECLINED, "token": "tok_expired_card"})
    people.simulation.sleep(30)
    path = f"/v1/pay-links/{people.wait_for(lambda: link_of(people, order_id))}"
    for _ in range(2):
        people.simulation.http("POST", path, GOOD, "paid-by-link")
    people.do(people.released(order_id), "ship")
    people.until(order_id, payment_status="CAPTURED")


@story
def a_channel_gives_another_card(people: People) -> None:
    """The run that was to hold a gift card dies when the card before it is declined; another card comes before it is
    repeated, and the gift card is held with that."""
    crash_at_write(people.simulation, "authorize_payment", 1)
    payments = [{**DECLINED, "amount": 350}, gift(sold(people, 900), 350)]
    order_id = people.place("o-1", line("MUG"), payments=payments)
    path = f"/v1/orders/{order_id}"
    people.wait_for(lambda: people.send("GET", path).body["payments"][0]["state"] == "FAILED")
    payment = people.send("GET", path).body["payments"][0]
    for _ in range(2):
        people.send("POST", f"{path}/payments", {"payment_id": payment["id"], **GOOD}, "another-card")
    people.do(people.released(order_id), "ship")
    people.until(order_id, payment_status="CAPTURED")


@story
def nobody_pays_for_what_has_left(people: People) -> None:
    """The money of a shipment is refused at every attempt, and no other card is given in time."""
    order_id = people.place("o-1", line("MUG"), payments=[{**GOOD, "token": "tok_capture_fails", "amount": 700}])
    people.do(people.released(order_id), "ship")
    people.simulation.sleep(9 * DAY)


@story
def nobody_pays_at_all(people: People) -> None:
    """A declined order is cancelled when its link is over, and another one waits for a customer who never confirms."""
    people.place("o-1", line("MUG"), payments=[{**DECLINED, "amount": 700}])
    people.place("o-2", line("MUG"), payments=[{**GOOD, "token": "tok_3ds", "amount": 700}])
    people.simulation.sleep(5 * DAY)


def link_of(people: People, order_id: str) -> str | None:
    """The name of the newest pay link of an order that can still be paid."""
    names = [
        json.loads(row["detail"])["data"]["name"]
        for (pk, _), row in people.simulation.rows("events").items()
        if pk.endswith(f"ORDER#{order_id}") and row["type"] == "PaymentLinkCreated"
    ]
    for name in reversed(names):
        answer = people.simulation.http("GET", f"/v1/pay-links/{name}")
        if answer.status == 200 and answer.body["state"] == "OPEN":
            return str(name)
    return None

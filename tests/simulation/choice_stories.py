"""Stories of what customers choose by a link or at the counter, for the crash points and the rights of functions."""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.crash_stories import DAY
from tests.simulation.directed import People
from tests.simulation.telling import story
from tests.simulation.world import line

ALL: dict[str, Any] = {"hours": 24, "otherwise": "cancel"}
RULES = {
    "rules": [
        {**ALL, "id": "waits", "kind": "BACKORDER", "options": ["wait", "substitute", "cancel"]},
        {**ALL, "id": "given-up", "kind": "REJECTION", "options": ["pickup", "ship", "cancel"]},
        {**ALL, "id": "instead", "kind": "SUBSTITUTION", "options": ["wait", "substitute", "cancel"]},
    ],
    "substitutes": [
        {"sku": "LAST", "currency": "USD", "by": [{"sku": "LAMP", "unit_price": 2_599}]},
        {"sku": "SCARF", "currency": "USD", "by": [{"sku": "MUG", "unit_price": 700}]},
    ],
}
HOME = {"city": "Albany", "postal_code": "12207", "country": "US"}


def rules(people: People) -> None:
    """Customers are asked, and orders may wait."""
    waits = {"scenarios": [{"id": "waits", "otherwise": "backorder", "cancel_after_days": 3}]}
    for path, content in (("/v1/choice-rules/usual", RULES), ("/v1/sourcing/strategies/waits", waits)):
        people.send("PUT", path, content)
        people.send("POST", f"{path}/promotions", {"number": 1}, version=1)


def link(people: People, order_id: str) -> str:
    """The path of the link that the customer of an order was told last."""

    def told() -> list[str]:
        rows = [row for row in people.simulation.rows("events").values() if row["type"] == "ChoiceOffered"]
        data = [json.loads(row["detail"])["data"] for row in rows]
        return [one["choice_link"] for one in data if one["order_id"] == order_id]

    return f"/v1/choices/{people.wait_for(told)[-1]}"


@story
def a_customer_takes_something_else(people: People) -> None:
    """One of two units waits; a lamp goes in its place."""
    rules(people)
    order_id = people.place("o-1", line("LAST", 2))
    path = link(people, order_id)
    people.send("GET", path)
    people.send("POST", path, {"option": "substitute", "sku": "LAMP"})
    people.send("POST", path, {"option": "wait"})
    for _ in range(2):
        people.do(people.released(order_id), "ship")
    people.until(order_id, payment_status="CAPTURED", status="COMPLETED")


@story
def nobody_answers(people: People) -> None:
    """Both units of the order that nobody has are cancelled when its time is over."""
    rules(people)
    order_id = people.place("o-1", line("LAST", 2))
    link(people, order_id)
    people.do(people.released(order_id), "ship")
    people.wait_for(lambda: people.header(order_id)["status"] == "COMPLETED", 2 * DAY)


@story
def a_store_has_not_got_it(people: People) -> None:
    """What was to be collected is sent from elsewhere, as the customer chooses."""
    rules(people)
    order_id = people.place("o-1", line("SCARF", 1, method="pickup", pickup_node="albany"))
    people.do(people.released(order_id), "reject", reason="out_of_stock")
    people.send("POST", link(people, order_id), {"option": "ship", "ship_to": HOME})
    people.do(people.released(order_id), "ship")
    people.until(order_id, payment_status="CAPTURED", status="COMPLETED")


@story
def an_associate_asks_at_the_counter(people: People) -> None:
    """A mug in place of a scarf, said by the associate."""
    rules(people)
    order_id = people.place("o-1", line("SCARF", 1, method="pickup", pickup_node="albany"))
    work_id = people.released(order_id)
    offered = people.send("POST", f"/v1/fulfillment-orders/{work_id}/substitutions", {"line_no": 1, "quantity": 1})
    choice = offered.body["choices"][0]["id"]
    said = {"option": "substitute", "sku": "MUG", "asked": "in_person"}
    people.send("POST", f"/v1/fulfillment-orders/{work_id}/choices/{choice}/answer", said)
    people.do(people.released(order_id), "stage", "hand-over")
    people.until(order_id, payment_status="CAPTURED", status="COMPLETED")

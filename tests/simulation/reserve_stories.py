"""Stories of goods that are reserved online and paid for in a store, or go another way, for the crash points."""

from __future__ import annotations

from typing import Any

from tests.simulation.cash_stories import say
from tests.simulation.directed import People
from tests.simulation.many_items import node_document
from tests.simulation.telling import story
from tests.simulation.till_stories import TILL, TRANSACTIONS, sale
from tests.simulation.till_stories import line as line_of_till
from tests.simulation.world import line

HERE = {**TILL, "node_id": "albany"}
RULES = "/v1/pay-in-store/usual"
HOURS = 48


def reserved(people: People, external_id: str, units: int, counted_from: str = "placed") -> str:
    """An order of so many mugs that albany hands over and sells; its id."""
    held = {"channel": "web", "currency": "USD", "most": 9_000, "hours": HOURS, "counted_from": counted_from}
    people.send("PUT", f"{RULES}-{external_id}", {"holds": [held]})
    people.send("POST", f"{RULES}-{external_id}/promotions", {"number": 1}, version=1)
    mugs = line("MUG", units, method="pickup", pickup_node="albany")
    paid = [{"tender": "pay_in_store", "provider": "till", "amount": mugs["total"]}]
    return people.place(external_id, mugs, selling_node="albany", payments=paid)


def sold(units: int, *others: dict[str, Any]) -> dict[str, Any]:
    price = line("MUG")["total"]
    return sale(line_of_till("MUG", units, price, order_line_no=1), *others)


@story
def a_till_sells_what_was_reserved(people: People) -> None:
    """Over HTTP: a part of it with other goods, twice; another sale of the same comes too late."""
    order_id = reserved(people, "r-1", 2)
    people.do(people.released(order_id), "accept", "stage")
    named = {"reserved_order": {"channel": "web", "external_id": "r-1"}}
    for _ in range(2):
        people.send("POST", TRANSACTIONS, {**HERE, **sold(1, line_of_till("SCARF", 1)), **named, "sequence": 1})
    people.until(order_id, status="COMPLETED")
    people.simulation.http("POST", TRANSACTIONS, {**HERE, **sold(1), **named, "sequence": 2}, "late")
    people.simulation.sleep(30)


@story
def a_store_tells_of_what_was_reserved(people: People) -> None:
    """On the store bus, before the node has said anything of its work."""
    order_id = reserved(people, "r-1", 1, counted_from="ready")
    people.released(order_id)
    named = {"reserved_order": {"channel": "web", "external_id": "r-1"}}
    for _ in range(2):
        say(people, "RecordPosTransaction", "t-1", **TILL, **sold(1), **named, sequence=1)
    people.until(order_id, status="COMPLETED")
    people.simulation.sleep(30)


@story
def nobody_comes_for_what_was_reserved(people: People) -> None:
    """The goods lie at the counter until their time is over, and are free then."""
    order_id = reserved(people, "r-1", 2)
    people.do(people.released(order_id), "accept", "stage")
    people.simulation.sleep(HOURS * 3_600)
    people.until(order_id, status="CANCELLED")
    people.simulation.sleep(30)


@story
def a_customer_has_it_sent(people: People) -> None:
    """What was to be collected is sent: a part that nobody has picked, and a part after its node has accepted.

    The node has limits to what it takes on.
    """
    node = node_document("albany")
    limits = [{"of": "orders", "per": "day", "most": 9}]
    put = {name: node[name] for name in node if name != "id"}
    people.send("PUT", "/v1/nodes/albany", {**put, "capacity": limits}, version=1)
    people.simulation.sleep(61)
    order_id = people.place("r-1", line("MUG", 3, method="pickup", pickup_node="albany"))
    work = people.released(order_id)
    path, home = f"/v1/orders/{order_id}/method-changes", {"city": "Albany", "postal_code": "12207", "country": "US"}
    way = {"reason": "customer", "method": "ship", "ship_to": home, "lines": [{"line_no": 1, "quantity": 1}]}
    people.send("POST", path, way)
    people.do(work, "accept")
    people.send("POST", path, way)
    people.do(work, "stage", "hand-over")
    for _ in range(2):
        people.do(people.released(order_id), "ship")
    people.until(order_id, payment_status="CAPTURED")

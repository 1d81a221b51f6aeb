"""Stories of legs: what nodes send to each other for one customer, until it is one parcel or waits at a counter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.simulation.crash_stories import DAY
from tests.simulation.directed import People
from tests.simulation.telling import story
from tests.simulation.world import line


def leg_of(people: People, order_id: str) -> str:
    """The leg of an order, once its node has it."""
    (leg,) = people.wait_for(lambda: [one for one in people.works(order_id, "OPEN") if one.get("destination_node")])
    return str(leg["id"])


def onward(people: People, order_id: str, status: str, patience: float = DAY) -> Mapping[str, Any]:
    """The work that goes on to the customer, once it is in a state."""

    def found() -> list[Mapping[str, Any]]:
        return [one for one in people.works(order_id, status) if not one.get("destination_node")]

    (work, *_) = people.wait_for(found, patience)
    return work


@story
def through_a_hub(people: People) -> None:
    """Two nodes have it, and the customer wants one parcel."""
    order_id = people.place("o-1", line("LAMP", 3), consolidate=True)
    leg_id = leg_of(people, order_id)
    people.do(leg_id, "accept", "ship")
    people.send("GET", f"/v1/fulfillment-orders/{leg_id}")
    people.do(leg_id, "receive")
    people.do(onward(people, order_id, "OPEN")["id"], "ship")
    people.until(order_id, payment_status="CAPTURED")


@story
def lost_on_the_way(people: People) -> None:
    """Nobody else has it: what is at the hub leaves at the deadline."""
    order_id = people.place("o-1", line("LAMP", 3), consolidate=True)
    leg_id = leg_of(people, order_id)
    people.do(leg_id, "ship")
    lost = [{"line_no": 1, "quantity": 1}]
    people.do(leg_id, "receive", lost=lost, reason="lost_in_transit")
    people.do(onward(people, order_id, "OPEN", 5 * DAY)["id"], "ship")
    people.until(order_id, payment_status="PARTIALLY_CAPTURED")
    people.cancel(order_id)
    people.until(order_id, status="COMPLETED")


@story
def sent_to_the_store(people: People) -> None:
    """One of two units is cancelled on its way; the store says twice over the bus that both have arrived."""
    order_id = people.place("o-1", line("LAMP", 2, method="ship_to_store", pickup_node="albany"))
    leg_id = leg_of(people, order_id)
    people.do(leg_id, "ship")
    people.cancel(order_id, [{"line_no": 1, "quantity": 1}])
    for _ in range(2):
        content = {"fulfillment_order_id": leg_id}
        people.simulation.say("store.albany", "ReceiveFulfillmentOrder", f"{leg_id}:receive", content)
        people.simulation.sleep(5)
    people.do(onward(people, order_id, "OPEN")["id"], "accept", "stage", "hand-over")
    people.until(order_id, payment_status="CAPTURED")

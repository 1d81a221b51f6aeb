"""Stories of orders, for the crash points: with those of house_stories.py every handler makes all its calls.

What one of them asks for does not have to succeed when a call of it is broken; it has to come right in the end.
"""

from __future__ import annotations

from typing import Any

from tests.simulation.directed import SHIPPING, SHOP, People, crash_at_write
from tests.simulation.many_items import MANY, large_order, one_of_many
from tests.simulation.telling import left_undone, story
from tests.simulation.world import line

DAY = 86_400.0


@story
def one_order(people: People) -> None:
    order_id = people.place("o-1", line("MUG", 2))
    work_id = people.released(order_id)
    people.do(work_id, *SHIPPING)
    people.until(order_id, payment_status="CAPTURED")
    for path in (
        f"/v1/orders/{order_id}",
        f"/v1/orders/{order_id}/timeline",
        "/v1/orders?placed_from=2026-11-23",
        "/v1/orders?channel=web&external_id=o-1",
        f"/v1/fulfillment-orders/{work_id}",
        "/v1/fulfillment-orders?node=dc-newark&status=COMPLETED",
        "/v1/inventory/MUG",
        f"/v1/finance/journal?order_id={order_id}",
        "/v1/finance/trial-balance?entity=100&from=2026-11-23",
        "/v1/nodes",
        "/v1/nodes/albany",
        "/v1/items/MUG",
    ):
        people.send("GET", path)


@story
def two_tenders_and_postage(people: People) -> None:
    card = {"provider": "strict", "token": "tok_visa"}
    order_id = people.place(
        "o-1",
        line("SCARF", 2),
        charges=[{"kind": "shipping", "amount": 500, "tax": 40}],
        totals={"goods": 2_500, "charges": 500, "tax": 40, "total": 3_040},
        payments=[{**card, "amount": 1_040}, {**card, "amount": 2_000}],
    )
    people.do(people.released(order_id), "ship")
    people.until(order_id, payment_status="CAPTURED")


@story
def many_lines(people: People) -> None:
    """Placed as a saga, sourced in parts, cancelled in parts."""
    order_id = people.place("o-1", *(one_of_many(number) for number in range(MANY)))
    people.wait_for(lambda: people.works(order_id, "OPEN"))
    people.cancel(order_id)


@story
def abandoned_saga(people: People) -> None:
    """Its runner dies after the first chunk and nobody asks again: the recovery undoes it."""
    simulation = people.simulation
    crash_at_write(simulation, "place_order", 2)
    document = large_order()
    simulation.http("POST", "/v1/orders", document, "k-1", client=SHOP, patience=2.0)
    simulation.sleep(200)
    simulation.ring("RecoverSagas")
    simulation.sleep(60)


@story
def cancelled_before_it_is_paid(people: People) -> None:
    people.cancel(people.place("o-1", line("MUG")))


@story
def cancelled_when_nodes_have_it(people: People) -> None:
    order_id = people.place("o-1", line("MUG", 7))
    people.released(order_id)
    people.cancel(order_id, [{"line_no": 1, "quantity": 1}])
    people.cancel(order_id)
    people.until(order_id, payment_status="VOIDED")


@story
def a_node_lets_go(people: People) -> None:
    order_id = people.place("o-1", line("MUG", 2))
    work_id = people.released(order_id)
    people.do(work_id, "accept")
    people.cancel(order_id, [{"line_no": 1, "quantity": 1}])
    people.do(work_id, "cancel-response", accepted=True)
    people.do(work_id, "ship")
    people.until(order_id, status="COMPLETED")


@story
def reviewed(people: People) -> None:
    place = {"city": "New York", "region": "NY", "country": "US"}
    order_id = people.place("o-1", line("MUG"), ship_to=place)
    people.review(order_id, "accept")
    people.do(people.released(order_id), "ship")
    other = people.place("o-2", line("MUG"), ship_to=place)
    people.review(other, "cancel")


@story
def declined(people: People) -> None:
    order_id = people.place("o-1", line("MUG"), card="tok_declined")
    people.until(order_id, status="PENDING_REVIEW")
    people.review(order_id, "accept")
    people.simulation.sleep(120)
    people.until(order_id, status="PENDING_REVIEW")
    people.review(order_id, "cancel")


@story
def in_two_parcels(people: People) -> None:
    order_id = people.place("o-1", line("MUG", 3))
    work_id = people.released(order_id)
    people.do(work_id, "ship", lines=[{"line_no": 1, "quantity": 1}])
    people.until(order_id, payment_status="PARTIALLY_CAPTURED")
    people.send("POST", f"/v1/fulfillment-orders/{work_id}/ship", {}, f"{work_id}:rest", "acme-wms")
    people.until(order_id, payment_status="CAPTURED")


@story
def over_the_bus(people: People) -> None:
    order_id = people.place("o-1", line("MUG"))
    work_id = people.released(order_id)
    for verb in ("Accept", "Pick", "Pack", "Ship"):
        content = {"fulfillment_order_id": work_id}
        people.simulation.say("wms.dc-newark", f"{verb}FulfillmentOrder", f"{work_id}:{verb}", content)
        people.simulation.sleep(1)
    people.until(order_id, payment_status="CAPTURED")


@story
def collected(people: People) -> None:
    order_id = people.place("o-1", line("MUG", method="pickup", pickup_node="albany"))
    people.do(people.released(order_id), "accept", "pick", "pack", "stage", "hand-over")
    people.until(order_id, payment_status="CAPTURED")


@left_undone
def refused_by_its_node(people: People) -> None:
    order_id = people.place("o-1", line("MUG"))
    people.do(people.released(order_id), "reject", reason="damaged")
    people.wait_for(lambda: any(work.get("escalated_reason") for work in people.works(order_id)))


@story
def given_up_half_way(people: People) -> None:
    order_id = people.place("o-1", line("MUG", 2))
    work_id = people.released(order_id)
    people.do(work_id, "ship", lines=[{"line_no": 1, "quantity": 1}])
    people.until(order_id, payment_status="PARTIALLY_CAPTURED")
    people.do(work_id, "close", reason="damaged")


@story
def nobody_answers(people: People) -> None:
    order_id = people.place("o-1", line("MUG"))
    people.released(order_id)
    people.wait_for(lambda: any(work.get("escalated_reason") for work in people.works(order_id)), 2 * DAY)


@story
def capture_refused(people: People) -> None:
    for number, card in enumerate(("tok_capture_fails", "tok_capture_fails_once", "tok_capture_fails_later"), start=1):
        order_id = people.place(f"o-{number}", line("MUG"), card=card)
        people.do(people.released(order_id), "ship")
        people.simulation.sleep(60)


@left_undone
def outcome_unknown(people: People) -> None:
    for number, card in enumerate(("tok_timeout_after_effect", "tok_timeout_before_effect", "tok_slow"), start=1):
        people.place(f"o-{number}", line("MUG"), card=card)
    people.simulation.sleep(1_200)


@story
def unknown_and_cancelled(people: People) -> None:
    order_id = people.place("o-1", line("MUG"), card="tok_error_after_effect")
    people.simulation.sleep(0.5)
    people.cancel(order_id)
    people.until(order_id, payment_status="VOIDED")


@story
def asks_the_customer(people: People) -> None:
    order_id = people.place("o-1", line("MUG"), card="tok_3ds")
    people.simulation.sleep(30)
    people.cancel(order_id)


@story
def said_twice(people: People) -> None:
    """A node says everything twice, over HTTP and over the bus."""
    order_id = people.place("o-1", line("MUG"))
    work_id = people.released(order_id)
    for _ in range(2):
        people.do(work_id, "accept")
    for _ in range(2):
        content = {"fulfillment_order_id": work_id}
        people.simulation.say("wms.dc-newark", "ShipFulfillmentOrder", f"{work_id}:Ship", content)
        people.simulation.sleep(5)
    people.until(order_id, payment_status="CAPTURED")


@story
def cancelled_while_it_is_paid(people: People) -> None:
    order_id = people.place("o-1", line("MUG"), card="tok_slow")
    people.simulation.sleep(1)
    people.cancel(order_id)
    people.until(order_id, payment_status="VOIDED")


@story
def told_by_the_provider(people: People) -> None:
    """Nobody knows whether the first tender is held until the provider says so, and the second one is still to come."""
    simulation = people.simulation
    spawn = simulation.provider._spawn

    def later(event: Any, tried: Any) -> None:
        simulation.scheduler.after(700, lambda: spawn(event, tried))

    simulation.provider._spawn = later
    simulation.before_call("authorize_payment", 4, "broken")
    cards = ("tok_error_after_effect", "tok_visa")
    tenders = [{"provider": "strict", "token": card, "amount": 350} for card in cards]
    people.do(people.released(people.place("o-1", line("MUG"), payments=tenders)), "ship")


@story
def its_message_is_lost(people: People) -> None:
    """Nothing starts the workflow of an order; the recovery finds it."""
    simulation = people.simulation
    queue = simulation.queues["StartOrderWorkflowQueue"]
    queue._running = queue.feed.concurrency
    order_id = people.place("o-1", line("MUG"))
    people.wait_for(lambda: queue.messages, 60)
    queue.messages.clear()
    queue._running = 0
    for _ in range(4):
        simulation.sleep(700)
        simulation.ring("RecoverSagas")
    people.do(people.released(order_id), "ship")


@story
def shipped_when_its_run_was_stopped(people: People) -> None:
    """The run that would take the money is gone, as if somebody had stopped it; the recovery takes it."""
    simulation = people.simulation
    order_id = people.place("o-1", line("MUG", 2))
    work_id = people.released(order_id)
    simulation.runs.tokens.clear()
    people.do(work_id, "ship", lines=[{"line_no": 1, "quantity": 1}])
    simulation.sleep(10)
    for _ in range(4):
        simulation.ring("RecoverSagas")
        simulation.sleep(300)

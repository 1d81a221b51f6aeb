"""Case 28: DynamoDB refuses three calls of ten for ten minutes, and nothing is lost."""

from __future__ import annotations

from functools import partial

from tests.simulation.cases.steps import effects, later, orders_of, released, rested, ship, stock
from tests.simulation.cases.weather import throttle
from tests.simulation.world import line, order, simulated

MINUTES = 10
ORDERS = 6
MESSAGES = 30
# Of one call with all its own repeats; DynamoDB's client has repeats of its own before these.
MOST_CALLS = 40
LATER = ("source_order", "authorize_payment", "release_fulfillment", "post_ledger", "inventory_stream")


def test_case_28_three_calls_of_ten_are_throttled_for_ten_minutes():
    simulation = simulated(faults=False)
    throttle(simulation, 0.3, MINUTES * 60)
    answers = []

    def shop(number: int) -> None:
        document, tries = order(f"o-{number}", line("MUG")), 0
        while tries < 100:
            tries += 1
            answer = simulation.http("POST", "/v1/orders", document, key=f"k-{number}")
            answers.append(answer)
            if answer.status != 503:
                return
            simulation.sleep(int(answer.headers["Retry-After"]))

    for number in range(ORDERS):
        simulation.actor(f"shopper {number}", partial(shop, number), after=number * 40)
    for number in range(MESSAGES):
        simulation.feed("LAMP", "pasadena", "delta", 1, number + 1)
        later(simulation, MINUTES * 60 / MESSAGES)
    later(simulation, 60)
    assert {point[1] for point in simulation.faults.fired if point[0] == "throttled"} >= {
        "place_order",
        *LATER,
    }
    assert {answer.status for answer in answers} == {201, 503}
    assert [answer.status for answer in answers].count(201) == ORDERS
    assert {answer.body["code"] for answer in answers if answer.status == 503} == {"busy"}
    assert simulation.calls("place_order") < len(answers) * MOST_CALLS
    # What waited for the store is done as soon as it is well again: by the queues, the workflows and the sweeper.
    for _ in range(6):
        simulation.ring("RecoverSagas")
        later(simulation, 300)
    assert len(orders_of(simulation)) == ORDERS
    assert stock(simulation, "LAMP", "pasadena") == (2 + MESSAGES, 0, 0), "no stock message is lost"
    work = released(simulation)
    assert len(work) == ORDERS
    ship(simulation, *work)
    rested(simulation)
    assert sorted(effects(simulation)) == [("authorized", 700)] * ORDERS + [("captured", 700)] * ORDERS

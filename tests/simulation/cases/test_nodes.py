"""Cases 30 and 32: nodes that say nothing, or do only some of it."""

from __future__ import annotations

from tests.simulation.cases.steps import (
    effects,
    events_of,
    later,
    only_at_newark,
    placed,
    released,
    rested,
    ship,
    shown,
    states,
    step,
    stock,
)
from tests.simulation.world import line, order, simulated

DAY = 24 * 3600


def cancel(simulation, order_id):
    return simulation.http("POST", f"/v1/orders/{order_id}/cancellations", {"reason": "no_answer"}, key="c-1")


def test_case_30_a_node_that_never_answers():
    simulation = simulated(faults=False)
    only_at_newark(simulation)
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    assert list(released(simulation).values()) == ["dc-newark"]
    later(simulation, DAY - 60)
    assert shown(simulation, order_id)["fulfillment_orders"][0]["escalated_reason"] is None
    later(simulation, 120)
    assert shown(simulation, order_id)["fulfillment_orders"][0]["escalated_reason"] == "TIMED_OUT"
    assert events_of(simulation, order_id).count("FulfillmentOrderEscalated") == 1
    assert stock(simulation, "MUG", "dc-newark") == (6, 0, 2)
    # It stands in front of an operator now, who takes it back; nothing waits for the node any more.
    answer = cancel(simulation, order_id)
    assert (answer.status, answer.body["status"]) == (200, "CANCELLED")
    rested(simulation)
    assert {run.status for run in simulation.runs.executions.values()} == {"SUCCEEDED"}
    assert states(simulation, order_id) == ("CANCELLED", "VOIDED", "UNFULFILLED")
    assert stock(simulation, "MUG", "dc-newark") == (6, 0, 0)
    assert effects(simulation) == [("authorized", 1400), ("voided", 1400)]


def test_case_30_a_node_that_never_answers_while_another_could():
    simulation = simulated(faults=False)
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    assert list(released(simulation).values()) == ["dc-newark"]
    later(simulation, DAY + 60)
    first, second = shown(simulation, order_id)["fulfillment_orders"]
    assert (first["status"], first["rejected_reason"], first["escalated_reason"]) == ("REJECTED", "TIMED_OUT", None)
    assert (second["node_id"], second["status"]) == ("albany", "OPEN")
    assert (stock(simulation, "MUG", "dc-newark"), stock(simulation, "MUG", "albany")) == ((6, 0, 0), (3, 0, 2))
    assert step(simulation, first["id"], "accept").status == 409
    ship(simulation, second["id"])
    rested(simulation)
    assert states(simulation, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert effects(simulation) == [("authorized", 1400), ("captured", 1400)]


def two_of_three_left(simulation):
    """An order of three mugs, of which the store has sent two and does not find the third."""
    order_id = placed(simulation, order("o-1", line("MUG", 3)))
    (work_id,) = released(simulation)
    two = {"lines": [{"line_no": 1, "quantity": 2}]}
    for verb, body in (("accept", {}), ("pick", two), ("ship", two), ("close", {"reason": "not_found"})):
        assert step(simulation, work_id, verb, body).status == 200
    later(simulation, 60)
    return order_id


def test_case_32_a_store_lacks_one_of_three_and_another_has_it():
    simulation = simulated(faults=False)
    order_id = two_of_three_left(simulation)
    found = shown(simulation, order_id)
    assert found["lines"][0]["quantities"] == {"shipped": 2, "released": 1}
    first, second = found["fulfillment_orders"]
    assert (first["status"], first["escalated_reason"], second["node_id"]) == ("INCOMPLETE", None, "albany")
    ship(simulation, second["id"])
    rested(simulation)
    assert states(simulation, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert effects(simulation) == [("authorized", 2100), ("captured", 1400), ("captured", 700)]


def test_case_32_a_store_lacks_one_of_three():
    simulation = simulated(faults=False)
    only_at_newark(simulation)
    order_id = two_of_three_left(simulation)
    found = shown(simulation, order_id)
    assert found["lines"][0]["quantities"] == {"shipped": 2, "open": 1}
    work = found["fulfillment_orders"][0]
    assert (work["status"], work["escalated_reason"]) == ("INCOMPLETE", "INCOMPLETE")
    # What the store did not find is not offered again.
    row = simulation.rows("stock")["T#acme#SKU#MUG", "NODE#dc-newark"]
    assert (row["on_hand"], row["allocated"], row["blocked"], row["available"]) == (4, 0, 1, 3)
    assert effects(simulation) == [("authorized", 2100), ("captured", 1400)]
    answer = cancel(simulation, order_id)
    assert (answer.status, answer.body["status"]) == (200, "COMPLETED")
    rested(simulation)
    assert shown(simulation, order_id)["lines"][0]["quantities"] == {"shipped": 2, "cancelled": 1}
    assert effects(simulation) == [("authorized", 2100), ("captured", 1400), ("voided", 700)]

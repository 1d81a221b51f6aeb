"""Functions that are down for longer than any repeat lasts: all goes on by itself, and no money is lost."""

from __future__ import annotations

import json

import pytest

from tests.simulation.cases.steps import (
    effects,
    events_of,
    later,
    only_at_newark,
    placed,
    released,
    rested,
    shown,
    states,
    step,
)
from tests.simulation.cases.weather import out_of_order
from tests.simulation.world import line, order, simulated

HOUR, DAY = 3600, 24 * 3600
ONE = {"lines": [{"line_no": 1, "quantity": 1}]}


@pytest.fixture
def simulation():
    return simulated(faults=False)


def reasons(simulation, order_id):
    """Why a person was told, each time, in order; events by their numbers."""
    rows = [json.loads(row["detail"]) for (pk, _), row in simulation.rows("events").items() if pk.endswith(order_id)]
    told = [fact for fact in rows if fact["meta"]["type"] == "FulfillmentOrderEscalated"]
    return [fact["data"]["reason"] for fact in sorted(told, key=lambda fact: fact["meta"]["sequence"])]


def reason(simulation, order_id):
    (work,) = shown(simulation, order_id)["fulfillment_orders"]
    return work["escalated_reason"]


def runs(simulation):
    return [run.status for name, run in simulation.runs.executions.items() if "ful_" in name]


def shipped_in_the_end(simulation, order_id, work_id):
    assert step(simulation, work_id, "ship").status == 200
    rested(simulation)
    assert runs(simulation) == ["SUCCEEDED"]
    assert states(simulation, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert effects(simulation) == [("authorized", 1400), ("captured", 1400)]


def test_a_release_that_is_down_for_an_hour_is_made_up_for(simulation):
    with out_of_order(simulation, "release_fulfillment"):
        order_id = placed(simulation, order("o-1", line("MUG", 2)))
        later(simulation, HOUR)
        assert (released(simulation), reasons(simulation, order_id)) == ({}, ["RELEASE_FAILED"])
    later(simulation, 6 * HOUR)
    (work_id,) = released(simulation)
    assert events_of(simulation, order_id).count("FulfillmentOrderReleased") == 1
    shipped_in_the_end(simulation, order_id, work_id)


def test_an_order_that_is_cancelled_while_its_release_is_down_ends_its_run(simulation):
    with out_of_order(simulation, "release_fulfillment"):
        order_id = placed(simulation, order("o-1", line("MUG", 2)))
        later(simulation, HOUR)
        body = {"reason": "no_answer"}
        assert simulation.http("POST", f"/v1/orders/{order_id}/cancellations", body, key="c-1").status == 200
    assert runs(simulation) == ["RUNNING"]
    later(simulation, 6 * HOUR)
    assert runs(simulation) == ["SUCCEEDED"]
    rested(simulation)
    assert "FulfillmentOrderReleased" not in events_of(simulation, order_id)
    assert effects(simulation) == [("authorized", 1400), ("voided", 1400)]


@pytest.mark.parametrize("down", ["release_fulfillment", "escalate_fulfillment"])
def test_a_node_that_ships_when_its_time_ran_out_in_an_outage_is_paid(simulation, down):
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    (work_id,) = released(simulation)
    assert step(simulation, work_id, "accept").status == 200
    later(simulation, DAY - HOUR)
    with out_of_order(simulation, down):
        later(simulation, 4 * HOUR)
    assert runs(simulation) == ["RUNNING"]
    told = {"release_fulfillment": ["TIMED_OUT", "RELEASE_FAILED"], "escalate_fulfillment": []}
    assert reasons(simulation, order_id) == told[down]
    shipped_in_the_end(simulation, order_id, work_id)


def test_what_leaves_when_its_run_was_stopped_is_taken_by_the_sweeper(simulation):
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    (work_id,) = released(simulation)
    stopped(simulation)
    for _ in range(2):
        assert step(simulation, work_id, "ship", ONE if not effects(simulation)[1:] else {}).status == 200
        later(simulation, 10)
        for _ in range(4):
            simulation.ring("RecoverSagas")
            later(simulation, 300)
    assert effects(simulation) == [("authorized", 1400), ("captured", 700), ("captured", 700)]
    assert states(simulation, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    rested(simulation)


def stopped(simulation):
    """The tokens of all runs are nobody's any more, as if somebody had stopped the runs."""
    simulation.runs.tokens.clear()


def test_a_refused_capture_stays_the_reason_when_the_time_runs_out(simulation):
    order_id = placed(simulation, order("o-1", line("MUG", 2), card="tok_capture_fails"))
    (work_id,) = released(simulation)
    assert step(simulation, work_id, "accept").status == 200
    assert step(simulation, work_id, "ship", ONE).status == 200
    later(simulation, 8 * HOUR)
    assert reasons(simulation, order_id) == ["CAPTURE_FAILED"]
    asked = simulation.calls("capture_payment")
    later(simulation, 3 * DAY)
    assert reasons(simulation, order_id) == ["CAPTURE_FAILED", "TIMED_OUT"]
    assert (reason(simulation, order_id), simulation.calls("capture_payment")) == ("CAPTURE_FAILED", asked)
    rested(simulation)


def test_of_work_given_up_after_a_refused_capture_both_are_told(simulation):
    only_at_newark(simulation)
    order_id = placed(simulation, order("o-1", line("MUG", 2), card="tok_capture_fails"))
    (work_id,) = released(simulation)
    for verb, body in (("accept", {}), ("ship", ONE), ("close", {"reason": "not_found"})):
        assert step(simulation, work_id, verb, body).status == 200
    later(simulation, 600)
    assert reasons(simulation, order_id) == ["CAPTURE_FAILED", "INCOMPLETE"]
    assert reason(simulation, order_id) == "CAPTURE_FAILED"
    assert runs(simulation) == ["SUCCEEDED"]
    assert effects(simulation) == [("authorized", 1400), ("capture_failed", 700)]
    rested(simulation)

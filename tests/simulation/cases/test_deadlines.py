"""Cases 30 and 31 with deadlines: a node that is too slow, a time-out that is lost, an answer that crosses one."""

from __future__ import annotations

import pytest

from tests.simulation.cases.steps import (
    effects,
    events_of,
    later,
    nothing_kept,
    placed,
    refused,
    released,
    rested,
    ship,
    shown,
    states,
    step,
    stock,
)
from tests.simulation.cases.weather import out_of_order
from tests.simulation.world import line, order, simulated

MINUTE, HOUR = 60, 3600
LEVEL = {"id": "all", "accept_minutes": 60, "remind_percent": [50], "reroute_percent": 200}
REMINDED, ESCALATED = "FulfillmentOrderReminded", "FulfillmentOrderEscalated"


@pytest.fixture
def simulation():
    made = simulated(faults=False)
    path = "/v1/service-levels/usual"
    assert made.http("PUT", path, {"levels": [LEVEL]}, "s-1", client="acme-operator").status == 201
    promoted = made.http(
        "POST", f"{path}/promotions", {"number": 1}, "s-2", client="acme-operator", headers={"if-match": "1"}
    )
    assert promoted.status == 200
    return made


def told(simulation, order_id):
    return [kind for kind in events_of(simulation, order_id) if kind in (REMINDED, ESCALATED)]


def runs(simulation):
    return sorted(run.status for name, run in simulation.runs.executions.items() if "ful_" in name)


def care(simulation):
    found = simulation.http("GET", "/v1/tasks", client="acme-operator").body["tasks"]
    return [(task["kind"], task["reason"]) for task in found]


@pytest.mark.capability("G2")
def test_case_30_a_node_that_is_too_slow_is_reminded_then_told_of_then_loses_the_work(simulation):
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    assert list(released(simulation).values()) == ["dc-newark"]
    seen = []
    for minutes in (29, 2, 28, 2, 58, 2):
        later(simulation, minutes * MINUTE)
        seen.append((told(simulation, order_id), len(shown(simulation, order_id)["fulfillment_orders"])))
    both = [REMINDED, ESCALATED]
    assert seen == [([], 1), ([REMINDED], 1), ([REMINDED], 1), (both, 1), (both, 1), (both, 2)]
    assert care(simulation) == [("WORK_OVERDUE", "ACCEPT_OVERDUE")]
    first, second = shown(simulation, order_id)["fulfillment_orders"]
    assert (first["status"], first["rejected_reason"]) == ("REJECTED", "TIMED_OUT")
    assert (second["node_id"], second["status"], stock(simulation, "MUG", "dc-newark")) == ("albany", "OPEN", (6, 0, 0))
    ship(simulation, second["id"])
    rested(simulation)
    assert states(simulation, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert effects(simulation) == [("authorized", 1400), ("captured", 1400)]
    assert runs(simulation) == ["SUCCEEDED", "SUCCEEDED"]


@pytest.mark.capability("G2")
def test_case_30_a_time_out_that_is_lost_does_not_lose_the_work(simulation):
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    assert list(released(simulation).values()) == ["dc-newark"]
    # What is due cannot be taken, however often it is tried: the reminder and the time to accept both pass.
    with out_of_order(simulation, "escalate_fulfillment"):
        later(simulation, 12 * HOUR)
    assert (told(simulation, order_id), runs(simulation)) == ([], ["RUNNING"])
    later(simulation, 70 * MINUTE)
    # The second node has its own time, and was reminded of it at most.
    assert told(simulation, order_id)[:2] == [REMINDED, ESCALATED]
    assert told(simulation, order_id).count(ESCALATED) == 1
    first, second = shown(simulation, order_id)["fulfillment_orders"]
    assert (first["status"], second["node_id"], second["status"]) == ("REJECTED", "albany", "OPEN")
    ship(simulation, second["id"])
    rested(simulation)
    assert states(simulation, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert runs(simulation) == ["SUCCEEDED", "SUCCEEDED"]


@pytest.mark.capability("G2", "H2")
def test_case_31_an_answer_that_comes_after_each_time_out_counts_once(simulation):
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    (work_id,) = released(simulation)
    # The first wait was ended for the deadline, the second one by the reminder; only the third token waits.
    later(simulation, 31 * MINUTE)
    assert [token.filled for token in simulation.runs.tokens.values()] == [True, True, False]
    assert step(simulation, work_id, "ship").status == 200
    later(simulation, MINUTE)
    with nothing_kept(simulation):
        again = simulation.http("POST", f"/v1/fulfillment-orders/{work_id}/ship", {}, key="again", client="acme-wms")
        refused(again, 409, "already_done")
    repeated = next(entry for entry in simulation.buses.accepted if entry[2] == "ShipmentShipped")
    names = ("EventBusName", "Source", "DetailType", "Detail")
    simulation.buses.put(dict(zip(names, repeated[:4], strict=True)))
    rested(simulation)
    assert told(simulation, order_id) == [REMINDED]
    assert states(simulation, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")
    assert effects(simulation) == [("authorized", 1400), ("captured", 1400)]
    assert (runs(simulation), care(simulation)) == (["SUCCEEDED"], [])

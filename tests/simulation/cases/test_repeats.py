"""Cases 01 to 05: one order, however often it is sent."""

from __future__ import annotations

import re

import pytest

from tests.simulation.cases.changing_routes import CHANGING, MUTATING
from tests.simulation.cases.steps import (
    effects,
    later,
    nothing_kept,
    orders_of,
    placed,
    refused,
    released,
    rested,
    ship,
    stock,
    switch_after,
)
from tests.simulation.world import line, order, simulated


def test_case_01_the_same_order_five_times_is_one_order():
    simulation = simulated(faults=False)
    document = order("o-1", line("MUG", 2))
    answers = [simulation.http("POST", "/v1/orders", document, key="k-1") for _ in range(5)]
    assert [answer.status for answer in answers] == [201] * 5
    assert len({answer.text for answer in answers}) == 1
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, *["true"] * 4]
    assert orders_of(simulation) == [answers[0].body["id"]]
    assert sum(stock(simulation, "MUG", "dc-newark")[1:]) == 2
    ship(simulation, *released(simulation))
    rested(simulation)
    assert effects(simulation) == [("authorized", 1400), ("captured", 1400)]


def test_case_02_another_body_under_the_same_key_is_refused():
    simulation = simulated(faults=False)
    first = placed(simulation, order("o-1", line("MUG", 2)))
    later(simulation, 2)
    for other in (order("o-1", line("MUG", 3)), order("o-2", line("MUG", 2))):
        with nothing_kept(simulation):
            refused(simulation.http("POST", "/v1/orders", other, key="k-1"), 422, "idempotency_key_reused")
    assert orders_of(simulation) == [first]
    # The key is the caller's own: another client does not meet it.
    assert (
        simulation.http("POST", "/v1/orders", order("o-3", line("MUG")), key="k-1", client="acme-operator").status
        == 201
    )


@pytest.mark.parametrize("calls", range(1, 9))
def test_case_03_the_same_key_twice_at_once_is_one_order(calls):
    simulation = simulated(faults=False, schedule=switch_after("place_order", calls))
    document = order("o-1", line("MUG", 2))
    answers = []

    def click() -> None:
        answers.append(simulation.http("POST", "/v1/orders", document, key="k-1"))

    for name in ("first click", "second click"):
        simulation.actor(name, click)
    later(simulation, 5)
    assert sorted(answer.status for answer in answers) in ([201, 201], [201, 409])
    bodies = {answer.text for answer in answers if answer.status == 201}
    assert len(bodies) == 1
    assert [a.body["code"] for a in answers if a.status == 409] in ([], ["still_running"])
    assert len(orders_of(simulation)) == 1
    assert sum(stock(simulation, "MUG", "dc-newark")[1:]) == 2
    ship(simulation, *released(simulation))
    rested(simulation)
    assert effects(simulation) == [("authorized", 1400), ("captured", 1400)]


def test_case_04_no_change_without_a_key():
    simulation = simulated(faults=False)
    node = {
        "kind": "store",
        "name": "Troy",
        "legal_entity": "100",
        "address": {"lines": ["1 Main St"], "city": "Troy", "country": "US"},
        "time_zone": "America/New_York",
        "latitude": 42.7,
        "longitude": -73.7,
    }
    calls = {**MUTATING, ("PUT", "/v1/nodes"): {"nodes": [{**node, "id": "troy"}]}, ("PUT", "/v1/nodes/troy"): node}
    covered = set()
    for (method, path), body in calls.items():
        covered.add(next(r for r in CHANGING if r[0] == method and re.fullmatch(r[1], path.partition("?")[0])))
        with nothing_kept(simulation):
            for headers in ({}, {"idempotency-key": "  "}):
                answer = simulation.http(method, path, body, client="acme-operator", headers=headers)
                refused(answer, 400, "idempotency_key_missing")
    assert covered == set(CHANGING), "every route that changes something is called here"


def test_case_05_the_same_external_id_under_a_new_key_is_the_same_order():
    simulation = simulated(faults=False)
    document = order("o-1", line("MUG", 2))
    first = simulation.http("POST", "/v1/orders", document, key="k-1")
    later(simulation, 2)
    with nothing_kept(simulation):
        again = simulation.http("POST", "/v1/orders", document, key="k-2")
        assert (again.status, again.text) == (200, first.text)
        assert again.headers["Idempotency-Replayed"] == "true"
        other = simulation.http("POST", "/v1/orders", order("o-1", line("MUG", 3)), key="k-3")
        refused(other, 409, "external_id_taken", ["/external_id"])
        assert re.search(first.body["id"], other.body["detail"])
    ship(simulation, *released(simulation))
    rested(simulation)
    assert effects(simulation) == [("authorized", 1400), ("captured", 1400)]

"""Cases 06, 12, 25, 26, 27 and 29: the stock is right, whoever wants it at once and however its news arrive."""

from __future__ import annotations

import json
from functools import partial
from random import Random

import pytest

from tests.simulation.cases.steps import (
    effects,
    heard_on_bus,
    later,
    nothing_kept,
    orders_of,
    placed,
    refused,
    released,
    rested,
    ship,
    stock,
)
from tests.simulation.cases.weather import contend
from tests.simulation.world import line, order, simulated

CALLS_TO_PLACE = range(1, 10)
CONFLICTS = 20


@pytest.mark.parametrize("chance", range(5))
def test_case_06_twenty_buyers_of_the_last_unit(chance):
    dice = Random(chance)
    simulation = simulated(faults=False, schedule=lambda tasks: dice.randrange(len(tasks)))
    answers = []

    def buy(number: int) -> None:
        document = order(f"o-{number}", line("LAST"))
        answers.append(simulation.http("POST", "/v1/orders", document, key=f"k-{number}"))

    for number in range(20):
        simulation.actor(f"buyer {number}", partial(buy, number))
    later(simulation, 20)
    simulation.scheduler.schedule = None
    assert sorted(answer.status for answer in answers) == [201, *[409] * 19]
    for answer in answers:
        if answer.status == 409:
            refused(answer, 409, "out_of_stock", ["/lines/0/quantity"])
    assert sum(stock(simulation, "LAST", "dc-newark")[1:]) == 1
    ship(simulation, *released(simulation))
    rested(simulation)
    assert stock(simulation, "LAST", "dc-newark") == (0, 0, 0)
    assert effects(simulation) == [("authorized", 9900), ("captured", 9900)]


@pytest.mark.parametrize("fault", ["crash_before", "crash_after", "answer_lost"])
@pytest.mark.parametrize("nth", CALLS_TO_PLACE)
def test_case_12_crash_after_stock_reserved(nth, fault):
    simulation = simulated(faults=False)
    document = order("o-1", line("MUG", 2), line("LAMP"))
    simulation.before_call("place_order", nth, fault)
    first = simulation.http("POST", "/v1/orders", document, key="k-1")
    assert first.status in (201, 500, 503)
    again = simulation.http("POST", "/v1/orders", document, key="k-1")
    assert again.status == 201
    assert orders_of(simulation) == [again.body["id"]]
    assert sum(stock(simulation, "MUG", "dc-newark")[1:]) == 2
    assert sum(stock(simulation, "LAMP", "dc-newark")[1:]) == 1
    ship(simulation, *released(simulation))
    rested(simulation)
    assert effects(simulation) == [("authorized", 3_999), ("captured", 3_999)]


def test_case_12_every_call_of_a_placement_was_struck():
    simulation = simulated(faults=False)
    placed(simulation, order("o-1", line("MUG", 2), line("LAMP")))
    assert simulation.calls("place_order") == CALLS_TO_PLACE[-1]


def test_case_25_a_poison_record_holds_up_its_own_key_only():
    simulation = simulated(faults=False)
    simulation.put_record("acme#albany#MUG", b"not a message")
    for sequence in (1, 2):
        simulation.feed("LAMP", "pasadena", "delta", sequence, sequence)
    simulation.feed("MUG", "dc-newark", "delta", -1, 1)
    later(simulation, 60)
    assert stock(simulation, "LAMP", "pasadena") == (5, 0, 0)
    assert stock(simulation, "MUG", "dc-newark") == (5, 0, 0)
    assert stock(simulation, "MUG", "albany") == (3, 0, 0)
    set_aside = simulation.queues["InventoryStreamDeadLetters"].messages
    assert len(set_aside) == 1
    assert f"{1:021}" in set_aside[0].body, "it says which record it was"
    assert simulation.run_until_quiet()
    assert simulation.violations == []


@pytest.mark.parametrize("fault", ["crash_before", "crash_after", "throttled", "answer_lost"])
@pytest.mark.parametrize("nth", range(1, 6))
def test_case_26_a_record_that_fails_once_is_not_overtaken(nth, fault):
    simulation = simulated(faults=False)
    simulation.before_call("inventory_stream", nth, fault)
    news = [("delta", 2), ("snapshot", 10), ("delta", -3), ("delta", 1)]
    for sequence, (kind, quantity) in enumerate(news, start=1):
        simulation.feed("MUG", "albany", kind, quantity, sequence)
        later(simulation, 0.05)
    later(simulation, 60)
    assert stock(simulation, "MUG", "albany") == (8, 0, 0)
    # The bus keeps no order between events of different entities; when each was true is what it says.
    heard = sorted(heard_on_bus(simulation, "StockMoved"), key=lambda told: told["meta"]["occurred_at"])
    moved = [entry for told in heard for entry in told["data"]["movements"]]
    fed = [(entry["kind"], entry["quantity"], entry["sequence"]) for entry in moved if entry["source"] == "wms.albany"]
    assert fed == [("reported", 2, 1), ("counted", 10, 2), ("reported", -3, 3), ("reported", 1, 4)]
    rested(simulation)


def test_case_27_an_old_snapshot_brings_no_stock_back():
    simulation = simulated(faults=False)
    simulation.feed("MUG", "albany", "delta", 1, 5)
    later(simulation, 5)
    assert stock(simulation, "MUG", "albany") == (4, 0, 0)
    before = dict(simulation.rows("stock"))
    simulation.feed("MUG", "albany", "snapshot", 50, 4)
    later(simulation, 5)
    assert simulation.rows("stock") == before
    # A later count of another source is as of its own instant: what has moved since is put on top of it.
    count = {"tenant": "acme", "sku": "MUG", "node_id": "albany", "source": "count.albany", "sequence": 1}
    count |= {"kind": "snapshot", "quantity": 10, "as_of": simulation.now()}
    later(simulation, 60)
    simulation.feed("MUG", "albany", "delta", -2, 6)
    later(simulation, 5)
    simulation.put_record("acme#albany#MUG", json.dumps(count).encode())
    later(simulation, 5)
    assert stock(simulation, "MUG", "albany") == (8, 0, 0)
    rested(simulation)


def test_case_29_a_hot_item_ends_in_success_or_in_a_clean_refusal():
    simulation = simulated(faults=False)
    document = order("o-1", line("MUG", 2))
    placed(simulation, order("o-0", line("SCARF")), key="k-0")
    later(simulation, 5)
    contend(simulation, "place_order", CONFLICTS)
    with nothing_kept(simulation):
        answer = simulation.http("POST", "/v1/orders", document, key="k-1")
        refused(answer, 503, "busy")
        assert int(answer.headers["Retry-After"]) == 2
    assert simulation.http("POST", "/v1/orders", document, key="k-1").status == 201
    assert simulation.faults.fired["contended", "place_order", "TransactWriteItems"] == CONFLICTS
    assert sum(stock(simulation, "MUG", "dc-newark")[1:]) == 2
    ship(simulation, *released(simulation))
    rested(simulation)

"""How things reach functions in the simulated account: again after a failure, aside at last, in order, side by side."""

from __future__ import annotations

import json
from functools import partial

from tests.simulation.cases.steps import only_at_newark
from tests.simulation.test_machine import released, ship
from tests.simulation.world import line, order, simulated


def on_hand(simulation, sku, node):
    return simulation.rows("stock")[f"T#acme#SKU#{sku}", f"NODE#{node}"]["on_hand"]


def placed(simulation, *lines, **more):
    answer = simulation.http("POST", "/v1/orders", order("o-1", *lines, **more), key="k-1")
    assert answer.status == 201, answer.text
    return answer.body["id"]


def test_a_record_that_cannot_be_read_is_isolated_and_the_others_go_on():
    simulation = simulated(faults=False)
    simulation.feed("MUG", "albany", "delta", 2, 1)
    simulation.put_record("acme#albany#MUG", b"no message")
    simulation.feed("MUG", "albany", "delta", 3, 2)
    assert simulation.run_until_quiet()
    assert on_hand(simulation, "MUG", "albany") == 3 + 2 + 3
    assert len(simulation.queues["InventoryStreamDeadLetters"].messages) == 1


def test_a_message_that_always_fails_is_set_aside_after_five_tries():
    simulation = simulated(faults=False)
    simulation.story = []
    simulation.say("store.albany", "DanceFulfillmentOrder", "m-1", {"fulfillment_order_id": "ful_1"})
    assert simulation.run_until_quiet()
    calls = [what for _, who, what, _ in simulation.story if who == "node_messages"]
    assert calls == ["starts", "ends"] * 5
    (parked,) = simulation.queues["NodeMessagesDeadLetters"].messages
    assert json.loads(parked.body)["detail-type"] == "DanceFulfillmentOrder"


def test_a_function_that_dies_leaves_its_message_to_be_delivered_again():
    simulation = simulated(faults=False)
    order_id = placed(simulation, line("MUG"))
    simulation.before_call("start_order_workflow", 1, "crash_before")
    simulation.run(5)
    assert released(simulation) == []
    simulation.run(10 * 60)
    assert released(simulation) == [f"ful_{order_id.split('_')[1]}_1"]


def test_a_workflow_goes_on_without_the_function_that_started_it():
    simulation = simulated(faults=False)
    placed(simulation, line("MUG"))
    simulation.before_call("start_order_workflow", 1, "slow")
    simulation.run(70)
    assert released(simulation) == []
    simulation.run(10 * 60)
    assert len(released(simulation)) == 1


def test_a_node_that_says_nothing_is_reported_and_may_still_ship():
    simulation = simulated(faults=False)
    only_at_newark(simulation)
    order_id = placed(simulation, line("MUG"))
    simulation.run(25 * 3_600)
    (work_id,) = released(simulation)
    told = [entry["detail_type"] for entry in simulation.evidence().bus]
    assert "FulfillmentOrderEscalated" in told
    ship(simulation, work_id)
    simulation.run_until_quiet()
    assert simulation.rows("orders")[f"T#acme#ORDER#{order_id}", "ORDER"]["payment_status"] == "CAPTURED"
    assert simulation.violations == []


def test_two_buyers_of_the_last_unit_side_by_side():
    """Each call of one lets the other go first: one of them gets the unit, and only one."""
    simulation = simulated(faults=False, schedule=lambda tasks: len(tasks) - 1)
    answers = []

    def buy(number):
        document = order(f"o-{number}", line("LAST"))
        answers.append(simulation.http("POST", "/v1/orders", document, key=f"k-{number}").status)

    for number in range(2):
        simulation.actor(f"buyer {number}", partial(buy, number))
    simulation.run(5)
    assert sorted(answers) == [201, 409]
    assert simulation.violations == []


def test_a_client_that_gives_up_may_ask_again():
    simulation = simulated(faults=False)
    document = order("o-1", line("MUG"))
    assert simulation.http("POST", "/v1/orders", document, key="k-1", patience=0.005).status is None
    simulation.run(1)
    answer = simulation.http("POST", "/v1/orders", document, key="k-1")
    assert (answer.status, answer.headers["Idempotency-Replayed"]) == (201, "true")


def test_the_gateway_gives_up_on_a_function_that_hangs():
    simulation = simulated(faults=False)
    simulation.before_call("place_order", 2, "slow")
    answer = simulation.http("POST", "/v1/orders", order("o-1", line("MUG")), key="k-1")
    assert answer.status in (500, 503)
    assert "id" not in answer.text


def test_a_payment_without_an_answer_is_one_payment():
    simulation = simulated(faults=False)
    placed(simulation, line("MUG"), card="tok_timeout_after_effect")
    simulation.run(120)
    (work_id,) = released(simulation)
    ship(simulation, work_id)
    simulation.run_until_quiet()
    effects = [entry["effect"] for entry in simulation.provider.psp.journal.log]
    assert (effects.count("authorized"), effects.count("captured")) == (1, 1)
    assert simulation.violations == []

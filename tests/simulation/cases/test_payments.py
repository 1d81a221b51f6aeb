"""Cases 17, 18, 19, 22, 23 and 24: money is held once, taken for what has left, and never in doubt for long."""

from __future__ import annotations

import pytest

from tests.simulation.cases.steps import (
    effects,
    events_of,
    later,
    only_at_newark,
    placed,
    refused,
    released,
    rested,
    ship,
    shown,
    states,
    step,
)
from tests.simulation.cases.weather import without_care
from tests.simulation.world import line, order, simulated

DAY = 24 * 3600


def tender(simulation, order_id):
    """The state and the amounts of an order's only tender."""
    (found,) = shown(simulation, order_id)["payments"]
    return found["state"], found["authorized"], found["captured"], found["released"]


def test_case_17_a_hold_that_was_made_unheard_is_made_once():
    simulation = simulated(faults=False)
    order_id = placed(simulation, order("o-1", line("MUG", 2), card="tok_timeout_after_effect"))
    later(simulation, 11)
    keys = {entry["idempotency_key"] for entry in simulation.provider.psp.journal.log}
    later(simulation, 120)
    assert effects(simulation) == [("authorized", 1400)]
    assert tender(simulation, order_id) == ("AUTHORIZED", 1400, 0, 0)
    assert keys == {entry["idempotency_key"] for entry in simulation.provider.psp.journal.log}
    ship(simulation, *released(simulation))
    rested(simulation)
    assert effects(simulation) == [("authorized", 1400), ("captured", 1400)]


def test_case_17_while_nobody_knows_the_tender_says_so():
    simulation = simulated(faults=False)
    for nth in (3, 4):
        # Neither the call for the hold nor the look-up after it is answered.
        simulation.before_call("authorize_payment", nth, "answer_lost")
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    seen = set()
    # The workflow asks again within a second, so somebody who looks once a second may miss it.
    for _ in range(600):
        later(simulation, 0.1)
        seen.add(tender(simulation, order_id)[0])
    assert seen == {"CREATED", "UNKNOWN", "AUTHORIZED"}
    assert "PaymentInDoubt" in events_of(simulation, order_id)
    assert effects(simulation) == [("authorized", 1400)]
    ship(simulation, *released(simulation))
    rested(simulation)


def test_case_18_a_hold_that_was_not_made_is_made_with_the_same_key():
    simulation = simulated(faults=False)
    order_id = placed(simulation, order("o-1", line("MUG", 2), card="tok_timeout_before_effect"))
    later(simulation, 120)
    assert effects(simulation) == [("authorized", 1400)]
    assert tender(simulation, order_id) == ("AUTHORIZED", 1400, 0, 0)
    (entry,) = simulation.provider.psp.journal.log
    assert entry["idempotency_key"].endswith(":authorize:1:1400"), "the first attempt's key"
    ship(simulation, *released(simulation))
    rested(simulation)
    assert effects(simulation) == [("authorized", 1400), ("captured", 1400)]


def test_case_19_more_than_is_held_is_refused_before_the_provider_is_asked():
    """Nobody outside asks for an amount to take: it follows from what leaves, and that from what is paid for."""
    simulation = simulated(faults=False)
    document = order("o-1", line("MUG", 2))
    document["payments"][0]["amount"] = 1_399
    order_id = placed(simulation, document)
    verdicts = [v["detail"] for v in shown(simulation, order_id)["validations"] if v["verdict"] == "fail"]
    assert verdicts == ["tenders cover 1399 of 1400"], "it stays on the order for everybody to see"
    path = f"/v1/orders/{order_id}/review"
    accept, cancel = ({"decision": decision, "reason": "looked"} for decision in ("accept", "cancel"))
    refused(simulation.http("POST", path, accept, key="r-1", client="acme-operator"), 409, "action_not_available")
    assert simulation.calls("authorize_payment") == simulation.calls("capture_payment") == 0
    assert simulation.http("POST", path, cancel, key="r-2", client="acme-operator").status == 200
    # Of what is paid for, no unit more can leave than was ordered.
    placed(simulation, order("o-2", line("MUG", 2)), key="k-2")
    (work_id,) = released(simulation)
    asked = simulation.calls("capture_payment")
    refused(
        step(simulation, work_id, "ship", {"lines": [{"line_no": 1, "quantity": 3}]}),
        422,
        "invalid_request",
        ["/lines"],
    )
    later(simulation, 60)
    assert simulation.calls("capture_payment") == asked
    ship(simulation, work_id)
    rested(simulation)
    assert effects(simulation) == [("authorized", 1400), ("captured", 1400)]


@pytest.mark.parametrize("moment", range(0, 1200, 40))
def test_case_22_a_cancellation_while_money_is_taken(moment):
    """What was taken belongs to what has left, which cannot be cancelled; giving money back comes with returns."""
    simulation = simulated(faults=False)
    order_id = placed(simulation, order("o-1", line("MUG", 3)))
    (work_id,) = released(simulation)
    answers = []

    def cancel() -> None:
        body = {"reason": "changed_mind"}
        answers.append(simulation.http("POST", f"/v1/orders/{order_id}/cancellations", body, key="c-1"))

    simulation.actor("customer", cancel, after=moment / 1000)
    assert step(simulation, work_id, "ship", {"lines": [{"line_no": 1, "quantity": 1}]}).status in (200, 409)
    later(simulation, 30)
    (answer,) = answers
    if answer.status == 202:
        assert step(simulation, work_id, "cancel-response", {"accepted": True}).status == 200
    rested(simulation)
    order_now = shown(simulation, order_id)
    left = order_now["lines"][0]["quantities"].get("shipped", 0)
    assert left in (0, 1)
    assert order_now["lines"][0]["quantities"]["cancelled"] == 3 - left
    assert states(simulation, order_id)[0] == ("COMPLETED" if left else "CANCELLED")
    moved = dict.fromkeys(("authorized", "captured", "voided"), 0)
    for effect, amount in effects(simulation):
        moved[effect] += amount
    assert moved == {"authorized": 2100, "captured": 700 * left, "voided": 700 * (3 - left)}


def test_case_23_a_hold_that_runs_out_before_the_goods_leave_is_made_anew():
    simulation = simulated(faults=False)
    without_care(simulation)
    only_at_newark(simulation)
    order_id = placed(simulation, order("o-1", line("MUG", 2)))
    (work_id,) = released(simulation)
    later(simulation, 8 * DAY)
    assert effects(simulation) == [("authorized", 1400), ("expired", 1400)]
    assert tender(simulation, order_id)[0] == "EXPIRED"
    ship(simulation, work_id)
    rested(simulation)
    assert effects(simulation) == [("authorized", 1400), ("expired", 1400), ("authorized", 1400), ("captured", 1400)]
    log = simulation.provider.psp.journal.log
    assert log[0]["payment"] != log[2]["payment"] == log[3]["payment"], "nothing is taken from the dead hold"
    assert tender(simulation, order_id) == ("CAPTURED", 1400, 1400, 0)


def test_case_24_of_a_split_order_only_what_left_is_taken():
    simulation = simulated(faults=False)
    # Seven mugs are at no node together: two nodes get work.
    document = order("o-1", line("MUG", 7), line("LAMP", 1, tax=231, total=2_830))
    document["totals"] = {"goods": 7_499, "tax": 231, "total": 7_730}
    document["payments"][0]["amount"] = 7_730
    order_id = placed(simulation, document)
    work = released(simulation)
    assert sorted(work.values()) == ["albany", "dc-newark"]
    first = next(work_id for work_id, node in work.items() if node == "dc-newark")
    lines = [part for entry in shown(simulation, order_id)["fulfillment_orders"] for part in entry["lines"]]
    assert sum(part["quantity"] for part in lines) == 8
    assert step(simulation, first, "ship", {"lines": [{"line_no": 1, "quantity": 2}]}).status == 200
    later(simulation, 30)
    assert effects(simulation) == [("authorized", 7_730), ("captured", 1_400)]
    assert states(simulation, order_id) == ("IN_PROGRESS", "PARTIALLY_CAPTURED", "PARTIALLY_FULFILLED")
    assert step(simulation, first, "ship").status == 200
    later(simulation, 30)
    ship(simulation, *(work_id for work_id in work if work_id != first))
    rested(simulation)
    taken = [amount for effect, amount in effects(simulation) if effect == "captured"]
    shipments = shown(simulation, order_id)["shipments"]
    assert taken == [shipment["total"] for shipment in shipments]
    assert sum(taken) == 7_730
    assert states(simulation, order_id) == ("COMPLETED", "CAPTURED", "FULFILLED")

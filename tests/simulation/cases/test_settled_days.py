"""From an order to the bank: what the provider took is paid out, the bank shows it, and the day has each cent of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.psp.faults import Fault, FaultPlan
from tests.simulation.cases.steps import later, placed, released, rested, ship
from tests.simulation.world import line, order, simulated

DAY = "2026-11-23"
FINANCE = "acme-operator"


def sold(simulation: Any, number: int) -> str:
    """An order of 14.00 that has left and is paid; the provider's id of its payment."""
    order_id = placed(simulation, order(f"o-{number}", line("MUG", 2)), key=f"k-{number}")
    before = set(shipped(simulation))
    ship(simulation, *(set(released(simulation)) - before))
    later(simulation, 30)
    payments = simulation.provider.psp.payments.values()
    return next(payment.id for payment in payments if payment.metadata["order_id"] == order_id)


def shipped(simulation: Any) -> list[str]:
    """The work of orders before this one."""
    heard = [json.loads(event["detail"])["data"] for event in simulation.heard]
    return [data["fulfillment_order_id"] for data in heard if "fulfillment_order_id" in data]


def provider_does(simulation: Any, path: str, **body: Any) -> dict[str, Any]:
    """What happens at the provider without us, and all that follows; its answer."""
    answer = simulation.provider.ask("POST", path, json.dumps(body).encode(), "")
    assert answer.status == 200, answer.payload
    later(simulation, 30)
    document: dict[str, Any] = json.loads(answer.payload)
    return document


def paid_out(simulation: Any) -> dict[str, Any]:
    (payout,) = provider_does(simulation, "/_payouts")["payouts"]
    return dict(payout)


def bank_shows(simulation: Any, payout: dict[str, Any]) -> dict[str, Any]:
    """The bank's line of a payout, as finance sends it; what became of it."""
    booked = {"line_id": payout["id"], "amount": payout["amount"], "currency": "USD", "booked_on": DAY}
    told = {
        "legal_entity": "100",
        "account": "DE02",
        "lines": [{**booked, "end_to_end_id": payout["end_to_end_id"]}],
    }
    answer = simulation.http("POST", "/v1/finance/bank-lines", told, key=payout["id"], client=FINANCE)
    assert answer.status == 201, answer.text
    later(simulation, 30)
    (shown,) = answer.body["lines"]
    return dict(shown)


def see(simulation: Any, path: str) -> dict[str, Any]:
    answer = simulation.http("GET", path, client=FINANCE)
    assert answer.status == 200, answer.text
    return dict(answer.body)


def balances(simulation: Any) -> dict[str, int]:
    """What stands on each account, debits positive."""
    rows = see(simulation, f"/v1/finance/trial-balance?entity=100&from={DAY}")["accounts"]
    return {row["account"]: row["debit"] - row["credit"] for row in rows if row["debit"] != row["credit"]}


def places(simulation: Any) -> dict[str, int]:
    """Where the money lies at the end of the day."""
    shown = see(simulation, f"/v1/finance/days/{DAY}?entity=100")
    found: dict[str, int] = {}
    for one in shown["places"]:
        found[one["account"]] = found.get(one["account"], 0) + one["amount"]
    return {account: amount for account, amount in found.items() if amount}


def exceptions(simulation: Any) -> tuple[list[Any], list[Any], list[Any]]:
    shown = see(simulation, "/v1/finance/settlements/exceptions?legal_entity=100")
    unmatched = see(simulation, "/v1/finance/settlements?status=unmatched")["unmatched"]
    return shown["exceptions"], shown["conflicts"] + shown["parked"], unmatched


@pytest.mark.capability("L5", "K12")
def test_an_order_is_paid_out_and_the_day_shows_each_cent():
    simulation = simulated(faults=False)
    sold(simulation, 1)
    payout = paid_out(simulation)
    assert (payout["amount"], payout["transactions"]) == (1400 - 71, 1)
    assert balances(simulation) == {"1035": 1329, "6010": 71, "4010": -1400}
    shown = bank_shows(simulation, payout)
    assert (shown["matched"], shown["difference"], shown["suspense_id"]) == ("payout", 0, None)
    assert balances(simulation) == {"1040": 1329, "6010": 71, "4010": -1400}
    assert places(simulation) == {"1040": 1329}
    day = see(simulation, f"/v1/finance/days/{DAY}?entity=100")
    assert day["totals"] == [{"currency": "USD", "taken": 1400, "refunded": 0, "net": 1400}]
    assert exceptions(simulation) == ([], [], [])
    rested(simulation)


@pytest.mark.capability("K12")
@pytest.mark.parametrize(
    ("outcome", "after"),
    [
        ("lost", {"1040": -1571, "6010": 71, "6020": 1400, "6021": 1500, "4010": -1400}),
        ("won", {"1040": -171, "6010": 71, "6021": 1500, "4010": -1400}),
    ],
)
def test_a_dispute_is_opened_and_ended_and_the_day_shows_each_cent(outcome: str, after: dict[str, int]):
    simulation = simulated(faults=False)
    payment = sold(simulation, 1)
    dispute = provider_does(simulation, "/_disputes", payment=payment)
    assert balances(simulation) == {"1110": -1500, "1120": 1400, "6021": 1500, "4010": -1400}
    provider_does(simulation, f"/_disputes/{dispute['id']}", outcome=outcome)
    payout = paid_out(simulation)
    assert bank_shows(simulation, payout)["difference"] == 0
    assert balances(simulation) == after
    assert places(simulation) == {"1040": after["1040"]}
    assert exceptions(simulation) == ([], [], [])
    rested(simulation)


@pytest.mark.capability("L5")
def test_a_charge_that_nobody_knows_stays_in_the_list_of_what_was_not_found():
    simulation = simulated(faults=False)
    sold(simulation, 1)
    simulation.provider.psp.plan = FaultPlan([Fault("payout_with_unknown_charge", "payout")])
    payout = paid_out(simulation)
    assert payout["amount"] == 1329 + 4200 - 152
    assert bank_shows(simulation, payout)["difference"] == 0
    # What came for nothing that is known stands on the clearing account until somebody finds out what it was.
    assert balances(simulation) == {"1040": 5377, "1110": -4200, "6010": 223, "4010": -1400}
    _, _, ((unknown),) = exceptions(simulation)
    assert (unknown["amount"], unknown["match"], unknown["payout_id"]) == (4200, "WAITING", payout["id"])
    rested(simulation)


@pytest.mark.capability("L5", "K12")
@pytest.mark.parametrize("fault", ["event_twice", "events_reversed"])
def test_events_that_come_twice_or_the_last_first_come_to_the_same(fault: str):
    simulation = simulated(faults=False)
    payment = sold(simulation, 1)
    simulation.provider.psp.plan = FaultPlan([Fault(fault, "dispute", 2)])
    dispute = provider_does(simulation, "/_disputes", payment=payment)
    simulation.provider.psp.plan = FaultPlan([Fault(fault, "dispute", 2)])
    provider_does(simulation, f"/_disputes/{dispute['id']}", outcome="won")
    simulation.provider.psp.plan = FaultPlan([Fault(fault, "payout", 2)])
    payout = paid_out(simulation)
    assert bank_shows(simulation, payout)["difference"] == 0
    assert balances(simulation) == {"1040": -171, "6010": 71, "6021": 1500, "4010": -1400}
    assert exceptions(simulation) == ([], [], [])
    rested(simulation)


@pytest.mark.capability("L5", "K12")
def test_in_the_asynchronous_manner_the_same_is_told_later():
    simulation = simulated(faults=False)
    simulation.provider.psp.settings.manner = "asynchronous"
    simulation.provider.psp.settings.settle_seconds = 20
    payment = sold(simulation, 1)
    later(simulation, 60)
    dispute = provider_does(simulation, "/_disputes", payment=payment)
    later(simulation, 60)
    provider_does(simulation, f"/_disputes/{dispute['id']}", outcome="lost")
    payout = paid_out(simulation)
    later(simulation, 60)
    assert bank_shows(simulation, payout)["difference"] == 0
    assert balances(simulation) == {"1040": -1571, "6010": 71, "6020": 1400, "6021": 1500, "4010": -1400}
    assert exceptions(simulation) == ([], [], [])
    rested(simulation)

"""Stories of what the provider does by itself, for the crash points: it pays out, and customers' banks dispute."""

from __future__ import annotations

import json
from typing import Any

from tests.simulation.directed import SHIPPING, People
from tests.simulation.settlement_stories import captured
from tests.simulation.telling import story
from tests.simulation.world import line

STRIPE_SOURCE = "aws.partner/stripe.com/ed_simulated"


@story
def the_provider_pays_out_and_is_disputed(people: People) -> None:
    """One dispute is lost and one won; the payout holds a charge of which nobody has heard."""
    payments = [paid(people, f"o-{number}") for number in (1, 2)]
    for payment, outcome in zip(payments, ("lost", "won"), strict=True):
        dispute = provider_does(people, "/_disputes", {"payment": payment})
        wait_until(people, dispute["id"], "OPEN")
        provider_does(people, f"/_disputes/{dispute['id']}", {"outcome": outcome})
        wait_until(people, dispute["id"], outcome.upper())
    provider_does(people, "/_payouts", {})
    people.wait_for(lambda: recorded(people))
    people.simulation.sleep(30)


@story
def stripe_speaks_over_its_partner_bus(people: People) -> None:
    """A hint that says nothing new, a dispute of a charge that nobody knows, and a payout that nobody can list."""
    paid(people, "o-1")
    (payment,) = people.simulation.provider.psp.payments.values()
    intent = {"id": "pi_1", "object": "payment_intent", "metadata": payment.metadata}
    stripe_tells(people, "payment_intent.succeeded", intent)
    moved = [{"amount": -700, "fee": 1500, "currency": "usd"}]
    dispute = {"id": "dp_other", "charge": "ch_other", "amount": 700, "currency": "usd", "status": "needs_response"}
    for _ in range(2):
        stripe_tells(people, "charge.dispute.created", {**dispute, "balance_transactions": moved})
    stripe_tells(people, "payout.paid", {"id": "po_manual", "automatic": False})
    wait_until(people, "dp_other", "OPEN")
    people.wait_for(lambda: [pk for pk, _ in people.simulation.rows("ledger") if pk.endswith("#SETTLEMENTPARKED")])
    people.simulation.sleep(30)


def paid(people: People, external_id: str) -> str:
    """An order that is paid, shipped and in the books; the provider's id of its payment."""
    order_id = people.place(external_id, line("MUG", 2))
    people.do(people.released(order_id), *SHIPPING)
    people.wait_for(lambda: captured(people, order_id))
    payments = people.simulation.provider.psp.payments.values()
    return next(payment.id for payment in payments if payment.metadata["order_id"] == order_id)


def provider_does(people: People, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What happens at the provider without us; its answer."""
    answer = people.simulation.provider.ask("POST", path, json.dumps(body).encode(), "")
    assert answer.status == 200, answer.payload
    document: dict[str, Any] = json.loads(answer.payload)
    return document


def stripe_tells(people: People, kind: str, about: dict[str, Any]) -> None:
    """An event of the partner bus, as its rule puts it on the queue; told again it is the same event."""
    event = {"id": f"evt_{kind}", "object": "event", "type": kind, "data": {"object": about}}
    envelope = {"source": STRIPE_SOURCE, "detail-type": kind, "detail": event}
    people.simulation.queues["PspEventsQueue"].send(json.dumps(envelope))


def disputes(people: People) -> dict[str, str]:
    """The state of each dispute as we have it, by the provider's id."""
    rows = [json.loads(row["body"]) for (_, sk), row in people.simulation.rows("ledger").items() if sk == "DISPUTE"]
    return {row["dispute_id"]: row["state"] for row in rows}


def wait_until(people: People, dispute_id: str, state: str) -> None:
    """Until we have a dispute in a state."""
    people.wait_for(lambda: disputes(people).get(dispute_id) == state)


def recorded(people: People) -> list[str]:
    """The payouts that we have."""
    return [pk for pk, sk in people.simulation.rows("ledger") if sk == "PAYOUT"]

"""Stories of money on its way to the bank, for the crash points."""

from __future__ import annotations

from typing import Any

from tests.simulation.directed import SHIPPING, People
from tests.simulation.telling import story
from tests.simulation.world import line

BAG = {
    **{"store": "albany", "bag_id": "B1", "amount": 40_940, "currency": "USD", "prepared_by": "ann"},
    "business_date": "2026-11-23",
}
BANK = {"legal_entity": "100", "account": "DE02"}
LINE = {"line_id": "L1", "amount": 40_440, "currency": "USD", "booked_on": "2026-11-23", "end_to_end_id": "B1"}
KEPT = {"provider": "strict", "currency": "USD", "business_date": "2026-11-23", "pending": 0, "available": 0}
BALANCES = {"legal_entity": "100", "balances": [KEPT]}
TRANSFER = {
    **{"transfer_id": "ic-1", "from_entity": "100", "to_entity": "200", "gross": 4_330, "currency": "USD"},
    "business_date": "2026-11-23",
}


@story
def the_bank_credits_too_little(people: People) -> None:
    """A bag and its credit are told twice, what is short is resolved, and two entities settle."""
    for _ in range(2):
        people.send("POST", "/v1/finance/deposits", BAG)
        (credited,) = people.send("POST", "/v1/finance/bank-lines", {**BANK, "lines": [LINE]}).body["lines"]
    path = f"/v1/finance/suspense/{credited['suspense_id']}/resolution"
    people.send("POST", path, {"as": "CASH_SHORT", "reason": "counted again"})
    people.send("POST", "/v1/finance/intercompany", TRANSFER)
    people.send("POST", "/v1/finance/provider-balances", BALANCES)
    people.send("GET", "/v1/finance/settlements/exceptions?legal_entity=100")
    people.simulation.sleep(30)


@story
def a_payment_is_paid_out_and_disputed(people: People) -> None:
    """Its capture is found in the books; the dispute is told twice and lost."""
    order_id = people.place("o-1", line("MUG", 2))
    people.do(people.released(order_id), *SHIPPING)
    reference = people.wait_for(lambda: captured(people, order_id))
    items = [
        {"kind": "charge", "reference": reference, "amount": 1400, "fee": 71},
        {"kind": "adjustment", "reference": "adj_1", "amount": -100},
    ]
    payout = {
        **{"provider": "strict", "payout_id": "po_1", "currency": "USD", "business_date": "2026-11-23"},
        **{"items": items, "net": 1229},
    }
    for _ in range(2):
        taken = people.send("POST", "/v1/finance/settlements", {"legal_entity": "100", "payouts": [payout]})
    people.send("GET", f"/v1/finance/settlements/{taken.body['payouts'][0]['settlement_id']}")
    people.send("GET", "/v1/finance/settlements?status=unmatched")
    disputed = {"provider": "strict", "dispute_id": "dp_1", "reference": reference, "amount": 1400, "currency": "USD"}
    for _ in range(2):
        opened = people.send("POST", "/v1/finance/disputes", {**disputed, "fee": 1500})
    people.send("POST", f"/v1/finance/disputes/{opened.body['id']}/outcome", {"outcome": "lost"})
    people.simulation.sleep(30)


@story
def what_is_never_paid_is_written_off(people: People) -> None:
    """The capture is refused for good; a person gives the delivered goods up."""
    order_id = people.place("o-1", line("MUG"), card="tok_capture_fails")
    people.do(people.released(order_id), *SHIPPING)
    told = {"reason": "nobody pays"}
    people.wait_for(lambda: written_off(people, order_id, told))
    people.simulation.sleep(30)


def captured(people: People, order_id: str) -> str | None:
    """What the provider calls the capture of an order, once it is in the ledger."""
    entries = people.send("GET", f"/v1/finance/journal?order_id={order_id}").body["entries"]
    return next((one["reference"] for one in entries if one["rule"] == "payment_captured"), None)


def written_off(people: People, order_id: str, body: dict[str, Any]) -> bool:
    path = f"/v1/orders/{order_id}/write-offs"
    return bool(people.send("POST", path, body, key=f"{order_id}-write-off").status == 201)

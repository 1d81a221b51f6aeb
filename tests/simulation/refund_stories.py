"""Stories of returns and refunds, for the crash points."""

from __future__ import annotations

from tests.simulation.directed import SHIPPING, People
from tests.simulation.telling import story
from tests.simulation.world import line

OPENING = {"node_id": "albany", "device": "T1", "cashier": "ann", "currency": "USD", "opening_float": 10_000}


@story
def units_come_back_and_their_money_goes_back(people: People) -> None:
    """One to the card, one in cash from a drawer, one as store credit; a call for more than is left is refused."""
    order_id = people.place("o-r", line("MUG", 3))
    people.do(people.released(order_id), *SHIPPING)
    people.until(order_id, status="COMPLETED", payment_status="CAPTURED")
    path = f"/v1/orders/{order_id}"
    unit = {"node_id": "albany", "reason": "too_small", "lines": [{"line_no": 1, "quantity": 1}]}
    first = people.send("POST", f"{path}/returns", {**unit, "fee": 100})
    people.until(order_id, payment_status="PARTIALLY_REFUNDED")
    people.send("GET", f"/v1/returns/{first.body['id']}")
    damaged = {**unit, "lines": [{"line_no": 1, "quantity": 1, "disposition": "damaged"}]}
    second = people.send("POST", f"{path}/returns", {**damaged, "to": "cash", "to_reason": "no card"}).body
    session = people.send("POST", "/v1/drawers/D1/sessions", OPENING).body["id"]
    paid = {"kind": "cash_refund", "sequence": 1, "amount": second["owed"], "refund_id": second["refund_id"]}
    people.send("POST", f"/v1/drawer-sessions/{session}/movements", paid)
    people.send("POST", f"{path}/returns", {**unit, "to": "store_credit", "to_reason": "no card"})
    people.until(order_id, payment_status="REFUNDED")
    people.send("POST", f"{path}/returns", unit)
    people.send("POST", f"{path}/refunds/{first.body['refund_id']}/attempts", {"reason": "it did not fail"})
    people.simulation.sleep(30)


@story
def a_refund_fails_and_is_tried_again(people: People) -> None:
    """The bank gives it back; it is tried again by another way."""
    order_id = people.place("o-f", line("MUG"), card="tok_refund_fails_later")
    people.do(people.released(order_id), *SHIPPING)
    people.until(order_id, status="COMPLETED", payment_status="CAPTURED")
    path = f"/v1/orders/{order_id}"
    unit = {"node_id": "albany", "reason": "too_small", "lines": [{"line_no": 1, "quantity": 1}]}
    refund = people.send("POST", f"{path}/returns", unit).body["refund_id"]
    if not people.wait_for(lambda: shown(people, path) == "FAILED"):
        # Its message came too early and was left to our own call; who looks after it asks the provider.
        for _ in range(3):
            people.simulation.ring("RecoverSagas")
            people.simulation.sleep(7 * 60)
    again = {"reason": "the account is closed", "to": "store_credit", "to_reason": "the account is closed"}
    people.send("POST", f"{path}/refunds/{refund}/attempts", again)
    people.until(order_id, payment_status="REFUNDED")
    people.simulation.sleep(30)


def shown(people: People, path: str) -> str:
    """The state of the only refund of an order."""
    return str(people.send("GET", path).body["refunds"][0]["status"])

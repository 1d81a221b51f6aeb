"""Money that a provider holds or has taken for an order that there is not: it goes back by itself, once."""

from __future__ import annotations

import json

import pytest

from oms.payments.port import AuthorizeRequest, CaptureRequest
from tests.functions.test_psp_webhook import send
from tests.order_doors import Doors, doors, message
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]
NOWHERE = "ord_01J00000000000000000000000"


def charged(doors: Doors, amount: int, taken: int) -> str:
    """A payment that somebody made at the provider without us; its reference there."""
    provider = doors.world.provider
    request = AuthorizeRequest(amount, "USD", "tok_1", TENANT, NOWHERE, "pay_01J00000000000000000000000_1")
    reference = provider.authorize(request, key="theirs").reference
    if taken:
        provider.capture(CaptureRequest(reference, taken, "USD", final=False), key="theirs too")
    return str(reference)


def hint(reference: str, order_id: str = NOWHERE, payment_id: str = "pay_01J00000000000000000000000_1") -> str:
    metadata = {"tenant": TENANT, "order_id": order_id, "payment_id": payment_id}
    payment = {"id": reference, "metadata": metadata}
    return json.dumps({"id": "evt_1", "type": "payment.captured", "data": {"payment": payment}})


def sweep(doors: Doors) -> None:
    assert doors.queue("recover_sagas", message("spine", "Tick", f"t-{doors.world.clock.now()}")) == []


@pytest.mark.capability("K13", whole=True)
def test_money_without_an_order_goes_back_after_a_while_and_a_person_is_told(doors: Doors, caplog):
    reference = charged(doors, 5000, taken=2000)
    assert send(doors, hint(reference)).body == {"done": "noted"}
    assert send(doors, hint(reference)).body == {"done": "noted"}
    doors.world.clock.advance(minutes=14)
    sweep(doors)
    assert doors.world.provider.amount("void") == doors.world.provider.amount("refund") == 0
    doors.world.clock.advance(minutes=2)

    sweep(doors)
    sweep(doors)

    assert (doors.world.provider.amount("void"), doors.world.provider.amount("refund")) == (3000, 2000)
    (row,) = doors.world.database.query("events", f"T#{TENANT}#ORPHAN#strict#{reference}")
    told = json.loads(str(row["detail"]))["data"]
    assert (told["released"], told["refunded"], told["order_id"]) == (3000, 2000, NOWHERE)
    assert [record.message for record in caplog.records] == ["money of nobody returned"]


@pytest.mark.capability("K13")
def test_an_answer_that_is_lost_is_asked_for_again_under_the_same_key(doors: Doors):
    reference = charged(doors, 5000, taken=0)
    send(doors, hint(reference))
    doors.world.clock.advance(minutes=16)
    doors.world.provider.script["void"] = ["lost_after"]
    sweep(doors)
    assert doors.world.database.query("events", f"T#{TENANT}#ORPHAN#strict#{reference}") is not None

    sweep(doors)

    assert doors.world.provider.amount("void") == 5000
    assert doors.world.provider.get(reference).released == 5000  # type: ignore[union-attr]


@pytest.mark.capability("K13")
def test_the_money_of_an_order_stays(doors: Doors):
    """Its message came before anybody could see the order."""
    order_id = doors.place(document(line("A", 3)))
    doors.run_order_workflow(order_id)
    payment = doors.world.order(order_id).payments[0]
    assert send(doors, hint(str(payment.psp_reference))).body == {"done": "noted"}
    doors.world.clock.advance(minutes=16)

    sweep(doors)

    # What it names is not there, but at the provider it is the payment of an order: that order is looked for.
    assert doors.world.provider.amount("void") == 0

"""Goodwill on moto, in the functions' own environment: the acceptance scenario F09 to its lines in the ledger."""

from __future__ import annotations

import pytest

from oms.finance.commands import Books
from oms.finance.reads import journal_of_order
from tests.appeasement_doors import People
from tests.moto_doors import MotoDoors, deployed, moto_doors
from tests.order_world import TENANT, document, line

__all__ = ["deployed", "moto_doors"]


def delivered(doors: MotoDoors) -> str:
    """Goods of 80.00 and a tax of 6.60, shipped and paid."""
    order_id = doors.place(document(line("A", 1, 8000, tax=660)))
    (work,) = doors.run_order_workflow(order_id)
    shipped = doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {})
    assert shipped.status == 200, shipped.body
    doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    return order_id


def posted(doors: MotoDoors, order_id: str) -> list[list[tuple[str, int]]]:
    """The ledger's lines of each grant, debit positive, after the last one was told twice."""
    event = doors.stored_event(order_id, "AppeasementGranted")
    doors.monkeypatch.setattr(doors.module("post_ledger"), "books", Books(doors.world.runtime))
    for _ in range(2):
        assert doors.queue("post_ledger", event) == []
    doors.enter("finance")
    entries = journal_of_order(doors.world.database, TENANT, order_id).entries
    return [[(one.account, one.debit - one.credit) for one in entry.lines] for entry in entries]


@pytest.mark.capability("L2", "L3", "N1")
def test_goodwill_stands_in_the_ledger_and_what_is_refused_does_not(moto_doors: MotoDoors):
    people, order_id = People(moto_doors), delivered(moto_doors)
    first = people.ask("agent", order_id, amount=800, reason="LATE")
    assert (first.status, first.body["state"], first.body["total"]) == (201, "GRANTED", 866), first.body
    lines = [[("4091", 800), ("2040", 66), ("2050", -866)]]
    assert posted(moto_doors, order_id) == lines
    asked = people.ask("agent", order_id, amount=1050, reason="DAMAGE", paid_to="store_credit").body
    assert asked["state"] == "PENDING_APPROVAL"
    assert posted(moto_doors, order_id) == lines
    moto_doors.world.clock.advance(minutes=1)
    approved = people.decide("supervisor", asked["id"]).body
    assert (approved["state"], approved["total"]) == ("GRANTED", 1137)
    lines.append([("4091", 1050), ("2040", 87), ("2050", -1137)])
    assert posted(moto_doors, order_id) == lines
    with moto_doors.world.unchanged():
        refused = people.ask("supervisor", order_id, amount=200, reason="OTHER", text="kind words")
    assert (refused.status, refused.body["code"]) == (409, "order_cap")
    assert people.listed(order_id, "supervisor")["granted"] == 1850
    assert people.see(asked["id"]) == approved

"""T8 through the doors: what the ledger owes for gift cards is what all of them are worth when a date ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.appeasement_doors import People
from tests.closing_day import DAY, Closer
from tests.money_doors import Money, gift
from tests.moto_doors import MotoDoors, deployed, moto_doors
from tests.order_world import document, line
from tests.pos_doors import Till, sold_line
from tests.unit.finance import exported

__all__ = ["deployed", "moto_doors"]
NEXT = DAY + timedelta(days=1)


@pytest.fixture
def closer(moto_doors: MotoDoors) -> Closer:
    return Closer(moto_doors)


def spent_on_the_site(closer: Closer, card: str, amount: int) -> str:
    """The id of an order that a gift card has paid, and that left."""
    wanted = document(line("A", 1, amount), external_id="2", payments=[gift(card, amount)], selling_node="WEB")
    order_id = closer.doors.place(wanted)
    (work,) = closer.doors.run_order_workflow(order_id)
    assert closer.doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {}).status == 200
    closer.doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    return order_id


@pytest.mark.capability("N3", "K7")
def test_a_card_that_was_sold_spent_on_the_site_and_at_a_till_ties_out_and_a_lost_fact_is_found(closer: Closer):
    closer.doors.enter("gift_cards")
    card = Money(closer.doors).sold(5000)
    closer.post()
    order_id = spent_on_the_site(closer, card, 2000)
    Till(closer.doors).sale(
        1, sold_line("A", 1, 1000), tenders=[{"tender": "gift_card", "amount": 1000, "reference": card}]
    )
    closer.post("PaymentCaptured", "SaleRecorded")
    assert [one for one in closer.told() if one[0] == "T8"] == [("T8", "differs", None, 2000, 5000)]
    closer.post("SaleRecorded")
    assert [one for one in closer.told() if one[0] == "T8"] == [("T8", "differs", None, 2000, 3000)]
    closer.post()
    assert closer.told() == []
    # Goodwill goes back to the card that had paid.
    people = People(closer.doors)
    assert people.ask("agent", order_id, amount=200, reason="LATE").status == 201
    people.pay(order_id)
    closer.post()
    assert closer.told() == []


@pytest.mark.capability("N3", "K7")
def test_what_a_card_did_after_the_date_belongs_to_the_next_one(closer: Closer):
    closer.doors.enter("gift_cards")
    card = Money(closer.doors).sold(5000)
    closer.post()
    closer.later()
    spent_on_the_site(closer, card, 2000)
    assert closer.told() == []
    closer.post()
    assert (closer.told(), closer.told(NEXT)) == ([], [])
    first = closer.export()
    assert {row["check"] for row in exported.rows(first, "close_exceptions")} == {"SEAL"}
    assert closer.told(NEXT) == []
    closer.later(days=2)
    rows = exported.rows(closer.export(on=NEXT), "close_exceptions")
    assert {row["check"] for row in rows} == {"SEAL"}


@pytest.mark.capability("N3", "K7")
def test_a_sale_of_a_card_that_the_ledger_never_heard_of_is_in_the_files(closer: Closer):
    closer.shipped("1")
    closer.doors.enter("gift_cards")
    Money(closer.doors).sold(5000)
    closer.post("GiftCardIssued")
    closer.later()
    rows = exported.rows(closer.export(), "close_exceptions")
    assert [
        (row["check"], row["account"], row["expected_minor"], row["found_minor"])
        for row in rows
        if row["check"] != "SEAL"
    ] == [("T8", "2020", "5000", "0")]
    # It is told late and stands on the next date. A week after, the balance of the card counts as it is, and the next
    # date should have closed by then.
    closer.post()
    assert [one for one in closer.told(NEXT) if one[0] == "T8"] == []
    closer.world.clock.instant += timedelta(days=11)
    later = DAY + timedelta(days=11)
    assert [one for one in closer.told(later) if one[0] == "T8"] == [("T8", "differs", None, 5000, 0)]
    closer.export(on=NEXT)
    assert [one for one in closer.told(later) if one[0] == "T8"] == []

"""Disputes stand beside the tender, freeze its refunds, and end as won, lost or both in part."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from oms.finance.commands import PostedEntry
from oms.finance.posting import postings_of
from oms.finance.store import entry_write
from oms.payments.model import Payment
from oms.payments.refunding import refundable
from tests.functions.conftest import Answer
from tests.interruptions import before_commit, calm
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
Lines = list[tuple[str, int]]


def shipped(doors: Doors, *, capture: str = "") -> tuple[str, str]:
    """An order of 20.00 and a tax of 1.65 that has left, and its work; `capture` is what becomes of its money."""
    order_id = doors.place(document(line("A", 2, 1000, tax=165)))
    (work,) = doors.run_order_workflow(order_id)
    doors.world.act(work, "ship", lines={1: 2})
    if capture:
        doors.world.provider.script["capture"] = [capture]
    try:
        doors.world.capture(work)
    except RuntimeError:
        assert capture == "declined"
    return order_id, work


def captured(doors: Doors) -> tuple[str, str]:
    """The same with its money taken and in the ledger: the order, and the provider's id of the capture."""
    order_id, _ = shipped(doors)
    return order_id, book(doors, order_id)


def book(doors: Doors, order_id: str) -> str:
    """Post the last capture of an order to the ledger; the provider's id of it."""
    data = doors.stored_event(order_id, "PaymentCaptured")["detail"]["data"]
    (posting,) = postings_of("PaymentCaptured", data, "evt_1", AT)
    posted = PostedEntry(**dict(posting.entry), posted_at=AT, business_date=date(2026, 11, 23))
    doors.world.database.commit([entry_write(TENANT, posting, posted)])
    return str(data["capture_id"])


def dispute(doors: Doors, reference: str, dispute_id: str = "dp_1", **more: Any) -> Answer:
    body = {"provider": "strict", "dispute_id": dispute_id, "reference": reference, "amount": 2165, "currency": "USD"}
    return doors.api("settlements").post("/v1/finance/disputes", {**body, "fee": 1500, **more})


def end(doors: Doors, answer: Answer, outcome: str, **more: Any) -> Answer:
    path = f"/v1/finance/disputes/{answer.body['id']}/outcome"
    return doors.api("settlements").post(path, {"outcome": outcome, **more})


def tender(doors: Doors, order_id: str) -> Payment:
    (payment,) = doors.world.order(order_id).payments
    return payment


def lines(doors: Doors, order_id: str, kind: str) -> Lines:
    """The ledger's lines of the last event of a type of an order."""
    data = doors.stored_event(order_id, kind)["detail"]["data"]
    (posting,) = postings_of(kind, data, "evt_1", AT)
    assert (posting.entry.order_id, posting.entry.entity, posting.entry.store) == (order_id, "100", "WEB")
    return [(one.account, one.debit - one.credit) for one in posting.entry.lines]


@pytest.mark.capability("K12", whole=True)
def test_a_chargeback_opens_a_case_freezes_refunds_posts_and_is_lost(doors: Doors):
    order_id, reference = captured(doors)
    assert not tender(doors, order_id).is_frozen
    opened = dispute(doors, reference, reason="product_not_received")
    assert (opened.status, opened.body["state"], opened.body["order_id"]) == (201, "OPEN", order_id)
    assert (tender(doors, order_id).is_frozen, tender(doors, order_id).disputed) == (True, 2165)
    assert refundable(doors.world.order(order_id)) == {tender(doors, order_id).id: 0}
    assert lines(doors, order_id, "DisputeFundsWithdrawn") == [("1120", 2165), ("6021", 1500), ("1110", -3665)]
    lost = end(doors, opened, "lost")
    assert (lost.status, lost.body["state"]) == (200, "LOST")
    after = tender(doors, order_id)
    assert (after.is_frozen, after.disputed, after.charged_back, after.captured) == (False, 0, 2165, 2165)
    assert after.refundable == 0
    (shown,) = doors.see(order_id)["payments"]
    assert (shown["disputed"], shown["charged_back"]) == (0, 2165)
    assert lines(doors, order_id, "DisputeLost") == [("6020", 2165), ("1120", -2165)]
    told = [row["event"] for row in doors.timeline(order_id)][-2:]
    assert told == ["DisputeFundsWithdrawn", "DisputeLost"]
    won = end(doors, dispute(doors, reference, "dp_2", amount=100), "won")
    assert (won.body["state"], tender(doors, order_id).is_frozen) == ("WON", False)
    assert lines(doors, order_id, "DisputeWon") == [("1110", 100), ("1120", -100)]


@pytest.mark.capability("K12")
def test_a_dispute_that_is_won_in_part_gives_back_a_part_and_loses_the_rest(doors: Doors):
    """21.65 was withdrawn: 15.00 comes back with the fee, and the customer keeps 6.65."""
    order_id, reference = captured(doors)
    opened = dispute(doors, reference)
    with doors.world.unchanged():
        for amount, status, pointers in ((2166, 409, ["/amount"]), (0, 422, ["/amount"])):
            refused = end(doors, opened, "won", amount=amount)
            assert (refused.status, refused.pointers) == (status, pointers)
        assert end(doors, opened, "lost", amount=1500).status == 422
    won = end(doors, opened, "won", amount=1500, fee_returned=1500)
    assert (won.status, won.body["state"], won.body["lost"]) == (200, "WON", 665)
    after = tender(doors, order_id)
    assert (after.is_frozen, after.charged_back, after.refundable) == (False, 665, 1500)
    assert lines(doors, order_id, "DisputeWon") == [("1110", 3000), ("6020", 665), ("1120", -2165), ("6021", -1500)]
    events = len(doors.timeline(order_id))
    assert end(doors, opened, "won", amount=1500, fee_returned=1500).status == 200
    assert end(doors, opened, "won", amount=1400, fee_returned=1500).status == 409
    assert end(doors, opened, "won", fee_returned=1500).status == 409
    assert len(doors.timeline(order_id)) == events
    # Of a warning nothing was withdrawn that could come back; the whole amount is a win like any other.
    warned = dispute(doors, reference, "dp_2", stage="warning", fee=0)
    with doors.world.unchanged():
        assert end(doors, warned, "won", amount=100).pointers == ["/amount"]
    assert end(doors, dispute(doors, reference, "dp_3", amount=500), "won", amount=500).body["lost"] == 0


@pytest.mark.capability("K12")
def test_a_dispute_that_is_won_gives_back_what_the_provider_gives_back(doors: Doors):
    order_id, reference = captured(doors)
    opened = dispute(doors, reference)
    with doors.world.unchanged():
        refused = end(doors, opened, "won", fee_returned=1501)
        assert (refused.status, refused.pointers) == (409, ["/fee_returned"])
        assert end(doors, opened, "lost", fee_returned=1).status == 422
    assert tender(doors, order_id).refundable == 0
    won = end(doors, opened, "won", fee_returned=1500)
    assert tender(doors, order_id).refundable == 2165
    assert (won.body["state"], won.body["fee_returned"]) == ("WON", 1500)
    assert (tender(doors, order_id).disputed, tender(doors, order_id).charged_back) == (0, 0)
    assert lines(doors, order_id, "DisputeWon") == [("1110", 3665), ("1120", -2165), ("6021", -1500)]
    events = len(doors.timeline(order_id))
    assert end(doors, opened, "won", fee_returned=1500).status == 200
    assert (end(doors, opened, "lost").status, end(doors, opened, "won").status) == (409, 409)
    assert len(doors.timeline(order_id)) == events


@pytest.mark.capability("K12")
def test_a_warning_takes_nothing_and_may_become_a_dispute(doors: Doors):
    order_id, reference = captured(doors)
    warned = dispute(doors, reference, stage="warning", fee=0)
    assert (warned.status, warned.body["state"], tender(doors, order_id).is_frozen) == (201, "WARNING", False)
    with doors.world.unchanged():
        assert end(doors, warned, "lost").status == 409
    opened = dispute(doors, reference)
    assert (opened.status, opened.body["state"], opened.body["fee"]) == (200, "OPEN", 1500)
    assert tender(doors, order_id).disputed == 2165
    other = dispute(doors, reference, "dp_2", stage="warning")
    assert end(doors, other, "won").body["state"] == "WON"
    data = doors.stored_event(order_id, "DisputeWon")["detail"]["data"]
    assert postings_of("DisputeWon", data, "evt_1", AT) == []
    assert tender(doors, order_id).disputed == 2165


@pytest.mark.capability("K12")
def test_a_dispute_told_twice_is_one_and_other_amounts_are_kept_for_a_person(doors: Doors):
    order_id, reference = captured(doors)
    first = dispute(doors, reference)
    events = len(doors.timeline(order_id))
    again = dispute(doors, reference)
    assert (again.status, again.body) == (200, first.body)
    for change in ({"amount": 2164}, {"fee": 1}, {"reference": "other"}):
        refused = dispute(doors, **{"reference": reference, **change})
        assert (refused.status, refused.body["code"]) == (409, "settlement_conflict")
    assert len(doors.timeline(order_id)) == events
    assert tender(doors, order_id).disputed == 2165
    shown = doors.api("settlements").get("/v1/finance/settlements/exceptions?legal_entity=100").body
    assert [one["name"] for one in shown["conflicts"]] == ["strict dp_1"] * 3


@pytest.mark.capability("K12")
def test_two_who_tell_of_one_dispute_at_once_withhold_once(doors: Doors):
    order_id, reference = captured(doors)
    other: list[Answer] = []

    def once() -> None:
        calm(doors)
        other.append(dispute(doors, reference))

    before_commit(doors, 1, once)
    second = dispute(doors, reference)
    assert (other[0].status, second.status) == (201, 200)
    assert tender(doors, order_id).disputed == 2165


@pytest.mark.capability("K12")
def test_a_dispute_of_money_that_nobody_knows_belongs_to_an_entity(doors: Doors):
    with doors.world.unchanged():
        refused = dispute(doors, "unknown")
        assert (refused.status, refused.pointers) == (422, ["/legal_entity"])
        assert doors.api("settlements").post("/v1/finance/disputes/dsp_x/outcome", {"outcome": "won"}).status == 404
    opened = dispute(doors, "unknown", legal_entity="100")
    assert (opened.status, opened.body["order_id"], opened.body["store"]) == (201, None, "treasury")
    assert end(doors, opened, "lost").body["state"] == "LOST"
    rows = doors.world.database.query("events", f"T#{TENANT}#DISPUTE#{opened.body['id']}")
    assert [row["type"] for row in rows] == ["DisputeFundsWithdrawn", "DisputeLost"]


def channel_took(doors: Doors, external_id: str) -> tuple[str, str]:
    """An order of 30.00 whose money the channel has taken, in the ledger, before anything left."""
    taken = {"provider": "marketplace", "amount": 3000, "captured": True, "reference": f"M-{external_id}"}
    order_id = doors.place(document(line("A", 3), payments=[taken], external_id=external_id))
    doors.run_order_workflow(order_id)
    return order_id, book(doors, order_id)


@pytest.mark.capability("K12")
def test_what_is_in_dispute_is_not_owed_a_second_time_when_units_are_cancelled(doors: Doors):
    free, _ = channel_took(doors, "free")
    disputed, reference = channel_took(doors, "disputed")
    assert dispute(doors, reference, provider="marketplace", amount=3000).status == 201
    body = {"reason": "changed_mind", "lines": [{"line_no": 1, "quantity": 1}]}
    owed = {}
    for order_id in (free, disputed):
        answer = doors.api("change_orders").post(f"/v1/orders/{order_id}/cancellations", body)
        assert answer.status == 200, answer.body
        owed[order_id] = [row["data"]["amount"] for row in doors.timeline(order_id) if row["event"] == "RefundOwed"]
    assert owed == {free: [1000], disputed: []}

"""What the fake provider does with the money it took: fees, payouts and their lists, and disputes."""

from typing import Any

import pytest

from local.psp.core import Psp
from local.psp.refusals import Refused
from local.psp.requests import read_configure
from tests.unit.psp.asking import Clock, held, refusal, said

DAY = 86_400


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def psp(clock: Clock) -> Psp:
    return Psp(clock)


def configure(psp: Psp, **settings: Any) -> None:
    psp.configure(read_configure(settings))


def taken(psp: Psp, amount: int, token: str = "tok_visa") -> tuple[str, str]:
    """A payment and its capture."""
    payment = held(psp, amount, token)
    return payment, said(psp.capture(f"take {payment}", payment, {"amount": amount, "final": True}))["id"]


def rows(psp: Psp, payout_id: str) -> list[tuple[str, str, int, int]]:
    listed = psp.settling.transactions(payout_id, None, 100)["transactions"]
    return [(one["category"], one["source"], one["amount"], one["fee"]) for one in listed]


def told(psp: Psp, *kinds: str) -> list[str]:
    return [event.type for event in psp.journal.outgoing if event.type.split(".")[0] in kinds]


def code(problem: pytest.ExceptionInfo[Refused]) -> tuple[int, str]:
    return problem.value.status, problem.value.code


def test_a_payout_is_what_was_taken_less_refunds_and_fees_as_in_f14(psp: Psp) -> None:
    captures = [taken(psp, amount) for amount in (11325, 6995, 4330)]
    refund = said(psp.refund("r1", captures[2][0], {"amount": 4330}))["id"]
    (payout,) = psp.settling.pay_out({})["payouts"]
    assert (payout["amount"], payout["currency"], payout["transactions"]) == (17573, "USD", 4)
    assert rows(psp, payout["id"]) == [
        ("charge", captures[0][1], 11325, 358),
        ("charge", captures[1][1], 6995, 233),
        ("charge", captures[2][1], 4330, 156),
        ("refund", refund, -4330, 0),
    ]
    assert told(psp, "payout") == ["payout.paid", "payout.reconciliation_completed"]
    assert psp.settling.pay_out({})["payouts"] == []
    assert psp.settling.payouts()["payouts"] == [psp.settling.payout(payout["id"])]


def test_each_currency_is_paid_out_by_itself_and_one_may_be_asked_for(psp: Psp) -> None:
    taken(psp, 1000)
    body = {"amount": 500, "currency": "EUR", "token": "tok_visa", "capture": False, "metadata": {}}
    euros = said(psp.authorize("euros", body))["id"]
    psp.capture("take euros", euros, {"amount": 500, "final": True})
    (payout,) = psp.settling.pay_out({"currency": "EUR"})["payouts"]
    assert (payout["currency"], payout["amount"]) == ("EUR", 500 - 45)
    (payout,) = psp.settling.pay_out({})["payouts"]
    assert (payout["currency"], payout["amount"]) == ("USD", 1000 - 59)


def test_the_list_of_a_payout_comes_in_pages(psp: Psp) -> None:
    for _ in range(5):
        taken(psp, 1000)
    (payout,) = psp.settling.pay_out({})["payouts"]
    first = psp.settling.transactions(payout["id"], None, 3)
    second = psp.settling.transactions(payout["id"], first["transactions"][-1]["id"], 3)
    assert (len(first["transactions"]), first["has_more"]) == (3, True)
    assert (len(second["transactions"]), second["has_more"]) == (2, False)
    with pytest.raises(Refused) as problem:
        psp.settling.transactions(payout["id"], "txn_other", 3)
    assert code(problem) == (400, "page_invalid")
    with pytest.raises(Refused) as problem:
        psp.settling.payout("po_other")
    assert code(problem) == (404, "payout_not_found")


def test_a_daily_payout_comes_by_the_clock_and_only_with_something_in_it(psp: Psp, clock: Clock) -> None:
    configure(psp, payout_every_seconds=DAY)
    taken(psp, 1000)
    clock.time += DAY
    psp.advance()
    clock.time += DAY
    psp.advance()
    taken(psp, 2000)
    clock.time += DAY
    assert [one["amount"] for one in psp.settling.payouts()["payouts"]] == [941, 1912]
    configure(psp, payout_every_seconds=None)
    taken(psp, 3000)
    clock.time += 3 * DAY
    assert len(psp.settling.payouts()["payouts"]) == 2


def test_in_the_asynchronous_manner_the_list_comes_later_than_the_payout(psp: Psp, clock: Clock) -> None:
    configure(psp, settle_seconds=60)
    taken(psp, 1000)
    configure(psp, manner="asynchronous")
    (payout,) = psp.settling.pay_out({})["payouts"]
    assert told(psp, "payout") == ["payout.paid"]
    with pytest.raises(Refused) as problem:
        psp.settling.transactions(payout["id"], None, 100)
    assert code(problem) == (409, "payout_not_reconciled")
    clock.time += 60
    assert len(rows(psp, payout["id"])) == 1
    assert told(psp, "payout") == ["payout.paid", "payout.reconciliation_completed"]


def test_a_payout_may_contain_a_charge_of_which_nobody_heard(psp: Psp) -> None:
    configure(psp, faults=[{"kind": "payout_with_unknown_charge", "operation": "payout"}])
    assert psp.settling.pay_out({})["payouts"] == []
    _, capture = taken(psp, 1000)
    (payout,) = psp.settling.pay_out({})["payouts"]
    known, (category, source, amount, fee) = rows(psp, payout["id"])
    assert known == ("charge", capture, 1000, 59)
    assert (category, amount, fee) == ("charge", 4200, 152)
    assert source not in [one["id"] for each in psp.payments.values() for one in each.document()["captures"]]
    assert payout["amount"] == 1000 - 59 + 4200 - 152


def test_only_a_refund_that_had_left_the_balance_comes_back_to_it(psp: Psp, clock: Clock) -> None:
    configure(psp, come_back_seconds=3 * DAY, faults=[{"kind": "refund_comes_back", "operation": "refund"}])
    payment, capture = taken(psp, 1000)
    refund = said(psp.refund("r1", payment, {"amount": 400}))["id"]
    (first,) = psp.settling.pay_out({})["payouts"]
    assert rows(psp, first["id"]) == [("charge", capture, 1000, 59), ("refund", refund, -400, 0)]
    clock.time += 3 * DAY
    (second,) = psp.settling.pay_out({})["payouts"]
    assert rows(psp, second["id"]) == [("refund_failure", refund, 400, 0)]
    other, _ = taken(psp, 500, "tok_refund_fails_later")
    psp.refund("r2", other, {"amount": 500})
    clock.time += 60
    (third,) = psp.settling.pay_out({})["payouts"]
    assert [row[0] for row in rows(psp, third["id"])] == ["charge"]


def test_a_dispute_takes_its_money_and_a_fee_and_is_won_or_lost(psp: Psp) -> None:
    won, capture = taken(psp, 5413)
    lost, _ = taken(psp, 11325)
    first = psp.settling.dispute({"payment": won, "reason": "product_not_received"})
    second = psp.settling.dispute({"payment": lost})
    assert (first["status"], first["capture"], first["amount"], first["fee"]) == ("open", capture, 5413, 1500)
    assert refusal(psp.refund("r1", won, {"amount": 1})) == (409, "payment_disputed")
    assert psp.settling.end_dispute(first["id"], {"outcome": "won"})["status"] == "won"
    assert psp.settling.end_dispute(second["id"], {"outcome": "lost"})["status"] == "lost"
    assert psp.settling.end_dispute(second["id"], {"outcome": "lost"}) == psp.settling.shown_dispute(second["id"])
    assert told(psp, "dispute") == [
        *["dispute.created", "dispute.funds_withdrawn"] * 2,
        *("dispute.funds_reinstated", "dispute.closed", "dispute.closed"),
    ]
    (payout,) = psp.settling.pay_out({})["payouts"]
    assert rows(psp, payout["id"])[2:] == [
        ("dispute", first["id"], -5413, 1500),
        ("dispute", second["id"], -11325, 1500),
        ("dispute_reversal", first["id"], 5413, 0),
    ]
    assert said(psp.refund("r2", won, {"amount": 5413}))["status"] == "succeeded"
    assert refusal(psp.refund("r3", lost, {"amount": 1})) == (422, "refund_exceeds_captured")
    assert [entry["effect"] for entry in psp.journal.log][-5:-1] == [
        *("disputed", "disputed", "dispute_won", "dispute_lost"),
    ]


def test_the_fee_of_a_dispute_may_come_back_with_a_win(psp: Psp) -> None:
    configure(psp, dispute_fee_returned=True, dispute_fee=2000)
    payment, _ = taken(psp, 1000)
    dispute = psp.settling.dispute({"payment": payment, "amount": 600})
    assert psp.settling.end_dispute(dispute["id"], {"outcome": "won"})["fee_returned"] == 2000
    (payout,) = psp.settling.pay_out({})["payouts"]
    assert [row[2:] for row in rows(psp, payout["id"])][1:] == [(-600, 2000), (600, -2000)]


def test_a_warning_takes_nothing_until_it_becomes_a_dispute(psp: Psp) -> None:
    payment, _ = taken(psp, 1000)
    warned = psp.settling.dispute({"payment": payment, "stage": "warning"})
    assert (warned["status"], warned["fee"], psp.get(payment)["amount_disputed"]) == ("warning", 0, 0)
    with pytest.raises(Refused) as problem:
        psp.settling.end_dispute(warned["id"], {"outcome": "lost"})
    assert code(problem) == (409, "dispute_closed")
    assert psp.settling.end_dispute(warned["id"], {"outcome": "open"})["status"] == "open"
    assert psp.get(payment)["amount_disputed"] == 1000
    assert told(psp, "dispute") == ["dispute.created", "dispute.funds_withdrawn"]


def test_in_the_asynchronous_manner_a_dispute_is_notified_of_first(psp: Psp, clock: Clock) -> None:
    configure(psp, settle_seconds=60)
    payment, _ = taken(psp, 1000)
    configure(psp, manner="asynchronous")
    dispute = psp.settling.dispute({"payment": payment})
    assert (dispute["status"], told(psp, "dispute")) == ("warning", ["dispute.created"])
    clock.time += 60
    assert psp.settling.shown_dispute(dispute["id"])["status"] == "open"
    assert told(psp, "dispute") == ["dispute.created", "dispute.funds_withdrawn"]


def test_what_cannot_be_disputed_is_refused(psp: Psp) -> None:
    held_only, (payment, _) = held(psp, 1000), taken(psp, 1000)
    psp.refund("r1", payment, {"amount": 400})
    for body, expected in (
        ({"payment": held_only}, (409, "payment_not_captured")),
        ({"payment": payment, "capture": "cap_other"}, (409, "payment_not_captured")),
        ({"payment": payment, "amount": 601}, (422, "dispute_exceeds_captured")),
        ({"payment": "pay_other"}, (404, "payment_not_found")),
        ({"payment": payment, "amount": 0}, (422, "amount_invalid")),
        ({"payment": payment, "stage": "lost"}, (422, "stage_invalid")),
    ):
        with pytest.raises(Refused) as problem:
            psp.settling.dispute(body)
        assert code(problem) == expected
    assert (psp.settling.disputes, psp.get(payment)["amount_disputed"]) == ({}, 0)


def test_events_of_disputes_and_payouts_come_twice_or_the_last_first(psp: Psp) -> None:
    payment, _ = taken(psp, 1000)
    configure(psp, faults=[{"kind": "events_reversed", "operation": "dispute", "times": 2}])
    psp.settling.dispute({"payment": payment})
    assert told(psp, "dispute") == ["dispute.funds_withdrawn", "dispute.created"]
    configure(psp, faults=[{"kind": "event_twice", "operation": "payout", "times": 2}])
    psp.settling.pay_out({})
    assert told(psp, "payout") == ["payout.paid"] * 2 + ["payout.reconciliation_completed"] * 2

"""Disputes and payouts that are told over days: in between more is captured, and a person has taken things in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.functions.test_disputes import book, tender
from tests.functions.test_reported_disputes import (
    DISPUTE,
    TOLD,
    account,
    hear,
    of_dispute,
    own,
    parked,
    sample,
    settled,
)
from tests.order_doors import Doors, doors
from tests.order_world import document, line, world

__all__ = ["account", "doors", "world"]


@pytest.mark.capability("K12")
def test_a_dispute_stays_with_its_capture_when_a_second_parcel_is_paid_in_between(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bank asks after the first parcel and takes the money after the second."""
    payments = [{"provider": "stripe", "token": "pm_1", "amount": 2000}]
    order_id = doors.place(document(line("A", 2, 1000), payments=payments))
    (work,) = doors.run_order_workflow(order_id)
    own(doors, monkeypatch)

    def leave_and_hear(*told: dict[str, object]) -> None:
        doors.world.act(work, "ship", lines={1: 1})
        doors.world.capture(work)
        book(doors, order_id)
        for one in told:
            assert doors.queue("psp_events", one) == []
            assert doors.queue("psp_events", *doors.told(*TOLD)[-1:]) == []

    leave_and_hear(of_dispute("created", "ch_of_all"))
    assert settled(doors, f"DISPUTE#{DISPUTE}") == []
    leave_and_hear(
        of_dispute("funds_withdrawn", "ch_of_all", "needs_response", (-2165, 1500)),
        of_dispute("closed", "ch_of_all", "lost", (-2165, 1500)),
    )
    assert [row["event"] for row in doors.timeline(order_id) if row["event"].startswith("Dispute")] == [
        *("DisputeWarned", "DisputeFundsWithdrawn", "DisputeLost")
    ]
    assert (tender(doors, order_id).disputed, tender(doors, order_id).charged_back) == (0, 2165)
    shown = doors.api("settlements").get("/v1/finance/settlements/exceptions?legal_entity=100").body
    assert (hear(doors), shown["conflicts"], parked(doors)) == ([], [], [])


@pytest.mark.capability("K12")
def test_a_dispute_that_was_taken_in_by_hand_is_no_case_until_more_is_told(doors: Doors) -> None:
    def euros(kind: str, status: str, *moved: tuple[int, int]) -> dict[str, object]:
        told = of_dispute(kind, "ch_oms0001", status, *moved)
        for row in told["detail"]["data"]["object"]["balance_transactions"]:
            row["currency"] = "eur"
        return told

    assert doors.queue("psp_events", euros("created", "needs_response", (-2165, 1500))) == []
    case = ("dispute", "stripe dp_oms0001", "dispute_in_other_currency")
    assert (hear(doors), parked(doors)) == ([], [case])
    by_hand = {
        **{"provider": "stripe", "dispute_id": "dp_oms0001", "reference": "ch_oms0001", "amount": 2165},
        **{"currency": "USD", "fee": 1600, "legal_entity": "100"},
    }
    api = doors.api("settlements")
    assert api.post("/v1/finance/disputes", by_hand).status == 201
    assert parked(doors) == []
    # Its end is another case, and no case any more when it has ended so.
    assert doors.queue("psp_events", euros("closed", "won", (-2165, 1500), (2165, 0))) == []
    assert doors.queue("psp_events", *doors.told(*TOLD)[-1:]) == []
    assert parked(doors) == [case]
    assert api.post(f"/v1/finance/disputes/{DISPUTE}/outcome", {"outcome": "won"}).status == 200
    assert parked(doors) == []


@pytest.mark.capability("N4")
def test_a_new_case_is_shown_however_many_there_were_before(doors: Doors) -> None:
    """A hundred manual payouts and more, of which nobody has taken care, do not hide the one of today."""
    for number in range(105):
        manual = sample("payout_paid", "payout.paid", f"evt_{number}", id=f"po_a{number:03}", automatic=False)
        assert doors.queue("psp_events", manual) == []
    assert doors.queue("psp_events", *doors.told(*TOLD)) == []
    doors.world.clock.instant += timedelta(minutes=1)
    assert doors.queue("psp_events", sample("payout_paid", "payout.failed", "evt_x", id="po_z")) == []
    assert doors.queue("psp_events", *doors.told(*TOLD)[-1:]) == []
    assert parked(doors)[0] == ("payout", "stripe po_z", "payout_failed")

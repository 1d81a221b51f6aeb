"""Payouts as Stripe tells of them, by its partner bus: each asked for and recorded once, and nothing is lost."""

from __future__ import annotations

import json

import pytest

from oms.payments.port import SettlementList
from oms.settlement.adapters.stripe import payout_of
from oms.settlement.model import settlement_id
from tests.functions.test_disputes import tender
from tests.functions.test_reported_disputes import (
    DISPUTE,
    SAMPLES,
    TOLD,
    account,
    hear,
    of_dispute,
    ours,
    parked,
    sample,
    settled,
)
from tests.order_doors import Doors, doors
from tests.order_world import world

__all__ = ["account", "doors", "world"]


def put_payout(doors: Doors) -> None:
    payout = sample("payout_paid")["detail"]["data"]["object"]
    rows = json.loads((SAMPLES.parent / "payout_balance_transactions.json").read_text())
    doors.world.provider.payouts["po_oms0001"] = SettlementList(payout, tuple(rows["data"]))


@pytest.mark.capability("L5")
def test_a_payout_is_asked_for_and_recorded_once(doors: Doors) -> None:
    put_payout(doors)
    assert doors.queue("psp_events", sample("payout_paid"), sample("payout_paid")) == []
    assert hear(doors) == []
    listed = [call for call in doors.world.provider.calls if call[0] == "list"]
    assert listed == [("list", "po_oms0001")]
    own_id = settlement_id("stripe", "po_oms0001")
    assert settled(doors, f"SETTLEMENT#{own_id}") == ["PayoutRecorded"]
    shown = doors.api("settlements").get(f"/v1/finance/settlements/{own_id}").body
    assert (shown["net"], shown["legal_entity"], shown["end_to_end_id"]) == (1284055, "100", "TRACE0001")
    assert sum(one["net"] for one in shown["items"]) == 1284055
    later = sample("payout_paid", "payout.reconciliation_completed")
    assert (doors.queue("psp_events", later), hear(doors)) == ([], [])
    assert settled(doors, f"SETTLEMENT#{own_id}") == ["PayoutRecorded"]


@pytest.mark.capability("L5")
def test_a_payout_waits_until_its_list_is_whole_and_the_provider_answers(doors: Doors) -> None:
    put_payout(doors)
    early = sample("payout_paid", "payout.paid", "evt_1", reconciliation_status="in_progress")
    assert (doors.queue("psp_events", early), hear(doors)) == ([], [])
    assert [call for call in doors.world.provider.calls if call[0] == "list"] == []
    whole = sample("payout_paid", "payout.reconciliation_completed", "evt_2", status="in_transit")
    assert doors.queue("psp_events", whole) == []
    doors.world.provider.script["list"] = ["lost_before"]
    reported = doors.told(*TOLD)[-1:]
    with doors.world.unchanged():
        assert doors.queue("psp_events", *reported) == ["m0"]
    assert doors.queue("psp_events", *reported) == []
    assert settled(doors, f"SETTLEMENT#{settlement_id('stripe', 'po_oms0001')}") == ["PayoutRecorded"]


@pytest.mark.capability("L5", "K12")
def test_what_cannot_be_taken_in_is_parked_with_its_reason(doors: Doors) -> None:
    euros = of_dispute("created", "ch_oms0001", "needs_response", (-2165, 1500))
    euros["detail"]["data"]["object"]["balance_transactions"][0]["currency"] = "eur"
    messages = [
        sample("payout_paid", "payout.paid", "evt_1", automatic=False),
        sample("payout_paid", "payout.failed", "evt_2", id="po_failed"),
        sample("payout_paid", "payout.paid", "evt_3", id="po_unknown"),
        euros,
    ]
    assert doors.queue("psp_events", *messages) == []
    assert (hear(doors), len(doors.told(*TOLD))) == ([], 4)
    assert parked(doors) == [
        ("dispute", "stripe dp_oms0001", "dispute_in_other_currency"),
        ("payout", "stripe po_failed", "payout_failed"),
        ("payout", "stripe po_oms0001", "payout_is_manual"),
        ("payout", "stripe po_unknown", "payout_not_found"),
    ]
    # Taken in by hand, a payout is no case any more.
    put_payout(doors)
    told = doors.world.provider.payouts["po_oms0001"]
    body = {"payout": dict(told.payout), "balance_transactions": {"data": list(told.transactions), "has_more": False}}
    answer = doors.api("settlements").post("/v1/finance/settlements", {"legal_entity": "100", "stripe": [body]})
    assert answer.status == 201
    assert [code for _, _, code in parked(doors)] == ["dispute_in_other_currency", "payout_failed", "payout_not_found"]


@pytest.mark.capability("L5", "K12")
def test_a_refusal_of_the_command_is_parked_and_a_conflict_is_kept_once(doors: Doors) -> None:
    order_id, charge = ours(doors)
    put_payout(doors)
    told = doors.world.provider.payouts["po_oms0001"]
    doors.world.provider.payouts["po_oms0001"] = SettlementList({**told.payout, "amount": 1}, told.transactions)
    yen = of_dispute("created", charge, "needs_response", (-2165, 1500))
    yen["detail"]["data"]["object"]["currency"] = "jpy"
    yen["detail"]["data"]["object"]["balance_transactions"][0]["currency"] = "jpy"
    assert doors.queue("psp_events", sample("payout_paid"), yen) == []
    assert hear(doors) == []
    assert parked(doors) == [
        ("dispute", "stripe dp_oms0001", "invalid_request"),
        ("payout", "stripe po_oms0001", "does_not_add_up"),
    ]
    assert (settled(doors, f"DISPUTE#{DISPUTE}"), tender(doors, order_id).disputed) == ([], 0)
    own_dispute = of_dispute("created", charge, "needs_response", (-2165, 1500))
    own_dispute["detail"]["id"] = "evt_right"
    other = of_dispute("funds_withdrawn", charge, "needs_response", (-2165, 2000))
    assert doors.queue("psp_events", own_dispute) == []
    assert doors.queue("psp_events", *doors.told(*TOLD)[-1:]) == []
    assert doors.queue("psp_events", other) == []
    assert doors.queue("psp_events", *doors.told(*TOLD)[-1:]) == []
    shown = doors.api("settlements").get("/v1/finance/settlements/exceptions?legal_entity=100").body
    assert [one["name"] for one in shown["conflicts"]] == ["stripe dp_oms0001"]
    assert tender(doors, order_id).disputed == 2165


def test_the_list_that_stripe_gives_is_read_as_finance_sends_it(doors: Doors) -> None:
    put_payout(doors)
    told = doors.world.provider.payouts["po_oms0001"]
    assert payout_of(told.payout, {"data": list(told.transactions)}).net == 1284055

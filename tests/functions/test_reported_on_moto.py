"""Disputes and payouts over the template's tables and secret on moto: expressions, keys and variables are real."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import boto3
import pytest

from oms.payments.port import SettlementList
from oms.settlement.model import dispute_name, settlement_id
from tests.functions.conftest import Answer
from tests.functions.test_reported_disputes import ACCOUNT, TOLD, of_dispute, sample
from tests.functions.test_reported_payouts import put_payout
from tests.moto_doors import MotoDoors, deployed, moto_doors
from tests.moto_resources import PSP_SECRET
from tests.order_doors import Doors
from tests.order_world import TENANT, world

__all__ = ["deployed", "moto_doors", "world"]

PAYOUT = {
    **{"id": "po_1", "status": "paid", "amount": 941, "currency": "USD", "arrival_date": 1795428000},
    **{"reconciled": True, "end_to_end_id": "PO1"},
}
LINE = {"id": "txn_1", "category": "charge", "source": "cap_1", "amount": 1000, "fee": 59}


@pytest.fixture(autouse=True)
def account(moto_doors: MotoDoors, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both accounts settle for entity 100, as the stored secret says."""
    known = {**PSP_SECRET, "settlement": ACCOUNT["settlement"], "stripe": ACCOUNT}
    arn = moto_doors.deployed.environment("psp_events")["PSP_SECRET_ARN"]
    boto3.client("secretsmanager").put_secret_value(SecretId=arn, SecretString=json.dumps(known))
    monkeypatch.setattr(moto_doors.world, "providers", lambda name: moto_doors.world.provider)


def send(doors: Doors, **document: Any) -> Answer:
    """A signed message of the strict provider."""
    raw, stamp = json.dumps({"id": "evt_1", **document}), int(doors.world.clock.now().timestamp())
    digest = hmac.new(PSP_SECRET["webhook_secret"].encode(), f"{stamp}.{raw}".encode(), hashlib.sha256).hexdigest()
    headers = {"psp-signature": f"t={stamp},v1={digest}"}
    return doors.api("psp_webhook").post("/v1/webhooks/strict", raw, key="", headers=headers, scopes=())


@pytest.mark.capability("K12", "N4")
def test_stripe_is_heard_over_the_partner_bus(moto_doors: MotoDoors) -> None:
    put_payout(moto_doors)
    dispute = of_dispute("created", "ch_other", "needs_response", (-2165, 1500))
    assert moto_doors.queue("psp_events", dispute, sample("payout_paid"), dispute) == []
    told = moto_doors.told(*TOLD)
    assert sorted(one["detail-type"] for one in told) == ["DisputeReported", "PayoutReported"]
    assert moto_doors.queue("psp_events", *told, *told) == []
    rows = moto_doors.world.database.rows
    kept = {key.pk for (table, key) in rows if table == "ledger"}
    assert f"T#{TENANT}#DISPUTE#{dispute_name('stripe', 'dp_oms0001')}" in kept
    assert f"T#{TENANT}#SETTLEMENT#{settlement_id('stripe', 'po_oms0001')}" in kept


@pytest.mark.capability("K11", "N4")
def test_the_strict_provider_is_heard_by_its_signed_messages(moto_doors: MotoDoors) -> None:
    moto_doors.world.provider.payouts["po_1"] = SettlementList(PAYOUT, (LINE,))
    answers = [
        send(moto_doors, type="payout.reconciliation_completed", data={"payout": PAYOUT}),
        send(moto_doors, type="payout.reconciliation_completed", data={"payout": PAYOUT}),
        send(moto_doors, id="evt_2", type="payout.paid", data={"payout": {}}),
        send(moto_doors, id="evt_3", type="dispute.created", data={"dispute": {"id": "dp_1"}}),
    ]
    assert [(one.status, one.body.get("done") or one.body["code"]) for one in answers] == [
        *[(200, "recorded")] * 2,
        *[(422, "provider_message_unreadable")] * 2,
    ]
    assert moto_doors.queue("psp_events", *moto_doors.told(*TOLD)) == []
    (recorded,) = moto_doors.told("PayoutRecorded")
    assert (recorded["detail"]["data"]["net"], recorded["detail"]["data"]["fees"]) == (941, 59)

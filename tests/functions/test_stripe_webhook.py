"""Stripe's webhooks: its own signed samples through the door, and its intents behind them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stripe

from oms.payments.adapters.absent import NO_ACCOUNT, Absent
from oms.payments.adapters.stripe_webhook import NotOfStripe, event_of, hint_of_event
from oms.payments.hints import Hint
from oms.payments.port import NoTrace, ProviderPayment, Unknown
from tests.functions.conftest import Answer
from tests.functions.test_psp_webhook import in_doubt, shipped
from tests.order_doors import SECRET, Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

SAMPLES = Path(__file__).resolve().parents[1] / "contracts" / "stripe"
SIGNED = json.loads((SAMPLES / "signatures.json").read_text())
WHSEC = "whsec_example_secret"
# What each sample is about: the three of payments name the same intent.
ABOUT = {
    "payment_intent_amount_capturable_updated.json": "payment",
    "payment_intent_succeeded.json": "payment",
    "charge_refunded_partial.json": "refund",
    "charge_dispute_created.json": None,
    "payout_paid.json": None,
}


@pytest.fixture(autouse=True)
def known(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripted provider answers as Stripe too, and shows whose each of its payments is."""
    monkeypatch.setitem(SECRET, "stripe", {"api_key": "sk_test_1", "webhook_secret": WHSEC})
    provider = doors.world.provider
    get = provider.get

    def with_owner(reference: str) -> ProviderPayment | NoTrace | Unknown:
        found = get(reference)
        if not isinstance(found, ProviderPayment):
            return found
        assert found.order_id is not None
        return replace(found, tenant=TENANT, payment_id=f"pay_{found.order_id.removeprefix('ord_')}_1")

    monkeypatch.setattr(provider, "get", with_owner)
    doors.api("psp_webhook")
    monkeypatch.setattr("functions.psp_webhook.handler.provider", lambda name: provider)


def signed(doors: Doors, raw: str, secret: str = WHSEC) -> str:
    """The header as Stripe's own package makes it."""
    stamp = int(doors.world.clock.now().timestamp())
    return f"t={stamp},v1={stripe.WebhookSignature._compute_signature(f'{stamp}.{raw}', secret)}"


def send(doors: Doors, raw: str, header: str) -> Answer:
    headers = {"stripe-signature": header}
    return doors.api("psp_webhook").post("/v1/webhooks/stripe", raw, key="", headers=headers, scopes=())


def event(kind: str, about: dict[str, Any]) -> str:
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": about}})


@pytest.mark.capability("K11")
@pytest.mark.parametrize("sample", SIGNED, ids=[one["file"] for one in SIGNED])
def test_each_sample_is_believed_with_its_signature_and_with_no_other(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, sample: dict[str, str]
) -> None:
    raw = (SAMPLES / sample["file"]).read_bytes().decode()
    stamp = int(sample["value"].removeprefix("t=").split(",")[0])
    monkeypatch.setattr(doors.world.clock, "now", lambda: datetime.fromtimestamp(stamp + 1, UTC))
    assert sample["secret"] == WHSEC
    assert stripe.WebhookSignature.verify_header(raw, sample["value"], WHSEC, None)
    with doors.world.unchanged():
        assert send(doors, raw, sample["value"]).body == {"done": "nothing"}
        other = send(doors, raw + " ", sample["value"])
        assert (other.status, other.body["code"]) == (401, "signature_refused")
    monkeypatch.setattr(doors.world.clock, "now", lambda: datetime.fromtimestamp(stamp + 301, UTC))
    with doors.world.unchanged():
        assert send(doors, raw, sample["value"]).status == 401


@pytest.mark.capability("K11")
@pytest.mark.parametrize("kind", ["payment_intent.amount_capturable_updated", "charge.captured"])
def test_a_message_settles_what_was_in_doubt_as_the_intent_says(doors: Doors, kind: str) -> None:
    order_id = in_doubt(doors)
    payment = doors.world.order(order_id).payments[0]
    metadata = {"tenant": TENANT, "order_id": order_id, "payment_id": payment.id}
    about = {"id": "pi_1", "payment_intent": "pi_1", "metadata": metadata}
    raw = event(kind, about)
    answer = send(doors, raw, signed(doors, raw))
    assert (answer.status, answer.body) == (200, {"done": "AUTHORIZED"})
    assert doors.see(order_id)["payment_status"] == "AUTHORIZED"
    assert doors.world.provider.amount("authorize") == 3000
    with doors.world.unchanged():
        assert send(doors, raw, signed(doors, raw)).body == {"done": "nothing"}


@pytest.mark.capability("K11")
def test_a_hold_that_ran_out_is_noted_when_the_intent_is_over(doors: Doors) -> None:
    order_id = doors.place(document(line("A", 3)))
    doors.run_order_workflow(order_id)
    payment = doors.world.order(order_id).payments[0]
    metadata = {"tenant": TENANT, "order_id": order_id, "payment_id": payment.id}
    raw = event("payment_intent.canceled", {"id": "psp_1", "metadata": metadata})
    with doors.world.unchanged():
        assert send(doors, raw, signed(doors, raw)).status == 200
    doors.world.provider.expire("psp_1")
    assert send(doors, raw, signed(doors, raw)).body == {"done": "looked up"}
    assert doors.see(order_id)["payment_status"] == "EXPIRED"


@pytest.mark.capability("K11")
def test_a_message_that_names_no_order_is_traced_by_its_payment(doors: Doors) -> None:
    """A refund of Stripe has metadata of its own: whose it is stands on the payment."""
    order_id, work = shipped(doors)
    doors.world.provider.script["capture"] = ["pending"]
    doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    doors.world.provider.settle(next(key for verb, key in doors.world.provider.calls if verb == "capture"))
    other = event("refund.updated", {"id": "re_1", "payment_intent": "psp_1", "status": "succeeded"})
    lost = event("charge.captured", {"id": "ch_9", "payment_intent": "pi_none"})
    none = event("charge.captured", {"id": "ch_9", "payment_intent": None})
    with doors.world.unchanged():
        for raw in (other, lost, none):
            assert send(doors, raw, signed(doors, raw)).body == {"done": "nothing"}
    raw = event("charge.captured", {"id": "ch_1", "payment_intent": "psp_1", "metadata": {}})
    assert send(doors, raw, signed(doors, raw)).body == {"done": "looked up"}
    assert (doors.see(order_id)["payment_status"], doors.see(order_id)["payments"][0]["captured"]) == ("CAPTURED", 3000)
    doors.world.provider.script["get"] = ["lost_before"]
    with doors.world.unchanged():
        assert send(doors, raw, signed(doors, raw)).status == 500  # Stripe sends it again


@pytest.mark.capability("K11")
def test_a_message_that_is_not_stripes_is_refused(doors: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = event("payment_intent.succeeded", {"id": "pi_1"})
    good = signed(doors, raw)
    with doors.world.unchanged():
        answers = [
            send(doors, raw, signed(doors, raw, "whsec_other")),
            send(doors, raw, ""),
            send(doors, raw.replace("pi_1", "pi_2"), good),
            doors.api("psp_webhook").post("/v1/webhooks/strict", raw, key="", headers={"psp-signature": good}),
        ]
        monkeypatch.delitem(SECRET, "stripe")
        missing = send(doors, raw, good)
        other = doors.api("psp_webhook").post("/v1/webhooks/acme-pay", raw, key="")
    assert {(answer.status, answer.body["code"]) for answer in answers} == {(401, "signature_refused")}
    assert (missing.status, other.status) == (404, 404)


@pytest.mark.parametrize("name", sorted(ABOUT))
def test_the_partner_bus_wraps_the_same_event(name: str) -> None:
    envelope = json.loads((SAMPLES / "eventbridge" / name).read_text())
    found = event_of(envelope)
    assert found == json.loads((SAMPLES / "webhooks" / name).read_text())
    # The vendor's own package reads the same out of it.
    theirs = stripe.Webhook.construct_event_without_verification(json.dumps(envelope))
    assert (theirs.id, theirs.type) == (found["id"], found["type"])
    about = ABOUT[name]
    assert hint_of_event(found) == (None if about is None else Hint("stripe", about, "pi_oms0001"))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": "aws.partner/shopify.com/x"}, "source"),
        ({"source": "stripe.com"}, "source"),
        ({"detail": {"id": "evt_1"}}, "detail"),
        ({"detail": None}, "detail"),
        ({"detail-type": "payout.paid"}, "detail-type"),
    ],
)
def test_another_envelope_is_not_of_stripe(change: dict[str, Any], field: str) -> None:
    envelope = json.loads((SAMPLES / "eventbridge" / "payment_intent_succeeded.json").read_text())
    with pytest.raises(NotOfStripe, match=field):
        event_of({**envelope, **change})


@pytest.mark.capability("K11")
def test_an_order_for_a_provider_without_an_account_goes_to_review(
    doors: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doors.world, "providers", Absent)
    order_id = doors.place(document(line("A", 3), payments=[{"provider": "stripe", "token": "pm_1", "amount": 3000}]))
    doors.task("source_order", order_id=order_id)
    assert doors.task("authorize_payment", order_id=order_id)["outcome"] == "DECLINED"
    seen = doors.see(order_id)
    assert (seen["status"], seen["payment_status"]) == ("PENDING_REVIEW", "FAILED")
    assert seen["payments"][0]["decline_code"] == NO_ACCOUNT
    with doors.world.unchanged():
        unknown = document(line("A", 3), payments=[{"provider": "acme-pay", "token": "pm_1", "amount": 3000}])
        refused = doors.api("place_order").post("/v1/orders", {**unknown, "external_id": "other"})
    assert (refused.status, refused.body["errors"][0]["code"]) == (422, "unknown_provider")

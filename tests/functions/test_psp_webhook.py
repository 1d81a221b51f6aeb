"""The provider's webhooks: believed when signed, taken as hints only, harmless in any order and any number."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest

from oms.payments.commands import TransientFailure
from tests.functions.conftest import Answer
from tests.order_checks import other_tenants
from tests.order_doors import SECRET, Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]


def hint(doors: Doors, of: str, kind: str = "payment.authorized", **metadata: str) -> str:
    payment = doors.world.order(of).payments[0]
    known = {"tenant": TENANT, "order_id": of, "payment_id": payment.id, **metadata}
    return json.dumps({"id": "evt_1", "type": kind, "data": {"payment": {"metadata": known}}})


def hint_about(doors: Doors, of: str, kind: str) -> str:
    """A hint that is written without reading the order."""
    metadata = {"tenant": TENANT, "order_id": of, "payment_id": f"pay_{of.removeprefix('ord_')}_1"}
    return json.dumps({"id": "evt_1", "type": kind, "data": {"payment": {"metadata": metadata}}})


def send(doors: Doors, raw: str, *, age: int = 0, secret: str = SECRET["webhook_secret"], signed: str = "") -> Answer:
    stamp = int(doors.world.clock.now().timestamp()) - age
    digest = hmac.new(secret.encode(), f"{stamp}.{signed or raw}".encode(), hashlib.sha256).hexdigest()
    headers = {"psp-signature": f"t={stamp},v1={digest}"}
    return doors.api("psp_webhook").post("/v1/webhooks/strict", raw, key="", headers=headers, scopes=())


def in_doubt(doors: Doors) -> str:
    """An order whose money is held, and whose own call never heard so."""
    order_id = doors.place(document(line("A", 3)))
    doors.task("source_order", order_id=order_id)
    doors.world.provider.script.update({"authorize": ["lost_after"], "find": ["lost_before"]})
    with pytest.raises(TransientFailure):
        doors.task("authorize_payment", order_id=order_id)
    assert doors.see(order_id)["payments"][0]["state"] == "UNKNOWN"
    doors.world.clock.advance(minutes=5)
    return order_id


@pytest.mark.capability("K11")
def test_a_hint_settles_what_was_in_doubt(doors: Doors):
    order_id = in_doubt(doors)
    answer = send(doors, hint(doors, order_id))
    assert (answer.status, answer.body) == (200, {"done": "AUTHORIZED"})
    assert doors.see(order_id)["payment_status"] == "AUTHORIZED"
    assert doors.world.provider.amount("authorize") == 3000
    assert [row["event"] for row in doors.timeline(order_id)][-2:] == ["PaymentAuthorized", "OrderPaymentSettled"]


@pytest.mark.capability("K11", whole=True)
def test_idempotent_calls_webhooks_in_any_order_and_nothing_but_tokens(doors: Doors):
    """One authorization and one capture whatever is lost or repeated; hints of every kind, twice and reversed."""
    order_id = in_doubt(doors)
    kinds = ["payment.captured", "payment.authorized", "payment.captured", "payment.voided", "payment.authorized"]
    for kind in kinds:
        assert send(doors, hint(doors, order_id, kind)).status == 200
    outcome = doors.task("authorize_payment", order_id=order_id)
    assert outcome["outcome"] == "AUTHORIZED"
    (work,) = doors.run_order_workflow(order_id)
    doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {})
    doors.world.provider.script.update({"capture": ["lost_after"], "find": ["lost_before"]})
    with pytest.raises(TransientFailure):
        doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    for kind in reversed(kinds):
        send(doors, hint(doors, order_id, kind))
    for _ in range(3):
        doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    assert doors.world.provider.effects == [("authorize", "psp_1", 3000), ("capture", "psp_1", 3000)]
    seen = doors.see(order_id)
    assert (seen["payment_status"], seen["payments"][0]["captured"]) == ("CAPTURED", 3000)
    # The token is kept with the tender, alone, and told to nobody.
    holders = {key.sk.split("#")[0] for (_, key), row in doors.world.database.rows.items() if "tok_visa" in str(row)}
    assert holders == {"PAYMENT"}
    assert "tok_visa" not in json.dumps([seen, doors.timeline(order_id)])
    with doors.world.unchanged():
        refused = doors.api("place_order").post("/v1/orders", document(note="4242 4242 4242 4242", external_id="x"))
    assert refused.body["code"] == "card_number_found"


def shipped(doors: Doors) -> tuple[str, str]:
    order_id = doors.place(document(line("A", 3)))
    (work,) = doors.run_order_workflow(order_id)
    doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {})
    return order_id, work


@pytest.mark.capability("K1", "K11")
@pytest.mark.parametrize(
    ("well", "kind", "payment_status", "last"),
    [
        (True, "payment.captured", "CAPTURED", "PaymentCaptured"),
        (False, "payment.capture_failed", "AUTHORIZED", "FulfillmentOrderEscalated"),
    ],
)
def test_a_pending_capture_ends_with_the_providers_message(
    doors: Doors, well: bool, kind: str, payment_status: str, last: str
):
    order_id, work = shipped(doors)
    doors.world.provider.script["capture"] = ["pending"]
    assert doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work) == {"captured": 0}
    assert doors.see(order_id)["payments"][0]["state"] == "CAPTURE_PENDING"
    with doors.world.unchanged():
        assert send(doors, hint(doors, order_id, kind)).body == {"done": "looked up"}  # it is not final yet
    key = next(key for verb, key in doors.world.provider.calls if verb == "capture")
    doors.world.provider.settle(key, well=well)
    assert send(doors, hint(doors, order_id, kind)).body == {"done": "looked up"}
    seen = doors.see(order_id)
    assert (seen["payment_status"], doors.timeline(order_id)[-1]["event"]) == (payment_status, last)
    with doors.world.unchanged():
        assert send(doors, hint(doors, order_id, kind)).body == {"done": "nothing"}


@pytest.mark.capability("K1", "K3", "K11")
def test_a_hold_that_ran_out_is_noted_when_the_provider_says_so_and_means_it(doors: Doors):
    order_id = doors.place(document(line("A", 3)))
    doors.run_order_workflow(order_id)
    with doors.world.unchanged():
        assert send(doors, hint(doors, order_id, "payment.expired")).status == 200  # it is still held
    doors.world.provider.expire("psp_1")
    send(doors, hint(doors, order_id, "payment.expired"))
    seen = doors.see(order_id)
    assert (seen["status"], seen["payment_status"]) == ("PENDING_REVIEW", "EXPIRED")
    assert (seen["payments"][0]["state"], doors.timeline(order_id)[-1]["event"]) == ("EXPIRED", "PaymentExpired")
    with doors.world.unchanged():
        assert send(doors, hint(doors, order_id, "payment.expired")).body == {"done": "nothing"}


@pytest.mark.capability("K11")
def test_a_message_about_each_result_of_our_own_calls_costs_one_read(doors: Doors):
    """The provider tells everything once more; what our calls have recorded is not looked up again."""
    order_id, work = shipped(doors)
    doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work)
    calls, reads = len(doors.world.provider.calls), []
    doors.world.database.around = lambda name, act: (reads.append(name), act())[1]
    with doors.world.unchanged():
        for kind in ("payment.authorized", "payment.captured", "payment.voided"):
            assert send(doors, hint_about(doors, order_id, kind)).body == {"done": "nothing"}
    assert reads == ["get"] * 3
    assert len(doors.world.provider.calls) == calls


@pytest.mark.capability("K11")
def test_a_message_that_is_not_the_providers_is_refused(doors: Doors):
    order_id = in_doubt(doors)
    raw = hint(doors, order_id)
    with doors.world.unchanged():
        answers = [
            send(doors, raw, secret="whsec_other"),
            send(doors, raw, age=600),
            send(doors, raw, age=-600),
            send(doors, raw, signed=json.dumps(json.loads(raw), separators=(",", ":"))),
            send(doors, raw + " ", signed=raw),
            doors.api("psp_webhook").post("/v1/webhooks/strict", raw, key=""),
            doors.api("psp_webhook").post("/v1/webhooks/strict", raw, key="", headers={"psp-signature": "t=1,v1=ab"}),
        ]
    assert {(answer.status, answer.body["code"]) for answer in answers} == {(401, "signature_refused")}
    assert {str(answer.body) for answer in answers} == {str(answers[0].body)}


@pytest.mark.capability("K11")
@pytest.mark.parametrize(
    "metadata",
    [{"tenant": "other"}, {"order_id": "ord_none"}, {"payment_id": "pay_none"}, {"order_id": ""}],
)
def test_a_hint_about_nothing_of_ours_does_nothing(doors: Doors, metadata: dict[str, Any]):
    order_id = in_doubt(doors)
    with doors.world.unchanged():
        answer = send(doors, hint(doors, order_id, **metadata))
    assert (answer.status, answer.body) == (200, {"done": "nothing"})
    assert other_tenants(doors.world.database, TENANT) == []


def test_a_hint_that_overtakes_our_own_call_waits_for_it(doors: Doors):
    order_id = doors.place(document(line("A", 3)))
    doors.world.clock.advance(seconds=59)
    with doors.world.unchanged():
        assert send(doors, hint(doors, order_id)).body == {"done": "left to our own call"}
    assert doors.world.provider.calls == []


def test_a_hint_about_a_settled_tender_does_nothing(doors: Doors):
    order_id = in_doubt(doors)
    send(doors, hint(doors, order_id))
    calls = len(doors.world.provider.calls)
    with doors.world.unchanged():
        assert send(doors, hint(doors, order_id)).body == {"done": "nothing"}
    assert len(doors.world.provider.calls) == calls


@pytest.mark.parametrize(
    "raw", ["{}", '{"data": {}}', '{"data": {"payment": []}}', '{"data": []}', "[]", '"x"', "null"]
)
def test_a_signed_message_of_another_shape_does_nothing(doors: Doors, raw: str):
    with doors.world.unchanged():
        answer = send(doors, raw)
    assert (answer.status, answer.body) == (200, {"done": "nothing"})


def test_a_signed_message_that_is_no_json_is_refused(doors: Doors):
    with doors.world.unchanged():
        assert send(doors, "not json").status == 400

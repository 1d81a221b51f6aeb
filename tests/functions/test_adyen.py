"""Adyen: calls that it accepts, signed messages through the door, and what our books then say of the payment."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from Adyen.util import generate_notification_sig, is_valid_hmac_notification

from oms.payments.adapters.adyen import AdyenAccount, account, reference_of
from oms.payments.port import (
    Approved,
    AuthorizeRequest,
    CaptureRequest,
    CredentialsRefused,
    Declined,
    NewBalance,
    NoTrace,
    PaymentProvider,
    ProviderPayment,
    RefundRequest,
    RequiresAction,
    Unknown,
)
from tests.contracts.scripted_http import Scripted, scripted
from tests.functions.conftest import Answer
from tests.order_doors import SECRET, Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "scripted", "world"]

pytestmark = pytest.mark.capability("K11")
KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
ACCOUNT = "SpineECOM"
P = "8815658961765250"
TOKEN = "shopper-1/stored-1"


@dataclass
class Till:
    """Adyen as a test plays it: answers to calls, and messages through our door."""

    doors: Doors
    scripted: Scripted
    account: AdyenAccount
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    @property
    def provider(self) -> PaymentProvider:
        return self.account.of(self.doors.world.runtime, TENANT)

    def accept(self) -> str:
        """The next modification is answered `received`; its name at Adyen."""
        made = f"{next(self.numbers):016d}"
        self.scripted.answers.append((201, {"status": "received", "pspReference": made, "paymentPspReference": P}))
        return made

    def send(self, *items: dict[str, Any]) -> Answer:
        body = json.dumps({"live": "false", "notificationItems": [{"NotificationRequestItem": one} for one in items]})
        return self.doors.api("psp_webhook").post("/v1/webhooks/adyen", body, key="", headers={}, scopes=())

    def see(self) -> ProviderPayment:
        found = self.provider.get(P)
        assert isinstance(found, ProviderPayment)
        return found


def item(event: str, key: str, made: str, value: int, *, success: bool = True, **change: Any) -> dict[str, Any]:
    """An item as Adyen sends it, signed by Adyen's own package."""
    found = {
        "amount": {"currency": "USD", "value": value},
        "eventCode": event,
        "eventDate": "2026-11-23T15:00:00+01:00",
        "merchantAccountCode": ACCOUNT,
        "merchantReference": reference_of(TENANT, key),
        "originalReference": "" if event == "AUTHORISATION" else P,
        "pspReference": made,
        "reason": "",
        "success": "true" if success else "false",
        **change,
    }
    return {**found, "additionalData": {"hmacSignature": generate_notification_sig(found, KEY).decode()}}


@pytest.fixture
def till(doors: Doors, scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> Till:
    own = {"endpoint": scripted.endpoint, "api_key": "key_1", "merchant_account": ACCOUNT, "hmac_keys": [KEY]}
    monkeypatch.setitem(SECRET, "adyen", own)
    at = account(f"{scripted.endpoint}/v71", "key_1", ACCOUNT)
    doors.api("psp_webhook")
    monkeypatch.setattr("functions.psp_webhook.handler.provider", lambda name: at)
    return Till(doors, scripted, at)


def held(till: Till, key: str = "a1", amount: int = 3000) -> Approved:
    till.scripted.answers.append((200, {"pspReference": P, "resultCode": "Authorised"}))
    made = till.provider.authorize(AuthorizeRequest(amount, "USD", TOKEN, TENANT, "ord_1", "pay_1"), key=key)
    assert isinstance(made, Approved)
    return made


def test_an_authorisation_is_answered_at_once_and_found_by_its_key(till: Till) -> None:
    assert till.provider.find("a1") == NoTrace()
    made = held(till)
    assert made == Approved(P, 3000, "USD")
    assert till.provider.find("a1") == made
    sent = till.scripted.last
    assert (sent.path, sent.headers["x-api-key"], sent.headers["idempotency-key"]) == ("/v71/payments", "key_1", "a1")
    assert json.loads(sent.body) == {
        "merchantAccount": ACCOUNT,
        "amount": {"currency": "USD", "value": 3000},
        "reference": f"{TENANT}.a1",
        "paymentMethod": {"type": "scheme", "storedPaymentMethodId": "stored-1"},
        "shopperReference": "shopper-1",
        "shopperInteraction": "ContAuth",
        "recurringProcessingModel": "CardOnFile",
        "additionalData": {"manualCapture": "true"},
        "metadata": {"tenant": TENANT, "order_id": "ord_1", "payment_id": "pay_1"},
    }
    assert len(reference_of(TENANT, "x" * 200)) <= 80
    found = till.see()
    assert (found.authorized, found.captured, found.order_id, found.payment_id) == (3000, 0, "ord_1", "pay_1")
    assert till.provider.capabilities.asynchronous


def test_an_answer_that_was_lost_comes_with_the_message(till: Till) -> None:
    till.scripted.answers.append((503, {}))
    asked = AuthorizeRequest(3000, "USD", TOKEN, TENANT, "ord_1", "pay_1")
    assert till.provider.authorize(asked, key="a1") == Unknown("status 503")
    assert till.provider.find("a1") == NoTrace()
    assert till.provider.get(P) == NoTrace()
    assert till.send(item("AUTHORISATION", "a1", P, 3000)).status == 200
    assert till.provider.find("a1") == Approved(P, 3000, "USD")
    refused = item("AUTHORISATION", "a1", "other", 3000, success=False, reason="Expired Card")
    till.send(refused)
    assert till.provider.find("a1") == Approved(P, 3000, "USD")


def test_a_confirmation_that_comes_before_the_first_answer_is_repeated_stands(till: Till) -> None:
    """A run that died asks again under its key, and Adyen gives its first answer once more."""
    asked = AuthorizeRequest(3000, "USD", TOKEN, TENANT, "ord_1", "pay_1")
    first = (200, {"pspReference": P, "resultCode": "RedirectShopper"})
    till.scripted.answers += [first, first]
    assert till.provider.authorize(asked, key="a1") == RequiresAction(P)
    till.send(item("AUTHORISATION", "a1", P, 3000))
    assert till.provider.authorize(asked, key="a1") == Approved(P, 3000, "USD")
    assert till.provider.find("a1") == Approved(P, 3000, "USD")
    assert till.see().authorized == 3000


@pytest.mark.parametrize(
    ("code", "reason", "result"),
    [
        ("Refused", "Not enough balance", Declined("not_enough_balance", P)),
        ("Error", None, Declined("error", P)),
        ("RedirectShopper", None, RequiresAction(P)),
        ("Received", None, Unknown("received")),
        (None, None, Unknown("unreadable answer")),
    ],
)
def test_each_result_code_ends_in_one_of_the_few_ways(till: Till, code: str | None, reason: str | None, result: object):
    till.scripted.answers.append((200, {"pspReference": P, "resultCode": code, "refusalReason": reason}))
    asked = AuthorizeRequest(3000, "USD", TOKEN, TENANT, "ord_1", "pay_1")
    assert till.provider.authorize(asked, key="a1") == result


def test_a_capture_is_pending_until_it_is_told_and_may_fail_after_that(till: Till) -> None:
    held(till)
    made = till.accept()
    accepted = till.provider.capture(CaptureRequest(P, 1000, "USD", final=False), key="c1")
    assert accepted == Approved(P, 1000, "USD", made, 2000, pending=True)
    assert till.scripted.last.path == f"/v71/payments/{P}/captures"
    assert json.loads(till.scripted.last.body)["reference"] == f"{TENANT}.c1"
    assert (till.see().capture_pending, till.see().captured, till.see().released) == (1000, 0, 2000)
    assert till.provider.find("c1", verb="capture", reference=P) == accepted
    told = item("CAPTURE", "c1", made, 1000)
    for _ in range(2):
        assert till.send(told).status == 200
        done = till.provider.find("c1", verb="capture", reference=P)
        assert done == Approved(P, 1000, "USD", made, 2000)
        assert (till.see().capture_pending, till.see().captured, till.see().released) == (0, 1000, 2000)
    late = item("CAPTURE_FAILED", "c1", "9" * 16, 1000, reason="Capture expired")
    assert till.send(late).status == 200
    till.send(told)
    failed = till.provider.find("c1", verb="capture", reference=P)
    assert failed == Declined("capture_expired", P)
    assert (till.see().captured, till.see().released) == (0, 0)
    assert [(one.amount, one.status) for one in till.see().captures] == [(1000, "failed")]


def test_messages_in_reverse_say_the_same(till: Till) -> None:
    held(till)
    made = till.accept()
    till.provider.capture(CaptureRequest(P, 3000, "USD", final=False), key="c1")
    till.send(item("CAPTURE_FAILED", "c1", made, 3000, reason="Capture expired"))
    till.send(item("CAPTURE", "c1", made, 3000))
    assert till.provider.find("c1", verb="capture", reference=P) == Declined("capture_expired", P)


def test_a_refund_is_paid_when_it_is_told_and_may_come_back(till: Till) -> None:
    held(till)
    taken = till.accept()
    till.provider.capture(CaptureRequest(P, 3000, "USD", final=False), key="c1")
    till.send(item("CAPTURE", "c1", taken, 3000))
    made = till.accept()
    assert till.provider.refund(RefundRequest(P, 500, "USD"), key="r1") == Approved(P, 500, "USD", made, pending=True)
    assert (till.see().refund_pending, till.see().refunded) == (500, 0)
    till.send(item("REFUND", "r1", made, 500))
    assert (till.see().refund_pending, till.see().refunded) == (0, 500)
    till.send(item("REFUND_FAILED", "r1", made, 500, reason="Account closed"))
    assert till.provider.find("r1", verb="refund", reference=P) == Declined("account_closed", P)
    assert (till.see().refund_pending, till.see().refunded, till.see().captured) == (0, 0, 3000)


def test_a_cancellation_lets_go_when_it_is_told_and_so_does_an_expiry(till: Till) -> None:
    held(till)
    made = till.accept()
    assert till.provider.void(P, key="v1") == Approved(P, 3000, "USD", made, pending=True)
    assert till.see().released == 0
    till.send(item("CANCELLATION", "v1", made, 3000))
    assert till.provider.find("v1", verb="void", reference=P) == Approved(P, 3000, "USD", made)
    assert till.see().released == 3000
    assert till.provider.void(P, key="v2", amount=5) == Declined("partial_void_not_supported", P, by_rule=True)
    assert till.provider.void("none", key="v3") == Unknown("not told yet")


def test_a_message_that_is_faster_than_the_answer_counts(till: Till) -> None:
    held(till)
    made = f"{next(till.numbers):016d}"
    till.send(item("CAPTURE", "c1", made, 3000))
    till.scripted.answers.append((201, {"status": "received", "pspReference": made}))
    done = till.provider.capture(CaptureRequest(P, 3000, "USD", final=False), key="c1")
    assert done == Approved(P, 3000, "USD", made, 0)


def test_what_adyen_does_not_allow_is_declined_by_rule_and_changes_nothing(till: Till) -> None:
    held(till)
    with till.doors.world.unchanged():
        till.scripted.answers += [(422, {"errorCode": "167"}), (422, {"errorCode": "704"}), (201, {"status": "no"})]
        asked = CaptureRequest(P, 3001, "USD", final=False)
        assert till.provider.capture(asked, key="c1") == Declined("adyen_167", P, by_rule=True)
        assert till.provider.capture(asked, key="c1") == Unknown("in progress")
        assert till.provider.capture(asked, key="c1") == Unknown("unreadable answer")
        till.scripted.answers.append((401, {}))
        with pytest.raises(CredentialsRefused):
            till.provider.capture(asked, key="c1")
        card = NewBalance("gift_card", "ref_1", "100", "s1", "web")
        assert till.provider.refund(RefundRequest("", 5, "USD", to=card), key="r").by_rule  # type: ignore[union-attr]
        plain = AuthorizeRequest(5, "USD", "stored-1", TENANT, "ord_1", "pay_1")
        assert till.provider.authorize(plain, key="a") == Declined("token_unknown", by_rule=True)
        asks = CaptureRequest(P, 5, "XXX", final=False)
        assert till.provider.capture(asks, key="c") == Declined("amount_not_payable", P, by_rule=True)


def test_an_item_is_believed_with_its_own_signature_and_with_no_other(till: Till) -> None:
    held(till)
    good = item("CAPTURE", "c1", "1", 3000)
    assert is_valid_hmac_notification(good, KEY)
    false = [
        {**good, "amount": {"currency": "USD", "value": 2999}},
        {**good, "success": "false"},
        {**good, "additionalData": {"hmacSignature": "x"}},
        {**good, "additionalData": {}},
        item("CAPTURE", "c1", "1", 3000, merchantAccountCode="Other"),
    ]
    with till.doors.world.unchanged():
        answers = [till.send(one) for one in false] + [till.send(good, false[0]), till.send()]
        assert {(answer.status, answer.body["code"]) for answer in answers} == {(401, "signature_refused")}
        none = item("CAPTURE", "c1", "1", 3000, originalReference="unknown")
        strange = item("CAPTURE", "c1", "1", 3000, merchantReference="theirs")
        report = item("REPORT_AVAILABLE", "c1", "1", 0)
        for one in (none, strange, report, item("AUTHORISATION", "a9", "2", 5)):
            assert till.send(one).body == {"done": "nothing"}


def test_an_order_is_paid_with_adyen_from_its_hold_to_its_capture(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order's own functions, with every result by a message."""
    doors = till.doors
    order_id = doors.place(document(line("A", 3), payments=[{"provider": "adyen", "token": TOKEN, "amount": 3000}]))
    monkeypatch.setattr(doors.world, "providers", lambda name: till.account)
    till.scripted.answers.append((200, {"pspReference": P, "resultCode": "Authorised"}))
    (work,) = doors.run_order_workflow(order_id)
    assert doors.see(order_id)["payment_status"] == "AUTHORIZED"
    doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {})
    made = till.accept()
    assert doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work) == {"captured": 0}
    assert doors.see(order_id)["payments"][0]["state"] == "CAPTURE_PENDING"
    key = json.loads(till.scripted.last.body)["reference"].removeprefix(f"{TENANT}.")
    told = item("CAPTURE", key, made, 3000)
    assert till.send(told).body == {"done": "looked up"}
    seen = doors.see(order_id)
    assert (seen["payment_status"], seen["payments"][0]["captured"]) == ("CAPTURED", 3000)
    with doors.world.unchanged():
        assert till.send(told).body == {"done": "nothing"}

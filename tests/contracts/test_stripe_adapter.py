"""Our Stripe adapter against answers of the shapes that Stripe documents, and against none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from oms.payments.adapters.minor_units import ADYEN, STRIPE, NotPayable, amount_for, amount_from
from oms.payments.adapters.stripe import API_VERSION, NOT_PAYABLE, Stripe
from oms.payments.adapters.stripe_answers import mark_of
from oms.payments.port import (
    Approved,
    AuthorizeRequest,
    CaptureRequest,
    CredentialsRefused,
    Declined,
    Movement,
    NewBalance,
    NoTrace,
    ProviderPayment,
    RefundRequest,
    RequiresAction,
    Unknown,
)
from tests.contracts.scripted_http import Scripted, scripted

__all__ = ["scripted"]

pytestmark = pytest.mark.capability("K11")

ASKED = AuthorizeRequest(2941, "USD", "pm_1", "acme", "ord_1", "pay_1")
UNTIL = 1773069247
CHARGE = {
    "id": "ch_1",
    "object": "charge",
    "status": "succeeded",
    "payment_method_details": {"type": "card", "card": {"brand": "visa", "capture_before": UNTIL}},
}


def intent(status: str = "requires_capture", **change: Any) -> dict[str, Any]:
    found = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 2941,
        "amount_capturable": 2941 if status == "requires_capture" else 0,
        "amount_received": 0,
        "cancellation_reason": None,
        "currency": "usd",
        "last_payment_error": None,
        "latest_charge": CHARGE,
        "metadata": {"tenant": "acme", "order_id": "ord_1", "payment_id": "pay_1", "authorize_key": "a1"},
        "status": status,
    }
    return {**found, **change}


def refund(number: int, status: str = "succeeded", key: str = "", **change: Any) -> dict[str, Any]:
    metadata = {"refund_key": key} if key else {}
    found = {"id": f"re_{number}", "object": "refund", "amount": 678, "currency": "usd", "status": status}
    return {**found, "metadata": metadata, "payment_intent": "pi_1", **change}


def page(*rows: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"object": "list", "data": list(rows), "has_more": more}


def error(kind: str, **more: Any) -> dict[str, Any]:
    return {"error": {"type": kind, "message": "no", **more}}


@pytest.fixture
def stripe(scripted: Scripted) -> Iterator[Stripe]:
    adapter = Stripe("sk_test_1", endpoint=scripted.endpoint, read_timeout=0.5)
    yield adapter
    adapter.close()


def test_money_is_held_once_and_until_the_time_that_the_charge_tells(stripe: Stripe, scripted: Scripted) -> None:
    scripted.answers = [(200, intent())]
    made = stripe.authorize(ASKED, key="a1")
    assert made == Approved("pi_1", 2941, "USD", capture_before=datetime.fromtimestamp(UNTIL, UTC))
    sent = scripted.last
    assert (sent.method, sent.path) == ("POST", "/v1/payment_intents")
    assert sent.headers["idempotency-key"] == "a1"
    assert (sent.headers["authorization"], sent.headers["stripe-version"]) == ("Bearer sk_test_1", API_VERSION)
    assert {name: values[0] for name, values in parse_qs(sent.body).items()} == {
        "amount": "2941",
        "currency": "usd",
        "payment_method": "pm_1",
        "payment_method_types[]": "card",
        "capture_method": "manual",
        "confirm": "true",
        "metadata[tenant]": "acme",
        "metadata[order_id]": "ord_1",
        "metadata[payment_id]": "pay_1",
        "metadata[authorize_key]": "a1",
        "expand[]": "latest_charge",
    }


@pytest.mark.parametrize(
    ("amount", "currency", "told"),
    [(500, "JPY", 500), (500, "ISK", 50000), (500, "UGX", 50000), (500, "MGA", 5), (5120, "KWD", 5120)],
)
def test_an_amount_is_told_in_the_units_of_stripe_and_comes_back_in_ours(
    stripe: Stripe, scripted: Scripted, amount: int, currency: str, told: int
) -> None:
    scripted.answers = [(200, intent(amount=told, amount_capturable=told, currency=currency.lower()))]
    made = stripe.authorize(AuthorizeRequest(amount, currency, "pm_1", "acme", "ord_1", "pay_1"), key="a1")
    assert isinstance(made, Approved)
    assert (made.amount, made.currency) == (amount, currency)
    assert parse_qs(scripted.last.body)["amount"] == [str(told)]


def test_what_a_provider_cannot_count_is_refused_and_not_asked(stripe: Stripe, scripted: Scripted) -> None:
    refused = Declined(NOT_PAYABLE, by_rule=True)
    assert stripe.authorize(AuthorizeRequest(501, "MGA", "pm_1", "acme", "o", "p"), key="a") == refused
    assert stripe.authorize(AuthorizeRequest(1, "XXX", "pm_1", "acme", "o", "p"), key="a") == refused
    named = Declined(NOT_PAYABLE, "pi_1", by_rule=True)
    assert stripe.capture(CaptureRequest("pi_1", 501, "MGA", final=False), key="c") == named
    assert stripe.refund(RefundRequest("pi_1", 501, "MGA"), key="r") == named
    card = NewBalance("gift_card", "ref_1", "100", "s1", "web")
    assert stripe.refund(RefundRequest("", 5, "USD", to=card), key="r") == Declined(
        "new_balance_not_supported", by_rule=True
    )
    assert stripe.void("pi_1", key="v", amount=5) == Declined("partial_void_not_supported", "pi_1", by_rule=True)
    assert scripted.asked == []
    assert [amount_for(ADYEN, 700, code) for code in ("USD", "CLP", "CVE", "JPY")] == [700, 70000, 7, 700]
    assert amount_from(STRIPE, 50000, "UGX") == 500
    with pytest.raises(NotPayable):
        amount_from(STRIPE, 50001, "UGX")


def test_a_capture_lets_go_of_the_rest_and_is_found_by_its_mark(stripe: Stripe, scripted: Scripted) -> None:
    marked = intent("succeeded", amount_received=2000)
    marked["metadata"] = {**marked["metadata"], mark_of("c1"): "2000"}
    scripted.answers = [(200, marked)]
    taken = stripe.capture(CaptureRequest("pi_1", 2000, "USD", final=False), key="c1")
    assert taken == Approved("pi_1", 2000, "USD", "ch_1", released=941)
    assert parse_qs(scripted.last.body) == {
        "amount_to_capture": ["2000"],
        f"metadata[{mark_of('c1')}]": ["2000"],
        "expand[]": ["latest_charge"],
    }
    assert len(mark_of("c1")) <= 40
    scripted.answers = [(200, marked), (200, marked)]
    assert stripe.find("c1", verb="capture", reference="pi_1") == taken
    assert stripe.find("c2", verb="capture", reference="pi_1") == NoTrace()


def test_with_multicapture_each_capture_has_a_name_and_the_rest_stays_held(scripted: Scripted) -> None:
    stripe = Stripe("sk_test_1", endpoint=scripted.endpoint, max_captures=10)
    assert stripe.capabilities.max_captures == 10
    marked = intent(amount_received=2000, amount_capturable=941)
    marked["metadata"] = {**marked["metadata"], mark_of("c1"): "1500", mark_of("c2"): "500"}
    scripted.answers = [(200, marked), (200, marked), (200, page())]
    taken = stripe.capture(CaptureRequest("pi_1", 500, "USD", final=False), key="c2")
    second = f"ch_1:{mark_of('c2').removeprefix('capture_')}"
    assert taken == Approved("pi_1", 500, "USD", second)
    assert parse_qs(scripted.last.body)["final_capture"] == ["false"]
    found = stripe.get("pi_1")
    assert isinstance(found, ProviderPayment)
    assert (found.captured, found.released) == (2000, 0)
    assert sorted(made.amount for made in found.captures) == [500, 1500]
    assert Movement(second, 500, "succeeded") in found.captures
    stripe.close()
    for wrong in (0, 41):
        with pytest.raises(ValueError, match="captures"):
            Stripe("sk_test_1", max_captures=wrong)


@pytest.mark.parametrize(
    ("status", "document", "result"),
    [
        (402, error("card_error", decline_code="insufficient_funds", payment_intent={"id": "pi_1"}),
         Declined("insufficient_funds", "pi_1")),
        (402, error("card_error", code="expired_card"), Declined("expired_card")),
        (400, error("invalid_request_error", code="parameter_missing"), Declined("parameter_missing", by_rule=True)),
        (404, error("invalid_request_error", code="resource_missing"), Declined("resource_missing", by_rule=True)),
        (400, error("idempotency_error"), Declined("idempotency_key_reused", by_rule=True)),
        (409, error("idempotency_error", code="idempotency_key_in_use"), Unknown("idempotency_key_in_use")),
        (400, error("invalid_request_error", code="lock_timeout"), Unknown("lock_timeout")),
        (424, error("api_error"), Unknown("status 424")),
        (500, error("api_error"), Unknown("status 500")),
        (429, error("invalid_request_error"), Unknown("status 429")),
        (400, {}, Unknown("unreadable answer")),
        (200, {"id": "pi_1"}, Unknown("unreadable answer")),
        (200, intent("requires_action"), RequiresAction("pi_1")),
        (200, intent("processing"), Unknown("processing")),
        (200, intent("requires_payment_method", last_payment_error={"decline_code": "fraudulent"}),
         Declined("fraudulent", "pi_1")),
    ],
)  # fmt: skip
def test_each_answer_ends_in_one_of_the_few_ways(
    stripe: Stripe, scripted: Scripted, status: int, document: Any, result: object
) -> None:
    scripted.answers = [(status, document)]
    assert stripe.authorize(ASKED, key="a1") == result
    assert len(scripted.asked) == 1


def test_a_time_out_is_unknown_until_it_is_looked_up(stripe: Stripe, scripted: Scripted) -> None:
    scripted.answers = [None, (200, page()), (200, page(intent()))]
    assert stripe.authorize(ASKED, key="a'1") == Unknown("time-out")
    assert stripe.find("a'1") == NoTrace()
    assert isinstance(stripe.find("a'1"), Approved)
    asked = urlsplit(scripted.last.path)
    assert asked.path == "/v1/payment_intents/search"
    assert parse_qs(asked.query)["query"] == ["metadata['authorize_key']:'a\\'1'"]
    scripted.answers = [(404, error("invalid_request_error"))]
    assert stripe.find("a1") == Unknown("no search")


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_stripe_does_not_know_is_nobodys_outcome(stripe: Stripe, scripted: Scripted, status: int) -> None:
    scripted.answers = [(status, error("invalid_request_error"))]
    with pytest.raises(CredentialsRefused):
        stripe.authorize(ASKED, key="a1")


def test_a_void_is_one_that_was_asked_for_and_not_an_end_by_time(stripe: Stripe, scripted: Scripted) -> None:
    ours, expired = intent("canceled"), intent("canceled", cancellation_reason="automatic")
    scripted.answers = [(200, ours), (200, ours), (200, expired), (200, intent())]
    assert stripe.void("pi_1", key="v1") == Approved("pi_1", 2941, "USD")
    assert stripe.find("v1", verb="void", reference="pi_1") == Approved("pi_1", 2941, "USD")
    assert stripe.find("v1", verb="void", reference="pi_1") == NoTrace()
    assert stripe.find("v1", verb="void", reference="pi_1") == NoTrace()
    assert stripe.find("v1", verb="void") == NoTrace()


def test_refunds_are_pending_done_or_failed_and_told_page_by_page(stripe: Stripe, scripted: Scripted) -> None:
    first, second = refund(1, "pending", "r1"), refund(2, "failed", "r2", failure_reason="expired_or_canceled_card")
    taken = intent("succeeded", amount_received=2941)
    scripted.answers = [(200, first), (200, taken), (200, page(first, more=True)), (200, page(second, refund(3)))]
    assert stripe.refund(RefundRequest("pi_1", 678, "USD"), key="r1") == Approved(
        "pi_1", 678, "USD", "re_1", pending=True
    )
    found = stripe.get("pi_1")
    assert isinstance(found, ProviderPayment)
    assert (found.refunded, found.refund_pending) == (678, 678)
    assert found.refunds == (
        Movement("re_1", 678, "pending"),
        Movement("re_2", 678, "failed", 0, "expired_or_canceled_card"),
        Movement("re_3", 678, "succeeded"),
    )
    assert parse_qs(urlsplit(scripted.last.path).query)["starting_after"] == ["re_1"]
    scripted.answers = [(200, page(first, second)), (200, page(first)), (503, {})]
    assert stripe.find("r2", verb="refund", reference="pi_1") == Declined("expired_or_canceled_card", "pi_1")
    assert stripe.find("r9", verb="refund", reference="pi_1") == NoTrace()
    assert stripe.find("r9", verb="refund", reference="pi_1") == Unknown("status 503")

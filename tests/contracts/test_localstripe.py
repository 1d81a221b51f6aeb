"""The happy path of our Stripe adapter against localstripe, which others have written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from oms.payments.adapters.stripe import Stripe
from oms.payments.port import (
    Approved,
    AuthorizeRequest,
    CaptureRequest,
    CredentialsRefused,
    Declined,
    Movement,
    NoTrace,
    ProviderPayment,
    RefundRequest,
    RequiresAction,
)
from tests.order_doors import Doors, doors
from tests.order_world import TENANT, document, line, world

__all__ = ["doors", "world"]

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.capability("K11")


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A localstripe of our own, from scratch: what it stores goes into a folder of this test."""
    folder = tmp_path_factory.mktemp("localstripe")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.contracts.localstripe_server"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=10)
    process.stdout.close()


@pytest.fixture
def stripe(endpoint: str) -> Iterator[Stripe]:
    adapter = Stripe("sk_test_12345", endpoint=endpoint)
    yield adapter
    adapter.close()


def held(stripe: Stripe, key: str, amount: int = 7500) -> str:
    made = stripe.authorize(AuthorizeRequest(amount, "USD", "pm_card_visa", "acme", "ord_1", "pay_1"), key=key)
    assert isinstance(made, Approved)
    assert (made.amount, made.currency, made.pending, made.movement_id) == (amount, "USD", False, None)
    return made.reference


def test_held_money_is_taken_in_part_and_the_rest_is_let_go_of(stripe: Stripe) -> None:
    reference = held(stripe, "a1")
    before = stripe.get(reference)
    assert isinstance(before, ProviderPayment)
    assert (before.status, before.authorized, before.captured, before.released) == ("requires_capture", 7500, 0, 0)
    assert (before.tenant, before.order_id, before.payment_id) == ("acme", "ord_1", "pay_1")
    assert stripe.find("c1", verb="capture", reference=reference) == NoTrace()
    taken = stripe.capture(CaptureRequest(reference, 1500, "USD", final=False), key="c1")
    assert isinstance(taken, Approved)
    assert (taken.reference, taken.amount, taken.released) == (reference, 1500, 6000)
    assert taken.movement_id is not None
    assert taken.movement_id.startswith("ch_")
    assert stripe.find("c1", verb="capture", reference=reference) == taken
    assert stripe.find("c2", verb="capture", reference=reference) == NoTrace()
    after = stripe.get(reference)
    assert isinstance(after, ProviderPayment)
    assert (after.status, after.authorized, after.captured, after.released) == ("succeeded", 7500, 1500, 6000)
    assert after.captures == (Movement(taken.movement_id, 1500, "succeeded", 6000),)
    # localstripe lists what was let go of as a refund; it is none.
    assert (after.refunded, after.refunds) == (0, ())


def test_money_that_was_taken_goes_back_under_its_key(stripe: Stripe) -> None:
    reference = held(stripe, "a2")
    stripe.capture(CaptureRequest(reference, 7500, "USD", final=False), key="c3")
    refund = stripe.refund(RefundRequest(reference, 1000, "USD"), key="r1")
    assert isinstance(refund, Approved)
    assert (refund.amount, refund.currency, refund.pending) == (1000, "USD", False)
    assert stripe.find("r1", verb="refund", reference=reference) == refund
    assert stripe.find("r2", verb="refund", reference=reference) == NoTrace()
    found = stripe.get(reference)
    assert isinstance(found, ProviderPayment)
    assert (found.captured, found.refunded, found.refund_pending) == (7500, 1000, 0)
    assert refund.movement_id is not None
    assert found.refunds == (Movement(refund.movement_id, 1000, "succeeded"),)


def test_what_is_held_is_let_go_of_whole(stripe: Stripe) -> None:
    reference = held(stripe, "a3")
    assert stripe.find("v1", verb="void", reference=reference) == NoTrace()
    gone = stripe.void(reference, key="v1")
    assert gone == Approved(reference, 7500, "USD")
    assert stripe.find("v1", verb="void", reference=reference) == gone
    found = stripe.get(reference)
    assert isinstance(found, ProviderPayment)
    assert (found.status, found.authorized, found.captured, found.released) == ("canceled", 7500, 0, 7500)


def test_a_second_capture_and_one_of_too_much_are_refused_and_change_nothing(stripe: Stripe) -> None:
    reference = held(stripe, "a4", 1000)
    before = stripe.get(reference)
    over = stripe.capture(CaptureRequest(reference, 1001, "USD", final=False), key="c4")
    assert isinstance(over, Declined)
    assert over.by_rule
    assert stripe.get(reference) == before
    stripe.capture(CaptureRequest(reference, 400, "USD", final=False), key="c5")
    taken = stripe.get(reference)
    again = stripe.capture(CaptureRequest(reference, 400, "USD", final=False), key="c6")
    assert isinstance(again, Declined)
    assert again.by_rule
    assert stripe.get(reference) == taken
    late = stripe.void(reference, key="v2")
    assert isinstance(late, Declined)
    assert stripe.get(reference) == taken


def token_of(endpoint: str, number: str) -> str:
    """A payment method of a test card; the product never sees a number, Stripe's own pages take it."""
    card = {"number": number, "exp_month": "12", "exp_year": "2030", "cvc": "123"}
    fields = {"type": "card", **{f"card[{name}]": value for name, value in card.items()}}
    request = Request(f"{endpoint}/v1/payment_methods", urlencode(fields).encode())
    request.add_header("Authorization", "Bearer sk_test_12345")
    with urlopen(request) as answer:
        return str(json.load(answer)["id"])


def test_a_customer_who_must_confirm_holds_nothing_yet(stripe: Stripe, endpoint: str) -> None:
    token = token_of(endpoint, "4000002500003155")
    made = stripe.authorize(AuthorizeRequest(1000, "USD", token, "acme", "ord_1", "pay_1"), key="a5")
    assert isinstance(made, RequiresAction)
    found = stripe.get(made.reference)
    assert isinstance(found, ProviderPayment)
    assert (found.status, found.authorized, found.captured, found.released) == ("requires_action", 0, 0, 0)
    assert stripe.void(made.reference, key="v3") == Approved(made.reference, 0, "USD")


def test_a_card_that_the_bank_refuses_is_a_decline(stripe: Stripe) -> None:
    token = "pm_card_chargeCustomerFail"
    made = stripe.authorize(AuthorizeRequest(1000, "USD", token, "acme", "ord_1", "pay_1"), key="a6")
    assert made == Declined("card_declined", None, by_rule=False)


def test_an_unknown_intent_leaves_no_trace_and_a_wrong_key_is_nobodys_outcome(stripe: Stripe, endpoint: str) -> None:
    assert stripe.get("pi_none") == NoTrace()
    with pytest.raises(CredentialsRefused):
        Stripe("wrong", endpoint=endpoint).get("pi_none")


def test_an_order_is_paid_with_stripe_from_its_hold_to_its_capture(
    doors: Doors, stripe: Stripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order's own functions, with localstripe behind them."""
    monkeypatch.setattr(doors.world, "providers", lambda name: stripe)
    card = {"provider": "stripe", "token": "pm_card_visa", "amount": 3000}
    order_id = doors.place(document(line("A", 3), payments=[card]))
    (work,) = doors.run_order_workflow(order_id)
    assert doors.see(order_id)["payment_status"] == "AUTHORIZED"
    doors.api("fulfillment").post(f"/v1/fulfillment-orders/{work}/ship", {})
    assert doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work) == {"captured": 3000}
    seen = doors.see(order_id)
    assert (seen["payment_status"], seen["payments"][0]["captured"]) == ("CAPTURED", 3000)
    found = stripe.get(doors.world.order(order_id).payments[0].psp_reference or "")
    assert isinstance(found, ProviderPayment)
    assert (found.captured, found.order_id, found.tenant) == (3000, order_id, TENANT)
    with doors.world.unchanged():
        assert doors.task("capture_payment", order_id=order_id, fulfillment_order_id=work) == {"captured": 0}

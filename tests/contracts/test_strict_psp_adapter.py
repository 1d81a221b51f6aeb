"""Our adapter against the strict provider itself, and against answers that no provider should give."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import pytest

from oms.payments.adapters.strict_psp import StrictPsp
from oms.payments.port import (
    Approved,
    AuthorizeRequest,
    CaptureRequest,
    CredentialsRefused,
    Declined,
    NoTrace,
    PaymentProvider,
    ProviderPayment,
    RefundRequest,
    RequiresAction,
    Unknown,
)
from tests.contracts.provider import Provider, provider

__all__ = ["provider"]

pytestmark = pytest.mark.capability("K11")


def request(token: str = "tok_visa", amount: int = 11325) -> AuthorizeRequest:
    return AuthorizeRequest(amount, "USD", token, "acme", "ord_1", "pay_1")


@pytest.fixture
def psp(provider: Provider) -> Iterator[PaymentProvider]:
    adapter = StrictPsp(provider.known["endpoint"], provider.known["api_key"], read_timeout=0.5)
    yield adapter
    adapter.close()


def held(psp: PaymentProvider, key: str = "hold", token: str = "tok_visa", amount: int = 11325) -> str:
    result = psp.authorize(request(token, amount), key=key)
    assert isinstance(result, Approved)
    return result.reference


def test_an_approved_authorization_tells_until_when_it_holds(psp: PaymentProvider) -> None:
    result = psp.authorize(request(), key="k1")
    assert isinstance(result, Approved)
    assert (result.amount, result.currency, result.pending, result.movement_id) == (11325, "USD", False, None)
    assert result.capture_before is not None
    assert abs(result.capture_before - datetime.now(UTC) - timedelta(days=7)) < timedelta(seconds=5)
    assert psp.get(result.reference) == ProviderPayment(
        reference=result.reference,
        status="authorized",
        currency="USD",
        authorized=11325,
        captured=0,
        capture_pending=0,
        released=0,
        refunded=0,
        refund_pending=0,
        capture_before=result.capture_before,
        tenant="acme",
        order_id="ord_1",
        payment_id="pay_1",
    )


def test_each_shipment_is_captured_and_the_last_releases_the_rest(psp: PaymentProvider) -> None:
    reference = held(psp)
    first = psp.capture(CaptureRequest(reference, 6995, "USD", final=False), key="c1")
    last = psp.capture(CaptureRequest(reference, 4000, "USD", final=True), key="c2")
    assert isinstance(first, Approved)
    assert isinstance(last, Approved)
    assert (first.amount, first.released, last.amount, last.released) == (6995, 0, 4000, 330)
    assert first.reference == last.reference == reference
    assert first.movement_id != last.movement_id
    assert psp.capture(CaptureRequest(reference, 6995, "USD", final=False), key="c1") == first
    found = psp.get(reference)
    assert isinstance(found, ProviderPayment)
    assert [(made.id, made.amount, made.status, made.released, made.failure_code) for made in found.captures] == [
        (first.movement_id, 6995, "succeeded", 0, None),
        (last.movement_id, 4000, "succeeded", 330, None),
    ]


def test_a_refund_and_a_void_tell_their_amount(psp: PaymentProvider) -> None:
    reference = held(psp, "h1")
    psp.capture(CaptureRequest(reference, 5000, "USD", final=False), key="c1")
    refund = psp.refund(RefundRequest(reference, 1200, "USD"), key="r1")
    void = psp.void(reference, key="v1")
    assert isinstance(refund, Approved)
    assert refund.amount == 1200
    assert refund.movement_id is not None
    assert void == Approved(reference, 6325, "USD")
    payment = psp.get(reference)
    assert isinstance(payment, ProviderPayment)
    assert (payment.captured, payment.refunded, payment.released) == (5000, 1200, 6325)


@pytest.mark.parametrize(
    ("token", "code"), [("tok_insufficient_funds", "insufficient_funds"), ("tok_declined", "generic_decline")]
)
def test_a_bank_says_no(psp: PaymentProvider, token: str, code: str) -> None:
    result = psp.authorize(request(token), key="k1")
    assert isinstance(result, Declined)
    assert (result.code, result.by_rule) == (code, False)
    assert result.reference is not None
    assert psp.find("k1") == result


def test_a_refused_capture_is_a_decline(psp: PaymentProvider) -> None:
    reference = held(psp, token="tok_capture_fails")
    result = psp.capture(CaptureRequest(reference, 100, "USD", final=True), key="c1")
    assert result == Declined("processor_declined", reference, by_rule=False)


def test_what_the_provider_does_not_allow_is_declined_by_rule(psp: PaymentProvider) -> None:
    reference = held(psp, amount=1000)
    over = psp.capture(CaptureRequest(reference, 1001, "USD", final=True), key="c1")
    assert over == Declined("capture_exceeds_authorized", None, by_rule=True)
    assert psp.refund(RefundRequest(reference, 1, "USD"), key="r1") == Declined(
        "payment_not_captured", None, by_rule=True
    )
    assert psp.capture(CaptureRequest(reference, 1, "EUR", final=True), key="c2") == Declined(
        "currency_mismatch", None, by_rule=True
    )
    assert psp.authorize(request(amount=999), key="hold") == Declined("idempotency_key_reused", None, by_rule=True)


def test_the_customer_must_confirm(psp: PaymentProvider) -> None:
    result = psp.authorize(request("tok_3ds"), key="k1")
    assert isinstance(result, RequiresAction)
    assert psp.find("k1") == result


def test_a_time_out_is_unknown_until_it_is_looked_up(psp: PaymentProvider) -> None:
    assert psp.authorize(request("tok_timeout_before_effect"), key="k1") == Unknown("time-out")
    assert psp.find("k1") == NoTrace()
    assert psp.authorize(request("tok_timeout_after_effect"), key="k2") == Unknown("time-out")
    found = psp.find("k2")
    assert isinstance(found, Approved)
    assert psp.authorize(request("tok_timeout_after_effect"), key="k2") == found


def test_a_failing_provider_is_unknown(psp: PaymentProvider) -> None:
    assert psp.authorize(request("tok_error_after_effect"), key="k1") == Unknown("status 500")
    assert isinstance(psp.find("k1"), Approved)


def test_a_call_that_still_runs_is_unknown(psp: PaymentProvider) -> None:
    assert psp.authorize(request("tok_slow"), key="k1") == Unknown("time-out")
    assert psp.authorize(request("tok_slow"), key="k1") == Unknown("idempotency_key_in_use")
    assert psp.find("k1") == Unknown("idempotency_key_in_use")


def test_an_accepted_capture_is_pending(psp: PaymentProvider) -> None:
    reference = held(psp, token="tok_capture_fails_later")
    result = psp.capture(CaptureRequest(reference, 100, "USD", final=True), key="c1")
    assert isinstance(result, Approved)
    assert (result.pending, result.amount, result.released) == (True, 100, 11225)


def test_unknown_payments_leave_no_trace(psp: PaymentProvider) -> None:
    assert psp.get("pay_none") == NoTrace()
    assert psp.get("../log") == NoTrace()


def test_a_wrong_api_key_is_nobodys_outcome(provider: Provider) -> None:
    with pytest.raises(CredentialsRefused):
        StrictPsp(provider.known["endpoint"], "sk_wrong").authorize(request(), key="k1")


class Script:
    """A server that gives the next scripted bytes to each request and hangs up when there are none.

    With `one_each` it ends every connection after one answer, and says so in `ended`.
    """

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.one_each = False
        self.connections = 0
        self.requests = 0
        self.ended = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self.ended.clear()
            # A client that finds the answer too long drops the connection.
            with client, client.makefile("rb") as stream, contextlib.suppress(ConnectionError):
                while self._read_request(stream) and self.answers:
                    client.sendall(self.answers.pop(0))
                    if self.one_each:
                        break
            self.ended.set()

    def _read_request(self, stream: BinaryIO) -> bool:
        length = 0
        while (line := stream.readline()) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        stream.read(length)
        self.requests += line != b""
        return line != b""

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def script() -> Iterator[Script]:
    script = Script()
    yield script
    script.close()


def http_answer(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (http_answer(503, b"busy"), "status 503"),
        (http_answer(429, b"{}"), "status 429"),
        (http_answer(201, b"<html>"), "unreadable answer"),
        (http_answer(201, b"[]"), "unreadable answer"),
        (http_answer(201, b"{}"), "unreadable answer"),
        (http_answer(409, b'{"error": "no"}'), "unreadable answer"),
        (http_answer(200, b" " * 1_100_000), "HTTPException"),
        (b"nonsense\r\n\r\n", "BadStatusLine"),
        (b"", "RemoteDisconnected"),
    ],
)
def test_an_answer_that_says_nothing_is_unknown(script: Script, answer: bytes, reason: str) -> None:
    if answer:
        script.answers.append(answer)
    psp = StrictPsp(script.endpoint, "sk")
    assert psp.authorize(request(), key="k1") == Unknown(reason)
    assert script.requests == 1
    psp.close()


def test_a_provider_that_is_not_there_is_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    assert StrictPsp(f"http://127.0.0.1:{port}", "sk").void("pay_1", key="v1") == Unknown("ConnectionRefusedError")


def test_one_connection_serves_many_calls_and_an_ended_one_is_replaced(script: Script) -> None:
    psp = StrictPsp(script.endpoint, "sk")
    for _ in range(3):
        script.answers.append(http_answer(404, b"{}"))
        assert psp.get("pay_1") == NoTrace()
    assert script.connections == 1
    assert psp.get("pay_1") == Unknown("RemoteDisconnected")
    script.answers.append(http_answer(404, b"{}"))
    assert psp.get("pay_1") == NoTrace()
    assert script.connections == 2


def test_a_connection_that_the_provider_ended_while_idle_costs_no_call(script: Script) -> None:
    script.one_each = True
    psp = StrictPsp(script.endpoint, "sk")
    for connections in (1, 2, 3):
        script.answers.append(http_answer(404, b"{}"))
        assert psp.get("pay_1") == NoTrace()
        assert script.ended.wait(5)
        assert (script.connections, script.requests) == (connections, connections)


@pytest.mark.parametrize("endpoint", ["ftp://127.0.0.1", "127.0.0.1:80", ""])
def test_an_address_that_is_none_is_refused(endpoint: str) -> None:
    with pytest.raises(ValueError, match="not the address"):
        StrictPsp(endpoint, "sk")

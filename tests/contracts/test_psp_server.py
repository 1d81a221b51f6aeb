"""The fake provider over real HTTP: what a merchant's adapter meets on the wire."""

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.provider import BODY, ROOT, Provider, hold, provider

__all__ = ["provider"]


def test_a_payment_from_hold_to_refund_on_one_connection(provider: Provider) -> None:
    payment = hold(provider)
    path = f"/payments/{payment}"
    status, capture = provider.send("POST", f"{path}/capture", {"amount": 6995, "final": False}, "c1")
    assert (status, capture["amount"], capture["payment"]["amount_capturable"]) == (201, 6995, 4330)
    status, capture = provider.send("POST", f"{path}/capture", {"amount": 4000, "final": True}, "c2")
    assert (status, capture["released"], capture["payment"]["status"]) == (201, 330, "captured")
    status, refund = provider.send("POST", f"{path}/refunds", {"amount": 995}, "r1")
    assert (status, refund["payment"]["status"]) == (201, "partially_refunded")
    assert provider.send("GET", path) == (200, refund["payment"])
    status, log = provider.send("GET", "/log")
    assert [(entry["effect"], entry["amount"]) for entry in log["entries"]] == [
        ("authorized", 11325),
        ("captured", 6995),
        ("captured", 4000),
        ("released", 330),
        ("refunded", 995),
    ]
    assert provider.send("GET", "/log?after=3&limit=1")[1]["entries"][0]["effect"] == "released"
    assert provider.send("GET", "/log?after=3&limit=1")[1]["next"] == 4


def test_a_void_over_http(provider: Provider) -> None:
    status, answer = provider.send("POST", f"/payments/{hold(provider)}/void", {}, "v1")
    assert (status, answer["amount"], answer["payment"]["status"]) == (200, 11325, "voided")


def test_a_decline_is_402_with_its_code(provider: Provider) -> None:
    status, answer = provider.send("POST", "/payments", {**BODY, "token": "tok_insufficient_funds"}, "k1")
    assert status == 402
    assert (answer["error"]["type"], answer["error"]["decline_code"]) == ("card_error", "insufficient_funds")


def test_a_repeat_is_marked_and_a_conflict_refused(provider: Provider) -> None:
    first = provider.send("POST", "/payments", BODY, "k1")
    assert provider.replayed is False
    assert provider.send("POST", "/payments", BODY, "k1") == first
    assert provider.replayed is True
    status, answer = provider.send("POST", "/payments", {**BODY, "amount": 11326}, "k1")
    assert (status, answer["error"]["code"]) == (422, "idempotency_key_reused")
    status, answer = provider.send("POST", f"/payments/{first[1]['id']}/void", {}, "k1")
    assert (status, answer["error"]["code"]) == (409, "idempotency_key_other_endpoint")
    assert provider.send("GET", "/health")[1]["payments"] == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "key", "status", "code"),
    [
        ("POST", "/payments", BODY, None, 400, "idempotency_key_missing"),
        ("POST", "/payments", [1], "k", 422, "body_not_object"),
        ("POST", "/payments", {**BODY, "amount": 113.25}, "k", 422, "amount_invalid"),
        ("POST", "/payments/pay_none/void", {}, "k", 404, "payment_not_found"),
        ("POST", "/payments/pay_none/settle", {}, "k", 404, "not_found"),
        ("GET", "/payments/pay_none", None, None, 404, "payment_not_found"),
        ("GET", "/payments", None, None, 400, "filter_missing"),
        ("GET", "/log?limit=0", None, None, 400, "page_invalid"),
        ("GET", "/log?after=x", None, None, 400, "page_invalid"),
        ("DELETE", "/payments", None, None, 405, "method_not_allowed"),
        ("POST", "/_config", {"faults": [{"kind": "odd"}]}, None, 422, "fault_invalid"),
    ],
)
def test_what_is_wrong_is_refused_with_a_stable_code(
    provider: Provider, method: str, path: str, body: Any, key: str | None, status: int, code: str
) -> None:
    answered, answer = provider.send(method, path, body, key)
    assert (answered, answer["error"]["code"]) == (status, code)


def test_without_the_api_key_only_health_is_shown(provider: Provider) -> None:
    for path in ("/payments/pay_1", "/log", "/events", "/_config"):
        status, answer = provider.send("GET", path, api_key="sk_wrong")
        assert (status, answer["error"]["code"]) == (401, "unauthenticated")
    assert provider.send("POST", "/payments", BODY, "k1", api_key="sk_wrong")[0] == 401
    status, health = provider.send("GET", "/health", api_key="sk_wrong")
    assert (status, health["payments"], health["status"]) == (200, 0, "ok")


def test_the_credentials_file_is_for_its_owner_only(provider: Provider) -> None:
    assert (provider.state / "psp.json").stat().st_mode & 0o777 == 0o600
    assert provider.known["pid"] == provider.process.pid


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST /payments HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"400"),
        (b"POST /payments HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", b"413"),
        (b"POST /payments HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"GET /health HTTP/1.1\r\nA: " + b"a" * 20_000, b"431"),
    ],
)
def test_bytes_that_are_no_request_close_the_connection(provider: Provider, sent: bytes, status: bytes) -> None:
    with socket.create_connection(("127.0.0.1", provider.port), timeout=5) as client:
        client.sendall(sent)
        answer = b""
        while more := client.recv(4096):
            answer += more
    assert answer.startswith(b"HTTP/1.1 " + status)


def test_unparsable_json_is_400(provider: Provider) -> None:
    headers = {"Authorization": f"Bearer {provider.known['api_key']}", "Idempotency-Key": "k"}
    provider.connection.request("POST", "/payments", b'{"amount": ', headers)
    answer = provider.connection.getresponse()
    assert (answer.status, json.loads(answer.read())["error"]["code"]) == (400, "body_unparsable")


def test_a_request_in_pieces_and_two_at_once_are_answered_in_order(provider: Provider) -> None:
    bearer = f"Authorization: Bearer {provider.known['api_key']}\r\n".encode()
    one = b"GET /payments/pay_a HTTP/1.1\r\n" + bearer + b"\r\n"
    with socket.create_connection(("127.0.0.1", provider.port), timeout=5) as client:
        client.sendall(one[:20])
        time.sleep(0.05)
        client.sendall(one[20:] + b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n")
        answer = b""
        while more := client.recv(4096):
            answer += more
    assert answer.index(b"HTTP/1.1 404") < answer.index(b"HTTP/1.1 200")


def test_a_lost_answer_is_resolved_by_looking_up_its_key(provider: Provider) -> None:
    provider.connection.timeout = 0.3
    for token, found in (("tok_timeout_before_effect", 0), ("tok_timeout_after_effect", 1)):
        with pytest.raises(TimeoutError):
            provider.send("POST", "/payments", {**BODY, "token": token}, token)
        provider.connection.close()
        status, answer = provider.send("GET", f"/payments?idempotency_key={token}")
        assert (status, len(answer["payments"])) == (200, found)
    assert answer["operation"]["answer"]["id"] == answer["payments"][0]["id"]
    assert provider.send("POST", "/payments", {**BODY, "token": token}, token)[0] == 201
    assert provider.replayed is True
    assert provider.send("GET", "/health")[1]["payments"] == 1


def test_a_held_back_answer_ends_with_a_closed_connection(provider: Provider) -> None:
    provider.configure(hang_milliseconds=50)
    with pytest.raises(http.client.RemoteDisconnected):
        provider.send("POST", "/payments", {**BODY, "token": "tok_timeout_after_effect"}, "k1")


def test_a_slow_answer_refuses_its_repeat_until_it_is_out(provider: Provider) -> None:
    provider.configure(slow_milliseconds=400)
    body = {**BODY, "token": "tok_slow"}
    other = provider.connect()
    headers = {"Authorization": f"Bearer {provider.known['api_key']}", "Idempotency-Key": "k1"}
    other.request("POST", "/payments", json.dumps(body), headers)
    time.sleep(0.1)
    status, answer = provider.send("POST", "/payments", body, "k1")
    assert (status, answer["error"]["code"]) == (409, "idempotency_key_in_use")
    first = other.getresponse()
    assert first.status == 201
    assert provider.send("POST", "/payments", body, "k1") == (201, json.loads(first.read()))
    other.close()


def test_payments_are_found_by_metadata(provider: Provider) -> None:
    payment = hold(provider)
    hold(provider, "other", metadata={"tenant": "acme", "order_id": "ord_2"})
    status, answer = provider.send("GET", "/payments?metadata.tenant=acme&metadata.order_id=ord_1")
    assert (status, [found["id"] for found in answer["payments"]]) == (200, [payment])


def test_a_hold_expires_when_the_clock_file_moves_on(provider: Provider) -> None:
    payment = hold(provider)
    (provider.state / "clock").write_text(str(7 * 24 * 3600))
    status, answer = provider.send("POST", f"/payments/{payment}/capture", {"amount": 1, "final": True}, "c1")
    assert (status, answer["error"]["code"]) == (409, "payment_expired")


def test_a_restart_keeps_the_credentials_and_makes_new_ids(provider: Provider) -> None:
    first = hold(provider)
    provider.process.send_signal(signal.SIGTERM)
    assert provider.process.wait(timeout=5) == 0
    again = subprocess.Popen(
        [sys.executable, "-m", "local.psp", "--port", str(provider.port), "--state", str(provider.state)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert again.stdout is not None
    again.stdout.readline()
    provider.connection.close()
    assert hold(provider) != first
    again.terminate()
    again.wait(timeout=5)
    again.stdout.close()


def test_a_port_in_use_gives_one_clear_sentence(provider: Provider, tmp_path: Path) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "local.psp", "--port", str(provider.port), "--state", str(tmp_path / "other")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=10,
    )
    assert second.returncode == 1
    assert second.stderr.startswith(f"The fake payment provider cannot listen on port {provider.port}: ")
    assert second.stderr.count("\n") == 1

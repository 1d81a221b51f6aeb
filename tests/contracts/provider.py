"""The fake provider as a process of its own, and a merchant that receives its webhooks, for contract tests."""

import http.client
import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
BODY = {
    "amount": 11325,
    "currency": "USD",
    "token": "tok_visa",
    "capture": False,
    "metadata": {"tenant": "acme", "order_id": "ord_1", "payment_id": "pay_1"},
}


@dataclass
class Provider:
    """One running provider process and a connection that stays open."""

    process: subprocess.Popen[str]
    state: Path
    known: dict[str, Any]
    connection: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.connection = self.connect()

    @property
    def port(self) -> int:
        return int(self.known["endpoint"].rsplit(":", 1)[1])

    def connect(self, timeout: float = 10) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def send(
        self, method: str, path: str, body: Any = None, key: str | None = None, api_key: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Authorization": f"Bearer {api_key or self.known['api_key']}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        self.connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self.connection.getresponse()
        self.replayed = answer.getheader("Idempotent-Replayed") == "true"
        return answer.status, json.loads(answer.read())

    def configure(self, **changes: Any) -> None:
        assert self.send("POST", "/_config", changes)[0] == 200


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    process = subprocess.Popen(
        [sys.executable, "-m", "local.psp", "--port", "0", "--state", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("fake payment provider on http://127.0.0.1:")
    yield Provider(process, tmp_path, json.loads((tmp_path / "psp.json").read_text()))
    process.terminate()
    process.wait(timeout=5)
    process.stdout.close()


@dataclass
class Merchant:
    """Receives webhooks; `answers` holds the statuses to give, 200 once they are used up."""

    answers: list[int] = field(default_factory=list)
    received: queue.Queue[tuple[str, bytes]] = field(default_factory=queue.Queue)
    url: str = ""

    def next(self) -> tuple[str, dict[str, Any]]:
        header, raw = self.received.get(timeout=5)
        return header, json.loads(raw)

    def types(self, count: int) -> list[str]:
        return [self.next()[1]["type"] for _ in range(count)]


@pytest.fixture
def merchant() -> Iterator[Merchant]:
    merchant = Merchant()

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            merchant.received.put((self.headers["Psp-Signature"], raw))
            self.send_response(merchant.answers.pop(0) if merchant.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    merchant.url = f"http://127.0.0.1:{server.server_address[1]}/v1/webhooks/strict"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield merchant
    server.shutdown()
    server.server_close()
    thread.join()


def hold(provider: Provider, key: str = "hold", **changes: Any) -> str:
    status, payment = provider.send("POST", "/payments", {**BODY, **changes}, key)
    assert status == 201
    return payment["id"]

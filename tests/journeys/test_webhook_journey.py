"""A system of the retailer hears of an order by webhook: signed, in order, and again after a failure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.journeys.shop import Shop, line, order

DC = "dc-columbus"


class Listener:
    """A web server of this machine that keeps what it is sent; the first message is answered with 500."""

    def __init__(self) -> None:
        heard: list[tuple[dict[str, str], bytes]] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                heard.append(({name.lower(): text for name, text in self.headers.items()}, body))
                self.send_response(500 if len(heard) == 1 else 204)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None: ...

        self.heard = heard
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/spine"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, order_id: str) -> list[str]:
        """Types of the events of an order that came, in order, each message once."""
        messages = {headers["webhook-id"]: json.loads(body) for headers, body in self.heard}
        return [one["meta"]["type"] for one in messages.values() if one["meta"]["entity"] == f"ORDER#{order_id}"]


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()


@pytest.mark.capability("O2")
def test_a_system_hears_of_an_order(shop: Shop, listener: Listener) -> None:
    name = f"erp-{uuid.uuid4().hex[:12]}"
    url = f"/v1/webhook-subscriptions/{name}"
    wanted = {"url": listener.url, "detail_types": ["OrderPlaced", "PaymentAuthorized"]}
    made = shop.running.call("acme-operator", "PUT", url, wanted, key=uuid.uuid4().hex)
    assert made.status == 201, made.body
    secret = shop.get(f"{url}/secrets", client="acme-operator")["secrets"][0]
    order_id = shop.place(order(line(shop.new_item({DC: 1}), 1, 100)))

    deadline = time.monotonic() + 60
    while listener.of(order_id) != ["OrderPlaced", "PaymentAuthorized"]:
        assert time.monotonic() < deadline, listener.heard
        time.sleep(0.2)
    assert listener.heard[0][0]["webhook-id"] == listener.heard[1][0]["webhook-id"]
    key = base64.b64decode(secret.removeprefix("whsec_"))
    for headers, body in listener.heard:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        own = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == own
    paused = shop.post(f"{url}/pause", {"reason": "the listener ends"}, client="acme-operator")
    assert paused.status == 200, paused.body

"""The carrier that sells labels: the tests' fake one on the virtual clock, behind the real adapter's connection."""

from __future__ import annotations

import hashlib
import hmac
import json
from functools import partial
from typing import Any

from local.psp.wire import Request
from tests.simulation.machine.gateway import Answer
from tests.simulation.machine.objects import CARRIER_SECRET
from tests.simulation.machine.psp import READ_TIMEOUT, Response


class Carrier:
    """An account at EasyPost; `account.script` says which of its next answers are lost."""

    def __init__(self, simulation: Any) -> None:
        # Loaded here: it has the product's adapter, which is not to be loaded before the seams are in place.
        from tests.fake_easypost import FakeEasyPost

        self._simulation = simulation
        self.account = FakeEasyPost()

    def exchange(self, asked: Request) -> Response:
        """One call of a function to the carrier; it goes wrong as a call to the payment provider does."""
        operation = asked.target.rsplit("/", 1)[1] if asked.method == "POST" else "look"
        return self._simulation.aws.through("psp", operation, partial(self._answer, asked), write=False)

    def tell(self, event: dict[str, Any]) -> Answer:
        """A signed message to the webhook."""
        raw, secret = json.dumps(event), str(CARRIER_SECRET["easypost"]["webhook_secret"])
        signature = "hmac-sha256-hex=" + hmac.new(secret.encode(), raw.encode(), hashlib.sha256).hexdigest()
        headers = {"x-hmac-signature": signature}
        return self._simulation.gateway.exchange("POST", "/v1/webhooks/easypost", raw, headers, "carrier")

    def _answer(self, asked: Request) -> Response:
        if asked.target.startswith("/shp_"):
            return Response(200, self.account.file(asked.target))
        answer = self.account.send(asked.method, asked.target, asked.body or None)
        if not isinstance(answer, tuple):
            self._simulation.scheduler.sleep(READ_TIMEOUT)
            raise TimeoutError("the carrier does not answer")
        status, document = answer
        return Response(status, json.dumps(document).encode())

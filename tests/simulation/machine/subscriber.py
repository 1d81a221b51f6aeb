"""Who hears of events over HTTPS: takes every message and keeps it, behind the real sender's connection."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from tests.simulation.machine import seams
from tests.simulation.machine.psp import Response

HOST = "hooks.simulated.example.com"
# What is told to nobody until somebody asks for it; an account that sends no webhooks is simulated without it.
ASLEEP = {"queue_webhooks"}


class Taken(Response):
    """An answer with headers, of which there are none."""

    def getheader(self, _: str) -> None:
        return None


class Subscriber:
    """Every message that came: its id and the envelope. `refuses` are how many of the next it answers with 500.

    While it `is_gone`, it says so.
    """

    def __init__(self, simulation: Any) -> None:
        self._simulation = simulation
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.refuses = 0
        self.is_gone = False

    def exchange(self, headers: dict[str, str], body: bytes) -> Taken:
        """One message of a function; it goes wrong as a call to the payment provider does."""
        return self._simulation.aws.through("psp", "webhook", partial(self._take, headers, body), write=False)

    def _take(self, headers: dict[str, str], body: bytes) -> Taken:
        if self.is_gone:
            return Taken(410, b"")
        if self.refuses:
            self.refuses -= 1
            return Taken(500, b"")
        self.heard.append((headers["webhook-id"], json.loads(body)))
        return Taken(204, b"")


class Connection:
    """Stands in for a connection to the subscriber."""

    def __init__(self, _: str) -> None:
        self._asked: tuple[dict[str, str], bytes] | None = None

    def request(self, _method: str, _path: str, body: bytes, headers: dict[str, str]) -> None:
        self._asked = (headers, body)

    def getresponse(self) -> Taken:
        assert self._asked is not None
        answer: Taken = seams.running.subscriber.exchange(*self._asked)
        return answer

    def close(self) -> None: ...

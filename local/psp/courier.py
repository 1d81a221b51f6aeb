"""Takes webhooks to the merchant: signed, one at a time, tried again a bounded number of times."""

from __future__ import annotations

import hashlib
import heapq
import hmac
import http.client
import itertools
import queue
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from local.psp.journal import Event

SIGNATURE_HEADER = "Psp-Signature"
WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)
PATIENCE_SECONDS = 10.0


def sign(secret: str, timestamp: int, raw: bytes) -> str:
    """The signature header: HMAC-SHA256 over the timestamp, a full stop and the raw body, in hex."""
    mac = hmac.new(secret.encode(), b"%d." % timestamp + raw, hashlib.sha256)
    return f"t={timestamp},v1={mac.hexdigest()}"


@dataclass(frozen=True, slots=True)
class Target:
    """Where webhooks go; `types` None means every type of event."""

    host: str
    port: int
    path: str
    secret: str
    types: frozenset[str] | None


class Courier:
    """One background thread with one kept-alive connection; `now` gives the provider's seconds for signatures.

    A delivery that fails is tried again after each of `waits` seconds, then given up; others go on meanwhile.
    """

    def __init__(self, now: Callable[[], int], secret: str, waits: tuple[float, ...] = WAITS) -> None:
        self._now = now
        self._secret = secret
        self._waits = waits
        self._target: Target | None = None
        self._inbox: queue.SimpleQueue[tuple[Event, Callable[[], object] | None] | None] = queue.SimpleQueue()
        self._again: list[tuple[float, int, Event]] = []
        self._order = itertools.count()
        self._counts: Counter[str] = Counter()
        self._connection: tuple[Target, http.client.HTTPConnection] | None = None
        self._thread = threading.Thread(target=self._work, name="psp-courier", daemon=True)
        self._thread.start()

    def send_to(self, url: str | None, secret: str | None = None, types: Iterable[str] | None = None) -> None:
        """Point at another address from the next event on; None stops sending."""
        if url is None:
            self._target = None
            return
        parts = urlsplit(url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        wanted = None if types is None else frozenset(types)
        self._target = Target(parts.hostname or "", parts.port or 80, path, secret or self._secret, wanted)

    def deliver(self, event: Event, then: Callable[[], object] | None = None) -> None:
        """Hand over one event; `then` is called on the courier's thread after the first attempt."""
        target = self._target
        if target is None or (target.types is not None and event.type not in target.types):
            event.delivery = "not_wanted"
            if then is not None:
                then()
        else:
            self._inbox.put((event, then))

    def counts(self) -> dict[str, int]:
        """Deliveries so far by outcome, and how many wait."""
        return {**self._counts, "waiting": self._inbox.qsize() + len(self._again)}

    def close(self) -> None:
        self._inbox.put(None)
        self._thread.join(timeout=2)

    def _work(self) -> None:
        while True:
            pause = max(0.0, self._again[0][0] - time.monotonic()) if self._again else None
            try:
                job = self._inbox.get(timeout=pause)
            except queue.Empty:
                self._attempt(heapq.heappop(self._again)[2])
                continue
            if job is None:
                return
            event, then = job
            self._attempt(event)
            if then is not None:
                then()

    def _attempt(self, event: Event) -> None:
        target = self._target
        if target is None:
            event.delivery = "not_wanted"
            return
        event.attempts += 1
        event.last_answer = self._post(target, event)
        if event.last_answer is not None and 200 <= event.last_answer < 300:
            event.delivery = "delivered"
            self._counts["delivered"] += 1
        elif event.attempts <= len(self._waits):
            due = time.monotonic() + self._waits[event.attempts - 1]
            heapq.heappush(self._again, (due, next(self._order), event))
        else:
            event.delivery = "given_up"
            self._counts["given_up"] += 1

    def _post(self, target: Target, event: Event) -> int | None:
        """The status of the answer, or None when nobody answered; signs afresh so that a retry is not too old."""
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: sign(target.secret, self._now(), event.payload),
        }
        for fresh in (False, True):
            connection = self._connect(target, fresh)
            reused = connection.sock is not None
            try:
                if not reused:
                    connection.connect()
                    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.request("POST", target.path, event.payload, headers)
                answer = connection.getresponse()
                answer.read()
                return answer.status
            except (OSError, http.client.HTTPException) as problem:
                connection.close()
                # A kept connection may have been closed by the other side meanwhile; that is no attempt.
                if not reused or isinstance(problem, TimeoutError):
                    return None
        return None

    def _connect(self, target: Target, fresh: bool) -> http.client.HTTPConnection:
        if self._connection is None or self._connection[0] != target or fresh:
            if self._connection is not None:
                self._connection[1].close()
            connection = http.client.HTTPConnection(target.host, target.port, timeout=PATIENCE_SECONDS)
            self._connection = (target, connection)
        return self._connection[1]

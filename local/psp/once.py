"""One call per idempotency key: the first is done, a repeat gets the first answer, anything else is refused."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.psp import requests
from local.psp.faults import FaultPlan
from local.psp.journal import render
from local.psp.refusals import Refused

TIMED_FAULTS = (
    "timeout_before_effect",
    "timeout_after_effect",
    "error_before_effect",
    "error_after_effect",
    "slow",
    "event_before_reply",
)
FAULTS_OF = {
    "capture": (*TIMED_FAULTS, "capture_settles_later", "capture_fails_later", "expires_before_capture"),
    "refund": (*TIMED_FAULTS, "refund_fails_later", "refund_comes_back"),
}
BROKEN = render({"error": {"type": "api_error", "code": "internal_error", "message": "Something went wrong."}})
fingerprint_of = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

Act = Callable[[str | None], tuple[int, dict[str, Any], str]]


@dataclass(slots=True)
class Answer:
    """What the caller gets: `manner` is at_once, slow or silent; with `events_first` the webhook goes before.

    `key` is set when somebody must say `Keys.finished` once a slow answer is out.
    """

    status: int
    payload: bytes
    replayed: bool = False
    manner: str = "at_once"
    events_first: bool = False
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A call that moves money: what it is, where it was sent, and the metadata of the payment it is about."""

    operation: str
    endpoint: str
    key: str | None
    body: dict[str, Any]
    metadata: dict[str, str]
    payment_id: str = ""
    trouble: str | None = None


@dataclass(slots=True)
class Remembered:
    """The first answer under an idempotency key, and what was asked."""

    operation: str
    endpoint: str
    fingerprint: str
    payment_id: str
    status: int
    payload: bytes
    running: bool

    def document(self) -> dict[str, Any]:
        return {
            "name": self.operation,
            "status": self.status,
            "running": self.running,
            "answer": json.loads(self.payload),
        }


class Keys:
    """Every idempotency key that was ever used, with its answer; refusals by rule are answers too."""

    def __init__(self) -> None:
        self.refusals: Counter[str] = Counter()
        self._known: dict[str, Remembered] = {}
        self._troubled: set[str] = set()

    def get(self, key: str) -> Remembered | None:
        return self._known.get(key)

    def finished(self, key: str) -> None:
        """The slow answer for this key is out, so a repeat may be answered."""
        self._known[key].running = False

    def once(self, call: Call, plan: FaultPlan, act: Act) -> Answer:
        """Run `act` if the key is new; it returns status, document and payment id, or raises Refused."""
        key, fingerprint = requests.read_key(call.key), fingerprint_of(call.body)
        known = self._known.get(key)
        if known is not None:
            return _again(known, call.endpoint, fingerprint)
        fault = self._fault(call, key, plan)
        if fault == "timeout_before_effect":
            return Answer(504, b"", manner="silent")
        if fault == "error_before_effect":
            return Answer(500, BROKEN)
        payment_id = call.payment_id
        try:
            status, document, payment_id = act(fault)
        except Refused as refusal:
            self.refusals[refusal.code] += 1
            status, document = refusal.status, refusal.document()
        payload, slow = render(document), fault == "slow"
        self._known[key] = Remembered(call.operation, call.endpoint, fingerprint, payment_id, status, payload, slow)
        if fault == "error_after_effect":
            return Answer(500, BROKEN)
        manner = "slow" if slow else "silent" if fault == "timeout_after_effect" else "at_once"
        return Answer(status, payload, False, manner, fault == "event_before_reply", key if slow else None)

    def _fault(self, call: Call, key: str, plan: FaultPlan) -> str | None:
        """A planned fault, else the card's own trouble, which strikes once per key so that a repeat gets on."""
        fault = plan.take(FAULTS_OF.get(call.operation, TIMED_FAULTS), call.operation, call.metadata)
        if fault is None and call.trouble is not None and key not in self._troubled:
            self._troubled.add(key)
            return call.trouble
        return fault


def _again(known: Remembered, endpoint: str, fingerprint: str) -> Answer:
    if known.endpoint != endpoint:
        raise Refused(409, "idempotency_key_other_endpoint", f"This key was used for {known.endpoint}.")
    if known.fingerprint != fingerprint:
        raise Refused(422, "idempotency_key_reused", "This key was used with another body.")
    if known.running:
        raise Refused(409, "idempotency_key_in_use", "The first call with this key is still running.")
    return Answer(known.status, known.payload, replayed=True)

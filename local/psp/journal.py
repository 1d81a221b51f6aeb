"""What happened, in order and never changed: the log of effects, and the events that webhooks carry."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import Any

from local.psp.faults import EVENT_FAULTS, FaultPlan
from local.psp.payment import Movement, Payment

render_text = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def render(document: Any) -> bytes:
    """Compact JSON in UTF-8."""
    return render_text(document).encode()


@dataclass(slots=True)
class Event:
    """One thing to tell the merchant; `payload` is the raw body of its webhook, the same at every attempt."""

    sequence: int
    id: str
    type: str
    created: int
    payload: bytes
    attempts: int = 0
    delivery: str = "waiting"
    last_answer: int | None = None

    def document(self) -> dict[str, Any]:
        delivery = {"status": self.delivery, "attempts": self.attempts, "last_answer": self.last_answer}
        document: dict[str, Any] = json.loads(self.payload)
        return {**document, "delivery": delivery}


class Journal:
    """The append-only log and the events; `outgoing` holds what the courier has not taken yet."""

    def __init__(self, run: str) -> None:
        self._run = run
        self.log: list[dict[str, Any]] = []
        self.events: list[Event] = []
        self.outgoing: deque[Event] = deque()
        self._held: list[Event] = []

    def record(
        self, effect: str, payment: Payment, amount: int, now: int, *, key: str | None, reference: str | None = None
    ) -> None:
        """Write one effect with the payment's amounts after it."""
        self.log.append(
            {
                "sequence": len(self.log) + 1,
                "at": now,
                "effect": effect,
                "payment": payment.id,
                "amount": amount,
                "currency": payment.currency,
                "reference": reference,
                "idempotency_key": key,
                "metadata": payment.metadata,
                "after": {
                    "authorized": payment.authorized,
                    "captured": payment.captured,
                    "capture_pending": payment.capture_pending,
                    "released": payment.released,
                    "refunded": payment.refunded,
                    "refund_pending": payment.refund_pending,
                    "disputed": payment.disputed,
                    "charged_back": payment.charged_back,
                },
            }
        )

    def announce(
        self,
        kind: str,
        payment: Payment,
        now: int,
        plan: FaultPlan,
        operation: str,
        movement: tuple[str, Movement] | None = None,
    ) -> None:
        """Queue one webhook event with the payment as it is now, subject to the planned faults."""
        data: dict[str, Any] = {"payment": payment.document()}
        if movement is not None:
            data[movement[0]] = movement[1].document()
        self.tell(kind, data, payment.metadata, now, plan, operation)

    def tell(
        self, kind: str, data: dict[str, Any], metadata: dict[str, str], now: int, plan: FaultPlan, operation: str
    ) -> None:
        """Queue one webhook event with this data, subject to the planned faults."""
        sequence = len(self.events) + 1
        identity = f"evt_{self._run}_{sequence:08d}"
        payload = render(
            {"object": "event", "id": identity, "type": kind, "created": now, "sequence": sequence, "data": data}
        )
        event = Event(sequence, identity, kind, now, payload)
        self.events.append(event)
        fault = plan.take(EVENT_FAULTS, operation, metadata)
        if fault == "event_never":
            event.delivery = "withheld"
        elif fault == "events_reversed":
            self._held.append(event)
            if not plan.expects("events_reversed"):
                self.release_held()
        else:
            self.outgoing.append(event)
            if fault == "event_twice":
                self.outgoing.append(event)

    def release_held(self) -> None:
        """Let go of the events that were kept back, the newest first."""
        self.outgoing.extend(reversed(self._held))
        self._held.clear()

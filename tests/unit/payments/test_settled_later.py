"""The adapter's look-up of what was accepted and became final later, against the strict provider in this process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oms.payments.adapters.strict_psp import StrictPsp
from oms.payments.port import Approved, Declined, Unknown

pytestmark = pytest.mark.capability("K1", "K11")

ANSWER = {
    "id": "cap_1",
    "amount": 100,
    "currency": "USD",
    "released": 0,
    "status": "pending",
    "payment": {"id": "pay_1"},
}


class Recorded(StrictPsp):
    """The adapter with its wire replaced by one recorded answer."""

    def __init__(self, answer: tuple[int, dict[str, Any]] | Unknown) -> None:
        super().__init__("http://127.0.0.1:9", "key")
        self.answer = answer

    def _send(self, *asked: Any, **more: Any) -> tuple[int, dict[str, Any]] | Unknown:
        return json.loads(json.dumps(self.answer)) if isinstance(self.answer, tuple) else self.answer


def found(status: str, code: str | None = None, **operation: Any) -> Any:
    payment = {
        "captures": [{"id": "cap_0", "status": "failed"}, {"id": "cap_1", "status": status, "failure_code": code}],
        "refunds": [],
    }
    call = {"name": "capture", "status": 201, "running": False, "answer": ANSWER, **operation}
    return Recorded((200, {"payments": [payment], "operation": call})).find("key")


def test_it_is_pending_until_it_settles_and_then_what_it_became():
    pending, done, failed = found("pending"), found("succeeded"), found("failed", "bank_said_no")
    assert isinstance(pending, Approved)
    assert pending.pending
    assert isinstance(done, Approved)
    assert (done.pending, done.movement_id, done.amount) == (False, "cap_1", 100)
    assert failed == Declined("bank_said_no", "pay_1")


def test_an_answer_that_was_final_stays_as_it_was():
    final = found("failed", "x", answer={**ANSWER, "status": "succeeded"})
    assert isinstance(final, Approved)
    assert not final.pending
    assert found("succeeded", running=True) == Unknown("idempotency_key_in_use")

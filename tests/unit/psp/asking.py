"""The fake provider in a test: a clock that stands still, and short ways to ask and to read."""

import json
from typing import Any

from local.psp.core import Psp
from local.psp.once import Answer

START = 1_800_000_000


class Clock:
    """Seconds since 1970 that move when the test says so."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> int:
        return self.time


def ask(amount: Any = 11325, token: str = "tok_visa", **changes: Any) -> dict[str, Any]:
    metadata = {"tenant": "acme", "order_id": "ord_1", "payment_id": "pay_1"}
    return {
        "amount": amount,
        "currency": "USD",
        "token": token,
        "capture": False,
        "metadata": metadata,
        **changes,
    }


def said(answer: Answer) -> dict[str, Any]:
    return json.loads(answer.payload)


def held(psp: Psp, amount: int = 11325, token: str = "tok_visa") -> str:
    return said(psp.authorize(f"hold {len(psp.payments)}", ask(amount, token)))["id"]


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, said(answer)["error"]["code"]


def effects(psp: Psp) -> list[tuple[str, int]]:
    return [(entry["effect"], entry["amount"]) for entry in psp.journal.log]


def told(psp: Psp) -> list[str]:
    return [event.type for event in psp.journal.events]

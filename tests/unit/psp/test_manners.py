"""The fake provider in its two manners, and money that ends otherwise than it was answered."""

import json
from typing import Any

import pytest

from local.psp.core import Psp
from local.psp.refusals import Refused
from local.psp.requests import read_configure
from tests.unit.psp.asking import Clock, held


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def psp(clock: Clock) -> Psp:
    return Psp(clock)


def plan(psp: Psp, *faults: dict[str, Any], **settings: Any) -> None:
    psp.configure(read_configure({"faults": list(faults), **settings}))


def effects(psp: Psp) -> list[str]:
    return [entry["effect"] for entry in psp.journal.log]


def outgoing(psp: Psp) -> list[str]:
    return [event.type for event in psp.journal.outgoing]


def amounts(psp: Psp, payment: str) -> dict[str, int]:
    found = psp.get(payment)
    names = ("captured", "capture_pending", "released", "refunded", "refund_pending")
    return {name: found[f"amount_{name}"] for name in names if found[f"amount_{name}"]}


def test_in_the_asynchronous_manner_everything_is_accepted_first_and_told_later(psp: Psp, clock: Clock) -> None:
    plan(psp, manner="asynchronous", settle_seconds=60)
    payment = held(psp, 1000)
    capture = json.loads(psp.capture("c1", payment, {"amount": 600, "final": False}).payload)
    assert capture["status"] == "pending"
    assert amounts(psp, payment) == {"capture_pending": 600}
    clock.time += 60
    assert amounts(psp, payment) == {"captured": 600}
    refund = json.loads(psp.refund("r1", payment, {"amount": 200}).payload)
    assert refund["status"] == "pending"
    assert amounts(psp, payment) == {"captured": 600, "refund_pending": 200}
    clock.time += 60
    assert amounts(psp, payment) == {"captured": 600, "refunded": 200}
    assert outgoing(psp) == ["payment.authorized", "payment.captured", "refund.succeeded"]
    plan(psp, manner="synchronous")
    assert json.loads(psp.refund("r2", payment, {"amount": 100}).payload)["status"] == "succeeded"
    assert amounts(psp, payment) == {"captured": 600, "refunded": 300}


def test_another_manner_is_refused_and_changes_nothing(psp: Psp) -> None:
    for wrong in ("sometimes", None, 1):
        with pytest.raises(Refused, match="manner"):
            plan(psp, manner=wrong)
    assert psp.settings.manner == "synchronous"


def test_a_refund_that_had_gone_through_comes_back_days_later(psp: Psp, clock: Clock) -> None:
    plan(psp, {"kind": "refund_comes_back"})
    payment = held(psp, 1000)
    psp.capture("c1", payment, {"amount": 1000, "final": True})
    assert json.loads(psp.refund("r1", payment, {"amount": 400}).payload)["status"] == "succeeded"
    assert amounts(psp, payment) == {"captured": 1000, "refunded": 400}
    clock.time += 3 * 24 * 3600 - 1
    assert amounts(psp, payment) == {"captured": 1000, "refunded": 400}
    clock.time += 1
    assert amounts(psp, payment) == {"captured": 1000}
    (refund,) = psp.get(payment)["refunds"]
    assert (refund["status"], refund["failure_code"]) == ("failed", "account_closed")
    assert outgoing(psp)[-2:] == ["refund.succeeded", "refund.failed"]
    assert effects(psp)[-2:] == ["refunded", "refund_failed"]
    assert json.loads(psp.refund("r2", payment, {"amount": 1000}).payload)["status"] == "succeeded"


def test_a_hold_expires_just_before_it_is_captured(psp: Psp) -> None:
    plan(psp, {"kind": "expires_before_capture"})
    payment = held(psp, 1000)
    refused = psp.capture("c1", payment, {"amount": 600, "final": False})
    assert (refused.status, json.loads(refused.payload)["error"]["code"]) == (409, "payment_expired")
    assert amounts(psp, payment) == {"released": 1000}
    assert outgoing(psp) == ["payment.authorized", "payment.expired"]

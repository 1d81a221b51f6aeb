"""The tender as pure rules: its table cell by cell, its keys, what it covers, how tenders share, and their roll-up."""

from __future__ import annotations

from typing import Any

import pytest

from oms.payments import model
from oms.payments.model import Payment, Rollup, State, plan_captures
from oms.payments.rollup import rollup
from oms.platform.problems import ActionNotAvailable

# From each state, all that may follow.
FOLLOWERS = {
    "CREATED": "ACTION_REQUIRED AUTHORIZED CAPTURED FAILED PARTIALLY_REFUNDED REFUNDED UNKNOWN VOIDED",
    "ACTION_REQUIRED": "AUTHORIZED CAPTURED FAILED PARTIALLY_REFUNDED REFUNDED VOIDED",
    "UNKNOWN": "ACTION_REQUIRED AUTHORIZED CAPTURED FAILED PARTIALLY_REFUNDED REFUNDED VOIDED",
    "AUTHORIZED": "CAPTURED CAPTURE_PENDING EXPIRED PARTIALLY_CAPTURED PARTIALLY_REFUNDED REFUNDED VOIDED",
    "CAPTURE_PENDING": "AUTHORIZED CAPTURED CAPTURE_PENDING EXPIRED PARTIALLY_CAPTURED PARTIALLY_REFUNDED REFUNDED",
    "PARTIALLY_CAPTURED": "CAPTURED CAPTURE_PENDING PARTIALLY_CAPTURED PARTIALLY_REFUNDED REFUNDED",
    "CAPTURED": "AUTHORIZED CREATED PARTIALLY_REFUNDED REFUNDED",
    "PARTIALLY_REFUNDED": "AUTHORIZED CAPTURED CREATED PARTIALLY_REFUNDED REFUNDED",
    "REFUNDED": "AUTHORIZED CAPTURED CREATED PARTIALLY_REFUNDED",
    "VOIDED": "AUTHORIZED",
    "EXPIRED": "CREATED",
    "FAILED": "CREATED VOIDED",
}


def tender(state: State = State.AUTHORIZED, **changes: Any) -> Payment:
    made = {"id": "pay_1", "order_id": "ord_1", "rank": 1, "tender": "card", "provider": "strict", "token": "t"}
    held = {"authorized": 100} if state is not State.CREATED else {}
    return Payment.model_validate({**made, "amount": 100, "currency": "USD", "state": state, **held, **changes})


@pytest.mark.parametrize("state", list(State))
def test_which_states_follow_which(state: State):
    found = []
    for target in State:
        try:
            assert model.move(tender(state), target).state is target
            found.append(target.value)
        except ActionNotAvailable:
            pass
    assert sorted(found) == FOLLOWERS[state.value].split()


def test_a_move_ends_every_doubt_and_changes_what_it_is_told():
    moved = model.move(tender(in_doubt_since="x", decline_code="y"), State.CAPTURED, captured=100)
    assert moved == tender(State.CAPTURED, captured=100, decline_code="y")


def test_an_authorisation_holds_all_that_was_not_taken():
    created = tender(State.CREATED, captured=30, decline_code="no", in_doubt_since="x")
    held = model.authorized(created, psp_reference="psp_1", capture_before="2026-12-01")
    assert held == tender(captured=30, psp_reference="psp_1", capture_before="2026-12-01")
    assert held.capturable == 70


def test_a_capture_takes_within_what_is_held():
    part = tender(captured=10, pending=20, released=5, state=State.CAPTURE_PENDING)
    assert part.capturable == 65
    for step in (model.captured, model.capture_pending):
        for amount, let_go in ((0, 0), (-1, 0), (66, 0), (65, 1), (1, 65)):
            with pytest.raises(ActionNotAvailable):
                step(part, amount, let_go=let_go)
        step(part, 65)
        step(part, 1, let_go=64)


def test_each_step_counts_what_it_moved():
    def figures(payment: Payment) -> tuple[object, ...]:
        return (
            payment.state.value,
            payment.captured,
            payment.pending,
            payment.released,
            payment.renewable,
            payment.captures,
        )

    start = tender(captures=1)
    pending = model.capture_pending(start, 30, let_go=5)
    assert figures(pending) == ("CAPTURE_PENDING", 0, 30, 5, 5, 2)
    assert figures(model.capture_failed(pending, 30)) == ("AUTHORIZED", 0, 0, 5, 5, 1)
    assert figures(model.captured(pending, 30, was_pending=True)) == ("PARTIALLY_CAPTURED", 30, 0, 5, 5, 2)
    assert figures(model.captured(pending, 10, was_pending=True)) == ("CAPTURE_PENDING", 10, 20, 5, 5, 2)
    assert figures(model.captured(start, 30, let_go=5)) == ("PARTIALLY_CAPTURED", 30, 0, 5, 5, 2)
    assert figures(model.captured(start, 100)) == ("CAPTURED", 100, 0, 0, 0, 2)
    taken = tender(State.PARTIALLY_CAPTURED, captured=40, released=10, renewable=3, captures=1)
    assert figures(model.released(taken)) == ("CAPTURED", 40, 0, 60, 3, 1)
    assert figures(model.expired(taken)) == ("CAPTURED", 40, 0, 60, 53, 1)
    assert figures(model.released(tender(released=10, renewable=3))) == ("VOIDED", 0, 0, 100, 3, 0)
    assert figures(model.expired(tender(released=10, renewable=3))) == ("EXPIRED", 0, 0, 100, 93, 0)
    under_way = tender(State.CAPTURE_PENDING, pending=40)
    assert figures(model.expired(under_way)) == ("CAPTURE_PENDING", 0, 40, 60, 60, 0)


def test_a_further_attempt_begins_anew_under_another_key():
    before = tender(
        State.CAPTURED,
        captured=40,
        released=60,
        renewable=60,
        captures=2,
        attempt=3,
        psp_reference="psp_1",
        capture_before="x",
        decline_code="y",
        in_doubt_since="z",
    )
    after = model.retried(before)
    took = (model.Charge(reference="psp_1", captured=40),)
    assert after == tender(State.CREATED, authorized=40, captured=40, captured_before=40, attempt=4, charges=took)
    assert (before.authorize_key, after.authorize_key) == ("pay_1:authorize:3:60", "pay_1:authorize:4:60")
    assert tender(captured=40, attempt=3, state=State.PARTIALLY_CAPTURED).void_key == "pay_1:void:3:60"


@pytest.mark.parametrize("state", list(State))
def test_what_a_tender_covers(state: State):
    one = tender(state, authorized=90, captured=20, pending=10, released=15, renewable=5)
    asked = {State.CREATED, State.UNKNOWN, State.ACTION_REQUIRED, State.FAILED}
    assert one.coverage == (80 if state in asked else 90 - 20 - 10 - 15 + 5)


def test_tenders_pay_by_rank_then_id_up_to_what_is_free():
    tenders = [
        tender(id="pay_c", rank=2),
        tender(id="pay_b", rank=1),
        tender(id="pay_a", rank=1),
    ]
    assert plan_captures(tenders, {}, 250) == [("pay_a", 100), ("pay_b", 100), ("pay_c", 50)]
    assert plan_captures(tenders, {"pay_a": 100, "pay_b": 40}, 70) == [("pay_b", 60), ("pay_c", 10)]
    assert plan_captures(tenders, {"pay_a": 99}, 1) == [("pay_a", 1)]
    # More than is there leaves the rest to the caller; nothing to pay takes nothing.
    assert sum(amount for _, amount in plan_captures(tenders, {}, 301)) == 300
    assert plan_captures(tenders, {"pay_a": 120}, 10) == [("pay_b", 10)]
    assert plan_captures(tenders, {}, 0) == plan_captures([], {}, 10) == []


@pytest.mark.parametrize(
    ("tenders", "due", "expected"),
    [
        ([tender()], 0, Rollup.AUTHORIZED),
        ([tender(), tender(State.FAILED)], 0, Rollup.FAILED),
        ([tender(State.CREATED), tender(State.FAILED)], 0, Rollup.FAILED),
        ([tender(), tender(State.CREATED)], 0, Rollup.PENDING),
        ([tender(), tender(State.UNKNOWN)], 0, Rollup.PENDING),
        ([tender(), tender(State.ACTION_REQUIRED)], 0, Rollup.PENDING),
        ([tender(State.CAPTURE_PENDING, pending=100)], 100, Rollup.AUTHORIZED),
        ([tender(State.PARTIALLY_CAPTURED, captured=40)], 40, Rollup.PARTIALLY_CAPTURED),
        ([tender(State.CAPTURED, captured=40, released=60)], 41, Rollup.PARTIALLY_CAPTURED),
        ([tender(State.CAPTURED, captured=40, released=60)], 40, Rollup.CAPTURED),
        ([tender(State.CAPTURED, captured=1, authorized=1)], 0, Rollup.CAPTURED),
        ([tender(State.CAPTURED, captured=100), tender()], 100, Rollup.PARTIALLY_CAPTURED),
        ([tender(State.CAPTURED, captured=100), tender(State.VOIDED, released=100)], 100, Rollup.CAPTURED),
        ([tender(State.VOIDED, released=100)] * 2, 0, Rollup.VOIDED),
        ([tender(State.VOIDED, released=100), tender()], 0, Rollup.AUTHORIZED),
        ([tender(State.EXPIRED, released=100), tender()], 0, Rollup.EXPIRED),
        ([tender(State.EXPIRED, released=100), tender(State.VOIDED, released=100)], 0, Rollup.EXPIRED),
    ],
)
def test_the_payment_status_of_several_tenders(tenders: list[Payment], due: int, expected: Rollup):
    assert rollup(tenders, 200, due) is expected
    assert rollup(reversed(tenders), 200, due) is expected


def test_an_order_without_tenders_is_paid_only_if_it_costs_nothing():
    assert rollup([], 0) is Rollup.CAPTURED
    assert rollup([], 1) is Rollup.UNPAID
    assert rollup([tender(State.CAPTURED, captured=100)], 100) is Rollup.CAPTURED

"""A tender by itself: what each step makes of its amounts, and which states follow which."""

from __future__ import annotations

from typing import Any

import pytest

from oms.payments import model
from oms.payments.model import TRANSITIONS, Payment, State
from oms.platform.problems import ActionNotAvailable
from tests.order_world import world

__all__ = ["world"]

pytestmark = pytest.mark.capability("K1")


def tender(**changes: Any) -> Payment:
    made = {"id": "pay_1", "order_id": "ord_1", "rank": 1, "tender": "card", "provider": "strict", "token": "t"}
    return Payment.model_validate({**made, "amount": 100, "currency": "USD", **changes})


HELD = {"state": State.AUTHORIZED, "authorized": 100, "psp_reference": "psp_1"}


@pytest.mark.parametrize(
    ("before", "step", "after"),
    [
        ({}, lambda p: model.authorized(p, psp_reference="r", capture_before=None), (State.AUTHORIZED, 100, 0, 0, 0)),
        (HELD, lambda p: model.captured(p, 40), (State.PARTIALLY_CAPTURED, 60, 40, 0, 0)),
        (HELD, lambda p: model.captured(p, 100), (State.CAPTURED, 0, 100, 0, 0)),
        (HELD, lambda p: model.captured(p, 40, let_go=60), (State.CAPTURED, 0, 40, 60, 60)),
        (HELD, lambda p: model.capture_pending(p, 40), (State.CAPTURE_PENDING, 60, 0, 0, 0)),
        (HELD, lambda p: model.capture_pending(p, 40, let_go=60), (State.CAPTURE_PENDING, 0, 0, 60, 60)),
        (HELD, model.expired, (State.EXPIRED, 0, 0, 100, 100)),
        (HELD, model.released, (State.VOIDED, 0, 0, 100, 0)),
        ({**HELD, "captured": 40, "state": State.PARTIALLY_CAPTURED}, model.expired, (State.CAPTURED, 0, 40, 60, 60)),
        ({**HELD, "pending": 40, "state": State.CAPTURE_PENDING}, model.expired, (State.CAPTURE_PENDING, 0, 0, 60, 60)),
        (
            {**HELD, "pending": 40, "state": State.CAPTURE_PENDING},
            lambda p: model.captured(p, 40, was_pending=True),
            (State.PARTIALLY_CAPTURED, 60, 40, 0, 0),
        ),
        (
            {**HELD, "pending": 40, "captures": 1, "state": State.CAPTURE_PENDING},
            lambda p: model.capture_failed(p, 40),
            (State.AUTHORIZED, 100, 0, 0, 0),
        ),
        (
            {**HELD, "captured": 40, "released": 60, "renewable": 60, "state": State.CAPTURED},
            model.retried,
            (State.CREATED, 0, 40, 0, 0),
        ),
    ],
)
def test_each_step_leaves_the_state_that_its_amounts_say(before: dict[str, Any], step: Any, after: tuple[Any, ...]):
    payment = step(tender(**before))
    assert (payment.state, payment.capturable, payment.captured, payment.released, payment.renewable) == after
    assert payment.captured + payment.pending + payment.released <= payment.authorized <= payment.amount
    assert payment.to_hold + payment.captured == payment.amount


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("target", list(State))
def test_no_state_but_those_of_the_table_is_reached(state: State, target: State):
    if target in TRANSITIONS.get(state, frozenset()):
        assert model.move(tender(state=state), target).state is target
    else:
        with pytest.raises(ActionNotAvailable):
            model.move(tender(state=state), target)

"""The fake provider's promises about idempotency keys and look-ups."""

import pytest

from local.psp.core import Psp
from local.psp.refusals import Refused
from tests.unit.psp.asking import Clock, ask, effects, held, said


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def psp(clock: Clock) -> Psp:
    return Psp(clock)


def test_the_same_key_and_body_gives_the_first_answer_again(psp: Psp) -> None:
    payment = held(psp, 1000)
    first = psp.capture("c1", payment, {"amount": 400, "final": False})
    psp.capture("c2", payment, {"amount": 600, "final": False})
    again = psp.capture("c1", payment, {"final": False, "amount": 400})
    assert (again.status, again.payload, again.replayed, first.replayed) == (201, first.payload, True, False)
    assert psp.get(payment)["amount_captured"] == 1000
    assert effects(psp) == [("authorized", 1000), ("captured", 400), ("captured", 600)]
    assert len(psp.journal.events) == 3


def test_a_decline_and_a_refusal_are_remembered_too(psp: Psp) -> None:
    declined = psp.authorize("k1", ask(token="tok_declined"))
    assert psp.authorize("k1", ask(token="tok_declined")).payload == declined.payload
    payment = held(psp, 1000)
    refused = psp.capture("c1", payment, {"amount": 1001, "final": True})
    assert psp.capture("c1", payment, {"amount": 1001, "final": True}).payload == refused.payload
    assert len(psp.payments) == 2
    assert psp.keys.refusals == {"capture_exceeds_authorized": 1}


def test_a_key_is_good_for_one_body_and_one_endpoint(psp: Psp) -> None:
    payment, other = held(psp, 1000), held(psp, 1000)
    psp.capture("c1", payment, {"amount": 400, "final": False})
    attempts = [
        (lambda: psp.capture("c1", payment, {"amount": 401, "final": False}), 422, "idempotency_key_reused"),
        (lambda: psp.capture("c1", payment, {"amount": 400, "final": True}), 422, "idempotency_key_reused"),
        (lambda: psp.capture("c1", other, {"amount": 400, "final": False}), 409, "idempotency_key_other_endpoint"),
        (lambda: psp.refund("c1", payment, {"amount": 400}), 409, "idempotency_key_other_endpoint"),
        (lambda: psp.authorize("c1", ask()), 409, "idempotency_key_other_endpoint"),
    ]
    for attempt, status, code in attempts:
        with pytest.raises(Refused) as problem:
            attempt()
        assert (problem.value.status, problem.value.code) == (status, code)
    assert len(psp.journal.log) == 3


@pytest.mark.parametrize(("key", "code"), [(None, "missing"), ("", "missing"), ("k" * 256, "invalid")])
def test_a_call_that_moves_money_needs_a_key(psp: Psp, key: str | None, code: str) -> None:
    with pytest.raises(Refused) as problem:
        psp.authorize(key, ask())
    assert (problem.value.status, problem.value.code) == (400, f"idempotency_key_{code}")


def test_a_payment_is_found_by_key_with_the_first_answer(psp: Psp) -> None:
    payment = held(psp, 1000)
    capture = psp.capture("order 1 capture 400", payment, {"amount": 400, "final": False})
    psp.capture("order 1 capture 600", payment, {"amount": 600, "final": True})
    found = psp.find_by_key("order 1 capture 400")
    assert found["payments"][0]["amount_captured"] == 1000
    assert found["operation"] == {"name": "capture", "status": 201, "running": False, "answer": said(capture)}
    assert psp.find_by_key("never used") == {"payments": [], "operation": None}


def test_payments_are_found_by_all_of_their_metadata_newest_first(psp: Psp) -> None:
    for key, tenant, order in (("1", "acme", "a"), ("2", "acme", "b"), ("3", "zoo", "a"), ("4", "acme", "a")):
        psp.authorize(key, ask(metadata={"tenant": tenant, "order_id": order}))
    found = psp.find_by_metadata({"tenant": "acme", "order_id": "a"})["payments"]
    assert [payment["id"] for payment in found] == ["pay_1_00000007", "pay_1_00000001"]
    assert psp.find_by_metadata({"tenant": "acme", "order_id": "c"})["payments"] == []

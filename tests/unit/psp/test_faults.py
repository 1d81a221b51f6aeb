"""The fake provider on a bad day: lost answers, captures that fail later, webhooks in odd orders."""

import json
from typing import Any

import pytest

from local.psp.core import Psp
from local.psp.refusals import Refused
from local.psp.requests import read_configure
from tests.unit.psp.asking import START, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def psp(clock: Clock) -> Psp:
    return Psp(clock)


def ask(token: str = "tok_visa", order: str = "ord_1") -> dict[str, Any]:
    return {"amount": 1000, "currency": "USD", "token": token, "capture": False, "metadata": {"order_id": order}}


def plan(psp: Psp, *faults: dict[str, Any], **settings: Any) -> None:
    psp.configure(read_configure({"faults": list(faults), **settings}))


def held(psp: Psp, key: str = "hold", token: str = "tok_visa", order: str = "ord_1") -> str:
    return json.loads(psp.authorize(key, ask(token, order)).payload)["id"]


def effects(psp: Psp) -> list[str]:
    return [entry["effect"] for entry in psp.journal.log]


def outgoing(psp: Psp) -> list[str]:
    return [event.type for event in psp.journal.outgoing]


def test_a_timeout_before_the_effect_leaves_nothing_and_the_repeat_succeeds(psp: Psp) -> None:
    assert psp.authorize("k1", ask("tok_timeout_before_effect")).manner == "silent"
    assert psp.payments == {}
    assert psp.find_by_key("k1") == {"payments": [], "operation": None}
    again = psp.authorize("k1", ask("tok_timeout_before_effect"))
    assert (again.status, again.manner, again.replayed) == (201, "at_once", False)
    assert effects(psp) == ["authorized"]


def test_a_timeout_after_the_effect_is_resolved_by_lookup_and_by_repeat(psp: Psp) -> None:
    lost = psp.authorize("k1", ask("tok_timeout_after_effect"))
    assert lost.manner == "silent"
    found = psp.find_by_key("k1")
    assert found["payments"][0]["status"] == "authorized"
    assert found["operation"]["status"] == 201
    again = psp.authorize("k1", ask("tok_timeout_after_effect"))
    assert (again.manner, again.replayed, again.payload) == ("at_once", True, lost.payload)
    assert effects(psp) == ["authorized"]


@pytest.mark.parametrize(
    ("token", "left"), [("tok_error_before_effect", []), ("tok_error_after_effect", ["authorized"])]
)
def test_an_internal_error_says_nothing_about_the_effect(psp: Psp, token: str, left: list[str]) -> None:
    answer = psp.authorize("k1", ask(token))
    assert (answer.status, json.loads(answer.payload)["error"]["code"]) == (500, "internal_error")
    assert effects(psp) == left
    assert psp.authorize("k1", ask(token)).status == 201
    assert effects(psp) == ["authorized"]


def test_a_repeat_while_the_first_call_runs_is_refused(psp: Psp) -> None:
    slow = psp.authorize("k1", ask("tok_slow"))
    assert (slow.manner, slow.key) == ("slow", "k1")
    assert psp.find_by_key("k1")["operation"]["running"] is True
    with pytest.raises(Refused) as problem:
        psp.authorize("k1", ask("tok_slow"))
    assert (problem.value.status, problem.value.code) == (409, "idempotency_key_in_use")
    psp.keys.finished("k1")
    assert psp.authorize("k1", ask("tok_slow")).payload == slow.payload


def test_a_planned_fault_strikes_its_operation_its_order_and_its_number_of_times(psp: Psp) -> None:
    plan(psp, {"kind": "timeout_after_effect", "operation": "capture", "times": 2, "match": {"order_id": "ord_2"}})
    one, two = held(psp, "h1", order="ord_1"), held(psp, "h2", order="ord_2")
    body = {"amount": 100, "final": False}
    manners = [psp.capture(f"c{n}", payment, body).manner for n, payment in enumerate((one, two, two, two))]
    assert manners == ["at_once", "silent", "silent", "at_once"]
    assert psp.get(two)["amount_captured"] == 300


def test_a_card_whose_captures_fail_keeps_its_hold(psp: Psp) -> None:
    payment = held(psp, token="tok_capture_fails")
    answer = psp.capture("c1", payment, {"amount": 400, "final": True})
    error = json.loads(answer.payload)["error"]
    assert (answer.status, error["code"], error["decline_code"]) == (402, "capture_failed", "processor_declined")
    document = psp.get(payment)
    assert (document["status"], document["amount_capturable"], document["amount_released"]) == ("authorized", 1000, 0)
    assert effects(psp) == ["authorized", "capture_failed"]
    assert psp.journal.events[-1].type == "payment.capture_failed"


def test_a_capture_that_fails_once_succeeds_under_a_new_key(psp: Psp) -> None:
    payment = held(psp, token="tok_capture_fails_once")
    assert psp.capture("c1", payment, {"amount": 400, "final": True}).status == 402
    assert psp.capture("c1", payment, {"amount": 400, "final": True}).status == 402
    assert psp.capture("c2", payment, {"amount": 400, "final": True}).status == 201
    assert psp.get(payment)["amount_captured"] == 400


def test_an_accepted_capture_can_fail_later_and_be_tried_again(psp: Psp, clock: Clock) -> None:
    plan(psp, {"kind": "capture_fails_later"}, settle_seconds=30)
    payment = held(psp)
    accepted = json.loads(psp.capture("c1", payment, {"amount": 400, "final": True}).payload)
    assert (accepted["status"], accepted["payment"]["status"]) == ("pending", "capture_pending")
    assert accepted["payment"]["amount_captured"] == 0
    clock.time += 29
    assert psp.get(payment)["amount_capture_pending"] == 400
    clock.time += 1
    failed = psp.get(payment)
    assert (failed["amount_capture_pending"], failed["amount_captured"], failed["amount_capturable"]) == (0, 0, 400)
    assert (failed["status"], failed["captures"][0]["failure_code"]) == ("authorized", "processor_declined")
    assert effects(psp) == ["authorized", "capture_pending", "released", "capture_failed"]
    assert psp.capture("c2", payment, {"amount": 400, "final": True}).status == 201


def test_a_capture_that_fails_after_the_hold_ended_frees_its_money(psp: Psp, clock: Clock) -> None:
    plan(psp, {"kind": "capture_fails_later"}, settle_seconds=30, auth_window_seconds=20)
    payment = held(psp)
    psp.capture("c1", payment, {"amount": 400, "final": False})
    clock.time += 30
    document = psp.get(payment)
    assert (document["status"], document["amount_released"], document["amount_capturable"]) == ("expired", 1000, 0)


def test_a_final_capture_that_fails_after_the_window_leads_to_expiry(psp: Psp, clock: Clock) -> None:
    plan(psp, {"kind": "capture_fails_later"}, settle_seconds=30, auth_window_seconds=20)
    payment = held(psp)
    psp.capture("c1", payment, {"amount": 400, "final": True})
    clock.time += 30
    document = psp.get(payment)
    assert (document["status"], document["amount_released"]) == ("expired", 1000)
    assert effects(psp) == ["authorized", "capture_pending", "released", "capture_failed", "expired"]


def test_an_accepted_capture_can_settle_later(psp: Psp, clock: Clock) -> None:
    plan(psp, {"kind": "capture_settles_later"})
    payment = held(psp)
    psp.capture("c1", payment, {"amount": 1000, "final": True})
    assert outgoing(psp) == ["payment.authorized"]
    clock.time += 1
    assert (psp.get(payment)["status"], psp.get(payment)["amount_captured"]) == ("captured", 1000)
    assert outgoing(psp) == ["payment.authorized", "payment.captured"]


def test_a_refund_can_fail_later_and_gives_the_room_back(psp: Psp, clock: Clock) -> None:
    payment = held(psp, token="tok_refund_fails_later")
    psp.capture("c1", payment, {"amount": 1000, "final": True})
    pending = json.loads(psp.refund("r1", payment, {"amount": 700}).payload)
    assert (pending["status"], pending["payment"]["amount_refund_pending"]) == ("pending", 700)
    over = psp.refund("r2", payment, {"amount": 301})
    assert json.loads(over.payload)["error"]["code"] == "refund_exceeds_captured"
    clock.time += 1
    document = psp.get(payment)
    assert (document["amount_refunded"], document["amount_refund_pending"], document["status"]) == (0, 0, "captured")
    assert psp.journal.events[-1].type == "refund.failed"


def test_an_event_can_come_twice_or_never(psp: Psp) -> None:
    plan(psp, {"kind": "event_twice", "operation": "authorize"}, {"kind": "event_never", "operation": "capture"})
    payment = held(psp)
    psp.capture("c1", payment, {"amount": 1000, "final": True})
    assert outgoing(psp) == ["payment.authorized", "payment.authorized"]
    assert psp.journal.outgoing[0] is psp.journal.outgoing[1]
    assert [event.delivery for event in psp.journal.events] == ["waiting", "withheld"]


def test_events_can_come_in_reverse(psp: Psp) -> None:
    plan(psp, {"kind": "events_reversed", "times": 3})
    payment = held(psp)
    psp.capture("c1", payment, {"amount": 400, "final": False})
    assert outgoing(psp) == []
    psp.capture("c2", payment, {"amount": 600, "final": True})
    assert [event.sequence for event in psp.journal.outgoing] == [3, 2, 1]


def test_a_new_plan_lets_go_of_events_that_were_held_back(psp: Psp) -> None:
    plan(psp, {"kind": "events_reversed", "times": 9})
    held(psp)
    plan(psp)
    assert outgoing(psp) == ["payment.authorized"]


def test_an_event_can_be_asked_to_go_before_the_answer(psp: Psp) -> None:
    plan(psp, {"kind": "event_before_reply", "operation": "capture"})
    assert psp.authorize("h", ask()).events_first is False
    assert psp.capture("c1", "pay_1_00000001", {"amount": 1, "final": True}).events_first is True


@pytest.mark.parametrize(
    "wrong",
    [
        {"faults": [{"kind": "nonsense"}]},
        {"faults": [{"kind": "slow", "operation": "nonsense"}]},
        {"faults": [{"kind": "slow", "times": 0}]},
        {"faults": [{"kind": "slow", "match": {"order_id": 1}}]},
        {"faults": [{"kind": "slow", "chance": 1}]},
        {"faults": {}},
        {"webhook": {"url": "ftp://127.0.0.1/"}},
        {"webhook": {"secret": "s"}},
        {"webhook": {"url": "http://127.0.0.1/", "types": "all"}},
        {"max_captures": 0},
        {"settle_seconds": 1.5},
        {"speed": 9},
    ],
)
def test_a_wrong_configuration_is_refused_whole(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused) as problem:
        read_configure(wrong)
    assert problem.value.status == 422


def test_the_log_tells_the_amounts_after_each_effect(psp: Psp) -> None:
    payment = held(psp)
    psp.capture("c1", payment, {"amount": 400, "final": False})
    assert psp.journal.log[1] == {
        "sequence": 2,
        "at": START,
        "effect": "captured",
        "payment": payment,
        "amount": 400,
        "currency": "USD",
        "reference": "cap_1_00000003",
        "idempotency_key": "c1",
        "metadata": {"order_id": "ord_1"},
        "after": {
            "authorized": 1000,
            "captured": 400,
            "capture_pending": 0,
            "released": 0,
            "refunded": 0,
            "refund_pending": 0,
            "disputed": 0,
            "charged_back": 0,
        },
    }

"""The fake provider's core: what moves money, and what is refused."""

from typing import Any

import pytest

from local.psp.core import Psp
from local.psp.refusals import Refused
from tests.unit.psp.asking import START, Clock, ask, effects, held, refusal, said, told

WEEK = 7 * 24 * 3600


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def psp(clock: Clock) -> Psp:
    return Psp(clock)


def test_an_authorization_holds_the_whole_amount_for_seven_days(psp: Psp) -> None:
    answer = psp.authorize("k1", ask())
    assert answer.status == 201
    assert said(answer) == {
        "object": "payment",
        "id": "pay_1_00000001",
        "status": "authorized",
        "currency": "USD",
        "amount": 11325,
        "amount_authorized": 11325,
        "amount_captured": 0,
        "amount_capture_pending": 0,
        "amount_capturable": 11325,
        "amount_released": 0,
        "amount_refunded": 0,
        "amount_refund_pending": 0,
        "amount_disputed": 0,
        "amount_charged_back": 0,
        "capture_before": START + WEEK,
        "decline_code": None,
        "created": START,
        "metadata": {"tenant": "acme", "order_id": "ord_1", "payment_id": "pay_1"},
        "captures": [],
        "refunds": [],
    }
    assert effects(psp) == [("authorized", 11325)]
    assert told(psp) == ["payment.authorized"]


@pytest.mark.parametrize(
    ("token", "decline_code"),
    [
        ("tok_declined", "generic_decline"),
        ("tok_insufficient_funds", "insufficient_funds"),
        ("tok_expired_card", "expired_card"),
        ("tok_stolen_card", "stolen_card"),
    ],
)
def test_a_declined_card_holds_nothing(psp: Psp, token: str, decline_code: str) -> None:
    answer = psp.authorize("k1", ask(token=token))
    document = said(answer)
    assert (answer.status, document["error"]["code"], document["error"]["decline_code"]) == (
        402,
        "card_declined",
        decline_code,
    )
    assert (document["payment"]["status"], document["payment"]["amount_authorized"]) == ("failed", 0)
    assert effects(psp) == [("declined", 11325)]
    assert told(psp) == ["payment.declined"]
    assert refusal(psp.capture("k2", document["payment"]["id"], {"amount": 1, "final": True})) == (
        409,
        "payment_failed",
    )


def test_two_captures_take_exactly_the_split_shipment(psp: Psp) -> None:
    payment = held(psp)
    first = psp.capture("c1", payment, {"amount": 6995, "currency": "USD", "final": False})
    assert first.status == 201
    assert said(first)["payment"]["status"] == "partially_captured"
    assert said(first)["payment"]["amount_capturable"] == 4330
    second = psp.capture("c2", payment, {"amount": 4330, "currency": "USD", "final": True})
    assert said(second)["payment"]["status"] == "captured"
    assert said(second)["released"] == 0
    assert [capture["amount"] for capture in said(second)["payment"]["captures"]] == [6995, 4330]
    assert effects(psp) == [("authorized", 11325), ("captured", 6995), ("captured", 4330)]
    assert told(psp) == ["payment.authorized", "payment.captured", "payment.captured"]


def test_a_final_capture_releases_the_rest_and_ends_the_authorization(psp: Psp) -> None:
    payment = held(psp, 7500)
    capture = said(psp.capture("c1", payment, {"amount": 1500, "final": True}))
    assert (capture["amount"], capture["released"], capture["final"]) == (1500, 6000, True)
    assert (capture["payment"]["status"], capture["payment"]["amount_released"]) == ("captured", 6000)
    assert effects(psp) == [("authorized", 7500), ("captured", 1500), ("released", 6000)]
    assert refusal(psp.capture("c2", payment, {"amount": 1, "final": False})) == (409, "payment_final")


def test_more_than_the_authorized_amount_is_never_captured(psp: Psp) -> None:
    payment = held(psp, 1000)
    assert refusal(psp.capture("c1", payment, {"amount": 1001, "final": False})) == (422, "capture_exceeds_authorized")
    psp.capture("c2", payment, {"amount": 600, "final": False})
    assert refusal(psp.capture("c3", payment, {"amount": 401, "final": True})) == (422, "capture_exceeds_authorized")
    assert said(psp.capture("c4", payment, {"amount": 400, "final": False}))["payment"]["amount_captured"] == 1000
    assert refusal(psp.capture("c5", payment, {"amount": 1, "final": False})) == (422, "capture_exceeds_authorized")
    assert psp.get(payment)["amount_captured"] == 1000


def test_where_one_authorization_carries_one_capture_the_rest_is_released(psp: Psp) -> None:
    psp.settings.max_captures = 1
    payment = held(psp, 7500)
    assert said(psp.capture("c1", payment, {"amount": 1500, "final": False}))["released"] == 6000
    assert refusal(psp.capture("c2", payment, {"amount": 1, "final": False})) == (409, "payment_final")


def test_a_limit_of_two_captures_refuses_the_third(psp: Psp) -> None:
    psp.settings.max_captures = 2
    payment = held(psp, 900)
    for key in ("c1", "c2"):
        assert psp.capture(key, payment, {"amount": 300, "final": False}).status == 201
    assert refusal(psp.capture("c3", payment, {"amount": 300, "final": True})) == (409, "capture_limit_reached")


def test_a_void_releases_everything_once(psp: Psp) -> None:
    payment = held(psp, 1000)
    answer = psp.void("v1", payment, {})
    assert (answer.status, said(answer)["amount"], said(answer)["payment"]["status"]) == (200, 1000, "voided")
    assert effects(psp) == [("authorized", 1000), ("voided", 1000)]
    assert refusal(psp.void("v2", payment, {})) == (409, "payment_voided")
    assert refusal(psp.capture("c1", payment, {"amount": 1, "final": True})) == (409, "payment_voided")


def test_a_void_after_a_part_capture_releases_only_the_rest(psp: Psp) -> None:
    payment = held(psp, 1000)
    psp.capture("c1", payment, {"amount": 400, "final": False})
    answer = said(psp.void("v1", payment, {}))
    assert (answer["amount"], answer["payment"]["status"], answer["payment"]["amount_captured"]) == (
        600,
        "captured",
        400,
    )


def test_nothing_is_left_to_void_once_all_is_captured(psp: Psp) -> None:
    payment = held(psp, 1000)
    psp.capture("c1", payment, {"amount": 1000, "final": False})
    assert refusal(psp.void("v1", payment, {})) == (409, "nothing_to_void")


def test_a_hold_expires_at_capture_before_and_not_a_second_earlier(psp: Psp, clock: Clock) -> None:
    early, late = held(psp, 1000), held(psp, 2000)
    clock.time = START + WEEK - 1
    assert psp.capture("c1", early, {"amount": 1000, "final": True}).status == 201
    clock.time = START + WEEK
    assert refusal(psp.capture("c2", late, {"amount": 2000, "final": True})) == (409, "payment_expired")
    assert (psp.get(late)["status"], psp.get(late)["amount_released"]) == ("expired", 2000)
    assert psp.get(early)["status"] == "captured"
    assert effects(psp)[-1] == ("expired", 2000)
    assert told(psp)[-1] == "payment.expired"


def test_a_hold_expires_by_itself(psp: Psp, clock: Clock) -> None:
    psp.settings.auth_window_seconds = 60
    held(psp, 1000)
    clock.time += 60
    psp.advance()
    psp.advance()
    assert effects(psp) == [("authorized", 1000), ("expired", 1000)]


def test_a_refund_never_exceeds_what_was_captured(psp: Psp) -> None:
    payment = held(psp, 10000)
    assert refusal(psp.refund("r0", payment, {"amount": 1})) == (409, "payment_not_captured")
    psp.capture("c1", payment, {"amount": 4000, "final": True})
    assert refusal(psp.refund("r1", payment, {"amount": 4001})) == (422, "refund_exceeds_captured")
    first = psp.refund("r2", payment, {"amount": 2400, "currency": "USD"})
    assert (first.status, said(first)["payment"]["status"]) == (201, "partially_refunded")
    assert refusal(psp.refund("r3", payment, {"amount": 2400})) == (422, "refund_exceeds_captured")
    last = said(psp.refund("r4", payment, {"amount": 1600}))
    assert (last["payment"]["status"], last["payment"]["amount_refunded"]) == ("refunded", 4000)
    assert refusal(psp.refund("r5", payment, {"amount": 1})) == (422, "refund_exceeds_captured")
    assert effects(psp)[-2:] == [("refunded", 2400), ("refunded", 1600)]


@pytest.mark.parametrize("amount", [0, -1, 1.0, 10.5, "100", True, None])
def test_only_whole_positive_amounts_move(psp: Psp, amount: object) -> None:
    payment = held(psp, 1000)
    psp.capture("c1", payment, {"amount": 500, "final": False})
    with pytest.raises(Refused) as hold:
        psp.authorize("k", ask(amount))
    with pytest.raises(Refused) as capture:
        psp.capture("k", payment, {"amount": amount, "final": False})
    with pytest.raises(Refused) as refund:
        psp.refund("k", payment, {"amount": amount})
    assert {each.value.code for each in (hold, capture, refund)} == {"amount_invalid"}
    assert len(psp.journal.log) == 2


def test_an_amount_of_nine_digits_is_too_large(psp: Psp) -> None:
    assert psp.authorize("k1", ask(99_999_999)).status == 201
    with pytest.raises(Refused) as problem:
        psp.authorize("k2", ask(100_000_000))
    assert problem.value.code == "amount_too_large"


def test_another_currency_is_refused_on_capture_and_refund(psp: Psp) -> None:
    payment = held(psp, 1000)
    body = {"amount": 500, "currency": "EUR", "final": False}
    assert refusal(psp.capture("c1", payment, body)) == (422, "currency_mismatch")
    psp.capture("c2", payment, {"amount": 500, "final": False})
    assert refusal(psp.refund("r1", payment, {"amount": 1, "currency": "EUR"})) == (422, "currency_mismatch")


@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"currency": "usd"}, "currency_invalid", "currency"),
        ({"currency": "XXX"}, "currency_invalid", "currency"),
        ({"currency": None}, "field_missing", "currency"),
        ({"token": "tok_nobody"}, "token_unknown", "token"),
        ({"token": "4242 4242 4242 4242"}, "card_number_refused", "token"),
        ({"capture": True}, "capture_mode_unsupported", "capture"),
        ({"metadata": {"tenant": 1}}, "metadata_invalid", "metadata"),
        ({"metadata": []}, "metadata_invalid", "metadata"),
        ({"amout": 3}, "field_unknown", "amout"),
    ],
)
def test_a_body_of_the_wrong_shape_names_its_field(psp: Psp, changes: dict[str, Any], code: str, param: str) -> None:
    with pytest.raises(Refused) as problem:
        psp.authorize("k1", ask(**changes))
    assert (problem.value.status, problem.value.code, problem.value.param) == (422, code, param)
    assert psp.payments == {}


def test_a_capture_says_whether_it_is_final(psp: Psp) -> None:
    with pytest.raises(Refused) as problem:
        psp.capture("c1", held(psp), {"amount": 1})
    assert problem.value.code == "final_invalid"


def test_an_unknown_payment_is_not_found(psp: Psp) -> None:
    with pytest.raises(Refused) as problem:
        psp.capture("c1", "pay_none", {"amount": 1, "final": True})
    assert (problem.value.status, problem.value.code) == (404, "payment_not_found")


def test_the_shopper_confirms_or_fails_the_second_factor(psp: Psp, clock: Clock) -> None:
    good, bad = held(psp, 1000, "tok_3ds"), held(psp, 2000, "tok_3ds")
    assert (psp.get(good)["status"], psp.get(good)["amount_authorized"]) == ("requires_action", 0)
    assert refusal(psp.capture("c1", good, {"amount": 1, "final": True})) == (409, "payment_requires_action")
    clock.time += 90
    answer = said(psp.authenticate("a1", good, {"outcome": "succeeded"}))
    assert (answer["status"], answer["capture_before"]) == ("authorized", START + 90 + WEEK)
    failed = psp.authenticate("a2", bad, {"outcome": "failed"})
    assert (failed.status, said(failed)["error"]["decline_code"]) == (402, "authentication_failed")
    assert refusal(psp.authenticate("a3", good, {"outcome": "succeeded"})) == (409, "no_action_required")


def test_a_payment_that_waits_for_the_shopper_can_be_voided(psp: Psp) -> None:
    answer = said(psp.void("v1", held(psp, 1000, "tok_3ds"), {}))
    assert (answer["payment"]["status"], answer["amount"]) == ("voided", 0)

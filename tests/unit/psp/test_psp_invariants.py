"""Whatever is asked of the fake provider in whatever order, its log never shows money that cannot be."""

import json
from collections import Counter
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from local.psp.core import Psp
from local.psp.faults import Fault, FaultPlan
from local.psp.refusals import Refused

TOKENS = ("tok_visa", "tok_3ds", "tok_declined", "tok_capture_fails_later", "tok_capture_fails_once")
FAULTS = ("timeout_before_effect", "timeout_after_effect", "error_after_effect", "capture_settles_later")

step = st.one_of(
    st.tuples(st.just("authorize"), st.sampled_from(TOKENS), st.integers(1, 50)),
    st.tuples(st.just("authenticate"), st.sampled_from(("succeeded", "failed")), st.just(0)),
    st.tuples(st.just("capture"), st.booleans(), st.integers(1, 40)),
    st.tuples(st.just("refund"), st.just(""), st.integers(1, 40)),
    st.tuples(st.just("void"), st.just(""), st.just(0)),
    st.tuples(st.just("wait"), st.just(""), st.integers(1, 400)),
    st.tuples(st.just("fault"), st.sampled_from(FAULTS), st.just(0)),
)


def run(psp: Psp, clock: list[int], steps: list[tuple[str, Any, int]], picks: list[int]) -> None:
    for number, (verb, how, amount) in enumerate(steps):
        known = list(psp.payments)
        payment = known[picks[number % len(picks)] % len(known)] if known else "pay_none"
        # Keys come round again, so repeats and conflicts are part of the game.
        key = f"key {number % 11}"
        try:
            if verb == "authorize":
                body = {"amount": amount, "currency": "USD", "token": how, "capture": False, "metadata": {}}
                psp.authorize(key, body)
            elif verb == "authenticate":
                psp.authenticate(key, payment, {"outcome": how})
            elif verb == "capture":
                psp.capture(key, payment, {"amount": amount, "final": how})
            elif verb == "refund":
                psp.refund(key, payment, {"amount": amount})
            elif verb == "void":
                psp.void(key, payment, {})
            elif verb == "wait":
                clock[0] += amount
            else:
                psp.plan = FaultPlan([Fault(how)])
        except Refused:
            continue


@settings(max_examples=150, deadline=None)
@given(st.lists(step, min_size=5, max_size=60), st.lists(st.integers(0, 9), min_size=1, max_size=7))
def test_the_log_alone_adds_up_to_every_payment(steps: list[tuple[str, Any, int]], picks: list[int]) -> None:
    clock = [1_800_000_000]
    psp = Psp(lambda: clock[0])
    psp.settings.auth_window_seconds, psp.settings.settle_seconds = 600, 50
    run(psp, clock, steps, picks)
    clock[0] += 100_000
    psp.advance()
    sums: dict[str, Counter[str]] = {payment: Counter() for payment in psp.payments}
    for entry in psp.journal.log:
        sums[entry["payment"]][entry["effect"]] += entry["amount"]
    for payment, sum_of in sums.items():
        document = json.loads(json.dumps(psp.get(payment)))
        assert sum_of["authorized"] == document["amount_authorized"]
        assert sum_of["captured"] == document["amount_captured"] <= sum_of["authorized"]
        assert sum_of["refunded"] == document["amount_refunded"] <= sum_of["captured"]
        # Long after every window nothing is held any more: what was not captured has been released.
        assert document["amount_captured"] + document["amount_released"] == document["amount_authorized"]
        assert document["amount_capturable"] == document["amount_capture_pending"] == 0

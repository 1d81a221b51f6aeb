"""The balance of stored value over many calls in any order: it is never negative, and nothing is lost or made."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.platform.clock import FixedClock
from oms.platform.commands import Runtime
from oms.platform.dynamodb import Conflict
from oms.platform.problems import NotFound, Problem
from oms.stored_value import commands
from oms.stored_value.events import GiftCardIssued
from oms.stored_value.model import Kind, Reason, State, account_of, card_id
from oms.stored_value.problems import HoldTooLow
from oms.stored_value.store import list_movements, load_account
from oms.stored_value.writes import account_change, issue
from tests.memory_table import MemoryDatabase

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TENANT = "acme"
CARD = "gft_1"


def issued(amount: int, *, reason: Reason = Reason.SOLD, cause_id: str | None = None) -> Runtime:
    """A card of so much, in tables of its own."""
    runtime = Runtime(clock=FixedClock(NOW), database=MemoryDatabase(), pause=lambda _: None)
    _, writes, told = issue(
        TENANT,
        account_id=CARD,
        movement_id="svm_0",
        kind=Kind.GIFT_CARD,
        reason=reason,
        amount=amount,
        currency="USD",
        legal_entity="100",
        store="S1",
        channel="web",
        now=NOW,
        expires_on=date(2026, 11, 30),
        cause_id=cause_id,
    )
    assert isinstance(told.data, GiftCardIssued)
    assert (told.sequence, told.data.cause_id) == (1, cause_id)
    runtime.database.commit(writes)
    return runtime


def hold(runtime: Runtime, key: str, amount: int) -> str:
    asked = {"token": CARD, "amount": amount, "currency": "USD", "order_id": "ord_1", "payment_id": key}
    return str(commands.hold(runtime, TENANT, key, **asked)["reference"])


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "redeem", "release", "release_all", "credit", "repeat"]),
        st.integers(1, 700),
        st.integers(0, 9),
    ),
    max_size=30,
)


@pytest.mark.capability("K7")
@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_the_balance_is_what_was_issued_and_given_back_less_what_was_redeemed(steps: list[tuple[str, int, int]]):
    runtime = issued(1000)
    references: list[str] = []
    made: list[Callable[[], object]] = []
    for number, (verb, amount, which) in enumerate(steps):
        key = f"call:{number}"

        def act(verb: str = verb, amount: int = amount, which: int = which, key: str = key) -> object:
            if verb == "hold":
                reference = hold(runtime, key, amount)
                references.append(reference)
                return reference
            chosen = references[which % len(references)]
            if verb == "redeem":
                return commands.redeem(runtime, TENANT, key, chosen, amount)
            if verb == "credit":
                return commands.credit(runtime, TENANT, key, chosen, amount)
            return commands.release(runtime, TENANT, key, chosen, None if verb == "release_all" else amount)

        if verb == "repeat":
            before = dict(runtime.database.rows)
            for again in made[-1:]:
                again()
            assert runtime.database.rows == before
        elif references or verb == "hold":
            with suppress(Problem):
                act()
                fixed = [*references] if verb != "hold" else references[:-1]
                made.append(lambda act=act, fixed=fixed: _again(act, references, fixed))
        _check(runtime)


def _again(act: Callable[[], object], references: list[str], then: list[str]) -> None:
    """The same call as it was made: with the references that were known then."""
    now = [*references]
    references[:] = then
    act()
    references[:] = now


def _check(runtime: Runtime) -> None:
    account = load_account(runtime.database, TENANT, CARD)
    assert account is not None
    movements, _ = list_movements(runtime.database, TENANT, CARD, limit=100, after=None)
    sums = {kind: sum(one.amount for one in movements if one.kind == kind) for kind in ("held", "released")}
    redeemed = sum(one.amount for one in movements if one.kind == "redeemed")
    credited = sum(one.amount for one in movements if one.kind == "credited")
    assert min(account.available, account.held) >= 0
    assert account.available + account.held == account.balance == 1000 - redeemed + credited
    assert account.held == sums["held"] - sums["released"] - redeemed
    assert account.version == len(movements)
    assert credited <= redeemed


@pytest.mark.capability("K7")
@pytest.mark.parametrize("change", [{"available": -1001}, {"available": 5, "held": -5}])
def test_no_write_takes_what_is_not_there(change: dict[str, int]):
    """Whatever a command has read: the guard stands in the write."""
    runtime = issued(1000)
    before = dict(runtime.database.rows)
    with pytest.raises(Conflict):
        runtime.database.commit([account_change(TENANT, CARD, **change)])
    with pytest.raises(Conflict):
        runtime.database.commit([account_change(TENANT, "gft_404", available=5)])
    assert runtime.database.rows == before


@pytest.mark.capability("K7")
def test_a_hold_that_does_not_exist_and_one_that_is_used_up_change_nothing():
    runtime = issued(1000)
    reference = hold(runtime, "call:1", 400)
    commands.redeem(runtime, TENANT, "call:2", reference, 400)
    before = dict(runtime.database.rows)
    with pytest.raises(HoldTooLow):
        commands.release(runtime, TENANT, "call:3", reference)
    for unknown in ("gft_1.svh_404", "gft_1", "", "."):
        with pytest.raises(NotFound):
            commands.redeem(runtime, TENANT, "call:4", unknown, 1)
    assert runtime.database.rows == before


def test_a_card_is_named_by_its_number_or_its_id():
    assert account_of(TENANT, "gift_card", "gft_1") == "gft_1"
    assert account_of(TENANT, "store_credit", "crd_1") == account_of(TENANT, "gift_card", "crd_1") == "crd_1"
    assert account_of(TENANT, "store_credit", "anything") == "anything"
    by_number = account_of(TENANT, "gift_card", "ab12 cd34-ef56")
    assert by_number == card_id(TENANT, "AB12CD34EF56") != card_id("other", "AB12CD34EF56")
    assert by_number.startswith("gft_")


def test_the_last_day_of_a_card_ends_where_it_ends_last():
    account = load_account(issued(1000).database, TENANT, CARD)
    assert account is not None
    end = datetime(2026, 12, 1, 12, tzinfo=UTC)
    assert account.state(end - timedelta(seconds=1)) is State.ACTIVE
    assert account.state(end) is State.EXPIRED
    assert account.may_break(end)
    assert not account.may_break(end - timedelta(seconds=1))

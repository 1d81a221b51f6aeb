"""The pure rules of a drawer session: what is expected, what is missing, and what each state allows."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.drawers.model import (
    DENOMINATIONS,
    SIGNS,
    TRANSITIONS,
    Action,
    Count,
    Counted,
    Movement,
    MovementKind,
    Session,
    State,
    Totals,
    counted_total,
    most_without_approval,
    replayed,
)
from oms.drawers.sequences import gaps, has, missing, with_number
from oms.platform.money import EXPONENTS

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


def session(opening_float: int = 0, currency: str = "USD", **more: object) -> Session:
    fields = {
        "id": "drw_1",
        "node_id": "S1",
        "drawer_id": "D1",
        "legal_entity": "100",
        "business_date": date(2026, 11, 23),
        "currency": currency,
        "device": "T1",
        "cashier": "ann",
        "opened_by": "till",
        "opened_at": AT,
        "opening_float": opening_float,
        **more,
    }
    return Session.model_validate(fields)


def movement(sequence: int, kind: MovementKind, amount: int) -> Movement:
    return Movement(
        id=f"mov_{sequence}",
        session_id="drw_1",
        device="T1",
        sequence=sequence,
        kind=kind,
        amount=amount,
        cashier="ann",
    )


def count(attempt: int, total: int) -> Count:
    lines = (Counted(denomination=1, pieces=total),)
    return Count(attempt=attempt, lines=lines, total=total, counted_by="bob", actor="till", counted_at=AT)


AMOUNTS = st.integers(1, 10**9)
MOVES = st.lists(st.tuples(st.sampled_from(MovementKind), AMOUNTS), max_size=30)


@given(st.integers(0, 10**9), MOVES, st.randoms(use_true_random=False))
@pytest.mark.capability("N2")
def test_the_replay_of_movements_gives_what_is_expected_in_any_order(opening_float, moves, random):
    recorded = [movement(number, kind, amount) for number, (kind, amount) in enumerate(moves, start=1)]
    step = session(opening_float)
    for one in recorded:
        step = step.model_copy(update={"totals": step.totals.plus(one.kind, one.amount)})
    random.shuffle(recorded)
    again = session(opening_float, totals=replayed(recorded))
    assert again.totals == step.totals
    assert again.expected == opening_float + sum(SIGNS[kind] * amount for kind, amount in moves)
    assert again.totals.movements == len(moves)


@given(st.integers(0, 10**9), MOVES, st.lists(st.integers(0, 10**9), min_size=1, max_size=3))
@pytest.mark.capability("N2")
def test_counts_never_change_what_is_expected(opening_float, moves, found):
    recorded = replayed(movement(number, kind, amount) for number, (kind, amount) in enumerate(moves, start=1))
    before = session(opening_float, totals=recorded)
    counts = tuple(count(number, total) for number, total in enumerate(found, start=1))
    after = before.model_copy(update={"counts": counts, "state": State.COUNTED})
    assert after.expected == before.expected
    assert after.variance == found[-1] - before.expected
    assert after.expected + after.variance == found[-1]


@given(st.lists(st.integers(1, 40), max_size=40))
@pytest.mark.capability("N2")
def test_numbers_that_have_come_and_gaps_are_all_there_are(numbers):
    runs = ()
    for number in numbers:
        runs = with_number(runs, number)
    come, highest = set(numbers), max(numbers, default=0)
    absent = {number for first, last in gaps(runs) for number in range(first, last + 1)}
    assert absent == set(range(1, highest + 1)) - come
    assert missing(runs) == len(absent)
    assert all(has(runs, number) == (number in come) for number in range(1, 42))
    assert with_number(runs, highest or 1) == (runs or ((1, 1),))


def test_runs_are_joined_where_they_meet():
    assert with_number(((1, 2), (4, 5)), 3) == ((1, 5),)
    assert with_number(((2, 2),), 7) == ((2, 2), (7, 7))
    assert gaps(((2, 2), (7, 7))) == ((1, 1), (3, 6))


def test_a_session_goes_from_open_to_restated_and_never_back():
    assert {action: state for (_, action), state in TRANSITIONS.items()} == {
        Action.RECORD_MOVEMENT: State.OPEN,
        Action.END: State.ENDED,
        Action.COUNT: State.COUNTED,
        Action.CLOSE: State.CLOSED,
        Action.RESTATE: State.RESTATED,
    }
    order = list(State)
    assert all(order.index(before) <= order.index(after) for (before, _), after in TRANSITIONS.items())
    allowed = {state: session(state=state).available_actions() for state in State}
    assert allowed == {
        State.OPEN: [Action.RECORD_MOVEMENT, Action.END],
        State.ENDED: [Action.COUNT],
        State.COUNTED: [Action.COUNT, Action.CLOSE],
        State.CLOSED: [Action.RESTATE],
        State.RESTATED: [Action.RESTATE],
    }
    thrice = session(state=State.COUNTED, counts=tuple(count(number, 0) for number in (1, 2, 3)))
    assert thrice.available_actions() == [Action.CLOSE]


def test_every_kind_of_movement_has_its_direction_and_its_sum():
    assert set(SIGNS) == set(MovementKind)
    assert set(Totals.model_fields) - {"movements"} == {kind.value for kind in MovementKind}


@pytest.mark.parametrize(("currency", "most"), [("USD", 200), ("JPY", 2), ("EUR", 200)])
def test_two_whole_units_need_no_approval_and_one_more_does(currency, most):
    assert most_without_approval(currency) == most
    for total, needed in ((1000 + most, False), (1000 - most, False), (1001 + most, True), (999 - most, True)):
        counted = session(1000, currency, state=State.COUNTED, counts=(count(1, total),))
        assert counted.needs_approval is needed
    assert session(1000, currency).needs_approval is False


def test_everybody_who_had_a_hand_in_a_count_is_known():
    assert session(counts=(count(1, 5),)).counters == {"ann", "till", "bob"}


def test_a_count_is_worth_its_pieces():
    lines = [
        Counted(denomination=2000, pieces=3),
        Counted(denomination=25, pieces=7),
        Counted(denomination=1, pieces=0),
    ]
    assert counted_total(lines) == 6175


def test_denominations_are_of_known_currencies_and_above_zero():
    assert set(DENOMINATIONS) <= set(EXPONENTS)
    assert all(min(values) > 0 for values in DENOMINATIONS.values())
    assert DENOMINATIONS["USD"] == {1, 5, 10, 25, 50, 100, 200, 500, 1000, 2000, 5000, 10000}

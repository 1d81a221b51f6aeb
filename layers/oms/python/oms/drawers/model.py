"""A session of a cash drawer: its states, its movements, its counts and its statements. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.platform.fields import Instant
from oms.platform.ids import derived_id
from oms.platform.money import exponent

MOST_COUNTS = 3
# More tills than this never share one drawer.
MOST_TILLS = 20
# A variance up to two whole units of the currency needs no second person.
_WHOLE_UNITS_WITHOUT_APPROVAL = 2


class State(StrEnum):
    """Where a session stands."""

    OPEN = "OPEN"
    ENDED = "ENDED"
    COUNTED = "COUNTED"
    CLOSED = "CLOSED"
    RESTATED = "RESTATED"


class Action(StrEnum):
    """What can be done to a session."""

    RECORD_MOVEMENT = "record_movement"
    END = "end"
    COUNT = "count"
    CLOSE = "close"
    RESTATE = "restate"


TRANSITIONS: Mapping[tuple[State, Action], State] = {
    (State.OPEN, Action.RECORD_MOVEMENT): State.OPEN,
    (State.OPEN, Action.END): State.ENDED,
    (State.ENDED, Action.COUNT): State.COUNTED,
    (State.COUNTED, Action.COUNT): State.COUNTED,
    (State.COUNTED, Action.CLOSE): State.CLOSED,
    (State.CLOSED, Action.RESTATE): State.RESTATED,
    (State.RESTATED, Action.RESTATE): State.RESTATED,
}


class MovementKind(StrEnum):
    """Why cash went into a drawer or out of it."""

    CASH_SALE = "cash_sale"
    CASH_REFUND = "cash_refund"
    DROP = "drop"
    PAID_IN = "paid_in"
    PAID_OUT = "paid_out"


SIGNS: Mapping[MovementKind, int] = {
    MovementKind.CASH_SALE: 1,
    MovementKind.CASH_REFUND: -1,
    MovementKind.DROP: -1,
    MovementKind.PAID_IN: 1,
    MovementKind.PAID_OUT: -1,
}
# Whoever takes cash in or out beside sales, refunds and the safe says why.
NEED_A_REASON = frozenset({MovementKind.PAID_IN, MovementKind.PAID_OUT})


class Stored(BaseModel):
    """Base of what is stored of drawers. Amounts are minor units of the session's currency."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Movement(Stored):
    """Cash that went in or out: `amount` net of change, `tax` the part of a sale that is tax.

    `sequence` is the till's own number, from 1 for each till and business date, and `id` follows from it. `late` came
    after the close. With `sale_id` it is the cash of a sale, and has the number of the sale's transaction; with
    `refund_id` it paid what an order owed, with `rounding` above that.
    """

    id: str
    session_id: str
    device: str
    sequence: int
    kind: MovementKind
    amount: int
    tax: int = 0
    reason: str | None = None
    reference: str | None = None
    refund_id: str | None = None
    rounding: int = 0
    cashier: str
    occurred_at: Instant | None = None
    late: bool = False
    sale_id: str | None = None

    def says_the_same(self, other: Movement) -> bool:
        """Whether two tellings under one number mean one movement; by which way it came does not matter."""
        return self.model_copy(update={"late": other.late}) == other


def movement_id(node_id: str, device: str, day: date, sequence: int) -> str:
    """The id of a movement: the same however often its till tells it."""
    return derived_id("mov", node_id, device, day.isoformat(), str(sequence))


class Totals(Stored):
    """The sums of a session's movements by kind, and how many there are."""

    cash_sale: int = 0
    cash_refund: int = 0
    drop: int = 0
    paid_in: int = 0
    paid_out: int = 0
    movements: int = 0

    def of(self, kind: MovementKind) -> int:
        """The sum of one kind."""
        amount: int = getattr(self, kind.value)
        return amount

    def plus(self, kind: MovementKind, amount: int) -> Totals:
        """The sums with one movement more."""
        return self.model_copy(update={kind.value: self.of(kind) + amount, "movements": self.movements + 1})


class Counted(Stored):
    """How many pieces of a denomination lie in the drawer; the denomination in minor units."""

    denomination: int
    pieces: int


class Count(Stored):
    """One blind count: what was found, by whom."""

    attempt: int
    lines: tuple[Counted, ...]
    total: int
    counted_by: str
    actor: str
    counted_at: Instant


class Statement(Stored):
    """What a session came to, as it was stated at one time; it is never changed.

    `missing` is how many numbers its tills had left out until then; `lines` are the pieces that `counted` sums up.
    """

    number: int
    expected: int
    counted: int
    variance: int
    missing: int
    lines: tuple[Counted, ...] = ()
    reason: str | None = None
    stated_by: str
    approved_by: str | None = None
    stated_at: Instant


class Session(Stored):
    """One session of a drawer. `version` counts its events; `statement` is the newest of its statements."""

    id: str
    node_id: str
    drawer_id: str
    legal_entity: str
    business_date: date
    currency: str
    device: str
    cashier: str
    opened_by: str
    opened_at: Instant
    opening_float: int
    state: State = State.OPEN
    totals: Totals = Totals()
    tills: tuple[str, ...] = ()
    ended_by: str | None = None
    ended_at: Instant | None = None
    counts: tuple[Count, ...] = ()
    statement: Statement | None = None
    version: int = 1

    @property
    def is_over(self) -> bool:
        """Whether it was closed; then it is only stated anew."""
        return self.state in {State.CLOSED, State.RESTATED}

    @property
    def expected(self) -> int:
        """What must lie in the drawer if every movement was recorded; below zero where one was not."""
        return self.opening_float + sum(sign * self.totals.of(kind) for kind, sign in SIGNS.items())

    @property
    def variance(self) -> int:
        """What the last count found above what is expected; below zero where cash is missing."""
        return self.counts[-1].total - self.expected

    @property
    def needs_approval(self) -> bool:
        """Whether the last count is so far off that another person must approve it."""
        return bool(self.counts) and abs(self.variance) > most_without_approval(self.currency)

    @property
    def counters(self) -> frozenset[str]:
        """Everybody who opened or counted, by the names that were given and by their tokens."""
        return frozenset(
            {self.cashier, self.opened_by, *(name for one in self.counts for name in (one.counted_by, one.actor))}
        )

    def available_actions(self) -> list[Action]:
        """What the state allows."""
        found = [action for state, action in TRANSITIONS if state is self.state]
        return [one for one in found if one is not Action.COUNT or len(self.counts) < MOST_COUNTS]

    def after(self, action: Action) -> State:
        """The state that an available action leads to."""
        return TRANSITIONS[self.state, action]


def most_without_approval(currency: str) -> int:
    """How far a count may be off without the approval of another person; minor units."""
    minor_units: int = 10 ** exponent(currency)
    return _WHOLE_UNITS_WITHOUT_APPROVAL * minor_units


def replayed(movements: Iterable[Movement]) -> Totals:
    """The sums of movements, in whatever order they come."""
    totals = Totals()
    for one in movements:
        totals = totals.plus(one.kind, one.amount)
    return totals


def counted_total(lines: Iterable[Counted]) -> int:
    """What counted pieces are worth; minor units."""
    return sum(one.denomination * one.pieces for one in lines)

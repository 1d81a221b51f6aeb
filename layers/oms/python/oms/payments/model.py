"""The tender: one means of payment of an order, and how much of it is authorised, captured and released."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.platform.problems import ActionNotAvailable


class State(StrEnum):
    """The states of a tender."""

    CREATED = "CREATED"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    AUTHORIZED = "AUTHORIZED"
    CAPTURE_PENDING = "CAPTURE_PENDING"
    PARTIALLY_CAPTURED = "PARTIALLY_CAPTURED"
    CAPTURED = "CAPTURED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    VOIDED = "VOIDED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"  # the provider's answer is being looked up


class Rollup(StrEnum):
    """The payment status of an order, derived from its tenders."""

    UNPAID = "UNPAID"
    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    PARTIALLY_CAPTURED = "PARTIALLY_CAPTURED"
    CAPTURED = "CAPTURED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    VOIDED = "VOIDED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"


# The payment providers that this product speaks to; an order that names another is refused.
PROVIDERS = frozenset({"strict"})
_OPEN = frozenset({State.CREATED, State.UNKNOWN, State.ACTION_REQUIRED})
_ANSWERS = frozenset({State.AUTHORIZED, State.FAILED, State.VOIDED, State.CAPTURED})
# Refunds come with their own verbs; their states have no way in before that.
TRANSITIONS: Mapping[State, frozenset[State]] = {
    # What was asked for anew and is not needed any more ends as it was before: with all captured that was.
    State.CREATED: frozenset({State.UNKNOWN, State.ACTION_REQUIRED, *_ANSWERS}),
    State.UNKNOWN: frozenset({State.ACTION_REQUIRED, *_ANSWERS}),
    State.ACTION_REQUIRED: _ANSWERS,
    State.FAILED: frozenset({State.CREATED}),
    State.AUTHORIZED: frozenset(
        {State.CAPTURE_PENDING, State.PARTIALLY_CAPTURED, State.CAPTURED, State.VOIDED, State.EXPIRED}
    ),
    # Back to where it was, when what was accepted could not be taken after all.
    State.CAPTURE_PENDING: frozenset(
        {State.CAPTURE_PENDING, State.PARTIALLY_CAPTURED, State.CAPTURED, State.AUTHORIZED, State.EXPIRED}
    ),
    State.PARTIALLY_CAPTURED: frozenset({State.CAPTURE_PENDING, State.PARTIALLY_CAPTURED, State.CAPTURED}),
    # What an authorisation let go without a capture can be authorised anew, for the next parcel.
    # An approval that comes after its tender was closed is recorded all the same, and given back.
    State.CAPTURED: frozenset({State.CREATED, State.AUTHORIZED}),
    State.EXPIRED: frozenset({State.CREATED}),
    State.VOIDED: frozenset({State.AUTHORIZED}),
}


class Payment(BaseModel):
    """One tender. Amounts are in minor units; `captured + pending + released <= authorized <= amount` always holds.

    While its state is CREATED, the tender itself is the recorded intent to authorise `to_hold` under its own id.
    `pending` was accepted and is not yet taken. `renewable` is the part of `released` that the provider let go by its
    own rules, because the hold expired or carries one capture only; it may be authorised anew.
    """

    model_config = ConfigDict(frozen=True)
    id: str
    order_id: str
    rank: int
    tender: str
    provider: str
    token: str
    amount: int
    currency: str
    state: State = State.CREATED
    attempt: int = 1
    authorized: int = 0
    captured: int = 0
    pending: int = 0
    released: int = 0
    renewable: int = 0
    # Of the present authorisation: what had been taken before it, and how many captures it has carried.
    captured_before: int = 0
    captures: int = 0
    psp_reference: str | None = None
    capture_before: str | None = None
    decline_code: str | None = None
    # Since when nobody knows what became of a call for this tender.
    in_doubt_since: str | None = None
    # Since when the customer is asked to confirm.
    action_since: str | None = None
    # What open disputes of the customer's bank withhold, and what disputes that were lost took for good.
    disputed: int = 0
    charged_back: int = 0

    @property
    def is_frozen(self) -> bool:
        """Whether nothing may be refunded, because a dispute that is open could pay it back a second time."""
        return self.disputed > 0

    @property
    def capturable(self) -> int:
        """What is authorised and neither captured, about to be captured, nor released."""
        return self.authorized - self.captured - self.pending - self.released

    @property
    def coverage(self) -> int:
        """What shipments may still take: what is held, and what can be held again or is being asked for."""
        if self.state in _OPEN or self.state is State.FAILED:
            return self.to_hold
        return self.capturable + self.renewable

    @property
    def to_hold(self) -> int:
        """How much an authorisation asks for: all that was not taken yet."""
        return self.amount - self.captured

    @property
    def authorize_key(self) -> str:
        """The provider's idempotency key for this authorisation: the same for every repeat."""
        return f"{self.id}:authorize:{self.attempt}:{self.to_hold}"

    @property
    def void_key(self) -> str:
        return f"{self.id}:void:{self.attempt}:{self.capturable}"

    @property
    def open_void_key(self) -> str | None:
        """The key of a release that can still be asked for; None where nothing is held or waited for any more."""
        return self.void_key if self.capturable or self.state in _OPEN else None


def move(payment: Payment, state: State, **changes: object) -> Payment:
    """The tender in another state, if its transition table allows it; what was in doubt about it is known now."""
    if state not in TRANSITIONS.get(payment.state, frozenset()):
        raise ActionNotAvailable(f"A tender cannot go from {payment.state.value} to {state.value}.")
    return payment.model_copy(update={"in_doubt_since": None, "state": state, **changes})


def authorized(payment: Payment, *, psp_reference: str, capture_before: str | None) -> Payment:
    """The provider holds for us all that was not taken yet."""
    return move(
        payment,
        State.AUTHORIZED,
        authorized=payment.captured + payment.to_hold,
        psp_reference=psp_reference,
        capture_before=capture_before,
        decline_code=None,
    )


def captured(payment: Payment, amount: int, *, let_go: int = 0, was_pending: bool = False) -> Payment:
    """Some of the authorised amount was taken; `let_go` is what the provider gave up of the rest by its own rules."""
    held = payment.model_copy(update={"pending": payment.pending - amount}) if was_pending else payment
    # What was let go with a capture that was pending has been counted when it was accepted.
    lapsed = 0 if was_pending else let_go
    _require(held, amount, lapsed)
    count = held.captures + (0 if was_pending else 1)
    taken = held.model_copy(update={"captured": held.captured + amount, "captures": count})
    return _settled(payment, _lapsed(taken, lapsed))


def capture_pending(payment: Payment, amount: int, *, let_go: int = 0) -> Payment:
    """The provider accepted to take some of the amount, and says later whether it did."""
    _require(payment, amount, let_go)
    accepted = {"pending": payment.pending + amount, "captures": payment.captures + 1}
    return _settled(payment, _lapsed(payment.model_copy(update=accepted), let_go))


def _require(payment: Payment, amount: int, let_go: int) -> None:
    if not 0 < amount <= payment.capturable - let_go:
        raise ActionNotAvailable(f"{amount} is not within the {payment.capturable} that can be captured.")


def _lapsed(payment: Payment, amount: int) -> Payment:
    """The tender after the provider let go of some of the hold by its own rules."""
    changes = {"released": payment.released + amount, "renewable": payment.renewable + amount}
    return payment.model_copy(update=changes)


def capture_failed(payment: Payment, amount: int) -> Payment:
    """What had been accepted was not taken after all: it is held as before."""
    left = {"pending": payment.pending - amount, "captures": payment.captures - 1}
    return _settled(payment, payment.model_copy(update=left))


def _settled(before: Payment, after: Payment) -> Payment:
    """The tender in the state that its amounts say."""
    if after.pending:
        state = State.CAPTURE_PENDING
    elif not after.captured:
        state = State.AUTHORIZED
    else:
        state = State.PARTIALLY_CAPTURED if after.capturable else State.CAPTURED
    return move(before, state, **{name: getattr(after, name) for name in _AMOUNTS})


_AMOUNTS = ("captured", "pending", "released", "renewable", "captures")


def released(payment: Payment) -> Payment:
    """What is left of the authorisation was given back, and will not be needed again."""
    return closed(payment, released=payment.released + payment.capturable)


def closed(payment: Payment, **changes: object) -> Payment:
    """The tender at its end: nothing more is held or asked for."""
    return move(payment, State.CAPTURED if payment.captured else State.VOIDED, **changes)


def expired(payment: Payment) -> Payment:
    """The hold has run out: what was not taken by then fell free, and may be authorised anew."""
    after = _lapsed(payment, payment.capturable)
    if after.captured or after.pending:
        return _settled(payment, after)
    return move(payment, State.EXPIRED, released=after.released, renewable=after.renewable)


def retried(payment: Payment) -> Payment:
    """A tender that failed or expired, or carries no further capture, to be authorised once more under a new key."""
    return move(
        payment,
        State.CREATED,
        attempt=payment.attempt + 1,
        authorized=payment.captured,
        released=0,
        renewable=0,
        captured_before=payment.captured,
        captures=0,
        psp_reference=None,
        capture_before=None,
        decline_code=None,
        action_since=None,
    )


def plan_captures(payments: Sequence[Payment], planned: Mapping[str, int], amount: int) -> list[tuple[str, int]]:
    """Which tenders pay an amount: by rank, each up to what it covers and has not yet promised to other shipments.

    `planned` is what earlier shipments will still take, by tender. What no tender covers is left out: the caller
    compares the sum.
    """
    parts = []
    for payment in sorted(payments, key=lambda p: (p.rank, p.id)):
        free = payment.coverage - planned.get(payment.id, 0)
        take = min(free, amount)
        if take > 0:
            parts.append((payment.id, take))
            amount -= take
    return parts


def rollup(payments: Iterable[Payment], total: int, due: int = 0) -> Rollup:
    """The payment status of the whole order: a pure function of its tenders, its total and the worth of what left."""
    tenders = list(payments)
    if not tenders:
        return Rollup.CAPTURED if total == 0 else Rollup.UNPAID
    states = {payment.state for payment in tenders}
    if State.FAILED in states:
        return Rollup.FAILED
    if states & _OPEN:
        return Rollup.PENDING
    taken = sum(payment.captured for payment in tenders)
    if taken and (taken < due or any(payment.capturable for payment in tenders)):
        return Rollup.PARTIALLY_CAPTURED
    if taken:
        return Rollup.CAPTURED
    if states <= {State.VOIDED}:
        return Rollup.VOIDED
    if State.EXPIRED in states:
        return Rollup.EXPIRED
    return Rollup.AUTHORIZED

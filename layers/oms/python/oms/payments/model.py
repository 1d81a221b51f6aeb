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
TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.CREATED: frozenset({State.AUTHORIZED, State.ACTION_REQUIRED, State.FAILED, State.UNKNOWN, State.VOIDED}),
    State.UNKNOWN: frozenset({State.AUTHORIZED, State.ACTION_REQUIRED, State.FAILED, State.VOIDED}),
    State.ACTION_REQUIRED: frozenset({State.AUTHORIZED, State.FAILED, State.VOIDED}),
    State.FAILED: frozenset({State.CREATED}),
    State.AUTHORIZED: frozenset({State.PARTIALLY_CAPTURED, State.CAPTURED, State.VOIDED, State.EXPIRED}),
    State.PARTIALLY_CAPTURED: frozenset({State.PARTIALLY_CAPTURED, State.CAPTURED}),
    State.CAPTURED: frozenset(),
    State.VOIDED: frozenset(),
    State.EXPIRED: frozenset(),
}


class Payment(BaseModel):
    """One tender. Amounts are in minor units; `captured + released <= authorized <= amount` always holds.

    While its state is CREATED, the tender itself is the recorded intent to authorise `amount` under its own id.
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
    released: int = 0
    psp_reference: str | None = None
    capture_before: str | None = None
    decline_code: str | None = None

    @property
    def capturable(self) -> int:
        """What is authorised and neither captured nor released."""
        return self.authorized - self.captured - self.released

    @property
    def authorize_key(self) -> str:
        """The provider's idempotency key for this authorisation: the same for every repeat."""
        return f"{self.id}:authorize:{self.attempt}:{self.amount}"

    @property
    def void_key(self) -> str:
        return f"{self.id}:void:{self.attempt}:{self.capturable}"


def move(payment: Payment, state: State, **changes: object) -> Payment:
    """The tender in another state, if its transition table allows it."""
    if state not in TRANSITIONS.get(payment.state, frozenset()):
        raise ActionNotAvailable(f"A tender cannot go from {payment.state.value} to {state.value}.")
    return payment.model_copy(update={"state": state, **changes})


def authorized(payment: Payment, *, psp_reference: str, capture_before: str | None) -> Payment:
    """The provider holds the whole amount for us."""
    return move(
        payment,
        State.AUTHORIZED,
        authorized=payment.amount,
        psp_reference=psp_reference,
        capture_before=capture_before,
        decline_code=None,
    )


def captured(payment: Payment, amount: int, *, final: bool) -> Payment:
    """Some of the authorised amount was taken; a final capture releases the rest."""
    if not 0 < amount <= payment.capturable:
        raise ActionNotAvailable(f"{amount} is not within the {payment.capturable} that can be captured.")
    taken = payment.captured + amount
    rest = payment.authorized - taken - payment.released
    released = payment.released + (rest if final else 0)
    state = State.CAPTURED if taken + released == payment.authorized else State.PARTIALLY_CAPTURED
    return move(payment, state, captured=taken, released=released)


def released(payment: Payment) -> Payment:
    """What is left of the authorisation was given back."""
    rest = payment.capturable
    state = State.CAPTURED if payment.captured else State.VOIDED
    return move(payment, state, released=payment.released + rest)


def retried(payment: Payment) -> Payment:
    """A tender that failed, to be authorised once more under a new key."""
    return move(payment, State.CREATED, attempt=payment.attempt + 1, psp_reference=None, decline_code=None)


def plan_captures(payments: Sequence[Payment], planned: Mapping[str, int], amount: int) -> list[tuple[str, int]]:
    """Which tenders pay an amount: by rank, each up to what is authorised and not yet promised to other shipments.

    `planned` is what earlier shipments will still take, by tender. What no tender covers is left out: the caller
    compares the sum.
    """
    parts = []
    for payment in sorted(payments, key=lambda p: (p.rank, p.id)):
        free = payment.capturable - planned.get(payment.id, 0)
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

"""The tender: one means of payment of an order, and how much of it is authorised, captured and released."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from oms.payments.states import OPEN as OPEN
from oms.payments.states import TAKEN, TRANSITIONS, PayLink, taken
from oms.payments.states import Reserved as Reserved
from oms.payments.states import Rollup as Rollup
from oms.payments.states import State as State
from oms.platform.problems import ActionNotAvailable

# The payment providers that this product speaks to; an order that names another is refused.
STORED_VALUE = "stored_value"
PROVIDERS = frozenset({"strict", "stripe", "adyen", STORED_VALUE})
CARD_PROVIDERS = PROVIDERS - {STORED_VALUE}
PARTIAL_VOID = frozenset({STORED_VALUE})  # they can let go of part of a hold; others keep it until the last capture
# When goods that are collected are paid for: when the customer has them, or when they wait at the counter.
HANDOVER, READY = "handover", "ready"


class Charge(BaseModel):
    """What an authorisation took that has ended since, by the provider's name of it."""

    model_config = ConfigDict(frozen=True)
    reference: str
    captured: int


class Payment(BaseModel):
    """One tender. Amounts are in minor units; `captured + pending + released <= authorized <= amount` always holds,
    and `refunded + refund_pending <= captured`: what was given back, by whatever tender, and what is to be.

    While its state is CREATED, the tender itself is the recorded intent to authorise `to_hold` under its own id.
    `pending` was accepted and is not yet taken. `renewable` is the part of `released` that the provider let go by its
    own rules, because the hold expired or carries one capture only; it may be authorised anew. `waived` will never be
    needed, its goods were cancelled. What is `by_channel` was taken before the order came; nobody is asked for it.
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
    waived: int = 0
    by_channel: bool = False
    capture_on: str = HANDOVER
    # Of the present authorisation: what had been taken before it, and how many captures it has carried.
    captured_before: int = 0
    captures: int = 0
    refunded: int = 0
    refund_pending: int = 0
    # What earlier authorisations took.
    charges: tuple[Charge, ...] = ()
    psp_reference: str | None = None
    capture_before: str | None = None
    # Not before this instant anything is asked for, since its goods leave much later.
    authorize_from: str | None = None
    # When a hold that is still needed is authorised anew, well before it runs out.
    renew_at: str | None = None
    decline_code: str | None = None
    # Since when nobody knows what became of a call for this tender.
    in_doubt_since: str | None = None
    # Since when the customer is asked to confirm.
    action_since: str | None = None
    # Where the customer was asked for another card after this one was refused.
    pay_link: PayLink | None = None
    # What open disputes of the customer's bank withhold, and what disputes that were lost took for good.
    disputed: int = 0
    charged_back: int = 0
    owed_by: str | None = None  # of an exchange credit, the legal entity that owed it where that is not the order's
    change: int | None = None  # the number of the change order that it pays for, where an edit made the order dearer

    @property
    def is_frozen(self) -> bool:
        """Whether nothing may be refunded, because a dispute that is open could pay it back a second time."""
        return self.disputed > 0

    @property
    def capturable(self) -> int:
        """What is authorised and neither captured, about to be captured, nor released."""
        return self.authorized - self.captured - self.pending - self.released

    @property
    def refundable(self) -> int:
        """What was taken and neither given back nor about to be; nothing of a payment in dispute."""
        taken = self.captured - self.refunded - self.refund_pending - self.charged_back
        return 0 if self.is_frozen else max(0, taken)

    @property
    def takings(self) -> tuple[Charge, ...]:
        """What was taken, by authorisation, the oldest first."""
        now = self.captured - self.captured_before
        return (*self.charges, *([Charge(reference=self.psp_reference or "", captured=now)] if now else []))

    @property
    def coverage(self) -> int:
        """What shipments may take: what is held, and what can be held again or is being asked for.

        Of money that the channel took, all of it: what earlier shipments used up is taken off by whoever plans.
        """
        if self.by_channel:
            return self.captured
        if self.state in OPEN or self.state is State.FAILED:
            return self.to_hold
        return self.capturable + self.renewable

    @property
    def to_hold(self) -> int:
        """How much an authorisation asks for: all that was not taken yet and may still be needed."""
        return self.amount - self.captured - self.waived

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
        return self.void_key if self.capturable or self.state in OPEN else None


def move(payment: Payment, state: State, **changes: object) -> Payment:
    """The tender in another state, if its transition table allows it; what was in doubt about it is known now."""
    if state not in TRANSITIONS.get(payment.state, frozenset()):
        raise ActionNotAvailable(f"A tender cannot go from {payment.state.value} to {state.value}.")
    return payment.model_copy(update={"in_doubt_since": None, "state": state, **changes})


def authorized(
    payment: Payment, *, psp_reference: str, capture_before: str | None, renew_at: str | None = None
) -> Payment:
    """The provider holds for us all that was not taken yet."""
    return move(
        payment,
        State.AUTHORIZED,
        authorized=payment.captured + payment.to_hold,
        psp_reference=psp_reference,
        capture_before=capture_before,
        renew_at=renew_at,
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
        state = State.PARTIALLY_CAPTURED if after.capturable else taken(after.captured, after.refunded)
    return move(before, state, **{name: getattr(after, name) for name in _AMOUNTS})


_AMOUNTS = ("captured", "pending", "released", "renewable", "captures")


def released(payment: Payment) -> Payment:
    """What is left of the authorisation was given back, and will not be needed again."""
    return closed(payment, released=payment.released + payment.capturable)


def released_part(payment: Payment, amount: int) -> Payment:
    """Some of what is held was given back, and will not be needed again."""
    if not 0 < amount < payment.capturable:
        raise ActionNotAvailable(f"{amount} is not a part of the {payment.capturable} that is held.")
    changes = {"released": payment.released + amount, "waived": payment.waived + amount, "in_doubt_since": None}
    return payment.model_copy(update=changes)


def taken_by_channel(payment: Payment) -> Payment:
    """A tender whose money the channel took itself."""
    changes = {"authorized": payment.amount, "captured": payment.amount, "state": State.CAPTURED, "by_channel": True}
    return payment.model_copy(update=changes)


def closed(payment: Payment, **changes: object) -> Payment:
    """The tender at its end: nothing more is held or asked for."""
    end = taken(payment.captured, payment.refunded) if payment.captured else State.VOIDED
    return move(payment, end, **changes)


def given_back(payment: Payment, refunded: int, refund_pending: int) -> Payment:
    """The tender with so much of what it paid given back, and so much about to be."""
    changes = {"refunded": refunded, "refund_pending": refund_pending}
    state = taken(payment.captured, refunded)
    if payment.state not in TAKEN or state is payment.state:
        return payment.model_copy(update=changes)
    return move(payment, state, **changes)


def expired(payment: Payment) -> Payment:
    """The hold has run out: what was not taken by then fell free, and may be authorised anew."""
    after = _lapsed(payment, payment.capturable)
    if after.captured or after.pending:
        return _settled(payment, after)
    return move(payment, State.EXPIRED, released=after.released, renewable=after.renewable)


def retried(payment: Payment, **changes: object) -> Payment:
    """A tender that failed or expired, or carries no further capture, to be authorised once more under a new key.

    `changes` are what the customer has changed of it, such as another card.
    """
    return move(
        payment,
        State.CREATED,
        attempt=payment.attempt + 1,
        authorized=payment.captured,
        released=0,
        renewable=0,
        captured_before=payment.captured,
        charges=payment.takings,
        captures=0,
        psp_reference=None,
        capture_before=None,
        renew_at=None,
        decline_code=None,
        action_since=None,
        pay_link=None,
        **changes,
    )


def by_rank(payments: Iterable[Payment]) -> list[Payment]:
    """The tenders in the order in which they pay; the same ranks always fall in the same order."""
    return sorted(payments, key=lambda payment: (payment.rank, payment.id))


def plan_captures(payments: Sequence[Payment], planned: Mapping[str, int], amount: int) -> list[tuple[str, int]]:
    """Which tenders pay an amount: by rank, each up to what it covers and has not yet promised to other shipments.

    `planned` is what earlier shipments will still take, by tender. What no tender covers is left out: the caller
    compares the sum.
    """
    parts = []
    for payment in by_rank(payments):
        free = payment.coverage - planned.get(payment.id, 0)
        take = min(free, amount)
        if take > 0:
            parts.append((payment.id, take))
            amount -= take
    return parts

"""The refund: money of an order that is owed back to its customer, and the parts in which it is paid. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from oms.orders.amounts import Taxed
from oms.payments import model
from oms.payments.model import Payment
from oms.platform.problems import Problem

# Tenders of a part that no provider pays out.
CASH = "cash"
# Who took what was paid at a till: cash, and what was owed in cash for an exchange. It comes out of a drawer again.
TILL = "till"
# The tender of a sale that was paid with what a refund owed in cash.
EXCHANGE_CREDIT = "exchange_credit"
# Why a part is not paid whose money the customer's bank has given back.
CHARGED_BACK = "charged_back"


class OverRefund(Problem):
    """More was to be given back than was taken."""

    status = 409
    code = "refund_exceeds_captured"
    title = "More would be given back than was taken from the customer."
    remedy = "Give back no more than what was captured, less what was refunded and what is being refunded."


class InDispute(Problem):
    """The customer's bank has taken the money back, or may."""

    status = 409
    code = "payment_in_dispute"
    title = "The payment is in dispute, or the customer's bank has given it back."
    remedy = "Wait until the dispute has ended; where it was lost, the customer has the money already."


class Cause(StrEnum):
    """Why money is owed."""

    RETURN = "return"
    CANCELLATION = "cancellation"
    APPEASEMENT = "appeasement"
    EXCHANGE = "exchange"


class PartState(StrEnum):
    """Where a part of a refund stands. PENDING was accepted by the provider and is not yet final."""

    PLANNED = "PLANNED"
    PENDING = "PENDING"
    EXECUTED = "EXECUTED"
    FAILED = "FAILED"


_GIVEN = frozenset({PartState.PENDING, PartState.EXECUTED})


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True)


# The line under which goodwill on shipping is kept.
SHIPPING = 0


class GivenFor(_Stored):
    """What of a refund was given for a line without its return: price and tax, in minor units; line 0 is shipping.

    `taxes` says whose the tax is, where that is known of any of it.
    """

    line_no: int
    goods: int
    tax: int
    taxes: tuple[Taxed, ...] = ()


class Source(_Stored):
    """From which captured money a part is paid: the tender, and the provider's name of what took it."""

    payment_id: str
    reference: str
    amount: int


class Issuer(_Stored):
    """Whose debt a gift card or store credit is: a legal entity, and its node in whose books it stands."""

    legal_entity: str
    store: str

    def beside(self, legal_entity: str) -> dict[str, str]:
        """In whose books a tender of an order stands, as facts say it; nothing where that is the order's own entity."""
        if self.legal_entity == legal_entity:
            return {}
        return {"tender_entity": self.legal_entity, "tender_store": self.store}


class Part(_Stored):
    """What is paid by one tender, in minor units. `attempt` counts how often it was tried under keys of their own.

    `movement_id` is what the provider or the drawer calls the payment; `provider` is None for cash, and for what the
    channel gives back, because it took the money itself.
    """

    number: int
    tender: str
    provider: str | None
    amount: int
    sources: tuple[Source, ...]
    by_channel: bool = False
    # It is paid with a gift card or store credit that is made for it, whatever the money was taken with.
    new_balance: bool = False
    # Whose new balance that is, where somebody chose another company than the order's.
    issuer: Issuer | None = None
    state: PartState = PartState.PLANNED
    attempt: int = 1
    movement_id: str | None = None
    # The new gift card or store credit that it was paid with.
    account_id: str | None = None
    # The sale at a till that it was used to pay.
    sale_id: str | None = None
    failure_code: str | None = None
    # When its present key was made; since when nobody knows what became of a call under it.
    fixed_at: str | None = None
    in_doubt_since: str | None = None

    def key(self, refund_id: str) -> str:
        """The provider's idempotency key: the same for every repeat of one attempt."""
        again = f":{self.attempt}" if self.attempt > 1 else ""
        return f"{refund_id}:refund:{self.number}:{self.amount}{again}"


class Refund(_Stored):
    """What is owed for one cause. `amount` is the sum of the parts; `owed_at` is unknown where nobody said it.

    `lines` says what an appeasement gave for which lines, so that a later return gives back only the rest.
    """

    id: str
    order_id: str
    cause: Cause
    cause_id: str
    currency: str
    amount: int
    parts: tuple[Part, ...]
    owed_at: str | None = None
    lines: tuple[GivenFor, ...] = ()

    @property
    def executed(self) -> int:
        """What has been paid out."""
        return sum(part.amount for part in self.parts if part.state is PartState.EXECUTED)

    @property
    def status(self) -> PartState:
        """Failed if a part did, then planned or pending while one is; executed when all are."""
        states = {part.state for part in self.parts}
        order = (PartState.FAILED, PartState.PLANNED, PartState.PENDING)
        return next((state for state in order if state in states), PartState.EXECUTED)

    def part(self, number: int) -> Part:
        return self.parts[number - 1]

    def with_part(self, part: Part) -> Refund:
        """The refund with one part as it is now."""
        return self.model_copy(update={"parts": tuple(part if p.number == part.number else p for p in self.parts)})


def open_at_provider(refund: Refund) -> tuple[Part, ...]:
    """The parts of which a provider has the next word, or has still to be asked."""
    return tuple(p for p in refund.parts if p.provider and p.state in (PartState.PLANNED, PartState.PENDING))


def open_at_channel(refund: Refund) -> tuple[Part, ...]:
    """The parts that the channel has still to give back."""
    return tuple(p for p in refund.parts if p.by_channel and p.state is PartState.PLANNED)


def open_cash(refund: Refund) -> tuple[Part, ...]:
    """The parts that a drawer has still to pay."""
    return tuple(p for p in refund.parts if p.tender == CASH and p.state is PartState.PLANNED)


def has_movement(refunds: Iterable[Refund], movement_id: str) -> bool:
    """Whether a part was paid under a name; the ledger posts what a provider calls by one name once."""
    return any(part.movement_id == movement_id for refund in refunds for part in refund.parts)


def claimed(refunds: Iterable[Refund], payment_id: str, reference: str) -> int:
    """What of one charge was given back, or is about to be."""
    return sum(
        one.amount for _, one in _sources(refunds) if one.payment_id == payment_id and one.reference == reference
    )


def goes_back_to(payments: Sequence[Payment], part: Part) -> Source | None:
    """The charge that a part goes back to; None where it is paid with a new balance or with other money."""
    source = part.sources[0]
    paid_with = next(one for one in payments if one.id == source.payment_id)
    same = paid_with.tender == part.tender and part.provider in (None, paid_with.provider)
    return source if same and len(part.sources) == 1 and not part.new_balance else None


def is_withheld(payments: Sequence[Payment], refunds: Sequence[Refund], part: Part) -> bool:
    """Whether a dispute stands against paying a part: an open one, or a lost one that gave the money back already."""
    for source in part.sources:
        payment = next(one for one in payments if one.id == source.payment_id)
        if payment.is_frozen:
            return True
        if payment.charged_back:
            others = sum(
                one.amount for other, one in _sources(refunds) if one.payment_id == payment.id and other.state in _GIVEN
            )
            if others + payment.charged_back + source.amount > payment.captured:
                return True
    return False


def refunded_payments(payments: Sequence[Payment], refunds: Sequence[Refund]) -> list[Payment]:
    """The tenders that refunds leave otherwise than they are; more than was taken raises OverRefund."""
    changed = []
    for payment in payments:
        own = [(part, one.amount) for part, one in _sources(refunds) if one.payment_id == payment.id]
        done = sum(amount for part, amount in own if part.state is PartState.EXECUTED)
        waiting = sum(amount for _, amount in own) - done
        if done + waiting > payment.captured:
            raise OverRefund(f"Tender {payment.id} took {payment.captured}; {done + waiting} would be given back.")
        if (done, waiting) != (payment.refunded, payment.refund_pending):
            changed.append(model.given_back(payment, done, waiting))
    return changed


def _sources(refunds: Iterable[Refund]) -> Iterator[tuple[Part, Source]]:
    for refund in refunds:
        for part in refund.parts:
            for source in part.sources:
                yield part, source

"""Facts about tenders and refunds: one for each answer of a provider. Amounts in minor units of `currency`.

`store` is the node that sold. `key` is the provider's idempotency key of the call that was answered.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from oms.platform.events import EventData


class MoneyEvent(EventData):
    """What every fact about a tender says."""

    order_id: str
    payment_id: str
    tender: str
    provider: str
    currency: str
    legal_entity: str
    store: str
    channel: str
    key: str | None = None


class PaymentAuthorized(MoneyEvent):
    """The provider holds an amount for us until `capture_before`.

    `needs_care` says that the goods are to leave so late that the hold has to be renewed before.
    """

    version: ClassVar[int] = 2

    psp_reference: str
    amount: int
    capture_before: str | None = None
    needs_care: bool = False


class PaymentDeferred(MoneyEvent):
    """An amount is to be held from an instant on, since its goods leave much later."""

    amount: int
    authorize_from: str


class PaymentDeclined(MoneyEvent):
    """The provider refused to hold the amount."""

    amount: int
    decline_code: str


class PaymentActionRequired(MoneyEvent):
    """The customer must confirm at the bank before anything is held."""

    psp_reference: str
    amount: int


class PaymentInDoubt(MoneyEvent):
    """Nobody knows what became of a call; `verb` is authorize, capture or void. It is looked up until it is known."""

    verb: str
    amount: int
    reason: str


class PaymentCapturePending(MoneyEvent):
    """The provider accepted to take an amount and says later whether it did."""

    psp_reference: str
    capture_id: str
    amount: int
    shipment_ids: tuple[str, ...]


class PaymentCaptured(MoneyEvent):
    """An amount was taken for some shipments; `released` is what the provider gave back with it.

    What a channel took by itself was never `authorized` here, and no shipment had left then. `tender_entity` and
    `tender_store` say in whose books the tender stands where that is another legal entity than the order's, such as of
    a gift card that it issued.
    """

    version: ClassVar[int] = 3

    psp_reference: str
    capture_id: str
    amount: int
    released: int
    final: bool
    shipment_ids: tuple[str, ...]
    authorized: bool = True
    tender_entity: str | None = None
    tender_store: str | None = None


class PaymentCaptureFailed(MoneyEvent):
    """The provider refused to take an amount it had held; `released` is what it holds no more since then."""

    version: ClassVar[int] = 2

    psp_reference: str
    amount: int
    reason: str
    shipment_ids: tuple[str, ...]
    released: int = 0


class PaymentReleased(MoneyEvent):
    """What was held and will not be taken was given back."""

    psp_reference: str
    release_id: str
    amount: int


class PaymentVoided(MoneyEvent):
    """A tender that nobody needs any more was closed before anything was held."""

    psp_reference: str | None = None


class PaymentExpired(MoneyEvent):
    """A hold has run out before all of it was taken; `amount` fell free."""

    psp_reference: str
    release_id: str
    amount: int


class PaymentRenewed(MoneyEvent):
    """What is still to be taken will be authorised anew: its hold failed, ran out or carries no further capture."""

    amount: int
    attempt: int


class _Refund(EventData):
    order_id: str
    refund_id: str
    cause: str
    cause_id: str
    currency: str
    legal_entity: str
    store: str
    channel: str


class OwedPart(BaseModel):
    """What of a refund is to be paid by one tender."""

    model_config = ConfigDict(frozen=True)
    number: int
    tender: str
    amount: int


class RefundOwed(_Refund):
    """Money is owed back to the customer; `cause` is return, cancellation, appeasement or exchange."""

    amount: int
    parts: tuple[OwedPart, ...]


class _RefundPart(_Refund):
    part: int
    tender: str
    provider: str | None
    amount: int
    payment_id: str | None = None
    psp_reference: str | None = None
    key: str | None = None


class RefundPending(_RefundPart):
    """The provider accepted to give an amount back and says later whether it did."""

    movement_id: str


class RefundInDoubt(_RefundPart):
    """Nobody knows what became of a call that gives money back. It is looked up until it is known."""

    reason: str


class RefundExecuted(_RefundPart):
    """A part of a refund was paid out; `movement_id` is the provider's or the drawer's name of it.

    `paid` is the cash after rounding, and `rounding` what it is more than the amount. `payer_entity` and `payer_store`
    say who paid where that is another legal entity or another store than the order's.
    """

    movement_id: str
    paid: int
    rounding: int = 0
    payer_entity: str | None = None
    payer_store: str | None = None
    session_id: str | None = None
    business_date: str | None = None


class RefundExchanged(_RefundPart):
    """What was owed in cash has paid a new sale at a till, which posts it."""

    sale_id: str


class RefundFailed(_RefundPart):
    """A part of a refund was refused, or came back later: it is owed still.

    `executed` is how much of it counted as paid out before, under `movement_id`.
    """

    movement_id: str | None = None
    executed: int
    reason: str


class RefundRetried(_RefundPart):
    """A part that failed will be tried again, under a new key."""

    attempt: int


class DisputeReported(EventData):
    """A provider told of a dispute, under its own id of the message; what it says is taken in by settlement.

    `reference` is the provider's id of the capture and `payment` of the payment. `withdrawn` says that the amount and
    `fee` were taken, `outcome` how it ended with `fee_returned` given back. With a `problem` a person has to look.
    """

    provider: str
    message_id: str
    dispute_id: str
    reference: str
    payment: str
    legal_entity: str
    amount: int
    fee: int = 0
    currency: str
    withdrawn: bool
    outcome: Literal["won", "lost"] | None = None
    fee_returned: int = 0
    reason: str | None = None
    opened_at: str | None = None
    problem: str | None = None


class PayoutReported(EventData):
    """A provider told of a payout; once it is `listed`, settlement asks for what it holds.

    With a `problem` there is no list to be asked for, and a person has to look.
    """

    provider: str
    message_id: str
    payout_id: str
    legal_entity: str
    listed: bool
    problem: str | None = None

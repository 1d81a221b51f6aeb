"""Facts about tenders: one for each answer of a provider. Amounts in minor units of `currency`.

`store` is the node that sold. `key` is the provider's idempotency key of the call that was answered.
"""

from __future__ import annotations

from typing import ClassVar

from oms.platform.events import EventData


class _Money(EventData):
    order_id: str
    payment_id: str
    tender: str
    provider: str
    currency: str
    legal_entity: str
    store: str
    channel: str
    key: str | None = None


class PaymentAuthorized(_Money):
    """The provider holds an amount for us until `capture_before`."""

    psp_reference: str
    amount: int
    capture_before: str | None = None


class PaymentDeclined(_Money):
    """The provider refused to hold the amount."""

    amount: int
    decline_code: str


class PaymentActionRequired(_Money):
    """The customer must confirm at the bank before anything is held."""

    psp_reference: str
    amount: int


class PaymentInDoubt(_Money):
    """Nobody knows what became of a call; `verb` is authorize, capture or void. It is looked up until it is known."""

    verb: str
    amount: int
    reason: str


class PaymentCapturePending(_Money):
    """The provider accepted to take an amount and says later whether it did."""

    psp_reference: str
    capture_id: str
    amount: int
    shipment_ids: tuple[str, ...]


class PaymentCaptured(_Money):
    """An amount was taken for some shipments; `released` is what the provider gave back with it.

    What a channel took by itself was never `authorized` here, and no shipment had left then.
    """

    version: ClassVar[int] = 2

    psp_reference: str
    capture_id: str
    amount: int
    released: int
    final: bool
    shipment_ids: tuple[str, ...]
    authorized: bool = True


class PaymentCaptureFailed(_Money):
    """The provider refused to take an amount it had held; `released` is what it holds no more since then."""

    version: ClassVar[int] = 2

    psp_reference: str
    amount: int
    reason: str
    shipment_ids: tuple[str, ...]
    released: int = 0


class PaymentReleased(_Money):
    """What was held and will not be taken was given back."""

    psp_reference: str
    release_id: str
    amount: int


class PaymentVoided(_Money):
    """A tender that nobody needs any more was closed before anything was held."""

    psp_reference: str | None = None


class PaymentExpired(_Money):
    """A hold has run out before all of it was taken; `amount` fell free."""

    psp_reference: str
    release_id: str
    amount: int


class PaymentRenewed(_Money):
    """What is still to be taken will be authorised anew: its hold failed, ran out or carries no further capture."""

    amount: int
    attempt: int

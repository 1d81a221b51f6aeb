"""Facts about tenders. Amounts in minor units of `currency`; `store` is the node that sold."""

from __future__ import annotations

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


class PaymentAuthorized(_Money):
    """The provider holds an amount for us until `capture_before`."""

    psp_reference: str
    amount: int
    capture_before: str | None = None


class PaymentDeclined(_Money):
    """The provider refused to hold the amount."""

    amount: int
    decline_code: str


class PaymentCaptured(_Money):
    """An amount was taken for some shipments; `released` is what a final capture gave back."""

    psp_reference: str
    capture_id: str
    amount: int
    released: int
    final: bool
    shipment_ids: tuple[str, ...]


class PaymentCaptureFailed(_Money):
    """The provider refused to take an amount it had held."""

    psp_reference: str
    amount: int
    reason: str
    shipment_ids: tuple[str, ...]


class PaymentReleased(_Money):
    """What was held and will not be taken was given back."""

    psp_reference: str
    release_id: str
    amount: int

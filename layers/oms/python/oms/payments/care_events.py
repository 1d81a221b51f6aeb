"""Facts of the payment life cycle that move no money themselves. Amounts in minor units of `currency`."""

from __future__ import annotations

from oms.payments.events import MoneyEvent
from oms.platform.events import EventData


class PaymentCaptureRetried(MoneyEvent):
    """A refused capture is asked for again; `retry` counts from 1."""

    amount: int
    shipment_id: str
    retry: int


class PaymentLinkCreated(MoneyEvent):
    """The customer is to be asked for another card on the page of this name, until `expires_at`.

    Whoever has the name may pay: it goes to the customer and to nobody else.
    """

    amount: int
    name: str
    expires_at: str


class PaymentUnpaid(MoneyEvent):
    """Nobody paid in time; a person writes off what has left, or goes after it. `amount` is 0 where nothing has."""

    amount: int
    shipment_ids: tuple[str, ...]


class UnmatchedMoneyReturned(EventData):
    """Money that a provider held or had taken for an order that there is not was let go of, or given back."""

    provider: str
    psp_reference: str
    order_id: str
    released: int
    refunded: int
    currency: str

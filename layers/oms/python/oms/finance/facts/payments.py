"""What finance reads from the events of payments and shipments. Amounts are minor units of `currency`."""

from __future__ import annotations

from pydantic import model_validator

from oms.finance.facts.base import Fact, Taxes, Tender, require_parts
from oms.platform.fields import Amount, Code


class PaymentFact(Fact):
    """Money at a payment provider."""

    order_id: Code
    payment_id: Code
    tender: Tender
    provider: Code
    amount: Amount


class PaymentAuthorized(PaymentFact):
    """A provider holds an amount for us; `psp_reference` names the authorisation."""

    psp_reference: Code


class PaymentReleased(PaymentFact):
    """An authorised amount was let go or could not be captured."""

    release_id: Code


class PaymentExpired(PaymentReleased):
    """An authorised amount fell free because its time ran out."""


class PaymentCaptureFailed(PaymentFact):
    """A provider refused to take an amount; `released` is what it no longer holds of the authorisation since then."""

    psp_reference: str
    released: Amount = 0


class PaymentCaptured(PaymentFact):
    """A provider took `amount` for us and let go `released` of the same authorisation, if there was one.

    The tender stands in the books of `tender_entity`, at `tender_store`, where these are not the order's own.
    """

    capture_id: Code
    released: Amount = 0
    authorized: bool = True
    tender_entity: Code | None = None
    tender_store: Code | None = None


class ShipmentShipped(Fact):
    """Control of goods passed to the customer: shipped or picked up. `goods` is gross of `discount`.

    `gift_cards` is what of the goods was gift cards: it is owed to whoever has them.
    """

    order_id: Code
    shipment_id: Code
    goods: Amount
    discount: Amount
    shipping: Amount
    tax: Amount
    taxes: Taxes = ()
    total: Amount
    gift_cards: Amount = 0

    @model_validator(mode="after")
    def _adds_up(self) -> ShipmentShipped:
        if self.gift_cards > self.goods:
            raise ValueError("more gift cards than goods")
        if self.goods - self.discount + self.shipping + self.tax != self.total:
            raise ValueError("total is not goods - discount + shipping + tax")
        require_parts(self.taxes, self.tax)
        return self

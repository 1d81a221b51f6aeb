"""What a channel sends to place an order. Amounts are integers in minor units of the order's currency."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from oms.platform.fields import (
    Amount,
    Attributes,
    Code,
    Currency,
    Instant,
    Label,
    MinimumAge,
    Quantity,
    RatePpm,
    SignedAmount,
    Text,
)
from oms.platform.intake import Request
from oms.registry.segments import Segment, stock_name


class Method(StrEnum):
    """How a line reaches the customer."""

    SHIP = "ship"
    PICKUP = "pickup"
    SHIP_TO_STORE = "ship_to_store"
    DELIVERY = "delivery"
    DIGITAL = "digital"


class LineType(StrEnum):
    """Whether a line claims stock: goods do; services, postage and fees do not."""

    STOCK = "stock"
    NON_STOCK = "non_stock"


class Tender(StrEnum):
    """What the customer pays with."""

    CARD = "card"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"
    # Nothing now: a till takes the money when the goods are collected.
    PAY_IN_STORE = "pay_in_store"


class CaptureOn(StrEnum):
    """When money is taken for goods that the customer collects; what is sent is paid for when it leaves."""

    HANDOVER = "handover"
    READY = "ready"


class ShipPreference(StrEnum):
    """Whether an order of which something waits for stock goes as it can, whole, or each line whole on its own day."""

    AS_AVAILABLE = "as_available"
    SHIP_COMPLETE = "ship_complete"
    BY_LINE_DATE = "by_line_date"


# The preference of an order that wants nothing else.
AS_AVAILABLE = ShipPreference.AS_AVAILABLE.value


class Address(Request):
    """Where goods go. `country` is an ISO 3166-1 alpha-2 code."""

    name: Label | None = None
    street: Label | None = None
    city: Label | None = None
    region: Label | None = None
    postal_code: Annotated[str, Field(max_length=20)] | None = None
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    phone: Label | None = None


class Customer(Request):
    """Who buys, as far as the channel knows; absent for an anonymous sale. Strategies say which tiers come first."""

    reference: Code | None = None
    tier: Code | None = None
    name: Label | None = None
    email: Label | None = None
    phone: Label | None = None


def tier_of(customer: Customer | None) -> str | None:
    """The tier of a customer, as far as the channel knows."""
    return customer.tier if customer else None


class Discount(Request):
    """An amount taken off, as data, with the promotion or person it came from."""

    amount: Amount
    source: Code


class TaxMode(StrEnum):
    """Where the taxes of an order come from: its sender states amounts or rates, or this platform keeps the rates."""

    EXTERNAL_AMOUNT = "external_amount"
    EXTERNAL_RATE = "external_rate"
    PLATFORM = "platform"


class TaxPart(Request):
    """The part of a tax that one jurisdiction levies, with its rate in millionths (8.25 % is 82500), where it is known.

    It has an `amount`, unless the order is of the tax mode `external_rate`.
    """

    jurisdiction: Code
    rate_ppm: RatePpm | None = None
    amount: Amount | None = None


TaxParts = Annotated[tuple[TaxPart, ...], Field(max_length=20)]


class Charge(Request):
    """An amount added beside goods, such as shipping, with its own tax and whose that is."""

    kind: Code
    amount: Amount
    tax: Amount = 0
    taxes: TaxParts = ()


class Gift(Request):
    """That a line is a gift: what is to be written on the card, and whether its receipt is to show no prices."""

    message: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    receipt: Annotated[bool, Field(strict=True)] = False


class Collector(Request):
    """Somebody besides the customer who may collect the goods."""

    name: Label
    email: Label | None = None
    phone: Label | None = None


class LineRequest(Request):
    """One SKU by one method; `total` = unit_price x quantity - discounts + charges + tax.

    `tax` is that of the goods, and `taxes` whose it is: what they state sums to it.
    """

    line_id: Code | None = None
    type: LineType = LineType.STOCK
    sku: Code
    # Of whose stock the units must be; without one, they are of stock in no segment.
    segment: Segment | None = None
    description: Annotated[str, Field(max_length=500)] | None = None
    quantity: Quantity
    unit_price: Amount
    discounts: Annotated[tuple[Discount, ...], Field(max_length=20)] = ()
    charges: Annotated[tuple[Charge, ...], Field(max_length=20)] = ()
    tax: Amount = 0
    taxes: TaxParts = ()
    total: SignedAmount
    method: Method = Method.SHIP
    ship_to: Address | None = None
    pickup_node: Code | None = None
    # Of the rate card; without one, the cheapest that was promised.
    service: Code | None = None
    gift: Gift | None = None
    # Who gets the units must be at least so old; where their item says more, that holds.
    minimum_age: MinimumAge | None = None
    attributes: Attributes = Field(default_factory=dict)

    @property
    def stock_sku(self) -> str:
        """The name of the stock that it asks for."""
        return stock_name(self.sku, self.segment)


class Totals(Request):
    """The sums the channel showed the customer; every one of them is checked."""

    goods: Amount
    discount: Amount = 0
    charges: Amount = 0
    tax: Amount = 0
    total: Amount


class PaymentRequest(Request):
    """One tender and the amount it covers: the provider's token, never a card number; of a gift card its number or id.

    With `captured` the channel took the money itself, at a provider of its own: `reference` is its name for that. Where
    the tax is computed here, one tender may leave out its amount: it covers what the others leave of the total. What a
    till is to take when the goods are collected is `pay_in_store` of the provider `till`, alone and without a token.
    """

    tender: Tender = Tender.CARD
    provider: Code
    token: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    amount: Annotated[Amount, Field(ge=1)] | None = None
    captured: bool = False
    reference: Code | None = None
    capture_on: CaptureOn = CaptureOn.HANDOVER


class OrderRequest(Request):
    """An order as one canonical document for every channel.

    In a tax mode other than `external_amount` all sums are stated before tax, and the order that is made of it has them
    with tax.
    """

    channel: Code
    external_id: Code
    # Of the basket that becomes this order; its units are the order's.
    reservation_id: Code | None = None
    # What the customer was told, which the order is held to.
    promise_id: Code | None = None
    selling_node: Code
    taken_by: Code
    currency: Currency
    locale: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
    ordered_at: Instant | None = None
    customer: Customer | None = None
    # Who may collect the goods besides the customer.
    collectors: Annotated[tuple[Collector, ...], Field(max_length=5)] = ()
    ship_to: Address | None = None
    # Whether the customer wants what several nodes have in one parcel.
    consolidate: Annotated[bool, Field(strict=True)] = False
    ship_preference: ShipPreference = ShipPreference.AS_AVAILABLE
    lines: Annotated[tuple[LineRequest, ...], Field(min_length=1)]
    charges: Annotated[tuple[Charge, ...], Field(max_length=20)] = ()
    tax_mode: TaxMode = TaxMode.EXTERNAL_AMOUNT
    totals: Totals
    payments: Annotated[tuple[PaymentRequest, ...], Field(max_length=10)] = ()
    note: Text | None = None
    attributes: Attributes = Field(default_factory=dict)


class LineQuantity(Request):
    """Some units of one line."""

    line_no: Annotated[int, Field(ge=1)]
    quantity: Quantity


class CancellationRequest(Request):
    """Units to cancel; without lines, all that can still be cancelled."""

    reason: Code
    lines: Annotated[tuple[LineQuantity, ...], Field(min_length=1)] | None = None


class ReviewRequest(Request):
    """A person's decision on an order in review."""

    decision: Annotated[str, Field(pattern="^(accept|cancel)$")]
    reason: Label

"""What a till tells of its transactions, over HTTP and on the store bus. Amounts are minor units of `currency`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, Strict, model_validator

from oms.orders.request import (
    Address,
    Charge,
    Customer,
    Discount,
    LineType,
    Method,
    TaxPart,
    TaxParts,
    Totals,
)
from oms.platform.fields import Amount, Code, Currency, Instant, IsoDate, Label, Quantity, SignedAmount, Text
from oms.platform.intake import Request, no_more_than
from oms.returns.model import Disposition

MOST_SEQUENCE = 999_999_999
MOST_LINES = 300
MOST_BACK = 20
# Lines that leave later are claimed in the transaction that records the sale.
MOST_LATER = 20
MOST_ROUNDING = 500

Sequence = Annotated[int, Strict(), Field(ge=1, le=MOST_SEQUENCE)]
# Both are parts of the sale's external id, which is to be read back in one way only.
Store = Annotated[Code, Field(max_length=50)]
Workstation = Annotated[str, Field(min_length=1, max_length=30, pattern=r"^[^#:\x00-\x1f\x7f]+$")]
Positive = Annotated[Amount, Field(ge=1)]


class Kind(StrEnum):
    """What a transaction of a till was; a sale and a return move goods and money here."""

    SALE = "sale"
    RETURN = "return"
    NO_SALE = "no_sale"
    SIGN_ON = "sign_on"
    SIGN_OFF = "sign_off"
    VOID = "void"
    SUSPENDED = "suspended"
    TRAINING = "training"
    OTHER = "other"


class Tender(StrEnum):
    """What was paid with at a till."""

    CASH = "cash"
    CARD = "card"
    GIFT_CARD = "gift_card"
    STORE_CREDIT = "store_credit"


class SaleLine(Request):
    """Goods or a service that were sold; `total` = unit_price x quantity - discounts + charges + tax.

    What is carried out is delivered with the sale. With another method it leaves later, and may have charges such as
    for its delivery. `jurisdiction` is whose tax it is; where it is that of several, `taxes` has the part of each.
    """

    line_id: Code | None = None
    type: LineType = LineType.STOCK
    sku: Code
    description: Annotated[str, Field(max_length=500)] | None = None
    quantity: Quantity
    unit_price: Amount
    discounts: Annotated[tuple[Discount, ...], Field(max_length=20)] = ()
    charges: Annotated[tuple[Charge, ...], Field(max_length=20)] = ()
    tax: Amount = 0
    jurisdiction: Code | None = None
    taxes: TaxParts = ()
    total: SignedAmount
    method: Literal["carry_out", "ship", "delivery", "pickup", "ship_to_store"] = "carry_out"
    ship_to: Address | None = None
    pickup_node: Code | None = None
    service: Code | None = None
    # Of a line of the reserved order: its number. The money is what was agreed for so many units of it.
    order_line_no: Annotated[int, Field(ge=1)] | None = None

    @property
    def is_carried_out(self) -> bool:
        """Whether the customer took it along."""
        return self.method == "carry_out"

    @property
    def tax_parts(self) -> tuple[TaxPart, ...]:
        """Whose its tax is, where the till says it."""
        if self.jurisdiction is None:
            return self.taxes
        return (TaxPart(jurisdiction=self.jurisdiction, amount=self.tax),)

    @property
    def later_method(self) -> Method:
        """How a line that leaves later reaches the customer."""
        return Method(self.method)

    @model_validator(mode="after")
    def _makes_sense(self) -> SaleLine:
        if self.is_carried_out and (self.charges or self.ship_to or self.pickup_node or self.service):
            raise ValueError("what is carried out has no charges, address, node or service")
        if self.type is LineType.NON_STOCK and not self.is_carried_out:
            raise ValueError("a service is done at the till; what goods that leave later cost beside is their charge")
        if self.jurisdiction is not None and self.taxes:
            raise ValueError("the tax is of one jurisdiction or has parts")
        return self


class SaleTender(Request):
    """What was paid with one means: of cash, `amount` is net of the change that was given.

    Other tenders name the `reference` under which their provider knows the payment. Of what a card took, `cash_back`
    was paid out of the drawer.
    """

    tender: Tender
    amount: Positive
    given: Amount | None = None
    change: Amount | None = None
    cash_back: Amount = 0
    provider: Code | None = None
    reference: Code | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> SaleTender:
        is_cash = self.tender is Tender.CASH
        if is_cash and (self.provider or self.reference):
            raise ValueError("cash has no provider and no reference")
        if not is_cash and self.reference is None:
            raise ValueError("a tender other than cash has a reference")
        if not is_cash and (self.given is not None or self.change is not None):
            raise ValueError("only of cash more is given, and change")
        if self.tender is Tender.CARD and self.provider is None:
            raise ValueError("a card has the provider that took the money")
        if self.cash_back and (self.tender is not Tender.CARD or self.cash_back >= self.amount):
            raise ValueError("cash back is a part of what a card took")
        if (self.given is None) != (self.change is None):
            raise ValueError("what was given and the change are told together")
        if self.given is not None and self.change is not None and self.given - self.change != self.amount:
            raise ValueError("the amount is not what was given less the change")
        return self


class ExchangeCredit(Request):
    """What is owed to the customer in cash for a return, or a part of it, and pays a part of the sale."""

    refund_id: Code
    amount: Positive


class ReservedOrder(Request):
    """The order whose goods were held for payment in this store: by its id, or by what its channel calls it."""

    order_id: Code | None = None
    channel: Code | None = None
    external_id: Code | None = None

    @model_validator(mode="after")
    def _names_one(self) -> ReservedOrder:
        named = (self.channel is not None, self.external_id is not None)
        if named not in ((True, True), (False, False)) or named[0] == (self.order_id is not None):
            raise ValueError("an order is named by its id, or by channel and external_id")
        return self


class Receipt(Request):
    """What names the sale of a receipt: the transaction of a till, of whichever store."""

    node_id: Store
    workstation: Workstation
    business_date: IsoDate
    sequence: Sequence


class UnitsBack(Request):
    """Units that came back of a line of the order, or of its lines of a SKU, and whether they can be sold again."""

    line_no: Annotated[int, Field(ge=1)] | None = None
    sku: Code | None = None
    quantity: Quantity
    disposition: Disposition = Disposition.SELLABLE
    condition: Code | None = None

    @model_validator(mode="after")
    def _names_one(self) -> UnitsBack:
        if (self.line_no is None) == (self.sku is None):
            raise ValueError("units are those of a line, or of a SKU")
        return self


class BroughtBack(Request):
    """What the customer brought back of an order, by its id or by the receipt of its sale.

    `fee` is kept back, `shipping` is given back of the shipping charged; left out, they are as the rules of returns
    say. With `to` the money goes elsewhere than back to what the order was paid with, which has a reason, and
    `override_reason` is why it is accepted against the rules.
    """

    order_id: Code | None = None
    receipt: Receipt | None = None
    reason: Code
    lines: Annotated[tuple[UnitsBack, ...], Field(min_length=1, max_length=MOST_BACK)]
    fee: Amount | None = None
    shipping: Amount | None = None
    to: Literal["cash", "gift_card", "store_credit"] | None = None
    to_reason: Label | None = None
    override_reason: Label | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> BroughtBack:
        if self.order_id is not None and self.receipt is not None:
            raise ValueError("either the order or its receipt")
        if (self.to is None) != (self.to_reason is None):
            raise ValueError("money that goes elsewhere has a reason, to_reason, and only such money")
        return self


class _Transaction(Request):
    workstation: Workstation
    business_date: IsoDate
    sequence: Sequence
    type: Kind
    cashier: Code
    occurred_at: Instant | None = None
    receipt: Code | None = None
    currency: Currency | None = None
    locale: Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")] = "en-US"
    customer: Customer | None = None
    ship_to: Address | None = None
    lines: Annotated[tuple[SaleLine, ...], no_more_than(MOST_LINES)] = ()
    totals: Totals | None = None
    tenders: Annotated[tuple[SaleTender, ...], Field(max_length=10)] = ()
    # Of a return; `tenders` are then what the till paid out for it at once.
    brought_back: BroughtBack | None = None
    exchange_credits: Annotated[tuple[ExchangeCredit, ...], Field(max_length=5)] = ()
    # What was taken in cash above what was due, or with a minus below, where there are no small coins.
    rounding: Annotated[SignedAmount, Field(ge=-MOST_ROUNDING, le=MOST_ROUNDING)] = 0
    drawer_session_id: Code | None = None
    # The site whose order it is, where a store sells for it what leaves later; the site's company owns the order.
    selling_node: Code | None = None
    # Of a sale of goods that were held for payment in the store, with other goods or without.
    reserved_order: ReservedOrder | None = None
    note: Text | None = None

    @model_validator(mode="after")
    def _says_what_its_type_says(self) -> Any:
        if self.reserved_order is not None or any(line.order_line_no for line in self.lines):
            self._sells_what_was_reserved()
        content = (self.lines, self.totals, self.tenders, self.exchange_credits, self.rounding, self.currency)
        if (self.brought_back is not None) != (self.type is Kind.RETURN):
            raise ValueError("a return says what was brought back, and nothing else does")
        if self.type is Kind.RETURN:
            if self.lines or self.totals or self.exchange_credits or self.customer or self.ship_to or self.selling_node:
                raise ValueError("a return sells nothing")
            if self.currency is None:
                raise ValueError("a return has a currency")
        elif self.type is Kind.SALE:
            if not self.lines or self.totals is None or self.currency is None:
                raise ValueError("a sale has lines, totals and a currency")
        elif any(content) or self.drawer_session_id or self.customer or self.ship_to or self.selling_node:
            raise ValueError(f"a transaction of type {self.type.value} moves no goods and no money")
        return self

    def _sells_what_was_reserved(self) -> None:
        if self.reserved_order is None or not any(line.order_line_no for line in self.lines):
            raise ValueError("the lines of a reserved order have their order_line_no, and nothing else does")
        if not all(line.is_carried_out for line in self.lines):
            raise ValueError("what leaves later is sold in a transaction of its own")
        if self.type is not Kind.SALE or self.selling_node or self.customer or self.ship_to:
            raise ValueError("a reserved order is sold as it was placed")


class RecordTransaction(_Transaction):
    """One transaction of a till. Store, workstation, business date and sequence name it."""

    node_id: Store


class TransactionMessage(_Transaction):
    """One transaction of a till of the node that speaks."""


class WorkstationsQuery(Request):
    """Of which store and business date the workstations are wanted."""

    node_id: Store
    business_date: IsoDate

"""What happened at tills. Amounts are minor units of `currency`; `store` is the node that sold."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from oms.platform.events import EventData


class SaleTaxed(BaseModel):
    """The tax of a jurisdiction, where the till told whose it is."""

    model_config = ConfigDict(frozen=True)
    jurisdiction: str | None
    amount: int


class SalePaid(BaseModel):
    """What was taken with one tender; of cash, net of change and as it was rounded.

    It stands in the books of `tender_entity`, at `tender_store`, where these are not the seller's: they issued the card
    or credit of ours, or their till took the money.
    """

    model_config = ConfigDict(frozen=True)
    tender: str
    amount: int
    provider: str | None = None
    reference: str | None = None
    tender_entity: str | None = None
    tender_store: str | None = None


class SaleCredit(BaseModel):
    """What was owed for a return and paid a part of the sale; `tender_entity` owed it where that is not the seller."""

    model_config = ConfigDict(frozen=True)
    refund_id: str
    amount: int
    tender_entity: str | None = None
    tender_store: str | None = None


class SalePayment(BaseModel):
    """What a tender of the order has paid of it: without cash back, and before cash was rounded."""

    model_config = ConfigDict(frozen=True)
    payment_id: str
    tender: str
    amount: int


class CarriedLine(BaseModel):
    """Units of a line that the customer took along."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int


class SaleRecorded(EventData):
    """A till sold: `goods` before `discount`, and `tax`, of what was carried out.

    `deposit` was paid for what leaves later, `exchange_credit` was owed for returns (`exchange_credits` says for which
    refunds, where it paid), `rounding` is what was taken above
    the sum of the sale, and `cash_back` what a card paid beside it and the drawer gave out. `lines` are what was
    carried out as shipment `shipment_id`; of more than 50 they are left out.
    """

    version: ClassVar[int] = 3

    order_id: str
    sale_id: str
    external_id: str
    workstation: str
    sequence: int
    business_date: str
    cashier: str
    currency: str
    legal_entity: str
    store: str
    channel: str
    goods: int
    discount: int
    tax: int
    taxes: tuple[SaleTaxed, ...]
    rounding: int
    exchange_credit: int
    exchange_credits: tuple[SaleCredit, ...]
    deposit: int
    cash_back: int
    tenders: tuple[SalePaid, ...]
    session_id: str | None
    payments: tuple[SalePayment, ...]
    shipment_id: str | None
    lines: tuple[CarriedLine, ...] | None


class PosTransactionRecorded(EventData):
    """A till told of a transaction that moved no goods and no money, such as opening its drawer without a sale."""

    transaction_id: str
    node_id: str
    workstation: str
    business_date: str
    sequence: int
    kind: str
    cashier: str

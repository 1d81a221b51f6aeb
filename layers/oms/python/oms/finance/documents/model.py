"""What is a document: an invoice for goods that left, a credit memo for what comes back, a purchase order. Pure.

Each kind has a series of its own in each legal entity: 1, 2, 3, …, in the order in which the facts arrived.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from oms.finance.facts.appeasements import AppeasementGranted
from oms.finance.facts.base import Fact
from oms.finance.facts.payments import ShipmentShipped
from oms.finance.facts.pos import SaleRecorded
from oms.finance.facts.purchasing import PurchaseOrderPlaced
from oms.finance.facts.refunds import ReturnAccepted
from oms.finance.model import LedgerFault, Moment


class DocumentKind(StrEnum):
    """The series of documents."""

    INVOICE = "invoice"
    CREDIT_MEMO = "credit_memo"
    PURCHASE_ORDER = "purchase_order"


class DocumentCause(StrEnum):
    """What a document is given for."""

    SHIPMENT = "shipment"
    SALE = "sale"
    RETURN = "return"
    GOODWILL = "goodwill"
    PURCHASE = "purchase"


_LETTERS: Mapping[DocumentKind, str] = {
    DocumentKind.INVOICE: "INV",
    DocumentKind.CREDIT_MEMO: "CRM",
    DocumentKind.PURCHASE_ORDER: "PUR",
}


class Draft(BaseModel):
    """A document that has no number yet; `total` = goods - discount + shipping + tax - fee, in minor units.

    `cause_id` names the shipment, the sale, the return, the appeasement or the purchase order. Of a credit memo the
    amounts are what is given back, of a purchase order what the supplier is to be paid (its commission as `discount`).
    """

    model_config = ConfigDict(frozen=True)
    kind: DocumentKind
    cause: DocumentCause
    cause_id: str
    entity: str
    store: str
    channel: str
    order_id: str
    currency: str
    goods: int
    discount: int = 0
    shipping: int = 0
    tax: int
    fee: int = 0
    total: int


class Document(Draft):
    """A document with its number in the series of its entity; it never changes."""

    number: int
    occurred_at: Moment
    numbered_at: Moment
    source_event: str


def document_id(document: Document) -> str:
    """The number as it is printed, such as 100-INV-00000042."""
    return printed(document.entity, document.kind, document.number)


def printed(entity: str, kind: DocumentKind, number: int) -> str:
    """A number of a series as it is printed."""
    return f"{entity}-{_LETTERS[kind]}-{number:08d}"


def draft_of(event_type: str, data: Mapping[str, Any]) -> Draft | None:
    """The document that an event calls for; None where nothing left and nothing is given back on an order.

    Raises LedgerFault for an event of another kind or shape.
    """
    if event_type not in _DRAFTS:
        raise LedgerFault(f"no document for {event_type}")
    shape, make = _DRAFTS[event_type]
    try:
        draft = make(shape.model_validate(data))
    except ValidationError as error:
        raise LedgerFault(f"document for {event_type}: {error.error_count()} fields are wrong") from error
    if draft is None or draft.kind is DocumentKind.PURCHASE_ORDER:
        # One without a price is an order at the supplier all the same.
        return draft
    return draft if draft.goods or draft.shipping or draft.tax else None


def _shipped(fact: ShipmentShipped) -> Draft:
    return Draft(
        **_whose(fact),
        kind=DocumentKind.INVOICE,
        cause=DocumentCause.SHIPMENT,
        cause_id=fact.shipment_id,
        goods=fact.goods,
        discount=fact.discount,
        shipping=fact.shipping,
        tax=fact.tax,
        total=fact.total,
    )


def _sold(fact: SaleRecorded) -> Draft:
    """What a till hands out at once; a deposit is for goods that get their own invoice when they leave."""
    return Draft(
        **_whose(fact),
        kind=DocumentKind.INVOICE,
        cause=DocumentCause.SALE,
        cause_id=fact.sale_id,
        goods=fact.goods,
        discount=fact.discount,
        tax=fact.tax,
        total=fact.goods - fact.discount + fact.tax,
    )


def _returned(fact: ReturnAccepted) -> Draft:
    """What earlier goodwill has given back already has its own credit memo."""
    return Draft(
        **_whose(fact),
        kind=DocumentKind.CREDIT_MEMO,
        cause=DocumentCause.RETURN,
        cause_id=fact.return_id,
        goods=fact.goods - fact.appeased_goods,
        shipping=fact.shipping,
        tax=fact.tax - fact.appeased_tax,
        fee=fact.fee,
        total=fact.owed,
    )


def _granted(fact: AppeasementGranted) -> Draft | None:
    """A gift without an order credits no invoice."""
    if fact.order_id is None:
        return None
    return Draft(
        **_whose(fact),
        kind=DocumentKind.CREDIT_MEMO,
        cause=DocumentCause.GOODWILL,
        cause_id=fact.appeasement_id,
        goods=fact.goods,
        shipping=fact.shipping,
        tax=fact.tax,
        total=fact.total,
    )


def _ordered(fact: PurchaseOrderPlaced) -> Draft:
    return Draft(
        **_whose(fact),
        kind=DocumentKind.PURCHASE_ORDER,
        cause=DocumentCause.PURCHASE,
        cause_id=fact.purchase_order_id,
        goods=fact.cost,
        discount=fact.commission,
        tax=0,
        total=fact.payable,
    )


def _whose(fact: Fact) -> dict[str, Any]:
    return {
        "entity": fact.legal_entity,
        "store": fact.store,
        "channel": fact.channel,
        "order_id": fact.order_id,
        "currency": fact.currency,
    }


_DRAFTS: Mapping[str, tuple[type[Fact], Callable[[Any], Draft | None]]] = {
    "ShipmentShipped": (ShipmentShipped, _shipped),
    "SaleRecorded": (SaleRecorded, _sold),
    "ReturnAccepted": (ReturnAccepted, _returned),
    "AppeasementGranted": (AppeasementGranted, _granted),
    "PurchaseOrderPlaced": (PurchaseOrderPlaced, _ordered),
}

"""How the tenders, refunds and shipments of an order are shown. Amounts in minor units."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from oms.fulfillment.lines import ParcelClaim
from oms.fulfillment.model import Parcel, Proof, Shipment
from oms.orders.amounts import Taxed
from oms.payments.model import Payment
from oms.payments.refunds import Refund


class View(BaseModel):
    """Base of what callers see."""

    model_config = ConfigDict(frozen=True)


class PaymentView(View):
    """A tender; the provider's token is never shown. `disputed` is withheld, `charged_back` lost; minor units."""

    id: str
    tender: str
    provider: str
    state: str
    amount: int
    authorized: int
    captured: int
    pending: int
    released: int
    refunded: int
    refund_pending: int
    disputed: int
    charged_back: int
    psp_reference: str | None
    capture_before: str | None
    decline_code: str | None


class RefundPartView(View):
    """What of a refund is paid by one tender; `payment_id` is the tender of the order that it is paid from, if one.

    `account_id` is the new gift card or store credit that it was paid with.
    """

    number: int
    tender: str
    payment_id: str | None
    amount: int
    state: str
    attempt: int
    movement_id: str | None
    account_id: str | None
    failure_code: str | None


class RefundView(View):
    """Money that is owed back for one cause, and how far it has been paid."""

    id: str
    cause: str
    cause_id: str
    currency: str
    amount: int
    executed: int
    status: str
    owed_at: str | None
    parts: list[RefundPartView]


class CaptureView(View):
    """What a shipment takes from one tender."""

    payment_id: str
    amount: int
    captured: bool


class ShipmentView(View):
    """What left a node, with the money that belongs to it."""

    id: str
    fulfillment_order_id: str | None = Field(description="none for what was carried out of a store with its sale")
    node_id: str
    mode: str
    carrier: str | None
    tracking_number: str | None
    shipped_at: str
    due_at: str | None
    late_seconds: int | None
    lines: list[dict[str, object]]
    packages: list[dict[str, object]]
    parcels: list[Parcel] = Field(description="what carriers told last of its tracking numbers")
    claims: list[ParcelClaim] = Field(description="what of it was lost or damaged on its way")
    goods: int
    discount: int
    shipping: int
    tax: int
    taxes: list[Taxed] = Field(description="whose the tax is, where that is known of any of it")
    total: int
    captures: list[CaptureView]
    proof: Proof | None = Field(description="who collected it and what they showed, where that is known")


def payment_view(payment: Payment) -> PaymentView:
    """A tender as callers see it."""
    shown = payment.model_dump(include=set(PaymentView.model_fields))
    return PaymentView(**{**shown, "state": payment.state.value})


def refund_view(refund: Refund) -> RefundView:
    """A refund as callers see it."""
    return RefundView(
        id=refund.id,
        cause=refund.cause.value,
        cause_id=refund.cause_id,
        currency=refund.currency,
        amount=refund.amount,
        executed=refund.executed,
        status=refund.status.value,
        owed_at=refund.owed_at,
        parts=[
            RefundPartView(
                number=part.number,
                tender=part.tender,
                payment_id=part.sources[0].payment_id if len(part.sources) == 1 else None,
                amount=part.amount,
                state=part.state.value,
                attempt=part.attempt,
                movement_id=part.movement_id,
                account_id=part.account_id,
                failure_code=part.failure_code,
            )
            for part in refund.parts
        ],
    )


def shipment_view(shipment: Shipment) -> ShipmentView:
    """A shipment as callers see it."""
    return ShipmentView(
        **shipment.model_dump(
            include={
                "id",
                "fulfillment_order_id",
                "node_id",
                "mode",
                "carrier",
                "tracking_number",
                "shipped_at",
                "due_at",
                "goods",
                "discount",
                "shipping",
                "tax",
            }
        ),
        taxes=list(shipment.taxes),
        parcels=list(shipment.parcels),
        claims=list(shipment.claims),
        late_seconds=shipment.late_seconds,
        total=shipment.amounts.total,
        lines=[line.model_dump() for line in shipment.lines],
        packages=[
            package.model_dump() | {"lines": [line.model_dump() for line in package.lines or shipment.lines]}
            for package in shipment.packages
        ],
        captures=[
            CaptureView(payment_id=c.payment_id, amount=c.amount, captured=c.capture_id is not None)
            for c in shipment.captures
        ],
        proof=shipment.proof,
    )

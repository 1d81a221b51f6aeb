"""Matching a supplier's invoice: ordered, shipped and invoiced, by quantity and cost. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from oms.fulfillment.model import FulfillmentOrder, Purchase
from oms.fulfillment.shipments import InvoicedLine, SupplierInvoice
from oms.platform.fields import Amount, Code, Currency, Label, Quantity, SignedAmount
from oms.platform.ids import derived_id
from oms.platform.intake import Request
from oms.platform.money import share_up_to
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest

# All invoices of a purchase order are kept with its work.
MOST_INVOICES = 20
MILLION = 1_000_000
QUANTITY, COST = "QUANTITY_ABOVE_SHIPPED", "COST_BEYOND_TOLERANCE"


class InvoiceStatus(StrEnum):
    """The states of a supplier's invoice."""

    MATCHED = "MATCHED"  # it is owed: it says what was agreed for what has left, within the tolerance
    DIFFERS = "DIFFERS"  # a person decides
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"


# state -> the states that may follow.
TRANSITIONS: Mapping[InvoiceStatus, frozenset[InvoiceStatus]] = {
    InvoiceStatus.DIFFERS: frozenset({InvoiceStatus.APPROVED, InvoiceStatus.REJECTED}),
    InvoiceStatus.MATCHED: frozenset(),
    InvoiceStatus.APPROVED: frozenset(),
    InvoiceStatus.REJECTED: frozenset(),
}


class InvoiceLineRequest(Request):
    """Units of a line that a supplier invoices, at what it asks for each, and what of that it leaves us."""

    line_no: Annotated[int, Field(ge=1)]
    quantity: Quantity
    unit_cost: Amount
    commission: Amount = 0


class InvoiceRequest(Request):
    """A supplier's invoice of a purchase order: `total` is what it wants for its lines, less commission."""

    number: Code
    currency: Currency
    total: SignedAmount
    lines: Annotated[tuple[InvoiceLineRequest, ...], Field(min_length=1, max_length=200)]


class InvoiceDecision(Request):
    """What a person says of an invoice that differs, and why."""

    decision: Literal["approve", "reject"]
    reason: Label


@dataclass(frozen=True, slots=True)
class Match:
    """How an invoice compares: what it wants more than was agreed for what has left, and why it differs, if it does."""

    difference: int
    reason: str | None


def invoiced_units(purchase: Purchase, line_no: int) -> int:
    """Units of a line that were invoiced, without those of invoices that were rejected."""
    counted = (one for one in purchase.invoices if one.status != InvoiceStatus.REJECTED.value)
    return sum(line.quantity for one in counted for line in one.lines if line.line_no == line_no)


def decided(invoice: SupplierInvoice, status: InvoiceStatus) -> SupplierInvoice:
    """An invoice that a person has decided about; one that does not wait for it raises ActionNotAvailable."""
    if status not in TRANSITIONS[InvoiceStatus(invoice.status)]:
        raise ActionNotAvailable(f"The invoice is {invoice.status}; nobody decides about it any more.")
    return invoice.model_copy(update={"status": status.value})


def invoice_id(tenant: str, node_id: str, number: str) -> str:
    """The id of the invoice with a number at a supplier, however often it is sent."""
    return derived_id("inv", tenant, node_id, number)


def refuse_nonsense(purchase: Purchase, request: InvoiceRequest) -> None:
    """Lines that were not ordered, another currency and sums that do not add up raise InvalidRequest."""
    known, errors, seen = {one.line_no for one in purchase.lines}, list[FieldError](), set[int]()
    for index, line in enumerate(request.lines):
        at = f"/lines/{index}"
        if line.line_no not in known:
            errors.append(FieldError(f"{at}/line_no", "unknown_line", f"line {line.line_no} was not ordered with it"))
        if line.line_no in seen:
            errors.append(FieldError(f"{at}/line_no", "repeated", "this line stands in the invoice twice"))
        seen.add(line.line_no)
        if line.commission > line.unit_cost * line.quantity:
            errors.append(FieldError(f"{at}/commission", "above_cost", "the commission is more than the cost"))
    if request.currency != purchase.currency:
        errors.append(FieldError("/currency", "other_currency", f"it was ordered in {purchase.currency}"))
    total = sum(line.unit_cost * line.quantity - line.commission for line in request.lines)
    if request.total != total:
        errors.append(FieldError("/total", "sum_mismatch", f"stated {request.total}, but the lines add up to {total}"))
    if len(purchase.invoices) >= MOST_INVOICES:
        errors.append(FieldError("/number", "too_many", f"a purchase order has at most {MOST_INVOICES} invoices"))
    if errors:
        raise InvalidRequest(errors=errors)


def matched(work: FulfillmentOrder, purchase: Purchase, lines: Sequence[InvoicedLine]) -> Match:
    """Compare an invoice with what has left and was not invoiced before, line by line.

    Of units without an agreed cost the invoice says what they cost. A line may differ by the tolerance that was agreed.
    """
    agreed = {one.line_no: one for one in purchase.lines}
    difference, reason = 0, None
    for line in lines:
        before, terms = invoiced_units(purchase, line.line_no), agreed[line.line_no]
        expected = terms.cost_of(before, before + line.quantity).payable
        wanted = line.unit_cost * line.quantity - line.commission
        difference += wanted - expected
        if before + line.quantity > work.line(line.line_no).shipped:
            reason = QUANTITY
        allowed = share_up_to(expected, terms.tolerance_ppm, MILLION)
        if terms.unit_cost is not None and abs(wanted - expected) > allowed:
            reason = reason or COST
    return Match(difference, reason)


def is_same(stored: SupplierInvoice, request: InvoiceRequest) -> bool:
    """Whether an invoice that is known says exactly this."""
    lines = tuple(InvoicedLine(**line.model_dump()) for line in request.lines)
    return (stored.total, stored.lines) == (request.total, lines)


def status_of(match: Match) -> InvoiceStatus:
    """The state of an invoice once it is compared."""
    return InvoiceStatus.MATCHED if match.reason is None else InvoiceStatus.DIFFERS

"""Taking in suppliers' invoices, and what a person says of those that differ. Each is one transaction on the order."""

from __future__ import annotations

from oms.fulfillment.model import FulfillmentOrder, Purchase
from oms.fulfillment.shipments import InvoicedLine, SupplierInvoice
from oms.orders.model import Order
from oms.orders.store import load_order
from oms.orders.writes import change_order
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventData
from oms.platform.principal import tenant_prefix
from oms.platform.problems import NotFound, Problem
from oms.platform.writes import Key, Write, create
from oms.purchasing.events import SupplierInvoiceDecided, SupplierInvoiceRecorded
from oms.purchasing.invoices import (
    InvoiceDecision,
    InvoiceRequest,
    InvoiceStatus,
    Match,
    decided,
    invoice_id,
    is_same,
    matched,
    refuse_nonsense,
    status_of,
)
from oms.purchasing.model import order_and_work
from oms.purchasing.views import find_purchase, purchase_view
from oms.tasks.model import TaskKind, new_task
from oms.tasks.reads import open_task_of, task_of
from oms.tasks.writes import TaskChange, task_done, task_opened

INVOICE, DECIDE = "purchasing.write", "finance.write"
_DECIDED = {"approve": InvoiceStatus.APPROVED, "reject": InvoiceStatus.REJECTED}


class InvoiceNumberTaken(Problem):
    status = 409
    code = "invoice_number_taken"
    title = "The supplier has sent another invoice under this number."
    remedy = "Send it under a number of its own; an invoice that was taken in is never changed."


def record_invoice(runtime: Runtime, call: Call, purchase_order_id: str, request: InvoiceRequest) -> Outcome:
    """Take in a supplier's invoice and match it with what was ordered and has left; the answer is the purchase order.

    What differs by more than was agreed opens a task and stays open. The same invoice again changes nothing. Raises
    InvoiceNumberTaken for another content under its number, InvalidRequest for lines and sums that make no sense.
    """

    def decide() -> Decision:
        order, work, purchase = _own(runtime, call, INVOICE, purchase_order_id)
        name = invoice_id(call.tenant, work.node_id, request.number)
        known = next((one for one in purchase.invoices if one.id == name), None)
        if known is not None and is_same(known, request):
            return Decision([], body=purchase_view(work, None).model_dump(mode="json"))
        note = Key(f"{tenant_prefix(call.tenant)}SUPPLIERINVOICE#{name}", "INVOICE")
        if known is not None or runtime.database.get("orders", note) is not None:
            raise InvoiceNumberTaken(f"{work.node_id} has sent {request.number} before.", pointer="/number")
        refuse_nonsense(purchase, request)
        lines = tuple(InvoicedLine(**line.model_dump()) for line in request.lines)
        match = matched(work, purchase, lines)
        made = SupplierInvoice(
            id=name,
            number=request.number,
            total=request.total,
            difference=match.difference,
            status=status_of(match).value,
            reason=match.reason,
            lines=lines,
            received_at=format_instant(runtime.clock.now()),
            received_by=call.principal.actor,
        )
        told = SupplierInvoiceRecorded(**_facts(order, work, purchase, made), total=made.total, number=made.number)
        task = _task(runtime, call, work, purchase, made, match)
        more = [create("orders", note, {"purchase_order_id": purchase.id}), *(task.writes if task else ())]
        return _decision(call, order, work, (*purchase.invoices, made), told, more, task, status=201)

    return execute(runtime, call, decide)


def decide_invoice(
    runtime: Runtime, call: Call, purchase_order_id: str, invoice: str, request: InvoiceDecision
) -> Outcome:
    """Approve an invoice that differs, which is then owed as it is, or reject it; the answer is the purchase order.

    Raises NotFound for one that nobody knows, ActionNotAvailable for one that does not wait for this.
    """

    def decide() -> Decision:
        order, work, purchase = _own(runtime, call, DECIDE, purchase_order_id)
        known = next((one for one in purchase.invoices if one.id == invoice), None)
        if known is None:
            raise NotFound(f"There is no invoice {invoice} of {purchase_order_id}.")
        after = decided(known, _DECIDED[request.decision])
        told = SupplierInvoiceDecided(**_facts(order, work, purchase, after), decided_reason=request.reason)
        task = open_task_of(runtime.database, call.tenant, TaskKind.INVOICE_DIFFERS, known.id)
        ended = task and task_done(
            call.tenant, task, outcome=after.status, by=call.principal.actor, now=runtime.clock.now()
        )
        kept = tuple(after if one.id == known.id else one for one in purchase.invoices)
        return _decision(call, order, work, kept, told, list(ended.writes) if ended else [], ended or None)

    return execute(runtime, call, decide)


def _own(
    runtime: Runtime, call: Call, permission: str, purchase_order_id: str
) -> tuple[Order, FulfillmentOrder, Purchase]:
    """The order, work and purchase order, for a caller who may do this with it; else raises NotFound."""
    find_purchase(runtime, call.principal, permission, purchase_order_id)
    order_id, work_id = order_and_work(purchase_order_id)
    order = load_order(runtime.database, call.tenant, order_id)
    work = next((one for one in order.fulfillment_orders if one.id == work_id), None) if order else None
    if order is None or work is None or work.purchase is None:
        raise NotFound(f"There is no purchase order {purchase_order_id}.")
    return order, work, work.purchase


def _facts(order: Order, work: FulfillmentOrder, purchase: Purchase, made: SupplierInvoice) -> dict[str, object]:
    return {
        "order_id": order.header.id,
        "fulfillment_order_id": work.id,
        "node_id": work.node_id,
        "purchase_order_id": purchase.id,
        "invoice_id": made.id,
        "status": made.status,
        "reason": made.reason,
        "difference": made.difference,
        "currency": purchase.currency,
        "legal_entity": order.header.legal_entity,
        "store": order.header.selling_node,
        "channel": order.header.channel,
    }


def _task(
    runtime: Runtime, call: Call, work: FulfillmentOrder, purchase: Purchase, made: SupplierInvoice, match: Match
) -> TaskChange | None:
    """The task to look after an invoice that differs."""
    if match.reason is None:
        return None
    task = new_task(
        *(call.tenant, TaskKind.INVOICE_DIFFERS, made.id),
        node_id=None,
        subjects={"purchase_order_id": purchase.id, "invoice_id": made.id, "supplier": work.node_id},
        reason=match.reason,
        now=runtime.clock.now(),
    )
    return task_opened(call.tenant, task, task_of(runtime.database, call.tenant, TaskKind.INVOICE_DIFFERS, made.id))


def _decision(
    call: Call,
    order: Order,
    work: FulfillmentOrder,
    invoices: tuple[SupplierInvoice, ...],
    told: EventData,
    more: list[Write],
    task: TaskChange | None,
    *,
    status: int = 200,
) -> Decision:
    assert work.purchase is not None
    purchase = work.purchase.model_copy(update={"invoices": invoices})
    after = work.model_copy(update={"purchase": purchase})
    _, writes, drafts = change_order(call.tenant, order, events=[told], fulfillment_orders=[after])
    body = purchase_view(after, None).model_dump(mode="json")
    return Decision([*writes, *more], [*drafts, *(task.events if task else ())], status, body)

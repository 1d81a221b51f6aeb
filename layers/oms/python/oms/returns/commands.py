"""The verbs of returns and refunds: units are taken back, a failed refund is tried again, a channel confirms one."""

from __future__ import annotations

from dataclasses import replace

from oms.inventory.writes import StockChanges
from oms.orders.amounts import taxed
from oms.orders.model import Order
from oms.orders.store import existing_order, partition
from oms.orders.writes import change_order
from oms.payments.paying import paid_by_channel, retried
from oms.payments.refunding import owe_refund, payer_of
from oms.payments.refunds import Cause, Issuer, PartState, Refund, open_at_channel
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventData
from oms.platform.ids import child_id, parent_id
from oms.platform.principal import authorize
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, NotFound, StaleVersion
from oms.platform.writes import MOST_ACTIONS, Write, merge
from oms.registry.reads import named_node
from oms.returns.amounts import returned_lines, shipping_tax
from oms.returns.events import ReturnAccepted, ReturnedLine
from oms.returns.model import Disposition, Return
from oms.returns.policy import require_tender
from oms.returns.requests import AttemptRequest, ConfirmationRequest, ReturnRequest
from oms.returns.views import WRITE, refund_document, return_document


def return_order(runtime: Runtime, call: Call, order_id: str, request: ReturnRequest) -> Outcome:
    """A store takes units back: what was paid for them is owed from now on, and they are its stock.

    Raises InvalidRequest for more units than were delivered and not returned, OverRefund for more money than was taken.
    """

    def decide() -> Decision:
        order = _order(runtime, call, order_id, node_id=request.node_id)
        named_node(runtime.database, call.tenant, runtime.clock.now(), request.node_id, "/node_id")
        accepted = _accepted(runtime, call, order, request)
        require_tender(call.principal, request.to, accepted.owed, order)
        refunds = []
        told: list[EventData] = []
        if accepted.owed:
            refund, told = owe_refund(
                *(order, Cause.RETURN, accepted.id, accepted.owed, request.to),
                at=accepted.accepted_at,
                issuer=_issuer(runtime, call, request),
            )
            refunds, accepted = [refund], accepted.model_copy(update={"refund_id": refund.id})
        after, writes, drafts = change_order(
            call.tenant, order, events=[_event(order, accepted), *told], refunds=refunds, returns=[accepted]
        )
        writes = [*writes, *_stock(runtime, call, order, accepted)]
        if len(merge(writes)) + len(drafts) + 1 > MOST_ACTIONS:
            raise InvalidRequest(errors=[FieldError("/lines", "too_many", "return these lines in several calls")])
        return Decision(writes, drafts, status=201, body=return_document(after, accepted))

    return execute(runtime, call, decide)


def retry_refund(runtime: Runtime, call: Call, order_id: str, refund_id: str, request: AttemptRequest) -> Outcome:
    """Try the parts of a refund again that failed, each under a new key, and perhaps by another tender.

    Raises ActionNotAvailable where none has failed.
    """

    def decide() -> Decision:
        order, refund = _refund(runtime, call, order_id, refund_id)
        # A store tries again what it took back itself.
        took_back = next((one.node_id for one in order.returns if one.id == refund.cause_id), None)
        authorize(call.principal, WRITE, partition(call.tenant, order_id), node=took_back)
        again = [part for part in refund.parts if part.state is PartState.FAILED]
        again += open_at_channel(refund) if request.to else ()
        if not again:
            raise ActionNotAvailable("No part of this refund has failed.")
        require_tender(call.principal, request.to, sum(part.amount for part in again), order)
        events = list[EventData]()
        issuer = _issuer(runtime, call, request)
        for part in again:
            if request.to is not None:
                part = part.model_copy(update=payer_of(request.to.value, issuer))
            refund, told = retried(order, refund, part, format_instant(runtime.clock.now()))
            events += told
        after, writes, drafts = change_order(call.tenant, order, events=events, refunds=[refund])
        return Decision(
            writes,
            [replace(draft, reason=request.reason) for draft in drafts],
            body=refund_document(after, refund),
        )

    return execute(runtime, call, decide)


def confirm_refund(
    runtime: Runtime, call: Call, order_id: str, refund_id: str, request: ConfirmationRequest
) -> Outcome:
    """The channel has given back what it had taken itself; the part waited for its word.

    Raises ActionNotAvailable where the channel owes nothing of the refund.
    """

    def decide() -> Decision:
        order, refund = _refund(runtime, call, order_id, refund_id)
        seller = order.header
        # Only the channel knows what it gave back.
        authorize(
            *(call.principal, WRITE, partition(call.tenant, order_id)), node=seller.selling_node, channel=seller.channel
        )
        if not open_at_channel(refund):
            raise ActionNotAvailable("Nothing of this refund is to be given back by the channel.")
        paid, events = paid_by_channel(order, refund, request.reference)
        after, writes, drafts = change_order(call.tenant, order, events=events, refunds=[paid])
        return Decision(writes, drafts, body=refund_document(after, paid))

    return execute(runtime, call, decide)


def _issuer(runtime: Runtime, call: Call, request: ReturnRequest | AttemptRequest) -> Issuer | None:
    """Whose new gift card or store credit a request wants, where it names a node."""
    if request.issuer_node is None:
        return None
    node = named_node(runtime.database, call.tenant, runtime.clock.now(), request.issuer_node, "/issuer_node")
    return Issuer(legal_entity=node.legal_entity, store=node.id)


def _refund(runtime: Runtime, call: Call, order_id: str, refund_id: str) -> tuple[Order, Refund]:
    if parent_id("ord", refund_id) != order_id:
        raise NotFound(f"There is no refund {refund_id}.")
    order = _order(runtime, call, order_id)
    refund = next((one for one in order.refunds if one.id == refund_id), None)
    if refund is None:
        raise NotFound(f"There is no refund {refund_id}.")
    return order, refund


def _order(runtime: Runtime, call: Call, order_id: str, *, node_id: str | None = None) -> Order:
    authorize(call.principal, WRITE, partition(call.tenant, order_id), node=node_id)
    order = existing_order(runtime.database, call.tenant, order_id)
    if call.expected_version not in (None, order.header.version):
        raise StaleVersion(f"The order is at version {order.header.version}.")
    return order


def _accepted(runtime: Runtime, call: Call, order: Order, request: ReturnRequest) -> Return:
    shipping = shipping_tax(order, request.shipping)
    accepted = Return(
        id=child_id("ret", order.header.id, len(order.returns) + 1),
        order_id=order.header.id,
        node_id=request.node_id,
        reason=request.reason,
        lines=returned_lines(order, request.lines),
        shipping=request.shipping,
        shipping_tax=sum(shipping.values()),
        shipping_taxes=taxed(shipping),
        fee=request.fee,
        to=request.to.value if request.to else None,
        to_reason=request.to_reason,
        accepted_at=format_instant(runtime.clock.now()),
        accepted_by=call.principal.actor,
    )
    if accepted.owed < 0:
        most = accepted.owed + accepted.fee
        raise InvalidRequest(errors=[FieldError("/fee", "fee_above_refund", f"only {most} is given back")])
    return accepted


def _event(order: Order, accepted: Return) -> ReturnAccepted:
    header = order.header
    return ReturnAccepted(
        order_id=header.id,
        external_id=header.external_id,
        return_id=accepted.id,
        node_id=accepted.node_id,
        reason=accepted.reason,
        currency=header.currency,
        legal_entity=header.legal_entity,
        store=header.selling_node,
        channel=header.channel,
        lines=tuple(ReturnedLine(**line.model_dump(mode="json")) for line in accepted.lines),
        goods=accepted.goods,
        shipping=accepted.shipping,
        tax=accepted.tax,
        taxes=accepted.taxes,
        fee=accepted.fee,
        appeased_goods=accepted.appeased_goods,
        appeased_tax=accepted.appeased_tax,
        owed=accepted.owed,
        refund_id=accepted.refund_id,
    )


def _stock(runtime: Runtime, call: Call, order: Order, accepted: Return) -> list[Write]:
    """The units as stock of the node, for sale or held back as damaged; of a kit, its components."""
    back = StockChanges(call.tenant, movement_id=accepted.id, cause=accepted.id, at=runtime.clock.now())
    for line in accepted.lines:
        units = {line.line_no: line.quantity}
        units |= {one.line_no: one.each * line.quantity for one in order.pieces.get(line.line_no, ())}
        for sku, quantity in order.stock_of(units).items():
            damaged = line.disposition is Disposition.DAMAGED
            back.take_back(sku, accepted.node_id, quantity, damaged=damaged)
    return back.writes()

"""The verbs of returns and refunds: units are taken back, a failed refund is tried again, a channel confirms one."""

from __future__ import annotations

from dataclasses import replace

from oms.orders.model import Order
from oms.orders.states import refuse_unmanaged
from oms.orders.store import existing_order, partition
from oms.orders.writes import change_order
from oms.payments.paying import paid_by_channel, retried
from oms.payments.refunding import payer_of
from oms.payments.refunds import Issuer, PartState, Refund, has_movement, open_at_channel
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventData
from oms.platform.ids import parent_id
from oms.platform.principal import authorize
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest, NotFound, StaleVersion
from oms.platform.writes import MOST_ACTIONS, merge
from oms.registry.reads import named_node
from oms.returns.accepting import TakenBack, accept, require_tender
from oms.returns.requests import AttemptRequest, ConfirmationRequest, ReturnRequest
from oms.returns.views import WRITE, refund_document, return_document


def return_order(runtime: Runtime, call: Call, order_id: str, request: ReturnRequest) -> Outcome:
    """A store takes units back: what was paid for them is owed from now on, and they are its stock.

    Raises InvalidRequest for more units than were delivered and not returned, OverRefund for more money than was taken.
    """

    def decide() -> Decision:
        node_id = request.node_id
        if node_id is None:
            raise InvalidRequest(errors=[FieldError("/node_id", "missing", "the store that has accepted the units")])
        order = _order(runtime, call, order_id, node_id=node_id)
        named_node(runtime.database, call.tenant, runtime.clock.now(), node_id, "/node_id")
        taken = TakenBack(
            node_id=node_id,
            reason=request.reason,
            lines=request.lines,
            fee=request.fee,
            shipping=request.shipping,
            to=request.to.value if request.to else None,
            to_reason=request.to_reason,
            override_reason=request.override_reason,
            issuer=_issuer(runtime, call, request),
        )
        done = accept(runtime, call, order, taken)
        after, writes, drafts = change_order(
            call.tenant, order, events=done.events, refunds=done.refunds, returns=[done.made]
        )
        writes = [*writes, *done.stock]
        if len(merge(writes)) + len(drafts) + 1 > MOST_ACTIONS:
            raise InvalidRequest(errors=[FieldError("/lines", "too_many", "return these lines in several calls")])
        return Decision(writes, drafts, status=201, body=return_document(after, done.made))

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

    Raises ActionNotAvailable where the channel owes nothing of the refund, InvalidRequest for another refund's name.
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
        if has_movement(order.refunds, request.reference):
            detail = "another refund of the order has this name"
            raise InvalidRequest(errors=[FieldError("/reference", "repeated", detail)])
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
    refuse_unmanaged(order.header.history)
    if call.expected_version not in (None, order.header.version):
        raise StaleVersion(f"The order is at version {order.header.version}.")
    return order

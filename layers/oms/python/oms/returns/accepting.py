"""Goods come back: what belongs to the units, what is owed for them, who pays it, and where the units are then.

Whoever takes units back (a store, or a till in its transaction) calls `accept` and hands what it answers to
`orders.writes.change_order`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.inventory.model import MovementKind
from oms.inventory.writes import StockChanges
from oms.orders.amounts import taxed
from oms.orders.model import Order
from oms.payments.refunding import owe_refund
from oms.payments.refunds import CASH, TILL, Cause, Issuer, Refund
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Runtime
from oms.platform.events import EventData
from oms.platform.ids import child_id
from oms.platform.money import exponent
from oms.platform.principal import Principal, may
from oms.platform.problems import FieldError, InvalidRequest, Problem
from oms.platform.writes import Write
from oms.returns.events import KeptBack, ReturnAccepted, ReturnedLine
from oms.returns.judging import Judged, Wish, judge, no_more_than
from oms.returns.model import Disposition, Return, ReturnLine, Rma
from oms.returns.shares import Units, returned_lines, shipping_tax, stock_of_line

APPROVE = "returns.approve"
# Up to so many whole units of the currency a store pays in cash what was paid by other means.
_WHOLE_UNITS_OF_CASH = 100


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a node took back, and where the money for it is to go. Minor units of the order's currency.

    What it says nothing of, `fee` and `shipping`, is as the rules say.
    """

    node_id: str
    reason: str
    lines: Sequence[Units]
    fee: int | None = None
    shipping: int | None = None
    to: str | None = None
    to_reason: str | None = None
    override_reason: str | None = None
    issuer: Issuer | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """A return with the refund that it owes, if it owes anything; what is told of both, and the units as stock."""

    made: Return
    refunds: Sequence[Refund]
    events: Sequence[EventData]
    stock: list[Write]


class CashLimitExceeded(Problem):
    status = 409
    code = "cash_limit_exceeded"
    title = "So much is not paid in cash for what was paid by other means."
    remedy = "Pay it back by the tender it was paid with, or let somebody do it who may approve it (returns.approve)."


def accept(runtime: Runtime, call: Call, order: Order, taken: TakenBack) -> Accepted:
    """Units are taken back at once: what was paid for them is owed from now on, and they are stock of the node.

    Raises InvalidRequest for more units than were delivered and not returned, NotReturnable for what the rules do not
    allow, OverRefund for more money than was taken, CashLimitExceeded for cash beyond what the caller may pay.
    """
    lines = returned_lines(order, taken.lines)
    made = _accepted(runtime, call, order, taken, lines, _judged(runtime, call.principal, order, taken))
    require_tender(call.principal, taken.to, made.owed, order)
    refunds, told = _owed(order, made, taken.issuer)
    made = made.model_copy(update={"refund_id": refunds[0].id if refunds else None})
    return Accepted(made, refunds, [_event(order, made), *told], _stock(runtime, call, order, made))


def become_due(runtime: Runtime, call: Call, order: Order, rma: Rma, taken: TakenBack, judged: Judged) -> Accepted:
    """The money of units of a return by post is owed from now on; their stock is told of by whoever receives them.

    Raises OverRefund for more money than was taken.
    """
    lines = returned_lines(order, taken.lines, rma)
    made = _accepted(runtime, call, order, taken, lines, judged).model_copy(update={"rma_id": rma.id})
    refunds, told = _owed(order, made, taken.issuer)
    made = made.model_copy(update={"refund_id": refunds[0].id if refunds else None})
    return Accepted(made, refunds, [_event(order, made), *told], [])


def _owed(order: Order, made: Return, issuer: Issuer | None) -> tuple[list[Refund], list[EventData]]:
    """The refund of what is owed, where that is anything."""
    if not made.owed:
        return [], []
    refund, told = owe_refund(order, Cause.RETURN, made.id, made.owed, made.to, at=made.accepted_at, issuer=issuer)
    return [refund], told


def require_tender(principal: Principal, to: str | None, amount: int, order: Order) -> None:
    """Refuse cash beyond the limit by somebody who may not approve it.

    The limit is for all that an order pays in cash, in however many returns.
    """
    if to != CASH:
        return
    limit, before = most_cash(order.header.currency), _cash_before(order)
    if before + amount > limit and not may(principal, APPROVE):
        known = f", and {before} was before" if before else ""
        raise CashLimitExceeded(f"{amount} is above the limit of {limit}{known}.", pointer="/to")


def _cash_before(order: Order) -> int:
    """What an order pays in cash, or paid, of what was not taken in cash; what paid another sale is no cash."""
    at_till = {payment.id for payment in order.payments if payment.provider == TILL}
    parts = (part for refund in order.refunds for part in refund.parts if part.tender == CASH and not part.sale_id)
    return sum(one.amount for part in parts for one in part.sources if one.payment_id not in at_till)


def most_cash(currency: str) -> int:
    """How much is paid in cash without approval; minor units."""
    minor_units: int = 10 ** exponent(currency)
    return _WHOLE_UNITS_OF_CASH * minor_units


def _accepted(
    runtime: Runtime, call: Call, order: Order, request: TakenBack, lines: tuple[ReturnLine, ...], judged: Judged
) -> Return:
    shipping = shipping_tax(order, judged.shipping)
    accepted = Return(
        id=child_id("ret", order.header.id, len(order.returns) + 1),
        order_id=order.header.id,
        node_id=request.node_id,
        reason=request.reason,
        lines=lines,
        shipping=judged.shipping,
        shipping_tax=sum(shipping.values()),
        shipping_taxes=taxed(shipping),
        fee=judged.fee,
        fees=judged.fees,
        kept=judged.kept,
        override=judged.override,
        to=request.to,
        to_reason=request.to_reason,
        accepted_at=format_instant(runtime.clock.now()),
        accepted_by=call.principal.actor,
    )
    most = accepted.owed + accepted.fee
    if accepted.owed < 0 and request.fee is not None:
        raise InvalidRequest(errors=[FieldError("/fee", "fee_above_refund", f"only {most} is given back")])
    if accepted.owed < 0:
        # Goodwill gave a part before, and the rules keep back no more than what is left.
        fees = no_more_than(accepted.fees, most)
        accepted = accepted.model_copy(update={"fees": fees, "fee": sum(one.amount for one in fees)})
    return accepted


def _judged(runtime: Runtime, principal: Principal, order: Order, taken: TakenBack) -> Judged:
    """What the rules make of it; of units that never came they say nothing."""
    if any(one.disposition == "lost" for one in taken.lines):
        return Judged(fee=taken.fee or 0, shipping=taken.shipping or 0)
    wish = Wish(
        reason=taken.reason,
        fee=taken.fee,
        shipping=taken.shipping,
        to=taken.to,
        override_reason=taken.override_reason,
    )
    return judge(runtime, principal, order, taken.lines, wish)


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
        rma_id=accepted.rma_id,
        fees=tuple(KeptBack(kind=one.kind, amount=one.amount) for one in accepted.fees),
        kept=tuple(KeptBack(kind=one.kind, amount=one.amount) for one in accepted.kept),
        override_reason=accepted.override.reason if accepted.override else None,
        overridden=accepted.override.against if accepted.override else (),
    )


# In which bucket units are held back that are not for sale.
_HELD = {
    Disposition.DAMAGED: MovementKind.DAMAGED,
    Disposition.LIQUIDATE: MovementKind.DAMAGED,
    Disposition.REPAIR: MovementKind.INSPECTED,
    Disposition.VENDOR: MovementKind.BLOCKED,
}


def _stock(runtime: Runtime, call: Call, order: Order, accepted: Return) -> list[Write]:
    """The units as stock of the node, for sale, held back or written off; of a kit, its components."""
    back = StockChanges(call.tenant, movement_id=accepted.id, cause=accepted.id, at=runtime.clock.now())
    for line in accepted.lines:
        for sku, quantity in stock_of_line(order, line.line_no, line.quantity).items():
            if line.disposition in ("lost", "kept", Disposition.DESTROY):
                back.write_off(sku, accepted.node_id, quantity, reason=accepted.reason)
            else:
                held = _HELD.get(Disposition(line.disposition))
                back.take_back(sku, accepted.node_id, quantity, held=held)
    return back.writes()

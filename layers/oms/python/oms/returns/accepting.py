"""Goods come back: what belongs to the units, what is owed for them, who pays it, and where the units are then.

Whoever takes units back (a store, or a till in its transaction) calls `accept` and hands what it answers to
`orders.writes.change_order`. Shares use cumulative rounding (FR3), so the returns of all units of a line give back what
was taken for the line, to the minor unit and by component.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from oms.inventory.writes import StockChanges
from oms.orders.amounts import Taxes, goods_taxes, less_taxes, line_amounts, summed_taxes, taxed, taxes_of
from oms.orders.charges import shipping_taxes
from oms.orders.model import Line, Order
from oms.orders.quantities import with_customer
from oms.payments.refunding import owe_refund
from oms.payments.refunds import CASH, SHIPPING, TILL, Cause, GivenFor, Issuer, Refund
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Runtime
from oms.platform.events import EventData
from oms.platform.ids import child_id
from oms.platform.money import exponent, share_up_to
from oms.platform.principal import Principal, may
from oms.platform.problems import FieldError, InvalidRequest, Problem
from oms.platform.writes import Write
from oms.registry.limits import ActivatedBy
from oms.returns.events import ReturnAccepted, ReturnedLine
from oms.returns.model import Disposition, Lost, Return, ReturnLine

APPROVE = "returns.approve"
# Up to so many whole units of the currency a store pays in cash what was paid by other means.
_WHOLE_UNITS_OF_CASH = 100


class Units(Protocol):
    """Units of a line that came back, and what becomes of them."""

    @property
    def line_no(self) -> int: ...
    @property
    def quantity(self) -> int: ...
    @property
    def disposition(self) -> Disposition | Lost: ...


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What a node took back, and where the money for it is to go. Minor units of the order's currency."""

    node_id: str
    reason: str
    lines: Sequence[Units]
    fee: int = 0
    shipping: int = 0
    to: str | None = None
    to_reason: str | None = None
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
    """Units are taken back: what was paid for them is owed from now on, and they are stock of the node.

    Raises InvalidRequest for more units than were delivered and not returned, OverRefund for more money than was taken,
    CashLimitExceeded for cash beyond what the caller may pay.
    """
    made = _accepted(runtime, call, order, taken)
    require_tender(call.principal, taken.to, made.owed, order)
    refunds: list[Refund] = []
    told: list[EventData] = []
    if made.owed:
        refund, told = owe_refund(
            *(order, Cause.RETURN, made.id, made.owed, taken.to), at=made.accepted_at, issuer=taken.issuer
        )
        refunds, made = [refund], made.model_copy(update={"refund_id": refund.id})
    return Accepted(made, refunds, [_event(order, made), *told], _stock(runtime, call, order, made))


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


def _accepted(runtime: Runtime, call: Call, order: Order, request: TakenBack) -> Return:
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
        to=request.to,
        to_reason=request.to_reason,
        accepted_at=format_instant(runtime.clock.now()),
        accepted_by=call.principal.actor,
    )
    if accepted.owed < 0:
        most = accepted.owed + accepted.fee
        raise InvalidRequest(errors=[FieldError("/fee", "fee_above_refund", f"only {most} is given back")])
    return accepted


def returned_lines(order: Order, wanted: Sequence[Units]) -> tuple[ReturnLine, ...]:
    """The units that come back with their amounts; more than were delivered and not returned raises InvalidRequest."""
    made: list[ReturnLine] = []
    for index, asked in enumerate(wanted):
        line = _line(order, asked.line_no, index)
        now = sum(one.quantity for one in made if one.line_no == line.line_no)
        before = order.returned(line.line_no) + now
        left = with_customer(order, line.line_no) - now
        if asked.quantity > left:
            detail = f"{left} units of line {line.line_no} were delivered and not returned"
            raise InvalidRequest(errors=[FieldError(f"/lines/{index}/quantity", "more_than_delivered", detail)])
        made.append(_returned(order, line, before, asked, made))
    return tuple(made)


def shipping_tax(order: Order, shipping: int) -> Taxes:
    """Whose tax of shipping is given back; more than was charged and not given back raises InvalidRequest.

    Goodwill on shipping has given back a part of it before.
    """
    charged = sum(shipment.shipping for shipment in order.shipments)
    goodwill = _goodwill(order, SHIPPING)
    before = sum(one.shipping for one in order.returns) + sum(one.goods for one in goodwill)
    if shipping > charged - before:
        detail = f"{charged - before} of the shipping was charged and not given back"
        raise InvalidRequest(errors=[FieldError("/shipping", "more_than_charged", detail)])
    if not shipping:
        return {}
    given = summed_taxes(
        [
            *(taxes_of(one.shipping_tax, one.shipping_taxes) for one in order.returns),
            *(taxes_of(one.tax, one.taxes) for one in goodwill),
        ]
    )
    whole = {name: share_up_to(tax, before + shipping, charged) for name, tax in shipping_taxes(order).items()}
    return {name: amount for name, amount in less_taxes(whole, given).items() if amount > 0}


def _goodwill(order: Order, line_no: int) -> list[GivenFor]:
    """What appeasements gave for a line, or for shipping."""
    appeased = (refund for refund in order.refunds if refund.cause is Cause.APPEASEMENT)
    return [one for refund in appeased for one in refund.lines if one.line_no == line_no]


def _line(order: Order, line_no: int, index: int) -> Line:
    pointer = f"/lines/{index}/line_no"
    if line_no > len(order.lines):
        raise InvalidRequest(errors=[FieldError(pointer, "unknown_line", f"there is no line {line_no}")])
    line = order.line(line_no)
    if line.part_of is not None:
        detail = f"it is a component of line {line.part_of.line_no}; return units of that line"
        raise InvalidRequest(errors=[FieldError(pointer, "part_of_kit", detail)])
    if line.activation is not None and line.activation.by is ActivatedBy.GIFT_CARD:
        detail = "a gift card that was delivered is spent, not returned; its balance stays with whoever has it"
        raise InvalidRequest(errors=[FieldError(pointer, "gift_card", detail)])
    if line.replaces is not None:
        detail = f"it was sent in place of units of line {line.replaces}; return units of that line"
        raise InvalidRequest(errors=[FieldError(pointer, "replacement", detail)])
    return line


def _returned(order: Order, line: Line, before: int, asked: Units, with_it: Sequence[ReturnLine]) -> ReturnLine:
    after, whole = before + asked.quantity, line_amounts(line.agreed)

    def share(amount: int) -> int:
        return share_up_to(amount, after, line.quantity) - share_up_to(amount, before, line.quantity)

    goods = share(whole.goods) - share(whole.discount)
    taxes = less_taxes(goods_taxes(line.agreed, after), goods_taxes(line.agreed, before))
    earlier = [one for each in order.returns for one in each.lines if one.line_no == line.line_no]
    earlier += [one for one in with_it if one.line_no == line.line_no]
    given = _goodwill(order, line.line_no)

    def kept(amount: int, kept_before: int, most: int) -> int:
        """What of an appeasement belongs to these units, and so is not given a second time."""
        return min(most, max(0, share_up_to(amount, after, order.shipped(line.line_no)) - kept_before))

    tax_given = summed_taxes(taxes_of(one.tax, one.taxes) for one in given)
    tax_kept = summed_taxes(taxes_of(one.appeased_tax, one.appeased_taxes) for one in earlier)
    appeased = {
        name: kept(tax_given.get(name, 0), tax_kept.get(name, 0), amount) for name, amount in taxes.items() if amount
    }
    return ReturnLine(
        line_no=line.line_no,
        sku=line.agreed.sku,
        quantity=asked.quantity,
        disposition=asked.disposition,
        goods=goods,
        tax=sum(taxes.values()),
        taxes=taxed(taxes),
        appeased_goods=kept(sum(one.goods for one in given), sum(one.appeased_goods for one in earlier), goods),
        appeased_tax=sum(appeased.values()),
        appeased_taxes=taxed(appeased),
    )


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
    """The units as stock of the node, for sale, held back as damaged or written off; of a kit, its components."""
    back = StockChanges(call.tenant, movement_id=accepted.id, cause=accepted.id, at=runtime.clock.now())
    for line in accepted.lines:
        units = {line.line_no: line.quantity}
        units |= {one.line_no: one.each * line.quantity for one in order.pieces.get(line.line_no, ())}
        for sku, quantity in order.stock_of(units).items():
            if line.disposition == "lost":
                back.write_off(sku, accepted.node_id, quantity, reason=accepted.reason)
            else:
                damaged = line.disposition is Disposition.DAMAGED
                back.take_back(sku, accepted.node_id, quantity, damaged=damaged)
    return back.writes()

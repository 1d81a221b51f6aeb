"""Orders that are paid for at a till: which a retailer takes, and for how long it holds their goods. Pure.

Nobody is asked for money before: no provider, no hold, no ledger entry. What is not paid for in time is cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field, Strict

from oms.fulfillment.model import FulfillmentOrder, Status
from oms.orders.events import OrderReserved
from oms.orders.model import Header, Order, status
from oms.orders.request import LineType, OrderRequest
from oms.orders.unfinished import OVER
from oms.orders.validation import AT_A_NODE
from oms.payments.model import Reserved
from oms.platform.clock import format_instant, parse_instant
from oms.platform.fields import Amount, Code, Currency
from oms.platform.intake import Request
from oms.platform.problems import FieldError, InvalidRequest

# The kind of the rule sets that say which orders may be paid for in a store.
KIND = "pay_in_store"
# So that a sale and an expiry are one transaction each.
MOST_LINES = 20
# Why units are cancelled that nobody paid for in time, and that a customer left at the till.
RESERVATION_EXPIRED, NOT_BOUGHT = "reservation_expired", "not_bought"


class HoldRule(Request):
    """For how many hours goods up to a value (minor units, with tax) are held for a channel, and from when on."""

    channel: Code
    currency: Currency
    most: Amount
    hours: Annotated[int, Strict(), Field(ge=1, le=720)]
    counted_from: Literal["placed", "ready"] = "placed"


class PayInStoreRules(Request):
    """Which channels may reserve goods that are paid for in the store; whoever is not named may not."""

    holds: Annotated[tuple[HoldRule, ...], Field(max_length=200)] = ()


def reserved_for(request: OrderRequest, rules: Iterable[PayInStoreRules]) -> Reserved:
    """For how many hours its goods will be held; what may not be paid for in a store raises InvalidRequest."""
    rule = _rule_for(request, rules)
    errors = [*_tender_errors(request), *_goods_errors(request)]
    if rule is None:
        detail = f"goods are not held for payment in a store for {request.channel} in {request.currency}"
        errors.append(FieldError("/payments/0/tender", "not_offered", detail))
    elif request.totals.total > rule.most:
        errors.append(FieldError("/totals/total", "above_limit", f"at most {rule.most} may be paid for in a store"))
    if errors or rule is None:
        raise InvalidRequest(errors=errors)
    return Reserved(hours=rule.hours, counted_from=rule.counted_from, until=None)


def reserved_order(order: Order, reserved: Reserved) -> Order:
    """A new order as one that a till will be paid for, without tenders; until when is told behind its placing."""
    header = order.header
    changes: dict[str, object] = {"reserved": reserved}
    if reserved.counted_from == "placed":
        until = format_instant(parse_instant(header.placed_at) + timedelta(hours=reserved.hours))
        changes = {"reserved": reserved.model_copy(update={"until": until}), "sequence": header.sequence + 1}
    return replace(order, payments=(), header=header.model_copy(update=changes))


def held_from_now(order: Order, ready: FulfillmentOrder, at: datetime) -> tuple[Header, list[OrderReserved]] | None:
    """The header once all goods of an order lie ready, with until when they do; None where nothing changes."""
    reserved = order.header.reserved
    if reserved is None or reserved.until is not None or reserved.counted_from != "ready":
        return None
    others = (work for work in order.fulfillment_orders if work.id != ready.id and not work.is_closed)
    if any(work.status is not Status.READY for work in others):
        return None
    until = format_instant(at + timedelta(hours=reserved.hours))
    header = order.header.model_copy(update={"reserved": reserved.model_copy(update={"until": until})})
    return header, [told_reserved(order, until)]


def expires_at(order: Order) -> datetime | None:
    """When goods that nobody has paid for are given up; None where nothing is held any more, or not yet for a time."""
    reserved = order.header.reserved
    if reserved is None or reserved.until is None or status(_seen(order)) in OVER:
        return None
    return parse_instant(reserved.until)


def is_expired(order: Order, at: datetime) -> bool:
    """Whether the time in which its goods could be paid for was over at an instant."""
    reserved = order.header.reserved
    return reserved is not None and reserved.until is not None and parse_instant(reserved.until) <= at


def _seen(order: Order) -> Order:
    """The order as if nobody had to look at it."""
    return replace(order, header=order.header.model_copy(update={"in_review": False}))


def told_reserved(order: Order, until: str) -> OrderReserved:
    """Until when the goods of an order are held, as it is told."""
    header = order.header
    return OrderReserved(
        order_id=header.id,
        external_id=header.external_id,
        node_id=header.selling_node,
        total=header.totals.total,
        currency=header.currency,
        until=until,
    )


def _rule_for(request: OrderRequest, rules: Iterable[PayInStoreRules]) -> HoldRule | None:
    for one in (hold for each in rules for hold in each.holds):
        if (one.channel, one.currency) == (request.channel, request.currency):
            return one
    return None


def _tender_errors(request: OrderRequest) -> Iterator[FieldError]:
    if len(request.payments) > 1:
        yield FieldError("/payments", "not_alone", "an order is paid for in the store whole or not at all")


def _goods_errors(request: OrderRequest) -> Iterator[FieldError]:
    """What a till cannot sell: anything but goods that one store hands over, without charges."""
    if len(request.lines) > MOST_LINES:
        yield FieldError("/lines", "too_many", f"at most {MOST_LINES} lines are held for payment in a store")
    if request.charges:
        yield FieldError("/charges", "not_allowed", "a till takes money for goods only")
    for number, line in enumerate(request.lines):
        pointer = f"/lines/{number}"
        if line.type is not LineType.STOCK:
            yield FieldError(f"{pointer}/type", "not_allowed", "a till takes money for goods only")
        if line.charges:
            yield FieldError(f"{pointer}/charges", "not_allowed", "a till takes money for goods only")
        if line.method not in AT_A_NODE:
            yield FieldError(f"{pointer}/method", "not_allowed", "what is paid for in a store is collected there")
        elif line.pickup_node != request.selling_node:
            detail = "the store that hands it over sells it: selling_node names it"
            yield FieldError(f"{pointer}/pickup_node", "other_store", detail)

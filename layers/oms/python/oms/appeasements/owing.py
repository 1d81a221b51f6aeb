"""What an order still has of its customer's money, and how granted goodwill becomes owed. Pure.

This is the one place where appeasements meet refunds.
"""

from __future__ import annotations

from datetime import datetime

from oms.appeasements.model import Appeasement, PaidTo
from oms.orders.model import Order
from oms.payments.refunding import owe_refund
from oms.payments.refunding import refundable as refundable_by_tender
from oms.payments.refunds import Cause, GivenFor, Refund
from oms.platform.clock import format_instant
from oms.platform.events import EventData


def refundable(order: Order) -> int:
    """What was captured for an order and was neither given back nor is owed, in minor units."""
    return sum(refundable_by_tender(order).values())


def owe(order: Order, made: Appeasement, now: datetime) -> tuple[Refund, list[EventData]]:
    """The refund that pays granted goodwill, and what is told of it.

    It says what was given for which lines, and for shipping as line 0, so that a return gives back only the rest.
    """
    to = None if made.paid_to is PaidTo.ORIGINAL else made.paid_to.value
    lines = [GivenFor(line_no=part.line_no, goods=part.net, tax=part.tax, taxes=part.taxes) for part in made.parts]
    return owe_refund(
        *(order, Cause.APPEASEMENT, made.id, made.total, to), at=format_instant(now), lines=lines, issuer=made.issuer
    )

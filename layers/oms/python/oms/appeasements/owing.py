"""What an order still has of its customer's money, and how granted goodwill becomes owed. Pure.

This is the one place where appeasements meet refunds.
"""

from __future__ import annotations

from collections.abc import Sequence

from oms.appeasements.model import Appeasement
from oms.orders.model import Order


def refundable(order: Order, past: Sequence[Appeasement]) -> int:
    """What was captured for an order and is not owed back for goodwill, in minor units."""
    captured = sum(payment.captured for payment in order.payments)
    return captured - sum(one.total for one in past if one.granted)

"""Who may pay back by another tender than the order was paid with, and how much. Pure."""

from __future__ import annotations

from oms.orders.model import Order
from oms.payments.refunds import CASH, TILL
from oms.platform.money import exponent
from oms.platform.principal import Principal, may
from oms.platform.problems import Problem

APPROVE = "returns.approve"
# Up to so many whole units of the currency a store pays in cash what was paid by other means.
_WHOLE_UNITS_OF_CASH = 100


class CashLimitExceeded(Problem):
    status = 409
    code = "cash_limit_exceeded"
    title = "So much is not paid in cash for what was paid by other means."
    remedy = "Pay it back by the tender it was paid with, or let somebody do it who may approve it (returns.approve)."


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

"""Who may pay back by another tender than the order was paid with, and how much. Pure."""

from __future__ import annotations

from oms.payments.model import PROVIDERS
from oms.payments.refunding import PROVIDER_OF
from oms.platform.money import exponent
from oms.platform.principal import Principal, may
from oms.platform.problems import FieldError, InvalidRequest, Problem

APPROVE = "returns.approve"
# Up to so many whole units of the currency a store pays in cash what was paid by other means.
_WHOLE_UNITS_OF_CASH = 100


class CashLimitExceeded(Problem):
    status = 409
    code = "cash_limit_exceeded"
    title = "So much is not paid in cash for what was paid by other means."
    remedy = "Pay it back by the tender it was paid with, or let somebody do it who may approve it (returns.approve)."


def require_tender(principal: Principal, to: str | None, amount: int, currency: str) -> None:
    """Refuse a tender that nobody pays out, and cash beyond the limit by somebody who may not approve it."""
    if to is None:
        return
    provider = PROVIDER_OF[to]
    if provider is not None and provider not in PROVIDERS:
        raise InvalidRequest(errors=[FieldError("/to", "tender_not_offered", f"nothing is paid back as {to}")])
    limit = most_cash(currency)
    if provider is None and amount > limit and not may(principal, APPROVE):
        raise CashLimitExceeded(f"{amount} is above the limit of {limit}.", pointer="/to")


def most_cash(currency: str) -> int:
    """How much is paid in cash without approval; minor units."""
    minor_units: int = 10 ** exponent(currency)
    return _WHOLE_UNITS_OF_CASH * minor_units

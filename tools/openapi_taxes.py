"""The answers about tax rates, for the description of the API."""

from __future__ import annotations

from oms.orders.taxing import TaxRates
from oms.rulesets.model import Status as RuleStatus
from tools.openapi_answers import Answer
from tools.openapi_stock import RuleSetDocument


class TaxRatesVersion(Answer):
    """One version of tax rates, with its content."""

    number: int
    status: RuleStatus
    created_at: str
    created_by: str
    content: TaxRates


class TaxRatesSet(RuleSetDocument):
    """Tax rates with the contents of the version that holds and of the newest one."""

    live: TaxRatesVersion | None
    newest: TaxRatesVersion

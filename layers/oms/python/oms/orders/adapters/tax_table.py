"""The default tax port: the tenant's own rates by place, kept as rule sets of kind `tax_rates`; it asks nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.orders.request import TaxPart
from oms.orders.taxing import KIND, Taxable, TaxPort, TaxRates, taxes_by_table
from oms.platform.dynamodb import Database
from oms.rulesets.reads import live_rules


@dataclass(frozen=True, slots=True)
class TaxTable(TaxPort):
    """Looks rates up in what holds now; the rule sets stand in the order of their ids."""

    database: Database

    def taxes(self, tenant: str, currency: str, asked: Sequence[Taxable]) -> Sequence[tuple[TaxPart, ...] | None]:
        rates = [rate for one in live_rules(self.database, tenant, KIND, TaxRates) for rate in one.content.rates]
        return taxes_by_table(rates, asked)

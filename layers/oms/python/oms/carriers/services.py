"""By which carrier's service labels of ours are bought: the rate cards say it."""

from __future__ import annotations

from oms.carriers.labels import NoCarrierService
from oms.platform.dynamodb import Database
from oms.rulesets.reads import live_rules
from oms.sourcing import rates
from oms.sourcing.rates import CarrierService, RateCard


def carrier_service(database: Database, tenant: str, service: str | None) -> CarrierService:
    """What a carrier calls a service of a rate card that holds now; NoCarrierService where no card says it."""
    for card in live_rules(database, tenant, rates.KIND, RateCard):
        for one in card.content.services:
            if one.id == service and one.ships_by is not None:
                return one.ships_by
    raise NoCarrierService(f"No rate card says how labels of {service or 'no service'} are bought.", pointer="/service")

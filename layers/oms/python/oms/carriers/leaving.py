"""Parcels become known by their tracking numbers when they have left, with until when something is to be heard of each.

How many days that is says the rate card that holds when the parcel leaves: for the service that its label was bought
for, else for that of its work.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from oms.carriers.store import Tracked, normal, tracked_write
from oms.fulfillment.model import Shipment
from oms.orders.model import Order
from oms.platform.clock import format_instant, parse_instant
from oms.platform.commands import Runtime
from oms.platform.dynamodb import Conflict, Database
from oms.rulesets.reads import live_rules
from oms.sourcing.rates import KIND, CarrierService, RateCard

_AT_ONCE = 80


def note_parcels(runtime: Runtime, tenant: str, order: Order, shipment_id: str) -> int:
    """Make the tracking numbers of what has left known to what carriers tell of them; answers how many there are."""
    shipment = next((one for one in order.shipments if one.id == shipment_id), None)
    if shipment is None:
        return 0
    numbers = shipment.tracking_numbers
    known = _may_be_silent(runtime.database, tenant, order, shipment)
    for start in range(0, len(numbers), _AT_ONCE):
        with suppress(Conflict):
            # They stand there already, all of them: each piece is one transaction.
            writes = [tracked_write(tenant, number, known[number]) for number in numbers[start : start + _AT_ONCE]]
            runtime.database.commit(writes)
    return len(numbers)


def _may_be_silent(database: Database, tenant: str, order: Order, shipment: Shipment) -> dict[str, Tracked]:
    """Each number of a shipment that has just left, with until when something is to be heard of it."""
    services = [one for card in live_rules(database, tenant, KIND, RateCard) for one in card.content.services]
    days_of = {one.id: one.silent_days for one in services}
    days_by = {_name(one.ships_by): one.silent_days for one in services if one.ships_by is not None}
    works = [work for work in order.fulfillment_orders if work.id == shipment.fulfillment_order_id]
    sold_as = {
        normal(label.tracking_number): (label.provider, label.carrier, label.carrier_service)
        for work in works
        for label in work.labels
        if label.tracking_number is not None
    }
    usual = next((days_of.get(work.service) for work in works if work.service is not None), None)
    found = {}
    for number in shipment.tracking_numbers:
        by = sold_as.get(normal(number))
        days = usual if by is None else days_by.get(by)
        at = None if days is None else format_instant(parse_instant(shipment.shipped_at) + timedelta(days=days))
        found[number] = Tracked(shipment.id, shipment.shipped_at, silent_days=days, silent_at=at)
    return found


def _name(by: CarrierService) -> tuple[str, str, str]:
    return by.provider, by.carrier, by.service

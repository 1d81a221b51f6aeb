"""Whose goodwill is counted together: by which names a customer and an actor are known. Names are hashes of them."""

from __future__ import annotations

from datetime import date

from oms.appeasements.limits import ACTOR, CUSTOMER
from oms.orders.model import Order
from oms.platform.clock import CUT_OFF, business_date
from oms.platform.commands import Runtime
from oms.platform.ids import derived_id
from oms.registry.reads import known_nodes

_ZONE_OF_NO_STORE = "UTC"


def counted_by(order: Order, actor: str, day: date) -> list[tuple[str, str]]:
    """The counters that a grant changes: one for each way in which the customer is known, and that of the actor's day.

    An anonymous customer is known by the cards, and by the receipt, which is the order.
    """
    return [*((CUSTOMER, name) for name in _customer(order)), (ACTOR, derived_id("act", actor, day.isoformat()))]


def actors_day(runtime: Runtime, tenant: str, order: Order) -> date:
    """The business date of the store that sold the order."""
    return business_date(runtime.clock.now(), zone_of(runtime, tenant, order), CUT_OFF)


def zone_of(runtime: Runtime, tenant: str, order: Order) -> str:
    """The time zone of the store that sold the order."""
    store = order.header.selling_node
    node = known_nodes(runtime.database, tenant, runtime.clock.now(), named=[store]).get(store)
    return node.time_zone if node else _ZONE_OF_NO_STORE


def _customer(order: Order) -> list[str]:
    known = order.header.customer
    named = (
        [("reference", known.reference), ("email", known.email and known.email.lower()), ("phone", known.phone)]
        if known
        else []
    )
    names = [derived_id("cus", kind, value) for kind, value in named if value]
    if names:
        return names
    cards = dict.fromkeys((payment.provider, payment.token) for payment in order.payments)
    return [*(derived_id("cus", "card", *card) for card in cards), derived_id("cus", "receipt", order.header.id)]

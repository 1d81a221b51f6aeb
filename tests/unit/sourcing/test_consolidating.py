"""Whether parcels become one at a hub: the costs of both ways, who may be a hub, and what was promised."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from oms.orders.model import Group, GroupPromise
from oms.orders.request import Address, Method
from oms.sourcing.consolidating import Parcels, may_be_one, weigh
from oms.sourcing.consolidation import NodeFilter
from oms.sourcing.rates import Service
from oms.sourcing.strategy import Scenario, Step, Surcharge
from tests.order_nodes import PLACES, node

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NODES = {node_id: node(node_id, *PLACES[node_id]) for node_id in ("DC1", "S1", "S2")}
ADDRESS = Address(country="US", postal_code="10003", city="New York")
GRAMS = {"S1": 1_000, "S2": 3_000}
ZONE = {"id": "any", "cents": 900, "cents_per_kg": 50, "fastest_days": 1, "slowest_days": 2}
SERVICE = Service.model_validate_json(json.dumps({"id": "ground", "zones": [ZONE]}))


def group(latest: str | None = None, ship_by: str | None = None, method: Method = Method.SHIP) -> Group:
    promise = GroupPromise(promise_id="prm_1", latest=latest, ship_by=ship_by) if latest or ship_by else None
    return Group(group_no=1, method=method, ship_to=ADDRESS, service="ground" if promise else None, promise=promise)


def scenario(**rule: Any) -> Step:
    return Step(
        "usual@1/near", Scenario(id="near", shipment_cents=100, cents_per_100_km=10, consolidation=rule or None)
    )


def said(steps: list[Step], *, requested: bool = False, to: Group | None = None, **more: Any) -> tuple[Any, ...]:
    """The hub, the reason and both costs; empty where nobody asks."""
    hub, told = weigh(
        Parcels(to or group(), more.get("grams", GRAMS)),
        more.get("nodes", NODES),
        steps,
        SERVICE,
        NOW,
        requested=requested,
    )
    if told is None:
        assert hub is None
        return ()
    assert (hub.node_id if hub else None, hub.until if hub else None) == (told.hub, told.until)
    return told.hub, told.reason, told.cost, told.direct_cost


@pytest.mark.capability("E11")
def test_the_cheapest_hub_is_taken_where_it_costs_less_than_a_parcel_from_each_node():
    # A parcel costs 110 from DC1, 130 from S1 and 500 from S2; a leg to DC1 takes 30 or 400 for its way.
    assert said([scenario(hub={"nodes": ["DC1"]})]) == ("DC1", "cheaper", 540, 630)
    assert said([scenario(hub={"nodes": ["DC1"]}, leg_cents=45)]) == (None, "dearer", 630, 630)
    assert said([scenario(hub={"nodes": ["DC1"]}, leg_cents=44)]) == ("DC1", "cheaper", 628, 630)
    # Of several hubs the cheapest: a leg from S2 to S1 takes 400, and S1 needs none.
    assert said([scenario(hub={})]) == ("S1", "cheaper", 530, 630)
    assert said([scenario(hub={"kinds": ["dc"]})])[0] == "DC1"
    # Whoever wants it has it whatever it costs; nobody is asked twice.
    dear = scenario(hub={"nodes": ["DC1"]}, leg_cents=900, when="always")
    assert said([dear]) == ("DC1", "always", 2_340, 630)
    assert said([dear], requested=True)[1] == "requested"
    assert said([scenario()]) == said([]) == ()
    assert said([scenario()], requested=True) == ("S1", "requested", 630, 630)
    assert said([], requested=True) == ("S1", "requested", 43, 43)
    # Surcharges of a node count for its leg as they do for its parcel.
    dearer = Surcharge(where=NodeFilter(nodes=("S2",)), cents=200)
    charged = scenario(hub={"nodes": ["DC1"]}).scenario.model_copy(update={"surcharges": (dearer,)})
    assert said([Step("usual@1/near", charged)]) == ("DC1", "cheaper", 740, 830)


@pytest.mark.capability("E11")
def test_freight_is_that_of_the_weight_from_node_to_hub_and_of_all_from_there():
    step = scenario(hub={"nodes": ["DC1"]}, when="always")
    free = step.scenario.model_copy(update={"shipment_cents": 0, "cents_per_100_km": 0})
    # Direct: 900 and 1,000. Legs: the same; and 4 kg from the hub for 1,050.
    assert said([Step("f", free, services=(SERVICE,))]) == ("DC1", "always", 2_950, 1_900)
    near = SERVICE.model_copy(update={"zones": (SERVICE.zones[0].model_copy(update={"up_to_km": 500}),)})
    assert said([Step("f", free, services=(near,))])[:3] == (None, "no_hub", None)


@pytest.mark.capability("E11")
def test_who_is_closed_or_has_no_such_journey_is_no_hub_and_no_hub_breaks_the_promise():
    step = scenario(hub={"nodes": ["DC1"]}, when="always")
    closed = {**NODES, "DC1": NODES["DC1"].model_copy(update={"status": "closed"})}
    assert said([step], nodes=closed)[:2] == (None, "no_hub")
    web = {**NODES, "DC1": node("DC1", *PLACES["DC1"], journeys=["pickup"])}
    assert said([step], nodes=web)[:2] == (None, "no_hub")
    # Two days to the hub and two from there: Monday, Wednesday, Friday.
    assert said([step], to=group(latest="2026-11-27"))[:2] == ("DC1", "always")
    assert said([step], to=group(latest="2026-11-26"))[:2] == (None, "too_late")
    assert said([step], to=group(ship_by="2026-11-25T05:00:00.000Z"))[:2] == ("DC1", "always")
    assert said([step], to=group(ship_by="2026-11-25T04:59:59.999Z"))[:2] == (None, "too_late")


@pytest.mark.capability("E11")
def test_only_parcels_of_several_nodes_can_become_one():
    assert may_be_one(group(), ["S1", "S2"])
    assert may_be_one(group(method=Method.DELIVERY), ["S1", "S2"])
    assert not may_be_one(group(), ["S1"])
    assert not may_be_one(group(method=Method.PICKUP), ["S1", "S2"])

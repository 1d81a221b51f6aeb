"""Whether the units that several nodes have for a group go on as one parcel from a hub. Pure.

The plan is made: it says which nodes give what. Legs to a hub and one parcel from there are weighed against a parcel
from each of these nodes by the costs of the same scenario, and never break what was promised.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from oms.orders.model import Group
from oms.orders.request import Method
from oms.platform.clock import format_instant
from oms.platform.geo import Place, metres
from oms.registry.model import Node
from oms.sourcing.consolidation import USUAL_HOURS, Consolidation
from oms.sourcing.costs import zones_of
from oms.sourcing.decision_log import HubDecision
from oms.sourcing.keeping import keeps_through_hub
from oms.sourcing.legs import Hub
from oms.sourcing.rates import Service, freight
from oms.sourcing.reads import destination_of
from oms.sourcing.strategy import Scenario, Step

# Where a customer asks for one parcel and no scenario says what it costs: the way decides.
_USUAL = Step("usual", Scenario(id="usual"))
_PARCELS = (Method.SHIP, Method.DELIVERY)


@dataclass(frozen=True, slots=True)
class Parcels:
    """The goods of a group as the plan has them: grams by the node that gives them."""

    group: Group
    grams: Mapping[str, int]


def may_be_one(group: Group, node_ids: Sequence[str]) -> bool:
    """Whether there are parcels of a group that could become one."""
    return group.method in _PARCELS and len(node_ids) > 1


def weigh(
    parcels: Parcels,
    nodes: Mapping[str, Node],
    steps: Sequence[Step],
    service: Service | None,
    now: datetime,
    *,
    requested: bool,
) -> tuple[Hub | None, HubDecision | None]:
    """The hub of a group, if it is to have one, and why; neither where nobody asks for one."""
    step = next((one for one in steps if one.scenario.consolidation), None)
    rule = step.scenario.consolidation if step else None
    if rule is None and not requested:
        return None, None
    by = step or next(iter(steps), _USUAL)
    group, place = parcels.group, destination_of(parcels.group, nodes)
    direct = _total(_parcel(by, nodes[n], place, grams) for n, grams in parcels.grams.items()) or 0
    ways = _ways(parcels, nodes, by, rule, place)
    kept = [
        (cost, hub_id)
        for cost, hub_id in ways
        if keeps_through_hub(group, [n for n in parcels.grams if n != hub_id], hub_id, nodes, service, now)
    ]
    told = HubDecision(
        group_no=group.group_no,
        hub=None,
        nodes=tuple(parcels.grams),
        reason="too_late" if ways else "no_hub",
        cost=None,
        direct_cost=direct,
        until=None,
        says="No hub can send everything on in time for what was promised."
        if ways
        else "No hub can be reached from all of the nodes.",
    )
    if not kept:
        return None, told
    cost, hub_id = min(kept)
    senders = " and ".join(n for n in parcels.grams if n != hub_id)
    compared = f"legs from {senders} to {hub_id} and one parcel cost {cost}, {len(parcels.grams)} parcels {direct}"
    asked = "requested" if requested else "always" if rule and rule.when == "always" else None
    if asked is None and cost >= direct:
        return None, told.model_copy(
            update={"reason": "dearer", "cost": cost, "says": f"Not through a hub: {compared}."}
        )
    until = format_instant(now + (timedelta(hours=rule.hours if rule else USUAL_HOURS)))
    why = {"requested": "The customer asked for one parcel", "always": "The scenario wants one parcel"}.get(
        asked or "", f"One parcel saves {direct - cost}"
    )
    said = {"hub": hub_id, "reason": asked or "cheaper", "cost": cost, "until": until, "says": f"{why}: {compared}."}
    return Hub(hub_id, until), told.model_copy(update=said)


def _ways(
    parcels: Parcels, nodes: Mapping[str, Node], step: Step, rule: Consolidation | None, place: Place | None
) -> list[tuple[int, str]]:
    """What it costs by way of each hub that all nodes reach, and its id.

    Where no scenario names hubs, the nodes themselves may be.
    """
    grams = sum(parcels.grams.values())
    found = []
    for hub_id in sorted(parcels.grams if rule is None else nodes):
        hub = nodes.get(hub_id)
        if hub is None or hub.status != "active" or not any(j == parcels.group.method.value for j in hub.journeys):
            continue
        if rule is not None and not rule.hub.admits(hub):
            continue
        legs = [
            _leg(step, rule, nodes[node_id], hub, own) for node_id, own in parcels.grams.items() if node_id != hub_id
        ]
        cost = _total([*legs, _parcel(step, hub, place, grams)])
        if cost is not None:
            found.append((cost, hub_id))
    return found


def _parcel(step: Step, node: Node, place: Place | None, grams: int) -> int | None:
    """What one parcel from a node costs; None where no service reaches that far."""
    return _cost(step, step.scenario, node, metres(node.place, place), grams)


def _leg(step: Step, rule: Consolidation | None, node: Node, hub: Node, grams: int) -> int | None:
    """What a leg from a node to a hub costs."""
    cents = rule.leg_cents if rule else step.scenario.shipment_cents
    scenario = step.scenario.model_copy(update={"shipment_cents": cents})
    return _cost(step, scenario, node, metres(node.place, hub.place), grams)


def _cost(step: Step, scenario: Scenario, node: Node, way: int, grams: int) -> int | None:
    cost = scenario.shipment_cost(node, way)
    if not step.services:
        return cost
    zones = [zone for zone in zones_of(step.services, way) if zone]
    return cost + min(freight(zone, grams) for zone in zones) if zones else None


def _total(costs: Iterable[int | None]) -> int | None:
    known = list(costs)
    reached = [cost for cost in known if cost is not None]
    return sum(reached) if len(reached) == len(known) else None

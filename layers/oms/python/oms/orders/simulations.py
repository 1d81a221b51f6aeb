"""What would be if: the plan of an order that nobody places, and past orders by a draft strategy. Writes nothing.

Past orders are planned twice from the same stock, what is there now and the units that the order itself was given: once
by the strategies that hold and once with the drafts. So the two differ by the strategies alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from oms.inventory.reads import claimable_units
from oms.orders.choosing import choose_nodes
from oms.orders.model import Group, Order
from oms.orders.placing import group_lines, look_up, taxed_order
from oms.orders.promised import promised_groups
from oms.orders.reads import OrderFilter, list_orders, managed
from oms.orders.request import Method, OrderRequest, Totals
from oms.orders.store import load_order
from oms.orders.validation import refuse_size, refuse_sums, refuse_unknown
from oms.platform.commands import Runtime
from oms.platform.fields import Code, IsoDate
from oms.platform.geo import UNKNOWN_DISTANCE, metres
from oms.platform.intake import Request
from oms.platform.settings import line_limit
from oms.registry.model import Node, weights_of
from oms.registry.reads import known_nodes, sold_items
from oms.sourcing.decision_log import GroupDecision
from oms.sourcing.decisions import explain
from oms.sourcing.model import Sourced
from oms.sourcing.prices import with_prices
from oms.sourcing.rates import Service, freight
from oms.sourcing.reads import about_order, country_of, destination_of, live_services, live_steps, source_groups
from oms.sourcing.strategy import Step, steps_about

MOST_ORDERS = 25


class Replay(Request):
    """Past orders, newest first, a page at a time."""

    placed_from: IsoDate
    placed_to: IsoDate
    channel: Code | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=MOST_ORDERS)] = MOST_ORDERS
    cursor: Annotated[str | None, Field(max_length=2_000)] = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.placed_from > self.placed_to:
            raise ValueError("placed_from is at most placed_to")
        return self


class SimulationRequest(Request):
    """Either an order that is not placed or past orders, and which versions of strategies to go by instead."""

    strategies: Annotated[dict[Code, Annotated[int, Field(strict=True, ge=1, le=999_999)]], Field(max_length=20)] = (
        Field(default_factory=dict)
    )
    order: OrderRequest | None = None
    replay: Replay | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.order is None) == (self.replay is None):
            raise ValueError("either order or replay")
        return self


class _Shown(BaseModel):
    model_config = ConfigDict(frozen=True)


class DryRun(_Shown):
    """How an order would be sourced now, and why; `totals` are its sums with tax."""

    totals: Totals
    missing_units: int
    groups: tuple[GroupDecision, ...]


class Outcome(_Shown):
    """What some plans come to. `cost` is the cheapest freight of the rate cards in minor units of `currency`.

    It is None where one is not known or there are several currencies; `metres` are None where a way is not known.
    """

    units: int = 0
    missing_units: int = 0
    shipments: int = 0
    metres: int | None = 0
    cost: int | None = 0
    currency: str | None = None

    def plus(self, other: Outcome) -> Outcome:
        """Both together; what is not known of one is not known of both."""
        one_currency = len({self.currency, other.currency} - {None}) < 2
        known = one_currency and self.cost is not None and other.cost is not None
        return Outcome(
            units=self.units + other.units,
            missing_units=self.missing_units + other.missing_units,
            shipments=self.shipments + other.shipments,
            metres=None if self.metres is None or other.metres is None else self.metres + other.metres,
            cost=(self.cost or 0) + (other.cost or 0) if known else None,
            currency=self.currency or other.currency if one_currency else None,
        )


class ReplayedOrder(_Shown):
    """A past order under the strategies that hold, under the drafts, and what really became of it."""

    order_id: str
    live: Outcome
    draft: Outcome
    live_nodes: dict[str, int]
    draft_nodes: dict[str, int]
    fulfillment_orders: int
    given_up_units: int
    cancelled_units: int


class ReplayResult(_Shown):
    """Past orders one by one, and all of the page together."""

    orders: tuple[ReplayedOrder, ...]
    live: Outcome
    draft: Outcome
    next_cursor: str | None


class Simulation(_Shown):
    """What was asked for; the other one is null."""

    dry_run: DryRun | None = None
    replay: ReplayResult | None = None


def simulate(runtime: Runtime, tenant: str, wanted: SimulationRequest) -> Simulation:
    """Plan without any effect. Raises InvalidRequest for an order that could not be placed, NotFound for a version."""
    draft = live_steps(runtime.database, tenant, instead=wanted.strategies)
    if wanted.order is not None:
        return Simulation(dry_run=_dry_run(runtime, tenant, wanted.order, draft))
    assert wanted.replay is not None
    return Simulation(replay=_replay(runtime, tenant, wanted.replay, draft))


def _dry_run(runtime: Runtime, tenant: str, order: OrderRequest, steps: Sequence[Step]) -> DryRun:
    refuse_size(order, line_limit())
    refuse_sums(order)
    known = look_up(runtime, tenant, order)
    refuse_unknown(order, known)
    order = taxed_order(runtime, tenant, order, known)
    groups, lines = group_lines(order, known.items)
    groups, _ = promised_groups(runtime, tenant, order, groups, lines)
    sourced = choose_nodes(runtime, tenant, order, known, groups, lines, {}, steps=steps)
    return DryRun(
        totals=order.totals,
        missing_units=sum(demand.quantity for plan in sourced.plans.values() for demand in plan.missing),
        groups=explain(order.channel, groups, lines, known.nodes, sourced),
    )


def _replay(runtime: Runtime, tenant: str, wanted: Replay, draft: Sequence[Step]) -> ReplayResult:
    asked = OrderFilter(
        wanted.placed_from, wanted.placed_to, channel=wanted.channel, limit=wanted.limit, cursor=wanted.cursor
    )
    page = list_orders(runtime.database, tenant, asked)
    live, services = live_steps(runtime.database, tenant), live_services(runtime.database, tenant)
    found = [load_order(runtime.database, tenant, listed["id"]) for listed in page["orders"]]
    made = [_replayed(runtime, tenant, order, live, draft, services) for order in managed(found)]
    return ReplayResult(
        orders=tuple(made),
        live=_sum(one.live for one in made),
        draft=_sum(one.draft for one in made),
        next_cursor=page["next_cursor"],
    )


@dataclass(frozen=True, slots=True)
class _Past:
    """A past order, and what its plans are judged by."""

    order: Order
    nodes: Mapping[str, Node]
    weights: Mapping[str, int]
    services: Sequence[tuple[str, Service]]


def _replayed(
    runtime: Runtime,
    tenant: str,
    order: Order,
    live: Sequence[Step],
    draft: Sequence[Step],
    services: Sequence[tuple[str, Service]],
) -> ReplayedOrder:
    now, channel = runtime.clock.now(), order.header.channel
    skus = [sku for line in order.lines for sku in line.stock(1)]
    named = [*skus, *(line.agreed.sku for line in order.lines)]
    items, nodes = sold_items(runtime.database, tenant, named, now), known_nodes(runtime.database, tenant, now)
    stock = claimable_units(runtime.database, tenant, skus, channel=channel, items=items, nodes=nodes, now=now)
    units = dict(stock.units)
    for line in order.lines:
        for claim in line.claims:
            for sku, count in line.stock(claim.quantity).items():
                units[sku, claim.node_id] = units.get((sku, claim.node_id), 0) + count
    past = _Past(order, nodes, weights_of(items), services)
    plans = [
        source_groups(
            order.header.groups,
            order.lines,
            nodes,
            units,
            channel=channel,
            currency=order.header.currency,
            steps=with_prices(
                runtime.database,
                tenant,
                steps_about(steps, items, stock.ages, about_order(order.header)),
                channel,
                skus,
                now,
            ),
            weights=past.weights,
        )
        for steps in (live, draft)
    ]
    return ReplayedOrder(
        order_id=order.header.id,
        live=_outcome(past, plans[0]),
        draft=_outcome(past, plans[1]),
        live_nodes=_units_by_node(plans[0]),
        draft_nodes=_units_by_node(plans[1]),
        fulfillment_orders=len(order.fulfillment_orders),
        given_up_units=sum(part.given_up for work in order.fulfillment_orders for part in work.lines),
        cancelled_units=sum(order.cancelled.values()),
    )


def _outcome(past: _Past, sourced: Sourced) -> Outcome:
    total = Outcome()
    for group in past.order.header.groups:
        plan = sourced.plans.get(group.group_no)
        if plan is None:
            continue
        missing = sum(demand.quantity for demand in plan.missing)
        total = total.plus(
            Outcome(
                units=sum(one.quantity for one in plan.allotments) + missing,
                missing_units=missing,
                shipments=plan.shipments,
                metres=plan.metres if plan.metres < UNKNOWN_DISTANCE else None,
                cost=_freight(past, group, sourced),
                currency=past.order.header.currency,
            )
        )
    return total


def _freight(past: _Past, group: Group, sourced: Sourced) -> int | None:
    """The cheapest freight of a group's parcels in the order's currency; a pick-up has none."""
    if group.method is Method.PICKUP:
        return 0
    header, country = past.order.header, country_of(group, past.nodes)
    offered = [
        service
        for currency, service in past.services
        if currency == header.currency and service.serves(header.channel, group.method, country)
    ]
    grams: dict[str, int] = {}
    for one in sourced.plans[group.group_no].allotments:
        weight = past.weights[one.sku]
        grams[one.node_id] = grams.get(one.node_id, 0) + one.quantity * weight
    place, total = destination_of(group, past.nodes), 0
    for node_id, weight in grams.items():
        away = metres(past.nodes[node_id].place, place)
        prices = [freight(zone, weight) for service in offered if (zone := service.zone(away)) is not None]
        if not prices:
            return None
        total += min(prices)
    return total


def _units_by_node(sourced: Sourced) -> dict[str, int]:
    units: dict[str, int] = {}
    for one in sourced.allotments:
        units[one.node_id] = units.get(one.node_id, 0) + one.quantity
    return units


def _sum(outcomes: Iterable[Outcome]) -> Outcome:
    total = Outcome()
    for one in outcomes:
        total = total.plus(one)
    return total

"""What can be promised for a basket: every method and service, planned from the stock as an order would be."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, partial
from zoneinfo import ZoneInfo

from oms.capacity.model import Pause, Room
from oms.capacity.reads import pauses_of, room_of
from oms.inventory.model import Claimable
from oms.inventory.reads import stock_view
from oms.inventory.supply.model import Coming
from oms.inventory.supply.reads import coming_supply
from oms.orders.reads import queue_of
from oms.orders.request import Method
from oms.platform.clock import format_instant
from oms.platform.commands import Runtime
from oms.platform.geo import Place, locate, metres
from oms.platform.problems import FieldError, InvalidRequest
from oms.promises.model import FromSupply, Option, PromisedLine
from oms.promises.requests import BasketLine, PromiseRequest
from oms.registry.hours import local_instant
from oms.registry.kits import Component, exploded
from oms.registry.model import Item, Journey, Node, weights_of
from oms.registry.reads import known_nodes, sold_items
from oms.sourcing.arrivals import Arrival, arrival, pickup, transfer
from oms.sourcing.model import Allotment, Demand, Plan, Source
from oms.sourcing.prices import with_prices
from oms.sourcing.rates import Service
from oms.sourcing.reads import live_services, live_steps, loads_of_units, plan_by, plan_within
from oms.sourcing.strategy import Step, steps_about, steps_for
from oms.sourcing.waiting import beyond_waiting

Lines = Sequence[tuple[int, BasketLine]]
Arriving = Mapping[str, Sequence[Coming]]
# Of each method; each says something of up to 40 lines, and all of it is kept as one item.
MOST_SERVICES = 8
# Supply that is to come later than this is no date for a customer.
HORIZON = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class _World:
    """What promises are made from: the basket, the nodes, what the channel may claim, and the moment.

    No node is promised for more than it has `room` for.
    """

    basket: PromiseRequest
    nodes: Mapping[str, Node]
    units: Mapping[tuple[str, str], int]
    services: Sequence[tuple[str, Service]]
    steps: Sequence[Step]
    room: Room
    weights: Mapping[str, int]
    kits: Mapping[str, tuple[Component, ...]]
    now: datetime


@dataclass(frozen=True, slots=True)
class _Way:
    """A method for the lines that may go by it, and a service that offers it."""

    method: Method
    lines: tuple[tuple[int, BasketLine], ...]
    service: Service | None = None
    currency: str | None = None


def options(runtime: Runtime, tenant: str, basket: PromiseRequest) -> tuple[Option, ...]:
    """The ways that lines of the basket may go; of each method the first services of the rate cards.

    Raises InvalidRequest for what does not exist.
    """
    now = runtime.clock.now()
    items = sold_items(
        runtime.database, tenant, [name for line in basket.lines for name in (line.sku, line.stock_sku)], now
    )
    nodes = known_nodes(runtime.database, tenant, now, named=[basket.pickup_node] if basket.pickup_node else [])
    _refuse_unknown(basket, items, nodes)
    kits = {sku: item.components for sku, item in items.items() if item.components}
    skus = [sku for line in basket.lines for sku in exploded(line.stock_sku, kits.get(line.sku, ()), 1)]
    view = stock_view(runtime.database, tenant, skus, channel=basket.channel, items=items, nodes=nodes, now=now)
    services, live = live_services(runtime.database, tenant), live_steps(runtime.database, tenant)
    # What orders wait for is theirs; it is no more promised to anybody else than it could be claimed.
    left = partial(beyond_waiting, view, live, cache(partial(queue_of, runtime.database, tenant)))
    stock = left()
    units = stock.units
    steps = with_prices(runtime.database, tenant, steps_about(live, items, stock.ages), basket.channel, view.rows, now)
    room = room_of(runtime.database, tenant, nodes, (node_id for _, node_id in units), now)
    world = _World(basket, nodes, units, services, steps, room, weights_of(items), kits, now)
    plans = {way.method: _plan(world, way.method, way.lines) for way in _ways(world)}
    made = [(way, _option(world, way, plans[way.method])) for way in _ways(world)]
    lacking = [line.stock_sku for _, option in made if not option.can for line in option.lines if line.missing]
    short = [one for sku in lacking for one in exploded(sku, kits.get(sku, ()), 1)]
    arriving = coming_supply(runtime.database, tenant, short, nodes, now)
    latest = now.date() + HORIZON
    days = sorted({one.expected_on for coming in arriving.values() for one in coming if one.expected_on <= latest})
    pauses = pauses_of(runtime.database, tenant) if days else []
    return tuple(
        option if option.can or not days else _later(world, way, option, left, arriving, days, pauses)
        for way, option in made
    )


def _ways(world: _World) -> Iterator[_Way]:
    for method in (Method.SHIP, Method.DELIVERY, Method.SHIP_TO_STORE, Method.PICKUP):
        lines = tuple((no, line) for no, line in enumerate(world.basket.lines, start=1) if line.may_go(method))
        if not lines:
            continue
        offered = [
            (currency, one)
            for currency, one in world.services
            if method is not Method.PICKUP and one.serves(world.basket.channel, method, _country(world, method))
        ]
        for currency, service in offered[:MOST_SERVICES]:
            yield _Way(method, lines, service, currency)
        if not offered:
            yield _Way(method, lines)


def _later(
    world: _World,
    way: _Way,
    option: Option,
    left: Callable[[Arriving], Claimable],
    arriving: Arriving,
    days: Sequence[date],
    pauses: Sequence[Pause],
) -> Option:
    """A way that lacks units, with the first day by which supply brings enough: what is on hand is taken first.

    By then a node has new periods, and may have resumed.
    """

    def by(day: date) -> Option:
        until = {sku: [one for one in coming if one.expected_on <= day] for sku, coming in arriving.items()}
        zones = {world.nodes[one.node_id].time_zone for coming in until.values() for one in coming}
        start = max(local_instant(day + timedelta(days=1), "00:00", ZoneInfo(zone)) for zone in zones)
        then = max(start, world.now)
        paused = frozenset(one.node_id for one in pauses if one.holds(format_instant(then)))
        stock = left(until)
        ages = replace(stock.ages, today=then.date())
        # Prices are of these hours; by then others count.
        steps = [replace(one, ages=ages, prices={}) for one in world.steps]
        then_world = replace(world, units=stock.units, steps=steps, room=Room(paused=paused), now=then)
        return _option(then_world, way, _plan(then_world, way.method, way.lines))

    place = bisect_left(days, True, key=lambda day: by(day).can)
    if place == len(days):
        return option
    found = by(days[place])
    return option.model_copy(
        update={
            "from_supply": FromSupply(
                expected_on=days[place].isoformat(),
                ship_by=found.ship_by,
                ready_at=found.ready_at,
                earliest=found.earliest,
                latest=found.latest,
            )
        }
    )


def _goods(lines: Lines) -> int:
    return sum(line.quantity * line.unit_price for _, line in lines)


def _plan(world: _World, method: Method, lines: Lines) -> Plan:
    at_counter = method is Method.PICKUP
    named = world.basket.pickup_node if at_counter else None
    steps = steps_for(world.steps, world.basket.channel, method, _country(world, method))
    demands = [Demand(no, line.stock_sku, line.quantity, world.kits.get(line.sku, ())) for no, line in lines]
    # A basket without prices is not known to be worth little.
    worth = _goods(lines) or None

    def planned(units: Mapping[tuple[str, str], int], full: frozenset[str]) -> Plan:
        sources = [
            Source(node.id, node.place)
            for node in world.nodes.values()
            if node.status == "active"
            and node.id not in full
            and Journey(method.value) in node.journeys
            and named in (None, node.id)
        ]
        return plan_by(steps, demands, sources, world.nodes, units, _destination(world, method), world.weights, worth)

    made, _ = plan_within(
        world.room, world.units, planned, lambda one: loads_of_units(one.claims), lambda one: one.claims
    )
    return made


def _option(world: _World, way: _Way, plan: Plan) -> Option:
    method, lines, service = way.method, way.lines, way.service
    place = _destination(world, method)
    arrivals = {node: _arrival(world, method, node, service, place) for node in {a.node_id for a in plan.allotments}}
    made = tuple(_line(world, no, line, plan.allotments, arrivals) for no, line in lines)
    places = list(arrivals)
    # A customer picks up at one place: where the plan needs several, or they know of none, nothing is promised.
    can = all(line.can for line in made) and (method is not Method.PICKUP or len(places) == 1)
    leave = [one.leaves for one in arrivals.values() if one is not None and one.leaves is not None]
    ready = [one.ready for one in arrivals.values() if one is not None and one.ready is not None]
    goods = _goods(lines)
    return Option(
        method=method,
        service=service.id if service else None,
        pickup_node=_counter(world, method, places),
        can=can,
        fee=service.fee(goods) if service else None,
        currency=way.currency,
        ship_by=format_instant(max(leave)) if can and leave else None,
        ready_at=format_instant(max(ready)) if can and ready else None,
        earliest=max((line.earliest for line in made if line.earliest), default=None) if can else None,
        latest=max((line.latest for line in made if line.latest), default=None) if can else None,
        lines=made,
    )


def _counter(world: _World, method: Method, places: Sequence[str]) -> str | None:
    """The node at which the customer gets the goods: the one that was asked for, else the one that has everything."""
    if method is Method.PICKUP and len(places) == 1:
        return places[0]
    return world.basket.pickup_node if method in (Method.PICKUP, Method.SHIP_TO_STORE) else None


def _arrival(
    world: _World, method: Method, node_id: str, service: Service | None, place: Place | None
) -> Arrival | None:
    node = world.nodes[node_id]
    if method is Method.PICKUP:
        return pickup(node, world.now)
    away = metres(node.place, place)
    if method is Method.SHIP_TO_STORE and world.basket.pickup_node is not None:
        return transfer(node, service, away, world.nodes[world.basket.pickup_node], world.now)
    return arrival(node, service, away, world.now)


def _line(
    world: _World,
    line_no: int,
    line: BasketLine,
    allotments: Iterable[Allotment],
    arrivals: Mapping[str, Arrival | None],
) -> PromisedLine:
    own = [one for one in allotments if one.line_no == line_no and arrivals[one.node_id] is not None]
    missing = line.quantity - sum(one.quantity for one in own)
    parcels = [parcel for one in own if (parcel := arrivals[one.node_id]) is not None]
    earliest = [one.earliest for one in parcels if one.earliest is not None]
    latest = [one.latest for one in parcels if one.latest is not None]
    return PromisedLine(
        line_no=line_no,
        sku=line.sku,
        segment=line.segment,
        quantity=line.quantity,
        can=not missing,
        missing=missing,
        node_kinds=tuple(sorted({world.nodes[one.node_id].kind for one in own})),
        earliest=max(earliest).isoformat() if earliest and not missing else None,
        latest=max(latest).isoformat() if latest and not missing else None,
    )


def _country(world: _World, method: Method) -> str:
    if method is Method.SHIP_TO_STORE and world.basket.pickup_node is not None:
        return world.nodes[world.basket.pickup_node].address.country
    return world.basket.country


def _destination(world: _World, method: Method) -> Place | None:
    if method is Method.SHIP_TO_STORE and world.basket.pickup_node is not None:
        return world.nodes[world.basket.pickup_node].place
    return locate(world.basket.country, world.basket.postal_code)


def _refuse_unknown(basket: PromiseRequest, items: Mapping[str, Item], nodes: Mapping[str, Node]) -> None:
    errors = [
        FieldError(f"/lines/{index}/sku", "unknown_sku", f"there is no item {line.sku}")
        for index, line in enumerate(basket.lines)
        if line.sku not in items
    ]
    errors += [
        FieldError(f"/lines/{index}/segment", "not_allowed", "goods that are counted have segments; a kit has none")
        for index, line in enumerate(basket.lines)
        if line.segment is not None and line.sku in items and items[line.sku].components
    ]
    if basket.pickup_node is not None and basket.pickup_node not in nodes:
        errors.append(FieldError("/pickup_node", "unknown_node", f"there is no node {basket.pickup_node}"))
    if errors:
        raise InvalidRequest(errors=errors)

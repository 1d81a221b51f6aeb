"""Where the units of a basket are held: as an order's would be chosen, from what its channel may have now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from oms.capacity.reads import room_of
from oms.inventory.model import Claimable
from oms.inventory.reads import stock_view
from oms.orders.reads import queue_of
from oms.orders.request import Method
from oms.platform.commands import Runtime
from oms.platform.geo import Place, locate
from oms.platform.problems import FieldError, InvalidRequest, OutOfStock
from oms.registry.model import Item, Journey, Node, weights_of
from oms.registry.reads import known_nodes, sold_items
from oms.registry.segments import said
from oms.reservations.model import Held, Reservation, ReservedLine
from oms.sourcing.model import Allotment, Demand, Source, claims_of
from oms.sourcing.prices import with_prices
from oms.sourcing.reads import live_steps, loads_of_units, plan_by, plan_within
from oms.sourcing.strategy import steps_about, steps_for
from oms.sourcing.waiting import beyond_waiting

Units = Mapping[tuple[str, str], int]


def plan(
    runtime: Runtime, tenant: str, basket: Reservation, own: Units, now: datetime
) -> tuple[Reservation, Claimable]:
    """The basket with its units at nodes, and the stock that they are from; `own` units it holds already at `now`.

    Raises InvalidRequest for what does not exist, and OutOfStock, which names the lines, where units are missing.
    """
    items = sold_items(
        runtime.database,
        tenant,
        [name for line in basket.lines if line.quantity for name in (line.sku, line.stock_sku)],
        now,
    )
    named = [line.node_id for line in basket.lines if line.quantity and line.node_id]
    nodes = known_nodes(runtime.database, tenant, now, named=named)
    _refuse_unknown(basket.lines, items, nodes)
    basket = basket.model_copy(update={"lines": tuple(_as_sold(line, items) for line in basket.lines)})
    wanted = [line for line in basket.lines if line.quantity]
    skus = [sku for line in wanted for sku in line.stock(1)]
    view = stock_view(runtime.database, tenant, skus, channel=basket.channel, items=items, nodes=nodes, now=now)
    live = live_steps(runtime.database, tenant)
    stock = beyond_waiting(view, live, partial(queue_of, runtime.database, tenant))
    room = room_of(runtime.database, tenant, nodes, (node_id for _, node_id in stock.units), now)
    units = dict(stock.units)
    for place, count in own.items():
        units[place] = units.get(place, 0) + count
    about = with_prices(runtime.database, tenant, steps_about(live, items, stock.ages), basket.channel, view.rows, now)
    steps = steps_for(about, basket.channel, Method(basket.method), basket.country)
    weights = weights_of(items)

    def planned(there: Units, full: frozenset[str]) -> _Made:
        left, made = dict(there), _Made()
        for node_id in dict.fromkeys(line.node_id for line in wanted):
            # A node that the basket names is no question for a strategy.
            scenarios = steps if node_id is None else []
            demands = [
                Demand(line.line_no, line.stock_sku, line.quantity, line.components)
                for line in wanted
                if line.node_id == node_id
            ]
            sources = _sources(basket, nodes, node_id, full)
            plan_of = plan_by(scenarios, demands, sources, nodes, left, _destination(basket), weights)
            made.missing += plan_of.missing
            made.allotments += plan_of.allotments
            for place, count in plan_of.claims.items():
                left[place] -= count
        return made

    made, _ = plan_within(
        room, units, planned, lambda one: loads_of_units(_more(one.claims, own)), lambda one: one.claims
    )
    held: dict[int, list[Held]] = {}
    for part in made.allotments:
        held.setdefault(part.line_no, []).append(Held(node_id=part.node_id, quantity=part.quantity))
    missing = made.missing
    _refuse_missing(missing)
    lines = tuple(line.model_copy(update={"held": tuple(held.get(line.line_no, ()))}) for line in basket.lines)
    return basket.model_copy(update={"lines": lines}), stock


@dataclass(slots=True)
class _Made:
    """The plan of a basket: what nodes give, and what nobody has."""

    allotments: list[Allotment] = field(default_factory=list)
    missing: list[Demand] = field(default_factory=list)

    @property
    def claims(self) -> dict[tuple[str, str], int]:
        return claims_of(self.allotments)


def _as_sold(line: ReservedLine, items: Mapping[str, Item]) -> ReservedLine:
    """A line with what its kit consists of: what it did when the basket was made, else what it does now."""
    if line.components or line.sku not in items:
        return line
    return line.model_copy(update={"components": items[line.sku].components})


def _more(claims: Units, own: Units) -> dict[tuple[str, str], int]:
    """What is claimed beyond what the basket has already."""
    more = {place: count - own.get(place, 0) for place, count in claims.items()}
    return {place: count for place, count in more.items() if count > 0}


def _sources(basket: Reservation, nodes: Mapping[str, Node], node_id: str | None, full: frozenset[str]) -> list[Source]:
    journey = Journey(basket.method)
    return [
        Source(node.id, node.place)
        for node in nodes.values()
        if node.status == "active" and node.id not in full and journey in node.journeys and node_id in (None, node.id)
    ]


def _destination(basket: Reservation) -> Place | None:
    return locate(basket.country, basket.postal_code) if basket.postal_code else None


def _refuse_unknown(lines: Sequence[ReservedLine], items: Mapping[str, Item], nodes: Mapping[str, Node]) -> None:
    errors = []
    for line in lines:
        if line.quantity and line.sku not in items:
            errors.append(FieldError(f"/lines/{line.line_no - 1}/sku", "unknown_sku", f"there is no item {line.sku}"))
        if line.segment is not None and line.sku in items and items[line.sku].components:
            pointer = f"/lines/{line.line_no - 1}/segment"
            errors.append(FieldError(pointer, "not_allowed", "goods that are counted have segments; a kit has none"))
        if line.quantity and line.node_id and line.node_id not in nodes:
            pointer = f"/lines/{line.line_no - 1}/node_id"
            errors.append(FieldError(pointer, "unknown_node", f"there is no node {line.node_id}"))
    if errors:
        raise InvalidRequest(errors=errors)


def _refuse_missing(missing: Iterable[Demand]) -> None:
    errors = [
        FieldError(
            f"/lines/{one.line_no - 1}/quantity", "out_of_stock", f"{one.quantity} of {said(one.sku)} are missing"
        )
        for one in missing
    ]
    if errors:
        raise OutOfStock(errors=errors)

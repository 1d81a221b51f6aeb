"""From a request to an order: look things up, put the order together. Reads, but never writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from zoneinfo import ZoneInfo

from oms.orders.backorders import MOST_WAITING, backorders, until_street_date
from oms.orders.kits import PartOf, worth_of_parts
from oms.orders.model import Backorder, Claim, Group, Header, Line, Order, Validation
from oms.orders.request import Address, LineRequest, LineType, Method, OrderRequest, ShipPreference, TaxMode
from oms.orders.validation import Known, review
from oms.payments.writes import tender
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Runtime
from oms.platform.problems import FieldError, OutOfStock
from oms.registry.model import Item
from oms.registry.reads import known_nodes, sold_items
from oms.registry.segments import said
from oms.sourcing.model import Sourced

# How long what is to go together waits for the rest of it, where no strategy says so.
USUAL_DAYS_TOGETHER = 14

# What a component that goes on its own has of the line of its kit.
_OF_ITS_KIT = ("method", "ship_to", "pickup_node", "service", "gift", "minimum_age")


def look_up(runtime: Runtime, tenant: str, order: OrderRequest) -> Known:
    """The items and nodes that the order names, as far as they exist, and the components of its kits."""
    skus = [name for line in order.lines if line.type is LineType.STOCK for name in (line.sku, line.stock_sku)]
    now = runtime.clock.now()
    items = sold_items(runtime.database, tenant, skus, now)
    named = [order.selling_node, *(line.pickup_node for line in order.lines if line.pickup_node)]
    nodes = known_nodes(runtime.database, tenant, now, named=named)
    zone = nodes[order.selling_node].time_zone if order.selling_node in nodes else "UTC"
    today = now.astimezone(ZoneInfo(zone)).date()
    # From its street date on, by the clock of who sells it, an item is one like all others.
    over = {sku for sku, item in items.items() if item.preorder and item.preorder.street_date <= today}
    return Known(
        items={sku: item.model_copy(update={"preorder": None}) if sku in over else item for sku, item in items.items()},
        nodes=nodes,
    )


def taxed_order(runtime: Runtime, tenant: str, order: OrderRequest, known: Known) -> OrderRequest:
    """The order with its taxes: as its channel stated them, else computed at stated rates or at those kept here.

    Raises TaxRateUnknown where no rate is kept for a destination.
    """
    if order.tax_mode is TaxMode.EXTERNAL_AMOUNT:
        return order
    # Most orders say their taxes, and do not wait for these to be loaded.
    from oms.orders.adapters.tax_table import TaxTable
    from oms.orders.taxing import with_taxes

    return with_taxes(order, known, tenant, TaxTable(runtime.database))


def refuse_missing(order: OrderRequest, sourced: Sourced) -> None:
    """Units that nobody has and that may not wait for stock raise OutOfStock, which names their lines."""
    waiting = {
        (no, one.sku) for no, plan in sourced.plans.items() if plan.backorder_days is not None for one in plan.missing
    }
    errors = [
        FieldError(
            f"/lines/{(demand.part_of.line_no if demand.part_of else demand.line_no) - 1}/quantity",
            "out_of_stock",
            f"{demand.quantity} of {said(demand.sku)} are missing",
        )
        for plan in sourced.plans.values()
        if plan.backorder_days is None or len(waiting) > MOST_WAITING
        for demand in plan.missing
    ]
    if errors:
        raise OutOfStock(errors=errors)


def new_order(
    runtime: Runtime,
    call: Call,
    request: OrderRequest,
    known: Known,
    groups: Sequence[Group],
    lines: Sequence[Line],
    sourced: Sourced,
    said: Sequence[Validation] = (),
) -> Order:
    """The order with its plan and its tenders, in review if a validator failed; `said` are verdicts given before."""
    giving = frozenset(allotment.node_id for allotment in sourced.allotments)
    verdicts = review(request, replace(known, giving=giving, full=giving & sourced.full))
    asked = sum(one.quantity for plan in sourced.plans.values() if plan.asks_person for one in plan.missing)
    stock = [Validation(name="stock", verdict="fail", detail=f"{asked} units have no node")] if asked else []
    validations = (*verdicts, *stock, *said)
    placed_at = runtime.clock.now()
    order_id = runtime.ids.new("ord")
    waiting = [
        one
        for plan in sourced.plans.values()
        if plan.backorder_days is not None
        for one in backorders(
            ((missing.line_no, missing.quantity) for missing in plan.missing),
            plan.backorder_days,
            placed_at,
            sourced.expected,
        )
    ]
    streets = {line.line_no: street_date(line.agreed, known.items) for line in lines}
    waiting = [until_street_date(one, day) if (day := streets.get(one.line_no)) else one for one in waiting]
    later = _authorized_from(known, lines, waiting, known.nodes[request.selling_node].time_zone, placed_at)
    payments = tuple(
        tender(call.tenant, order_id, rank, one, request.currency, later)
        for rank, one in enumerate(request.payments, start=1)
    )
    header = Header(
        id=order_id,
        external_id=request.external_id,
        channel=request.channel,
        legal_entity=known.nodes[request.selling_node].legal_entity,
        selling_node=request.selling_node,
        taken_by=request.taken_by,
        currency=request.currency,
        locale=request.locale,
        placed_at=format_instant(placed_at),
        ordered_at=format_instant(request.ordered_at or placed_at),
        customer=request.customer,
        collectors=request.collectors,
        correlation_id=call.correlation_id or call.causation_id,
        groups=tuple(groups),
        charges=request.charges,
        tax_mode=request.tax_mode,
        totals=request.totals,
        note=request.note,
        attributes=request.attributes,
        line_count=len(request.lines),
        validations=validations,
        in_review=any(validation.verdict == "fail" for validation in validations),
        plan_is_best=sourced.is_best,
        may_be_offered=any(step.scenario.offer for step in sourced.steps),
        may_be_consolidated=any(step.scenario.consolidation for step in sourced.steps),
        consolidate=request.consolidate,
        together=_together(request, sourced, placed_at),
        backorders=tuple(waiting),
        # That units wait, and what the channel has taken or is asked for later, is told behind that it was placed.
        sequence=1 + bool(waiting) + sum(one.by_channel or bool(one.authorize_from) for one in payments),
    )
    claimed: dict[int, list[Claim]] = {}
    for allotment in sourced.allotments:
        claimed.setdefault(allotment.line_no, []).append(Claim(node_id=allotment.node_id, quantity=allotment.quantity))
    placed = tuple(line.model_copy(update={"claims": tuple(claimed.get(line.line_no, ()))}) for line in lines)
    return Order(header, placed, payments=payments)


def _together(request: OrderRequest, sourced: Sourced, now: datetime) -> tuple[str, str] | None:
    """Which of an order waits for what goes with it, and until when, as the first strategy that says it has it."""
    if request.ship_preference is ShipPreference.AS_AVAILABLE:
        return None
    days = [step.scenario.together_for_days for step in sourced.steps if step.scenario.together_for_days]
    until = now + timedelta(days=days[0] if days else USUAL_DAYS_TOGETHER)
    return request.ship_preference.value, format_instant(until)


def _authorized_from(
    known: Known, lines: Sequence[Line], waiting: Sequence[Backorder], zone: str, now: datetime
) -> str | None:
    """From when on cards are authorised, where all goods wait for street dates and their items say so: the first."""
    early = {one.line_no for one in waiting if one.not_before}
    if not early or any(line.work and line.line_no not in early for line in lines):
        return None
    found = []
    for no in early:
        preorder = known.items[lines[no - 1].agreed.sku].preorder
        if preorder is None or preorder.authorize_days_before is None:
            return None
        day = preorder.street_date - timedelta(days=preorder.authorize_days_before)
        found.append(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC))
    return format_instant(min(found)) if min(found) > now else None


def group_lines(request: OrderRequest, items: Mapping[str, Item]) -> tuple[tuple[Group, ...], list[Line]]:
    """The fulfilment groups and the numbered lines of a request, with what its kits consist of now.

    A line without stock, such as postage, goes along with the goods; where there are no goods it is the work itself.
    """
    only_services = all(not _has_work(line) for line in request.lines)
    groups, numbers = groups_of(request.lines, request.ship_to, [street_date(line, items) for line in request.lines])
    lines = [
        Line(
            apart=_may_be_split(line, items),
            line_no=i,
            group_no=number,
            agreed=_aged(line, items),
            work=only_services or _has_work(line),
            components=items[line.sku].components if line.type is LineType.STOCK else (),
            activation=items[line.sku].activation if line.type is LineType.STOCK else None,
        )
        for i, (line, number) in enumerate(zip(request.lines, numbers, strict=True), start=1)
    ]
    return groups, [*lines, *_components(lines)]


def _aged(line: LineRequest, items: Mapping[str, Item]) -> LineRequest:
    """A line with the age that its sender, its item or a component of its kit asks for, whichever is the highest."""
    if line.type is not LineType.STOCK:
        return line
    named = [line.sku, *(one.sku for one in items[line.sku].components)]
    ages = [age for age in (line.minimum_age, *(items[sku].minimum_age for sku in named)) if age is not None]
    return line.model_copy(update={"minimum_age": max(ages)}) if ages else line


def _may_be_split(line: LineRequest, items: Mapping[str, Item]) -> bool:
    goods = line.type is LineType.STOCK and line.method is not Method.DIGITAL
    return goods and items[line.sku].when_short == "split"


def _components(lines: Sequence[Line]) -> Iterator[Line]:
    """The lines of the components of kits that may be split, after all others; the money stays with the kit."""
    number = len(lines)
    for kit in lines:
        if not kit.apart:
            continue
        worth = worth_of_parts(kit.agreed.total, [one.quantity for one in kit.components])
        for one, share in zip(kit.components, worth, strict=True):
            number += 1
            units = one.quantity * kit.quantity
            own = {"sku": one.sku, "quantity": units, "unit_price": 0, "total": 0}
            way = {name: getattr(kit.agreed, name) for name in _OF_ITS_KIT}
            part = PartOf(line_no=kit.line_no, sku=kit.agreed.sku, each=one.quantity, parts=len(kit.components))
            agreed = LineRequest(**own, **way)
            yield Line(line_no=number, group_no=kit.group_no, agreed=agreed, part_of=part, worth=share)


def _has_work(line: LineRequest) -> bool:
    return line.type is LineType.STOCK or line.method is Method.DIGITAL


def street_date(line: LineRequest, items: Mapping[str, Item]) -> str | None:
    """The date before which nothing of a line is given out, while its item is on pre-order."""
    item = items.get(line.sku) if line.type is LineType.STOCK else None
    return item.preorder.street_date.isoformat() if item and item.preorder else None


def groups_of(
    lines: Sequence[LineRequest], default: Address | None, apart: Sequence[str | None] = ()
) -> tuple[tuple[Group, ...], list[int]]:
    """The fulfilment groups of some lines, and the group number of each line; what waits for a day goes `apart`."""
    found: dict[tuple[object, ...], Group] = {}
    numbers = []
    for line, day in zip_longest(lines, apart):
        address = None
        if line.method in (Method.SHIP, Method.DELIVERY):
            address = line.ship_to or default
        key = (line.method, address, line.pickup_node, line.service, day)
        if key not in found:
            found[key] = Group(
                group_no=len(found) + 1,
                method=line.method,
                ship_to=address,
                pickup_node=line.pickup_node,
                service=line.service,
            )
        numbers.append(found[key].group_no)
    return tuple(found.values()), numbers

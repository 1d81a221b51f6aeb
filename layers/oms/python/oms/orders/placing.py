"""From a request to an order: look things up, choose nodes, put the order together. Reads, but never writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from oms.inventory.store import snapshot
from oms.orders.model import Claim, Group, Header, Line, Order, groups_of
from oms.orders.request import LineRequest, LineType, Method, OrderRequest
from oms.orders.validation import Known, review
from oms.payments.model import Payment
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Runtime
from oms.platform.ids import child_id
from oms.platform.problems import FieldError, OutOfStock
from oms.registry.model import Node
from oms.registry.reads import known_items, known_nodes
from oms.sourcing.geo import locate
from oms.sourcing.model import Allotment, Demand, Place, Plan, Source, source

Stock = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Sourced:
    """The plan of each group, and whether no better plan exists for any of them."""

    plans: Mapping[int, Plan]
    is_best: bool

    @property
    def allotments(self) -> list[Allotment]:
        return [allotment for plan in self.plans.values() for allotment in plan.allotments]

    @property
    def claims(self) -> dict[tuple[str, str], int]:
        """Units to claim per SKU and node, summed over lines."""
        claims: dict[tuple[str, str], int] = {}
        for allotment in self.allotments:
            key = (allotment.sku, allotment.node_id)
            claims[key] = claims.get(key, 0) + allotment.quantity
        return claims

    @property
    def missing(self) -> bool:
        """Whether some units have no node."""
        return any(plan.missing for plan in self.plans.values())

    @property
    def rank(self) -> tuple[int, int, int]:
        """Smaller is better, over all groups."""
        ranks = [plan.rank for plan in self.plans.values()]
        return (sum(r[0] for r in ranks), sum(r[1] for r in ranks), sum(r[2] for r in ranks))


def look_up(runtime: Runtime, tenant: str, order: OrderRequest) -> Known:
    """The items and nodes that the order names, as far as they exist."""
    skus = [line.sku for line in order.lines if line.type is LineType.STOCK]
    now = runtime.clock.now()
    items = known_items(runtime.database, tenant, skus, now)
    named = [order.selling_node, *(line.pickup_node for line in order.lines if line.pickup_node)]
    return Known(items=items, nodes=known_nodes(runtime.database, tenant, now, named=named))


def read_stock(runtime: Runtime, tenant: str, skus: Iterable[str]) -> dict[tuple[str, str], int]:
    """What can be claimed now, per SKU and node."""
    rows = snapshot(runtime.database, tenant, sorted(set(skus)))
    return {(sku, row.node_id): row.available for sku, found in rows.items() for row in found if row.available > 0}


def source_groups(groups: Sequence[Group], lines: Sequence[Line], nodes: Mapping[str, Node], stock: Stock) -> Sourced:
    """Choose nodes for every group in turn, each from what the groups before it have left."""
    left = dict(stock)
    plans: dict[int, Plan] = {}
    for group in groups:
        demands = [
            Demand(line.line_no, line.agreed.sku, line.quantity)
            for line in lines
            if line.group_no == group.group_no and line.claims_stock
        ]
        if not demands:
            continue
        plan = source(demands, sources_of(group, nodes), left, _destination(group, nodes))
        for allotment in plan.allotments:
            left[allotment.sku, allotment.node_id] -= allotment.quantity
        plans[group.group_no] = plan
    return Sourced(plans, is_best=all(plan.is_best for plan in plans.values()))


def sources_of(group: Group, nodes: Mapping[str, Node]) -> list[Source]:
    """The active nodes that may serve a group: the chosen node for a pick-up, else every node with that journey."""
    if group.method is Method.PICKUP and group.pickup_node is not None:
        return [Source(group.pickup_node, None)]
    return [
        Source(node.id, _place(node))
        for node in nodes.values()
        if node.status == "active" and any(journey == group.method.value for journey in node.journeys)
    ]


def refuse_missing(order: OrderRequest, sourced: Sourced) -> None:
    """Units that nobody has raise OutOfStock, which names their lines."""
    errors = [
        FieldError(
            f"/lines/{demand.line_no - 1}/quantity", "out_of_stock", f"{demand.quantity} of {demand.sku} are missing"
        )
        for plan in sourced.plans.values()
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
) -> Order:
    """The order with its plan and its tenders, in review if a validator failed."""
    validations = review(request, known)
    placed_at = runtime.clock.now()
    order_id = runtime.ids.new("ord")
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
        correlation_id=call.correlation_id or call.causation_id,
        groups=tuple(groups),
        charges=request.charges,
        totals=request.totals,
        note=request.note,
        attributes=request.attributes,
        line_count=len(lines),
        validations=validations,
        in_review=any(validation.verdict == "fail" for validation in validations),
        plan_is_best=sourced.is_best,
    )
    claimed: dict[int, list[Claim]] = {}
    for allotment in sourced.allotments:
        claimed.setdefault(allotment.line_no, []).append(Claim(node_id=allotment.node_id, quantity=allotment.quantity))
    placed = tuple(line.model_copy(update={"claims": tuple(claimed.get(line.line_no, ()))}) for line in lines)
    payments = tuple(
        Payment(
            id=child_id("pay", order_id, rank),
            order_id=order_id,
            rank=rank,
            tender=payment.tender.value,
            provider=payment.provider,
            token=payment.token,
            amount=payment.amount,
            currency=request.currency,
        )
        for rank, payment in enumerate(request.payments, start=1)
    )
    return Order(header, placed, payments=payments)


def group_lines(request: OrderRequest) -> tuple[tuple[Group, ...], list[Line]]:
    """The fulfilment groups and the numbered lines of a request.

    A line without stock, such as postage, goes along with the goods; where there are no goods it is the work itself.
    """
    only_services = all(not _has_work(line) for line in request.lines)
    groups, numbers = groups_of(request.lines, request.ship_to)
    lines = [
        Line(line_no=i, group_no=number, agreed=line, work=only_services or _has_work(line))
        for i, (line, number) in enumerate(zip(request.lines, numbers, strict=True), start=1)
    ]
    return groups, lines


def _has_work(line: LineRequest) -> bool:
    return line.type is LineType.STOCK or line.method is Method.DIGITAL


def _destination(group: Group, nodes: Mapping[str, Node]) -> Place | None:
    if group.pickup_node is not None and group.pickup_node in nodes:
        return _place(nodes[group.pickup_node])
    if group.ship_to is None:
        return None
    return locate(group.ship_to.country, group.ship_to.postal_code)


def _place(node: Node) -> Place:
    return Place(node.latitude_microdegrees, node.longitude_microdegrees)

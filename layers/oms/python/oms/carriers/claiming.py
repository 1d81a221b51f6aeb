"""claim_parcel: units of a parcel were lost or damaged, and are sent again or paid back. One transaction.

What is sent again becomes a line of its own without a price, beside the line that has the money; what is paid back is a
return of units that never came. Either way the stock ledger has the units written off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from oms.carriers.claims import claimed_units, claims_made, no_longer_waited_for
from oms.carriers.events import ClaimedUnits, ParcelClaimed
from oms.carriers.requests import ClaimRequest
from oms.carriers.store import Tracked, tracked_shipments
from oms.carriers.views import claim_view
from oms.fulfillment.lines import ClaimedLine, ClaimReason, ParcelClaim, Resolution
from oms.fulfillment.model import FulfillmentOrder, Shipment
from oms.inventory.writes import StockChanges
from oms.orders.amounts import line_amounts, share
from oms.orders.changing import require_order
from oms.orders.method_changes import Moved
from oms.orders.model import Line, Order
from oms.orders.quantities import first_line, lost_in
from oms.orders.writes import Additions, change_order
from oms.payments.refunds import Refund
from oms.platform.clock import format_instant
from oms.platform.commands import Call, Decision, Outcome, Runtime, execute
from oms.platform.events import EventData
from oms.platform.ids import child_id
from oms.platform.problems import ActionNotAvailable, NotFound, TooLarge
from oms.platform.writes import MOST_ACTIONS, Write, merge
from oms.registry.reads import known_nodes
from oms.returns.accepting import TakenBack, accept
from oms.returns.model import Lost, Return
from oms.sourcing.changing_method import work_for_added
from oms.sourcing.works import new_ids


@dataclass(frozen=True, slots=True)
class _NotBack:
    """Units that are paid back and did not come back."""

    line_no: int
    quantity: int
    disposition: Lost = "lost"
    condition: str | None = None
    grade: None = None


@dataclass(slots=True)
class _Made:
    """What a resolution adds to the change of the order."""

    events: list[EventData] = field(default_factory=list)
    works: list[FulfillmentOrder] = field(default_factory=list)
    added: Additions | None = None
    refunds: Sequence[Refund] = ()
    returns: Sequence[Return] = ()
    writes: list[Write] = field(default_factory=list)


def claim_parcel(runtime: Runtime, call: Call, tracking_number: str, request: ClaimRequest) -> Outcome:
    """Claim units of a parcel as lost or damaged; they are sent again or paid back. The answer is a ClaimView.

    Raises NotFound for a number that no shipment has, MoreThanInParcel for units that were not in it, were claimed
    before or came back, OutOfStock where nobody has what is to be sent again; then nothing is changed.
    """

    def decide() -> Decision:
        found = tracked_shipments(runtime.database, call.tenant, tracking_number)
        if not found:
            raise NotFound(f"There is no parcel {tracking_number}.")
        order = require_order(runtime, call, found[0].order_id)
        shipment, number, units = claimed_units(order, [one.shipment_id for one in found], tracking_number, request)
        claim = ParcelClaim(
            id=child_id("clm", order.header.id, claims_made(order) + 1),
            tracking_number=number,
            reason=ClaimReason(request.reason),
            resolution=Resolution(request.resolution),
            lines=tuple(ClaimedLine(line_no=n, sku=order.line(n).agreed.sku, quantity=q) for n, q in units.items()),
            claimed_at=format_instant(runtime.clock.now()),
            claimed_by=call.principal.actor,
            cost=_cost(order, shipment, units),
        )
        resolve = _sent_again if claim.resolution is Resolution.RESHIP else _paid_back
        claim, made = resolve(runtime, call, order, shipment, claim)
        tracked = next(one for one in found if one.shipment_id == shipment.id)
        return _decision(runtime, call, order, shipment, claim, made, tracked)

    return execute(runtime, call, decide)


def _decision(
    runtime: Runtime,
    call: Call,
    order: Order,
    shipment: Shipment,
    claim: ParcelClaim,
    made: _Made,
    tracked: Tracked,
) -> Decision:
    told = _told(order, shipment, claim, made)
    after, writes, drafts = change_order(
        call.tenant,
        order,
        events=[told, *made.events],
        fulfillment_orders=made.works,
        shipments=[shipment.model_copy(update={"claims": (*shipment.claims, claim)})],
        refunds=made.refunds,
        returns=made.returns,
        added=made.added,
    )
    ended, heard = no_longer_waited_for(runtime, call, claim.tracking_number, tracked)
    body = claim_view(after, claim, told).model_dump(mode="json")
    decision = Decision([*writes, *made.writes, *ended], [*drafts, *heard], status=201, body=body)
    if len(merge(decision.writes)) + len(decision.events) + 1 > MOST_ACTIONS:
        raise TooLarge("One transaction does not hold so many lines and nodes.", pointer="/lines")
    return decision


def _paid_back(
    runtime: Runtime, call: Call, order: Order, shipment: Shipment, claim: ParcelClaim
) -> tuple[ParcelClaim, _Made]:
    """A return of units that never came: the refund, its tax and its document are those of any return."""
    units: dict[int, int] = {}
    for line in claim.lines:
        first = first_line(order, line.line_no)
        units[first] = units.get(first, 0) + line.quantity
    lines = [_NotBack(line_no, quantity) for line_no, quantity in units.items()]
    back = accept(runtime, call, order, TakenBack(shipment.node_id, f"parcel_{claim.reason.value}", lines))
    made = _Made(list(back.events), refunds=back.refunds, returns=[back.made], writes=back.stock)
    return claim.model_copy(update={"return_id": back.made.id}), made


def _sent_again(
    runtime: Runtime, call: Call, order: Order, shipment: Shipment, claim: ParcelClaim
) -> tuple[ParcelClaim, _Made]:
    """The units as lines of their own, and the work of whoever has them now. Raises OutOfStock."""
    now = runtime.clock.now()
    added = _lines(order, claim)
    nodes = known_nodes(runtime.database, call.tenant, now)
    planned = work_for_added(runtime, call, order, added, nodes, Moved({}))
    stock = StockChanges(call.tenant, movement_id=order.next_change, cause=claim.id, at=now)
    stock.know(planned.stock.spread)
    for sku, quantity in order.stock_of({line.line_no: line.quantity for line in claim.lines}).items():
        stock.write_off(sku, shipment.node_id, quantity, reason=f"parcel_{claim.reason.value}")
    planned.allocate(stock, {})
    numbered = zip(claim.lines, added.lines, strict=True)
    lines = tuple(line.model_copy(update={"replaced_by": new.line_no}) for line, new in numbered)
    return claim.model_copy(update={"lines": lines}), _Made(
        works=planned.works, added=added, writes=[*stock.writes(), *planned.why]
    )


def _lines(order: Order, claim: ParcelClaim) -> Additions:
    """A line for each that was lost, in a group of their own that goes the same way; none has a price."""
    before = order.header.groups[order.line(claim.lines[0].line_no).group_no - 1]
    group = before.model_copy(update={"group_no": len(order.header.groups) + 1, "promise": None})
    lines = tuple(
        _without_price(order, one, number, group.group_no)
        for number, one in enumerate(claim.lines, start=len(order.lines) + 1)
    )
    return Additions(groups=(group,), lines=lines)


def _without_price(order: Order, claimed: ClaimedLine, line_no: int, group_no: int) -> Line:
    line = order.line(claimed.line_no)
    if not line.claims_stock:
        raise ActionNotAvailable(f"Line {claimed.line_no} takes nothing from stock; pay it back.", pointer="/lines")
    money = {"unit_price": 0, "discounts": (), "charges": (), "tax": 0, "taxes": (), "total": 0}
    agreed = line.agreed.model_copy(update={"line_id": None, "quantity": claimed.quantity, **money})
    own = {"line_no": line_no, "group_no": group_no, "agreed": agreed, "claims": ()}
    alone = {"part_of": None, "worth": None, "replaces": first_line(order, claimed.line_no)}
    return line.model_copy(update=own | alone)


def _cost(order: Order, shipment: Shipment, units: Mapping[int, int]) -> int:
    """What a supplier asked for the units, where it sent them: each from those that were claimed before it on."""
    work = next((one for one in order.fulfillment_orders if one.id == shipment.fulfillment_order_id), None)
    if work is None or work.purchase is None:
        return 0
    own = [one for one in order.shipments if one.fulfillment_order_id == work.id]
    before = {n: sum(lost_in(order, one, n) for one in own) for n in units}
    return work.purchase.cost_of({n: (before[n], before[n] + quantity) for n, quantity in units.items()}).cost


def _value(order: Order, claimed: ClaimedLine) -> int:
    """What was agreed for the units: of a line without a price, what its first line says."""
    line = order.line(first_line(order, claimed.line_no))
    part = share(line_amounts(line.agreed), 0, min(claimed.quantity, line.quantity), line.quantity)
    return part.goods - part.discount


def _told(order: Order, shipment: Shipment, claim: ParcelClaim, made: _Made) -> ParcelClaimed:
    header = order.header
    return ParcelClaimed(
        order_id=header.id,
        fulfillment_order_id=shipment.fulfillment_order_id,
        shipment_id=shipment.id,
        node_id=shipment.node_id,
        carrier=shipment.carrier,
        tracking_number=claim.tracking_number,
        claim_id=claim.id,
        reason=claim.reason,
        resolution=claim.resolution,
        claimed_at=claim.claimed_at,
        lines=tuple(
            ClaimedUnits(line_no=one.line_no, sku=one.sku, quantity=one.quantity, value=_value(order, one))
            for one in claim.lines
        ),
        return_id=claim.return_id,
        refund_id=made.refunds[0].id if made.refunds else None,
        fulfillment_order_ids=tuple(new_ids(order, made.works)),
        cost=claim.cost,
        currency=header.currency,
        legal_entity=header.legal_entity,
        store=header.selling_node,
        channel=header.channel,
    )

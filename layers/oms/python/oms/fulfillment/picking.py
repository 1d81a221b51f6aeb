"""Picking, in one transaction: what was taken from the shelf, and what was short and why.

What is short is given up alone, and the work goes on with the rest, unless its node rejects the whole of such work. The
reason says what becomes of the stock. Units that the node was asked to cancel go first: they need no other node.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from oms.fulfillment import protocol
from oms.fulfillment.events import (
    FulfillmentOrderClosed,
    FulfillmentOrderPicked,
    FulfillmentOrderRejected,
)
from oms.fulfillment.handling_events import FulfillmentOrderShortPicked, ShortLine
from oms.fulfillment.lines import has_left, to_prepare, wanted_units
from oms.fulfillment.model import Answer, FulfillmentOrder, Status, WorkUnits, end_of
from oms.fulfillment.protocol import Action, AlreadyDone
from oms.fulfillment.request import ActionRequest, PickRequest, ShortPick
from oms.fulfillment.scanning import picks_of_scans
from oms.fulfillment.short import HELD_BACK
from oms.fulfillment.step import Step
from oms.fulfillment.verbs import let_go
from oms.fulfillment.writes import moved, work_ids
from oms.inventory.writes import StockChanges
from oms.orders.model import Order
from oms.platform.commands import Call, Runtime
from oms.platform.events import EventData
from oms.platform.problems import FieldError, InvalidRequest
from oms.registry.reads import known_nodes, sold_items
from oms.registry.segments import sku_of


@dataclass(slots=True)
class Shortage:
    """What is short: units of each line, and the units of stock behind them by SKU and reason."""

    units: dict[int, int] = field(default_factory=dict)
    stock: dict[tuple[str, str], int] = field(default_factory=dict)
    lines: list[ShortLine] = field(default_factory=list)

    @property
    def reason(self) -> str:
        """The first reason that was given."""
        return self.lines[0].reason


def pick_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """Units are picked, others are short.

    Raises AlreadyDone where all of what is named has been picked, WrongScan for codes of nothing that is left.
    """
    protocol.require(work, Action.PICK)
    scans, said = (request.scans, request.short) if isinstance(request, PickRequest) else (None, None)
    if request.lines is not None and scans is not None:
        raise InvalidRequest(errors=[FieldError("/scans", "not_allowed", "what is picked is named by lines or scans")])
    now = runtime.clock.now()
    items = sold_items(runtime.database, call.tenant, _skus(order, work, scanned=scans is not None), now)
    work = to_prepare(work, items)
    room = {line.line_no: line.held - line.picked for line in work.lines}
    scanned = picks_of_scans(order, work, items, scans) if scans is not None else None
    named = scanned if scanned is not None else request.quantities
    short = shortage(order, work, said or (), named)
    _require_unpicked(work, room, named, short)
    picks = {n: units - short.units.get(n, 0) for n, units in room.items()}
    if named is not None:
        picks = wanted_units(work, named, room)
    if not short.units:
        picked = protocol.pick(work, picks)
        return Step(picked, [FulfillmentOrderPicked(**work_ids(work), lines=moved(work, picked, attrgetter("picked")))])
    node = known_nodes(runtime.database, call.tenant, now).get(work.node_id)
    changes = StockChanges(call.tenant, movement_id=order.next_change, cause=work.id, at=now)
    if (node is not None and node.when_short == "reject") or _covers(work, short):
        return _all_given_up(order, work, short, changes)
    return _goes_on(order, work, picks, short, changes)


def shortage(
    order: Order, work: FulfillmentOrder, short: Sequence[ShortPick], picks: Mapping[int, int] | None
) -> Shortage:
    """What is short, checked against what is neither picked nor being picked.

    Raises InvalidRequest for units that the work has not, and for a component that is none.
    """
    found = Shortage()
    of_kits: dict[int, dict[str, int]] = {}
    errors = []
    for number, one in enumerate(short):
        pointer = f"/short/{number}"
        line = next((line for line in work.lines if line.line_no == one.line_no), None)
        if line is None:
            errors.append(FieldError(f"{pointer}/line_no", "unknown_line", f"line {one.line_no} is not part of it"))
            continue
        each = {sku_of(name): (name, units) for name, units in order.line(one.line_no).stock(1).items()}
        if one.sku is not None and one.sku not in each:
            detail = f"line {one.line_no} takes no {one.sku} from stock"
            errors.append(FieldError(f"{pointer}/sku", "unknown_sku", detail))
            continue
        room = line.held - line.picked - (picks or {}).get(one.line_no, 0)
        if one.sku is None:
            units = {name: per * one.quantity for name, per in each.values()}
            found.units[one.line_no] = found.units.get(one.line_no, 0) + one.quantity
        else:
            name, _ = each[one.sku]
            units = {name: one.quantity}
            missing = of_kits.setdefault(one.line_no, {})
            missing[one.sku] = missing.get(one.sku, 0) + one.quantity
        kits = max((-(-u // each[s][1]) for s, u in of_kits.get(one.line_no, {}).items()), default=0)
        if found.units.get(one.line_no, 0) + kits > room:
            detail = f"{max(0, room)} units of line {one.line_no} are neither picked nor in this call"
            errors.append(FieldError(f"{pointer}/quantity", "quantity_too_large", detail))
        for name, quantity in units.items():
            found.stock[name, one.reason.value] = found.stock.get((name, one.reason.value), 0) + quantity
        found.lines += [
            ShortLine(
                line_no=one.line_no,
                sku=sku_of(name),
                segment=line.segment,
                quantity=quantity,
                reason=one.reason.value,
            )
            for name, quantity in units.items()
        ]
    if errors:
        # Of work that was picked meanwhile nothing is wrong with a late message.
        _require_unpicked(work, {n.line_no: n.held - n.picked for n in work.lines}, picks, _named(short))
        raise InvalidRequest(errors=errors)
    for line_no, missing in of_kits.items():
        each_of = {sku_of(name): units for name, units in order.line(line_no).stock(1).items()}
        kits = max(-(-units // each_of[sku]) for sku, units in missing.items())
        found.units[line_no] = found.units.get(line_no, 0) + kits
    return found


def _named(short: Sequence[ShortPick]) -> Shortage:
    return Shortage(units={one.line_no: one.quantity for one in short})


def _require_unpicked(
    work: FulfillmentOrder, room: Mapping[int, int], named: Mapping[int, int] | None, short: Shortage
) -> None:
    """Refuse as AlreadyDone what is about lines of which nothing is left to pick."""
    lines = {*(named or {}), *short.units} or set(room)
    if all(room.get(n) == 0 for n in lines):
        raise AlreadyDone("All units of these lines have been picked.")


def _skus(order: Order, work: FulfillmentOrder, *, scanned: bool) -> list[str]:
    """The items to look up: those of the work, and where codes were scanned all of the order, to say whose they are."""
    return [line.agreed.sku for line in order.lines] if scanned else [line.sku for line in work.lines]


def _covers(work: FulfillmentOrder, short: Shortage) -> bool:
    return all(line.remaining == short.units.get(line.line_no, 0) for line in work.lines)


def _goes_on(
    order: Order, work: FulfillmentOrder, picks: Mapping[int, int], short: Shortage, changes: StockChanges
) -> Step:
    """The work with what was picked and without what is short, which is open again on the order or cancelled."""
    picked = protocol.pick(work, picks) if any(picks.values()) else work
    let = {n: min(units, work.asked.get(n, 0)) for n, units in short.units.items() if work.asked.get(n, 0)}
    left = shortened(picked, short.units, let)
    header, events = let_go(order, work, let)
    given_up = moved(work, left, attrgetter("given_up"))
    told: list[EventData] = [*events]
    if any(picks.values()):
        told.append(FulfillmentOrderPicked(**work_ids(work), lines=moved(work, left, attrgetter("picked"))))
    told.append(
        FulfillmentOrderShortPicked(
            **work_ids(work), short=tuple(short.lines), lines=given_up, goes_on=bool(given_up) and not left.is_closed
        )
    )
    _give_back(order, work, short.units, short, changes)
    return Step(left, told, stock=changes.writes(), header=header)


def shortened(work: FulfillmentOrder, short: Mapping[int, int], let: Mapping[int, int]) -> FulfillmentOrder:
    """The work without units that are short: those in `let` are cancelled, since its node was asked for them."""
    lines = []
    for line in work.lines:
        cancelled = let.get(line.line_no, 0)
        given_up = short.get(line.line_no, 0) - cancelled
        changes = {"cancelled": line.cancelled + cancelled, "given_up": line.given_up + given_up}
        lines.append(line.model_copy(update=changes))
    changed: dict[str, object] = {"lines": tuple(lines)}
    if let and work.cancel_request is not None:
        still = {n: units - let.get(n, 0) for n, units in work.asked.items() if units > let.get(n, 0)}
        named = tuple(WorkUnits(line_no=n, quantity=units) for n, units in sorted(still.items()))
        answer = {"lines": named} if still else {"answer": Answer.ACCEPTED}
        changed["cancel_request"] = work.cancel_request.model_copy(update=answer)
    if all(line.remaining == 0 for line in lines):
        changed["status"] = end_of(lines)
    elif work.status is Status.OPEN:
        changed["status"] = Status.ACCEPTED
    return work.model_copy(update=changed)


def _all_given_up(order: Order, work: FulfillmentOrder, short: Shortage, changes: StockChanges) -> Step:
    """The node goes on with none of it: what has left in part is closed, anything else is rejected."""
    begun = work.model_copy(update={"status": Status.ACCEPTED}) if work.status is Status.OPEN else work
    ends = protocol.close if has_left(work.lines) else protocol.reject
    left = ends(begun, short.reason)
    header, told = let_go(order, work, work.asked)
    given_up = moved(work, left, attrgetter("given_up"))
    told.append(FulfillmentOrderShortPicked(**work_ids(work), short=tuple(short.lines), lines=given_up, goes_on=False))
    if left.status is Status.INCOMPLETE:
        told.append(FulfillmentOrderClosed(**work_ids(work), lines=given_up, reason=short.reason))
    elif left.status is Status.REJECTED:
        told.append(FulfillmentOrderRejected(**work_ids(work), reason=short.reason))
    remaining = {line.line_no: line.remaining for line in work.lines if line.remaining}
    _give_back(order, work, remaining, short, changes)
    return Step(left, told, stock=changes.writes(), header=header)


def _give_back(
    order: Order, work: FulfillmentOrder, units: Mapping[int, int], short: Shortage, changes: StockChanges
) -> None:
    """End the allocation of units: what is short for a reason about the goods is held back, the rest is available."""
    there = order.stock_of(units)
    for (sku, reason), quantity in short.stock.items():
        kind = HELD_BACK.get(reason)
        if kind is not None:
            changes.hold_back(sku, work.node_id, quantity, kind=kind, reason=reason)
            there[sku] -= quantity
    for sku, quantity in there.items():
        if quantity:
            changes.release_allocation(sku, work.node_id, quantity)

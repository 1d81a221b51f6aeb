"""Handing goods over at the counter: who collects them, what they show, and what they do not want after all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from oms.fulfillment.collecting import checked, refuse_late
from oms.fulfillment.collection_events import FulfillmentOrderHandedOver, RefusedLine
from oms.fulfillment.events import EventLine, FulfillmentOrderCancelled
from oms.fulfillment.model import FulfillmentOrder
from oms.fulfillment.protocol import Action, require, without
from oms.fulfillment.request import HandOverRequest, RefusalReason
from oms.fulfillment.serving import served
from oms.fulfillment.step import Step
from oms.fulfillment.writes import event_lines, work_ids
from oms.inventory.model import MovementKind
from oms.inventory.writes import StockChanges
from oms.orders.cancelling import cancelled_units
from oms.orders.model import Header, Order
from oms.platform.commands import Call, Runtime
from oms.platform.events import EventData
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest

Refused = Mapping[RefusalReason, Mapping[int, int]]


# Units of some work leave the node; the second is what else happens to its stock in the same movement.
Leave = Callable[[FulfillmentOrder, Callable[[StockChanges], None]], Step]


def hand_over(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: HandOverRequest, leave: Leave
) -> Step:
    """Units leave with whoever proves that they may have them; refused ones are cancelled and go back to the shelf."""
    require(work, Action.HAND_OVER)
    now = runtime.clock.now()
    refuse_late(work, now)
    refused = _refused(order, work, request)
    units = _sum(refused)
    kept = without(work, units) if units else work
    only_refused = bool(units) and request.lines is None and not any(line.remaining for line in kept.lines)
    leaving = {} if only_refused else request.quantities or {line.line_no: line.remaining for line in kept.lines}
    proof = checked(work, leaving, request, call.principal.actor, now)

    def give_back(changes: StockChanges) -> None:
        for reason, some in refused.items():
            for sku, quantity in order.stock_of(some).items():
                if reason is RefusalReason.DAMAGED:
                    changes.hold_back(sku, work.node_id, quantity, kind=MovementKind.DAMAGED, reason=reason.value)
                else:
                    changes.release_allocation(sku, work.node_id, quantity)

    if only_refused:
        back = StockChanges(call.tenant, movement_id=order.next_change, cause=work.id, at=now)
        give_back(back)
        step = Step(kept, [], stock=back.writes())
    else:
        step = leave(kept, give_back)
    shipments = [one.model_copy(update={"proof": proof}) for one in step.shipments]
    header, events = _cancelled(order, work, step.work, refused)
    if proof is not None or refused:
        events.append(
            FulfillmentOrderHandedOver(
                **work_ids(work),
                shipment_id=shipments[0].id if shipments else None,
                collector=proof.collector if proof else None,
                collected_by=proof.collected_by.value if proof else None,
                proofs=tuple(kind.value for kind in proof.kinds) if proof else (),
                age_checked=proof.age_checked if proof else None,
                lines=tuple(EventLine(**line.model_dump()) for one in shipments for line in one.lines),
                refused=tuple(
                    RefusedLine(**line.model_dump(), reason=reason.value)
                    for reason, some in refused.items()
                    for line in event_lines(work, some)
                ),
            )
        )
    return replace(step, work=served(step.work), events=[*step.events, *events], shipments=shipments, header=header)


def _refused(order: Order, work: FulfillmentOrder, request: HandOverRequest) -> Refused:
    """The units that were refused, by reason and line number; what cannot be refused raises InvalidRequest."""
    if request.refused and work.asked:
        raise ActionNotAvailable(
            "The node is asked to cancel units of this work: it says so with cancel-response before it hands over.",
            pointer="/refused",
        )
    found: dict[RefusalReason, dict[int, int]] = {}
    errors = []
    counted: dict[int, int] = {}
    remaining = {line.line_no: line.remaining for line in work.lines}
    for index, one in enumerate(request.refused):
        pointer = f"/refused/{index}"
        counted[one.line_no] = counted.get(one.line_no, 0) + one.quantity
        if one.line_no not in remaining:
            errors.append(FieldError(f"{pointer}/line_no", "unknown_line", f"line {one.line_no} is not part of it"))
        elif order.line(one.line_no).part_of is not None:
            detail = "it is a component of a kit, which goes as a whole: take the kit back as a return"
            errors.append(FieldError(f"{pointer}/line_no", "part_of_kit", detail))
        elif counted[one.line_no] > remaining[one.line_no]:
            detail = f"line {one.line_no} has {remaining[one.line_no]} units left"
            errors.append(FieldError(f"{pointer}/quantity", "quantity_too_large", detail))
        units = found.setdefault(one.reason, {})
        units[one.line_no] = units.get(one.line_no, 0) + one.quantity
    if errors:
        raise InvalidRequest(errors=errors)
    return found


def _sum(refused: Refused) -> dict[int, int]:
    units: dict[int, int] = {}
    for some in refused.values():
        for line_no, quantity in some.items():
            units[line_no] = units.get(line_no, 0) + quantity
    return units


def _cancelled(
    order: Order, work: FulfillmentOrder, left: FulfillmentOrder, refused: Refused
) -> tuple[Header | None, list[EventData]]:
    """The order's header without refused units, and what is told of them."""
    if not refused:
        return None, []
    lines = event_lines(work, _sum(refused))
    events: list[EventData] = [FulfillmentOrderCancelled(**work_ids(work), lines=lines, nothing_left=left.is_closed)]
    for reason, units in refused.items():
        header, told = cancelled_units(order, units, reason.value)
        order, events = replace(order, header=header), [*events, *told]
    return order.header, events

"""Packing: which units are in which carton, what is done with them before, and one step back before they leave.

Where a node packs by cartons, each unit that is packed and has not left is in exactly one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

from oms.fulfillment import protocol
from oms.fulfillment.deadlines import without_deadlines
from oms.fulfillment.handling_events import (
    FulfillmentOrderPacked,
    FulfillmentOrderPrepared,
    FulfillmentOrderUnpacked,
    FulfillmentOrderUnstaged,
)
from oms.fulfillment.lines import to_prepare, wanted_units
from oms.fulfillment.model import COUNTER_METHODS, Carton, DeadlineKind, FulfillmentOrder, ShippedLine, Status
from oms.fulfillment.protocol import Action, AlreadyDone
from oms.fulfillment.request import ActionRequest, CartonRequest, PackRequest, UnpackRequest, units_of
from oms.fulfillment.step import Step
from oms.fulfillment.writes import event_lines, moved, work_ids
from oms.orders.model import Order
from oms.platform.commands import Call, Runtime
from oms.platform.problems import ActionNotAvailable, FieldError, InvalidRequest
from oms.registry.reads import known_items

# What a work and its events hold of cartons, far below 64 KB.
MOST_CARTONS = 100
MOST_CONTENTS = 500


class NotPrepared(ActionNotAvailable):
    """Units are to be packed with which something has to be done before."""

    code = "not_prepared"
    title = "Something has to be done with these units before they are packed."
    remedy = "Say prepare for them first."


class NotInACarton(ActionNotAvailable):
    """Some units of work that is packed by cartons are in none."""

    code = "not_in_a_carton"
    title = "Some of these units are in no carton."
    remedy = "Pack them into cartons first, or unpack the cartons, or name the packages that leave."


def pack_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """Units are put into boxes.

    Raises NotPrepared for units with which something has to be done before, NotInACarton where others are packed by
    cartons, AlreadyDone where just these cartons have been packed.
    """
    protocol.require(work, Action.PACK)
    cartons = request.cartons if isinstance(request, PackRequest) else None
    items = known_items(runtime.database, call.tenant, [line.sku for line in work.lines], runtime.clock.now())
    work = to_prepare(work, items)
    added = new_cartons(work, cartons, request.lines is not None) if cartons else ()
    if not cartons and open_cartons(work):
        raise NotInACarton()
    quantities = contents(added) if cartons else request.quantities
    packed = protocol.pack(work, quantities)
    for line in packed.lines:
        if line.preparation and line.packed > line.prepared:
            detail = f"line {line.line_no} needs {line.preparation}: {line.prepared} of {line.packed} units had it"
            raise NotPrepared(detail, pointer="/cartons" if cartons else "/lines")
    packed = packed.model_copy(update={"cartons": (*work.cartons, *added)})
    told = FulfillmentOrderPacked(**work_ids(work), lines=moved(work, packed, attrgetter("packed")), cartons=added)
    return Step(packed, [told])


def new_cartons(work: FulfillmentOrder, asked: Sequence[CartonRequest], named_lines: bool) -> tuple[Carton, ...]:
    """The cartons that are packed now, checked against those that are there."""
    if named_lines:
        detail = "what is packed is what is in the cartons"
        raise InvalidRequest(errors=[FieldError("/lines", "not_allowed", detail)])
    for number, box in enumerate(asked):
        for line_no in units_of(box.lines):
            if all(line.line_no != line_no for line in work.lines):
                pointer = f"/cartons/{number}/lines"
                raise InvalidRequest(errors=[FieldError(pointer, "unknown_line", f"line {line_no} is not part of it")])
    added = tuple(_carton(work, one) for one in asked)
    known = {one.carton_no: one.model_copy(update={"left": False}) for one in work.cartons}
    if all(known.get(one.carton_no) == one for one in added):
        raise AlreadyDone("These cartons have been packed.")
    seen = set(known)
    for number, one in enumerate(added):
        if one.carton_no in seen:
            detail = f"there is a carton {one.carton_no}"
            raise InvalidRequest(errors=[FieldError(f"/cartons/{number}/carton_no", "repeated", detail)])
        seen.add(one.carton_no)
    whole = [*work.cartons, *added]
    if len(whole) > MOST_CARTONS or sum(len(one.lines) for one in whole) > MOST_CONTENTS:
        detail = f"at most {MOST_CARTONS} cartons with {MOST_CONTENTS} lines together"
        raise InvalidRequest(errors=[FieldError("/cartons", "too_many", detail)])
    held = contents(open_cartons(work))
    if any(line.packed_here != held.get(line.line_no, 0) for line in work.lines):
        raise NotInACarton("Units of it were packed without cartons.")
    return added


def prepare_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """Something was done with units before they are packed, such as assembly; without lines, with all that need it."""
    protocol.require(work, Action.PREPARE)
    room = {line.line_no: line.picked - line.prepared if line.preparation else 0 for line in work.lines}
    for line_no in request.quantities or ():
        if not work.line(line_no).preparation:
            detail = f"nothing has to be done with line {line_no}"
            raise InvalidRequest(errors=[FieldError("/lines", "nothing_to_prepare", detail)])
    named = set(request.quantities or room)
    if not any(room[line_no] for line_no in named):
        if any(work.line(line_no).prepared for line_no in named):
            raise AlreadyDone("All that has been picked of these lines has been prepared.")
        raise ActionNotAvailable("Nothing that has been picked has to be prepared.")
    wanted = wanted_units(work, request.quantities, room)
    lines = tuple(
        line.model_copy(update={"prepared": line.prepared + wanted[line.line_no]}) if wanted[line.line_no] else line
        for line in work.lines
    )
    done = work.model_copy(update={"lines": lines})
    return Step(done, [FulfillmentOrderPrepared(**work_ids(work), lines=event_lines(work, wanted))])


def unpack_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """Units come out of their boxes again: whole cartons, or units of lines; they stay picked."""
    protocol.require(work, Action.UNPACK)
    room = {line.line_no: line.packed_here for line in work.lines}
    there = open_cartons(work)
    named = request.cartons if isinstance(request, UnpackRequest) else None
    if not any(room.values()) or (named and not {one.carton_no for one in work.cartons} & set(named)):
        raise AlreadyDone("Nothing of this is packed.")
    if request.lines is not None and (there or named):
        raise InvalidRequest(errors=[FieldError("/lines", "not_allowed", "what is in cartons is unpacked by cartons")])
    known = {one.carton_no for one in there}
    for number, carton_no in enumerate(named or ()):
        if carton_no not in known:
            detail = f"there is no carton {carton_no} that has not left"
            raise InvalidRequest(errors=[FieldError(f"/cartons/{number}", "unknown_carton", detail)])
    opened = [one for one in there if named is None or one.carton_no in named]
    units = contents(opened) if there else wanted_units(work, request.quantities, room)
    lines = tuple(line.model_copy(update={"packed": line.packed - units.get(line.line_no, 0)}) for line in work.lines)
    kept = tuple(one for one in work.cartons if one not in opened)
    after = work.model_copy(update={"lines": lines, "cartons": kept, "status": Status.PICKING})
    numbers = tuple(one.carton_no for one in opened)
    return Step(after, [FulfillmentOrderUnpacked(**work_ids(work), lines=event_lines(work, units), cartons=numbers)])


def unstage_fulfillment_order(
    runtime: Runtime, call: Call, order: Order, work: FulfillmentOrder, request: ActionRequest
) -> Step:
    """The goods do not wait for the customer any more; they stay packed, and money that was taken for them stays."""
    after = unstaged(work)
    return Step(after, [FulfillmentOrderUnstaged(**work_ids(work), staging_bay=work.staging_bay)])


def unstaged(work: FulfillmentOrder) -> FulfillmentOrder:
    """Work whose goods do not wait for the customer any more; where they do not, it is AlreadyDone."""
    if work.method not in COUNTER_METHODS:
        raise ActionNotAvailable("Only work that a customer collects waits at the counter.")
    if work.status in (Status.PICKING, Status.PACKED):
        raise AlreadyDone("The goods do not wait for the customer.")
    protocol.require(work, Action.UNSTAGE)
    left = without_deadlines(work, DeadlineKind.COLLECT, DeadlineKind.ARRIVAL)
    return left.model_copy(update={"status": Status.PACKED, "staging_bay": None, "collection": None, "arrival": None})


def open_cartons(work: FulfillmentOrder) -> list[Carton]:
    """The cartons that have not left."""
    return [one for one in work.cartons if not one.left]


def contents(cartons: Sequence[Carton]) -> dict[int, int]:
    """Units per line number in all of these cartons together."""
    units: dict[int, int] = {}
    for carton in cartons:
        for line in carton.lines:
            units[line.line_no] = units.get(line.line_no, 0) + line.quantity
    return units


def require_all_in_cartons(work: FulfillmentOrder) -> None:
    """Refuse a step of all that is left, as NotInACarton, where only some of it is in cartons."""
    inside = contents(open_cartons(work))
    if inside and any(line.remaining != inside.get(line.line_no, 0) for line in work.lines):
        raise NotInACarton()


def fitted(work: FulfillmentOrder) -> FulfillmentOrder:
    """The work whose cartons hold just what is packed and has not left: what goes is taken out of the last ones."""
    room = {line.line_no: line.packed_here for line in work.lines}
    cartons: list[Carton] = []
    for carton in work.cartons:
        if carton.left:
            cartons.append(carton)
            continue
        lines = []
        for line in carton.lines:
            units = min(line.quantity, room.get(line.line_no, 0))
            room[line.line_no] = room.get(line.line_no, 0) - units
            if units:
                lines.append(line.model_copy(update={"quantity": units}))
        if lines:
            same = tuple(lines) == carton.lines
            # What it weighs nobody knows once something was taken out.
            cartons.append(carton if same else carton.model_copy(update={"lines": tuple(lines), "weight_grams": None}))
    return work.model_copy(update={"cartons": tuple(cartons)})


def _carton(work: FulfillmentOrder, asked: CartonRequest) -> Carton:
    details = asked.model_dump(exclude={"lines"})
    lines: Mapping[int, int] = units_of(asked.lines)
    named = tuple(ShippedLine(line_no=n, sku=work.line(n).sku, quantity=units) for n, units in sorted(lines.items()))
    return Carton(**details, lines=named)

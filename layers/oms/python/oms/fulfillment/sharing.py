"""Giving units of some work to other work of its order: splitting, moving and merging. Pure rules, no I/O.

Only units that nobody has picked go. They are never made or lost: what other work gets is `replaced` here. Holds go
with the units, so that no split or move lets work begin that must not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from oms.capacity.model import CapacityUse
from oms.fulfillment.holds import joined, without_limit
from oms.fulfillment.lines import has_left
from oms.fulfillment.model import MOST_LINES, FulfillmentOrder, Status, WorkLine, end_of
from oms.fulfillment.reshape import (
    NotMergeable,
    Reshaping,
    free_units,
    paused,
    require,
    why_not,
    with_time_to_answer,
)
from oms.platform.clock import format_instant
from oms.platform.problems import FieldError, InvalidRequest

# Why work was replaced.
MOVED, MERGED = "MOVED", "MERGED"
# What of a line says what became of its units, and not what they are.
_STEPS = ("picked", "packed", "shipped", "in_transit", "received", "recalled")
_COUNTS = frozenset(("quantity", "cancelled", "given_up", "replaced", "merged", *_STEPS))


def split(
    work: FulfillmentOrder, units: Mapping[int, int], work_id: str, now: datetime
) -> tuple[FulfillmentOrder, FulfillmentOrder]:
    """The work without some units, and new work of the same node with them, which counts as it did."""
    require(work, Reshaping.SPLIT)
    wanted = _checked(work, units)
    if all(wanted.get(line.line_no, 0) == line.remaining for line in work.lines):
        raise InvalidRequest(errors=[FieldError("/lines", "split_of_everything", "nothing would be left of it")])
    # The node has all of it already, however many orders that are now.
    uses = without_limit(work.capacity)
    left = _without(work, wanted).model_copy(update={"capacity": uses})
    return left, parted(work, wanted, work_id, work.node_id, now, uses, work.timeout_seconds)


def move_away(work: FulfillmentOrder, units: Mapping[int, int] | None) -> tuple[FulfillmentOrder, dict[int, int]]:
    """The work without units that go to another node, and these; None means all that nobody has picked.

    It is REPLACED where that was all of it, and over where the rest has left.
    """
    require(work, Reshaping.MOVE)
    wanted = free_units(work) if units is None else _checked(work, units)
    left = _without(work, wanted)
    if any(line.remaining for line in left.lines):
        return left, wanted
    if has_left(left.lines):
        return left.model_copy(update={"status": end_of(left.lines)}), wanted
    ended: dict[str, object] = {"status": Status.REPLACED, "replaced_reason": MOVED, "holds": (), "release_at": None}
    return left.model_copy(update=ended), wanted


def parted(
    work: FulfillmentOrder,
    units: Mapping[int, int],
    work_id: str,
    node_id: str,
    now: datetime,
    capacity: tuple[CapacityUse, ...],
    timeout_seconds: int,
) -> FulfillmentOrder:
    """New work with some units of other work, under the same holds and with the same promise; no node has heard of it.

    It is as old as the other where it is of the same node, so that it counts in the same period there.
    """
    made = FulfillmentOrder(
        id=work_id,
        order_id=work.order_id,
        node_id=node_id,
        legal_entity=work.legal_entity,
        group_no=work.group_no,
        method=work.method,
        status=Status.ON_HOLD if work.holds else Status.SCHEDULED,
        lines=tuple(_fresh(line, units[line.line_no]) for line in work.lines if units.get(line.line_no)),
        created_at=work.created_at if node_id == work.node_id else format_instant(now),
        replaces=work.id,
        service=work.service,
        due_at=work.due_at,
        timeout_seconds=timeout_seconds,
        holds=work.holds,
        holds_placed=work.holds_placed,
        release_at=work.release_at,
        was_deferred=work.was_deferred,
        capacity=capacity,
    )
    return with_time_to_answer(made, now)


def merge(work: FulfillmentOrder, other: FulfillmentOrder) -> tuple[FulfillmentOrder, FulfillmentOrder, dict[int, int]]:
    """Both as one: the first with all units and holds, the other without any, and the units that came from it."""
    if work.id == other.id:
        raise InvalidRequest(
            errors=[FieldError("/other_fulfillment_order_id", "same", "it is the same fulfilment order")]
        )
    require(work, Reshaping.MERGE)
    why = why_not(other, Reshaping.MERGE)
    if why is not None:
        raise NotMergeable(f"{other.id}: {why}", pointer="/other_fulfillment_order_id")
    for name, of in (("nodes", "node_id"), ("methods or destinations", "group_no")):
        if getattr(work, of) != getattr(other, of):
            raise NotMergeable(f"They are of different {name}.", pointer="/other_fulfillment_order_id")
    units = {line.line_no: line.remaining for line in other.lines if line.remaining}
    more = joined([work], [_fresh(line, units[line.line_no]) for line in other.lines if line.remaining])
    if more is None:
        raise NotMergeable(f"Together they have more than {MOST_LINES} lines.", pointer="/other_fulfillment_order_id")
    return _with_pauses(_counted(more, units), other), _merged_into(other, work.id), units


def _fresh(line: WorkLine, units: int) -> WorkLine:
    """Some units of a line with which nobody has done anything."""
    kept = {name: getattr(line, name) for name in WorkLine.model_fields if name not in _COUNTS}
    return WorkLine(**kept, quantity=units)


def _counted(work: FulfillmentOrder, units: Mapping[int, int]) -> FulfillmentOrder:
    lines = tuple(
        line.model_copy(update={"merged": line.merged + units.get(line.line_no, 0)}) if line.line_no in units else line
        for line in work.lines
    )
    return work.model_copy(update={"lines": lines, "capacity": without_limit(work.capacity)})


def _with_pauses(work: FulfillmentOrder, other: FulfillmentOrder) -> FulfillmentOrder:
    """The work under the holds of both, and with the later of their releases."""
    number = work.holds_placed
    added = tuple(one.model_copy(update={"hold_no": number + at}) for at, one in enumerate(other.holds, start=1))
    later = max([at for at in (work.release_at, other.release_at) if at is not None], default=None)
    both = work.model_copy(
        update={"holds": (*work.holds, *added), "holds_placed": number + len(added), "release_at": later}
    )
    return paused(both) if both.is_paused else both


def _merged_into(work: FulfillmentOrder, work_id: str) -> FulfillmentOrder:
    gone = _without(work, {line.line_no: line.remaining for line in work.lines})
    ended = {"status": Status.REPLACED, "replaced_reason": MERGED, "merged_into": work_id}
    return gone.model_copy(update={**ended, "holds": (), "release_at": None})


def _without(work: FulfillmentOrder, units: Mapping[int, int]) -> FulfillmentOrder:
    lines = tuple(
        line.model_copy(update={"replaced": line.replaced + units.get(line.line_no, 0)}) for line in work.lines
    )
    return work.model_copy(update={"lines": lines})


def _checked(work: FulfillmentOrder, units: Mapping[int, int]) -> dict[int, int]:
    """The units that are meant; of a line that is not there, or more than nobody has picked, raises InvalidRequest."""
    free = free_units(work)
    for line_no, count in units.items():
        work.line(line_no)
        if count > free.get(line_no, 0):
            detail = f"line {line_no} has {free.get(line_no, 0)} units that nobody has picked"
            raise InvalidRequest(errors=[FieldError("/lines", "quantity_too_large", detail)])
    return {line_no: count for line_no, count in units.items() if count}

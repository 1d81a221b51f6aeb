"""What a step does to the counts of one line of work, and what these say about all of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from oms.fulfillment.model import FulfillmentOrder, Status, WorkLine
from oms.platform.problems import FieldError, InvalidRequest
from oms.registry.model import Item


def fitting(line: WorkLine) -> WorkLine:
    """A line whose steps do not count units that it holds no more."""
    counts = {"picked": line.picked, "packed": line.packed, "prepared": line.prepared}
    return line.model_copy(update={name: min(units, line.held) for name, units in counts.items()})


def filled(line: WorkLine, *, shipped: int, only: int | None = None) -> WorkLine:
    """A line whose earlier steps have caught up with units that are staged or have left."""
    reached = line.held if only is None else shipped
    return line.model_copy(
        update={"picked": max(line.picked, reached), "packed": max(line.packed, reached), "shipped": shipped}
    )


def sent(line: WorkLine, units: int) -> WorkLine:
    """A line of a leg of which so many units more have left."""
    gone = line.in_transit + units
    return line.model_copy(
        update={"picked": max(line.picked, gone), "packed": max(line.packed, gone), "in_transit": gone}
    )


def recalled(line: WorkLine, units: int) -> WorkLine:
    """A line of a leg of which so many units were cancelled while they were under way."""
    changes = {
        "in_transit": line.in_transit - units,
        "cancelled": line.cancelled + units,
        "recalled": line.recalled + units,
    }
    return _moved(line, units, changes)


def arrived(line: WorkLine, units: int, unwanted: int, lost: int, lost_unwanted: int) -> WorkLine:
    """A line of a leg of which units have arrived or were lost; `unwanted` ones had been cancelled on their way."""
    changes = {
        "in_transit": line.in_transit - units - lost,
        "received": line.received + units,
        "given_up": line.given_up + lost,
        "recalled": line.recalled - unwanted - lost_unwanted,
    }
    return _moved(line, units + lost, changes)


def _moved(line: WorkLine, units: int, changes: dict[str, int]) -> WorkLine:
    """Units that were on their way are the line's no more, nor counted by the steps that they had gone through."""
    prepared = max(0, line.prepared - units)
    steps = {"picked": line.picked - units, "packed": line.packed - units, "prepared": prepared}
    return line.model_copy(update={**changes, **steps})


def has_left(lines: Sequence[WorkLine]) -> bool:
    """Whether anything of some work has left its node."""
    return any(line.shipped or line.received or line.under_way for line in lines)


def end_of(lines: Sequence[WorkLine]) -> Status:
    """The state of work of which nothing remains: what has left with a leg has still to arrive."""
    if any(line.under_way for line in lines):
        return Status.IN_TRANSIT
    return Status.COMPLETED if any(line.shipped or line.received for line in lines) else Status.CANCELLED


def to_prepare(work: FulfillmentOrder, items: Mapping[str, Item]) -> FulfillmentOrder:
    """The work that knows what is done with its units before they are packed, as far as their items are known."""
    lines = (
        line.model_copy(update={"preparation": items[line.sku].preparation}) if line.sku in items else line
        for line in work.lines
    )
    return work.model_copy(update={"lines": tuple(lines)})


def wanted_units(
    order: FulfillmentOrder, quantities: Mapping[int, int] | None, room: Mapping[int, int]
) -> dict[int, int]:
    """How many units of each line are meant; more than there is room for is refused."""
    if quantities is None:
        return dict(room)
    for line_no, units in quantities.items():
        order.line(line_no)
        if units > room[line_no]:
            raise InvalidRequest(
                errors=[FieldError("/lines", "quantity_too_large", f"line {line_no} has {room[line_no]} units left")]
            )
    return {line_no: quantities.get(line_no, 0) for line_no in room}

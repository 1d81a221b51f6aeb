"""What may be claimed of a parcel: no more than was in it, nothing twice, and nothing that came back. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from oms.carriers.requests import ClaimRequest
from oms.carriers.silence import heard_from
from oms.carriers.store import Tracked, claimed_write, normal
from oms.carriers.tracking import parcel_lines
from oms.fulfillment.model import Shipment
from oms.orders.model import Order
from oms.orders.quantities import first_line, lost_in, with_customer
from oms.platform.commands import Call, Runtime
from oms.platform.events import EventDraft
from oms.platform.problems import ActionNotAvailable, FieldError, Problem
from oms.platform.writes import Write

_CLAIMED = "CLAIMED"


class MoreThanInParcel(Problem):
    status = 409
    code = "more_than_in_parcel"
    title = "More would be claimed than is left to be claimed of the parcel."
    remedy = "Claim units that were in the parcel, that were not claimed before and that have not come back."


def claims_made(order: Order) -> int:
    """How many claims an order has."""
    return sum(len(one.claims) for one in order.shipments)


def claimed_units(
    order: Order, shipment_ids: Sequence[str], tracking_number: str, request: ClaimRequest
) -> tuple[Shipment, str, dict[int, int]]:
    """The shipment that is concerned, the parcel's number as it is written there, and the units by line.

    Of several shipments under one number it is the first of which so much can be claimed. Raises MoreThanInParcel.
    """
    wanted: dict[int, int] = {}
    for line in request.lines:
        wanted[line.line_no] = wanted.get(line.line_no, 0) + line.quantity
    shipments = [one for one in order.shipments if one.id in shipment_ids]
    tried = [(one, _spelling(one, tracking_number)) for one in shipments]
    wrong = [_wrong(order, one, number, wanted, request) for one, number in tried]
    for (shipment, number), errors in zip(tried, wrong, strict=True):
        if not errors:
            return shipment, number, wanted
    if not tried:
        raise ActionNotAvailable("The shipment of this number is not known yet; repeat the call in a moment.")
    raise MoreThanInParcel(errors=wrong[0])


def no_longer_waited_for(
    runtime: Runtime, call: Call, tracking_number: str, tracked: Tracked
) -> tuple[Sequence[Write], Sequence[EventDraft]]:
    """Nobody waits for news of what was claimed; a task of it that is open ends."""
    if tracked.silent_days is None:
        return (), ()
    silent = tracked.silent_at is not None and not tracked.is_listed
    ended, events = heard_from(runtime, call, tracking_number, tracked, _CLAIMED) if silent else ((), ())
    return [claimed_write(call.tenant, tracking_number, tracked), *ended], events


def _wrong(
    order: Order, shipment: Shipment, number: str, wanted: dict[int, int], request: ClaimRequest
) -> list[FieldError]:
    inside = {line.line_no: line.quantity for line in parcel_lines(shipment, number)}
    errors = []
    family: dict[int, int] = {}
    for line_no, units in wanted.items():
        left = inside.get(line_no, 0) - lost_in(order, shipment, line_no, number)
        if inside.get(line_no):
            first = first_line(order, line_no)
            left = min(left, with_customer(order, first) - family.get(first, 0))
            family[first] = family.get(first, 0) + units
        if units > left:
            at = next(index for index, line in enumerate(request.lines) if line.line_no == line_no)
            detail = f"{max(left, 0)} units of line {line_no} are left to be claimed of this parcel"
            errors.append(FieldError(f"/lines/{at}/quantity", "more_than_in_parcel", detail))
    return errors


def _spelling(shipment: Shipment, tracking_number: str) -> str:
    same = [one for one in shipment.tracking_numbers if normal(one) == normal(tracking_number)]
    return same[0] if same else tracking_number

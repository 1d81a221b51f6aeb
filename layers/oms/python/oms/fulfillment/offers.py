"""Work that is offered to several nodes: who may take it, until when, and what is told when that changes. Pure.

The work is that of the best node, which has its stock allocated; the others may take it over by accepting it first.
What follows from a change of the work is worked out from the work itself, so no verb can forget to end an offer.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from oms.fulfillment.events import (
    FulfillmentOrderOffered,
    FulfillmentOrderOfferEnded,
    FulfillmentOrderReleased,
    WorkOfLine,
)
from oms.fulfillment.model import OFFER_TAKEN, FulfillmentOrder, Status
from oms.fulfillment.protocol import TAKEN, Action
from oms.fulfillment.writes import work_ids
from oms.orders.model import Header
from oms.platform.clock import parse_instant
from oms.platform.events import EventData
from oms.platform.problems import ActionNotAvailable

TIMED_OUT, CANCELLED, REJECTED = "TIMED_OUT", "CANCELLED", "REJECTED"
ON_HOLD, RESCHEDULED = "ON_HOLD", "RESCHEDULED"
# Characters of JSON: an event stays far below the 64 KB we allow.
_MOST_ATTRIBUTES = 4_000


class OfferOver(ActionNotAvailable):
    """Work that was offered to several nodes is too late to take for this one; a late message may be dropped."""

    code = "offer_over"
    title = "This fulfilment order is not on offer to this node any more."


@dataclass(frozen=True, slots=True)
class Settled:
    """Some work as a change leaves it, what nodes are told of its offer, and whose lists it comes into or leaves."""

    work: FulfillmentOrder
    events: Sequence[EventData] = ()
    listed: Sequence[str] = ()
    unlisted: Sequence[str] = ()


def acting_node(work: FulfillmentOrder, nodes: Collection[str]) -> str:
    """For which node a caller of these nodes, or of any where there are none, acts: the one that has the work first.

    Nobody acts for a node that has not been told of the offer.
    """
    if not nodes or work.node_id in nodes or work.status is Status.SCHEDULED:
        return work.node_id
    if work.destination_node in nodes:
        return work.destination_node or ""
    return next((one for one in (*work.offered_to, *work.was_offered_to) if one in nodes), work.node_id)


def is_on_offer(work: FulfillmentOrder, node_id: str, now: str) -> bool:
    """Whether a node may take some work of another one at an instant."""
    return work.status is Status.OPEN and node_id in work.offered_to and now < (work.respond_by or "")


def has_time_left(work: FulfillmentOrder, now: datetime) -> bool:
    """Whether work was taken while it was on offer, and its node still has some of the time that any node is given."""
    if work.offer_seconds is None or work.respond_by is None or work.status not in TAKEN:
        return False
    more = timedelta(seconds=work.timeout_seconds - work.offer_seconds)
    return now < parse_instant(work.respond_by) + more


def offered_actions(work: FulfillmentOrder, node_id: str, now: str) -> list[str]:
    """What a node that work of another one is or was offered to can do with it."""
    return [Action.ACCEPT.value] if is_on_offer(work, node_id, now) else []


def taken_off(work: FulfillmentOrder, nodes: Collection[str]) -> FulfillmentOrder:
    """The work without the offer to some nodes, of which it is still known that they had it."""
    gone = tuple(one for one in work.offered_to if one in nodes)
    left = tuple(one for one in work.offered_to if one not in nodes)
    return work.model_copy(update={"offered_to": left, "was_offered_to": (*work.was_offered_to, *gone)})


def offer_ended(work: FulfillmentOrder, reason: str) -> tuple[FulfillmentOrder, list[EventData]]:
    """The work of its own node only, and what those are told to whom it was offered."""
    told = [
        FulfillmentOrderOfferEnded(**{**work_ids(work), "node_id": node_id}, reason=reason)
        for node_id in work.offered_to
    ]
    return taken_off(work, work.offered_to), [*told]


def settle(header: Header, before: FulfillmentOrder | None, after: FulfillmentOrder) -> Settled:
    """What a change of some work, before and after, means for its offer.

    Work that is not open any more is on offer to nobody, also not when it is released again. When it is released, or
    units are taken out of it, those that it is offered to are told what there is.
    """
    was = before.offered_to if before and before.status is Status.OPEN else ()
    if not was and not after.offered_to:
        return Settled(after)
    events: list[EventData] = []
    if after.status not in (Status.SCHEDULED, Status.OPEN) or (was and after.status is Status.SCHEDULED):
        if was:
            after, events = offer_ended(after, _why(after))
        else:
            after = after.model_copy(update={"offered_to": ()})
    elif after.status is Status.OPEN and (not was or (before and before.lines != after.lines)):
        events = [offered_event(header, after, node_id) for node_id in after.offered_to]
    now = after.offered_to if after.status is Status.OPEN else ()
    return Settled(after, events, [one for one in now if one not in was], [one for one in was if one not in now])


def released_event(header: Header, work: FulfillmentOrder) -> FulfillmentOrderReleased:
    """What a node is told of work that is given to it."""
    content = _content(header, work) | {"destination_node": work.destination_node}
    return FulfillmentOrderReleased(**work_ids(work), **(content | {"ship_to": None} if work.is_leg else content))


def offered_event(header: Header, work: FulfillmentOrder, node_id: str) -> FulfillmentOrderOffered:
    """What a node is told of work that is offered to it."""
    return FulfillmentOrderOffered(**{**work_ids(work), "node_id": node_id}, **_content(header, work))


def _content(header: Header, work: FulfillmentOrder) -> dict[str, Any]:
    group = header.groups[work.group_no - 1]
    return {
        "external_id": header.external_id,
        "method": work.method,
        "lines": tuple(
            WorkOfLine(
                line_no=line.line_no,
                sku=line.sku,
                quantity=line.remaining,
                components=line.components,
                part_of=line.part_of,
                segment=line.segment,
            )
            for line in work.lines
            if line.remaining
        ),
        "ship_to": group.ship_to.model_dump() if group.ship_to else None,
        "respond_by": work.respond_by or "",
        "attributes": _short(header.attributes),
    }


def _short(attributes: dict[str, object]) -> dict[str, object]:
    """Attributes small enough to travel; larger ones are read from the order."""
    return attributes if len(json.dumps(attributes)) <= _MOST_ATTRIBUTES else {}


def _why(work: FulfillmentOrder) -> str:
    """Why work that is not open any more is on offer to nobody."""
    if work.status is Status.REJECTED:
        return TIMED_OUT if work.rejected_reason == TIMED_OUT else REJECTED
    if work.status is Status.CANCELLED:
        return CANCELLED
    if work.status in (Status.ON_HOLD, Status.SCHEDULED):
        return ON_HOLD if work.holds else RESCHEDULED
    return work.replaced_reason or OFFER_TAKEN

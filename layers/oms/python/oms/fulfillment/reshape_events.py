"""Facts about work that was put on hold, split, merged or rescheduled, besides those of `events`."""

from __future__ import annotations

from typing import ClassVar

from oms.fulfillment.events import EventLine
from oms.platform.events import EventData


class _Reshaped(EventData):
    order_id: str
    fulfillment_order_id: str
    node_id: str


class FulfillmentOrderHeld(_Reshaped):
    """Work must not begin until this hold and all others on it are gone; a node that has it lays it aside.

    `released_by` says who may release the hold: `node` or `operator`. With `expires_at` it ends by itself then.
    """

    for_nodes: ClassVar[bool] = True
    hold_no: int
    reason: str
    released_by: str
    expires_at: str | None = None
    note: str | None = None


class FulfillmentOrderHoldReleased(_Reshaped):
    """Holds of some work are gone, released or `expired`; where none is left it is given to its node once more."""

    for_nodes: ClassVar[bool] = True
    hold_nos: tuple[int, ...]
    holds_left: int
    expired: bool = False


class FulfillmentOrderRescheduled(_Reshaped):
    """Work is not to begin before `release_at`; a node that has it lays it aside, and is given it again then."""

    for_nodes: ClassVar[bool] = True
    release_at: str
    reason: str | None = None


class FulfillmentOrderSplit(_Reshaped):
    """Units of some work are work of their own from now on: `into`, of the node `to_node`, which is told of it."""

    for_nodes: ClassVar[bool] = True
    into: str
    to_node: str
    lines: tuple[EventLine, ...]
    reason: str | None = None


class FulfillmentOrderMerged(_Reshaped):
    """Some work has the units of other work of its node as well, `merged`, which is no more."""

    for_nodes: ClassVar[bool] = True
    merged: str
    lines: tuple[EventLine, ...]
    reason: str | None = None

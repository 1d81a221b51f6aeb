"""Facts about what a node does with units before they leave: short, prepared, unpacked, taken off the counter."""

from __future__ import annotations

from typing import ClassVar

from oms.fulfillment.events import EventLine
from oms.fulfillment.lines import Carton
from oms.platform.events import EventData
from oms.registry.segments import Segment


class _Handled(EventData):
    order_id: str
    fulfillment_order_id: str
    node_id: str


class ShortLine(EventLine):
    """Units of stock that were short of one line, and why; of a kit, `sku` is the component."""

    segment: Segment | None = None
    reason: str


class FulfillmentOrderShortPicked(_Handled):
    """Units were not there when they were to be picked; those in `lines` are open again on the order.

    With `goes_on` the node goes on with the rest, and nobody else has been told yet to look for other nodes.
    """

    short: tuple[ShortLine, ...]
    lines: tuple[EventLine, ...]
    goes_on: bool


class FulfillmentOrderPacked(_Handled):
    """Units were put into boxes, which the node may name as `cartons`."""

    version: ClassVar[int] = 2

    lines: tuple[EventLine, ...]
    cartons: tuple[Carton, ...] = ()


class FulfillmentOrderPrepared(_Handled):
    """What has to be done with units before they are packed, such as assembly, was done."""

    lines: tuple[EventLine, ...]


class FulfillmentOrderUnpacked(_Handled):
    """Units came out of their boxes again, before they left; `cartons` are the numbers of those that are no more."""

    lines: tuple[EventLine, ...]
    cartons: tuple[int, ...] = ()


class FulfillmentOrderUnstaged(_Handled):
    """Goods do not wait for the customer any more, in `staging_bay` where that was told; they are still packed."""

    staging_bay: str | None = None

"""Facts about customers who collect, or do not. Amounts are those of the shipment, which has an event of its own."""

from __future__ import annotations

from typing import ClassVar

from oms.fulfillment.events import EventLine
from oms.platform.events import EventData


class _Collected(EventData):
    order_id: str
    fulfillment_order_id: str
    node_id: str


class RefusedLine(EventLine):
    """Units of one order line that were not wanted at the counter."""

    reason: str


class FulfillmentOrderHandedOver(_Collected):
    """Somebody was at the counter: who, what they showed (kinds only), what left and what they refused.

    `shipment_id` is null where nothing left. `collected_by` is customer, alternate or courier.
    """

    shipment_id: str | None = None
    collector: str | None = None
    collected_by: str | None = None
    proofs: tuple[str, ...] = ()
    age_checked: int | None = None
    lines: tuple[EventLine, ...] = ()
    refused: tuple[RefusedLine, ...] = ()


class FulfillmentOrderProofRefused(_Collected):
    """A wrong code was shown for goods; after too many the code opens nothing until `locked_until`."""

    attempts: int
    locked_until: str | None = None


class FulfillmentOrderCollectionDue(_Collected):
    """Goods still wait for the customer, who is reminded to collect them before `pickup_by`."""

    pickup_by: str


class FulfillmentOrderCollectionExtended(_Collected):
    """Goods are kept longer for the customer."""

    for_nodes: ClassVar[bool] = True
    before: str
    pickup_by: str
    reason: str


class FulfillmentOrderNotCollected(_Collected):
    """Nobody came for goods in time: they are cancelled and go back to the shelf; what was paid is owed back."""

    for_nodes: ClassVar[bool] = True
    lines: tuple[EventLine, ...]
    pickup_by: str


class FulfillmentOrderArrival(_Collected):
    """A customer who collects says where they are: in_transit, at_store or at_curbside (in which bay and vehicle)."""

    for_nodes: ClassVar[bool] = True
    external_id: str
    state: str
    bay: str | None = None
    vehicle: str | None = None

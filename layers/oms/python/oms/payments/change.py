"""What a change of an order's payments consists of, and what every fact about a tender says. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from oms.fulfillment.model import Capture, FulfillmentOrder, Shipment
from oms.orders.model import Header, Order
from oms.payments.model import Payment
from oms.payments.refunds import Refund
from oms.platform.events import EventData
from oms.platform.problems import ActionNotAvailable


class Overtaken(ActionNotAvailable):
    """Another run has recorded what became of this in the meantime."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an answer changes; a header of None stays as it is."""

    events: Sequence[EventData]
    payments: Sequence[Payment] = ()
    shipments: Sequence[Shipment] = ()
    header: Header | None = None
    work: Sequence[FulfillmentOrder] = ()
    refunds: Sequence[Refund] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One capture of one shipment, or of work that is ready, under the key with which the provider was asked."""

    shipment_id: str
    capture: Capture

    @property
    def key(self) -> str:
        return self.capture.key(self.shipment_id)


def changed(
    events: Sequence[EventData], payments: Sequence[Payment], taking: Sequence[Shipment | FulfillmentOrder]
) -> Change:
    """A change of tenders and of what their money is taken for: what has left, and work that is ready."""
    shipments = [one for one in taking if isinstance(one, Shipment)]
    return Change(events, payments, shipments, work=[one for one in taking if isinstance(one, FulfillmentOrder)])


def facts(order: Order, payment: Payment, key: str | None) -> dict[str, str]:
    """What every fact about a tender says."""
    header = order.header
    known = {
        "order_id": header.id,
        "payment_id": payment.id,
        "tender": payment.tender,
        "provider": payment.provider,
        "currency": payment.currency,
        "legal_entity": header.legal_entity,
        "store": header.selling_node,
        "channel": header.channel,
    }
    return known if key is None else {**known, "key": key}

"""Facts about returns. Amounts in minor units of `currency`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from oms.orders.amounts import Taxed
from oms.platform.events import EventData


class ReturnedLine(BaseModel):
    """Units of a line that came back: their price net of discount and its tax, and what of both was given before."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int
    disposition: str
    goods: int
    tax: int
    appeased_goods: int
    appeased_tax: int


class ReturnAccepted(EventData):
    """A store took goods back; `owed` is what the customer gets, by the refund `refund_id` where that is anything.

    `tax` is that of the goods and of the `shipping` that is given back. `store` is the node that sold.
    `taxes` says whose the tax is that goes back now, `tax` less `appeased_tax`, where that is known of any of it.
    """

    version: ClassVar[int] = 2

    order_id: str
    external_id: str
    return_id: str
    node_id: str
    reason: str
    currency: str
    legal_entity: str
    store: str
    channel: str
    lines: tuple[ReturnedLine, ...]
    goods: int
    shipping: int
    tax: int
    taxes: tuple[Taxed, ...] = ()
    fee: int
    appeased_goods: int
    appeased_tax: int
    owed: int
    refund_id: str | None = None

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
    grade: str | None = None


class KeptBack(BaseModel):
    """What is kept back of what was paid, by its kind."""

    model_config = ConfigDict(frozen=True)
    kind: str
    amount: int


class ReturnAccepted(EventData):
    """Goods were taken back; `owed` is what the customer gets, by the refund `refund_id` where that is anything.

    `tax` is that of the goods and of the `shipping` that is given back. `store` is the node that sold.
    `taxes` says whose the tax is that goes back now, `tax` less `appeased_tax`, where that is known of any of it.
    `fees` says what `fee` is made of, `kept` which charges are not given back. `override_reason` is why somebody let
    come back what the rules do not, `overridden` what it went against. `rma_id` is the return by post that the units
    belong to.
    """

    version: ClassVar[int] = 3

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
    fees: tuple[KeptBack, ...] = ()
    kept: tuple[KeptBack, ...] = ()
    override_reason: str | None = None
    overridden: tuple[str, ...] = ()
    rma_id: str | None = None

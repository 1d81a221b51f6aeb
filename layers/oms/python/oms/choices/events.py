"""Facts about choices. Amounts in minor units of the order's currency."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from oms.platform.events import EventData


class OfferedSubstitute(BaseModel):
    """An item that is offered in place of another, and what a unit of it costs the customer."""

    model_config = ConfigDict(frozen=True)
    sku: str
    unit_price: int


class ChoiceEvent(EventData):
    """What every fact of a choice says; `kind` is BACKORDER, REJECTION or SUBSTITUTION."""

    order_id: str
    external_id: str
    choice_id: str
    kind: str
    line_no: int
    sku: str
    quantity: int


class ChoiceOffered(ChoiceEvent):
    """A customer may decide until `expires_at`; `choice_link` is the name of the link, which no timeline shows."""

    hidden: ClassVar[tuple[str, ...]] = ("choice_link",)

    options: tuple[str, ...]
    substitutes: tuple[OfferedSubstitute, ...]
    otherwise: str
    expires_at: str
    fulfillment_order_id: str | None
    choice_link: str


class ChoiceAnswered(ChoiceEvent):
    """The customer decided; `quantity` is what was left to decide about, `asked` how: link, in_person or by_phone."""

    option: str
    substitute: str | None
    taken_by: str
    asked: str


class ChoiceExpired(ChoiceEvent):
    """Nobody answered in time, and the rule decided: `option` is wait or cancel."""

    option: str


class ChoiceWithdrawn(ChoiceEvent):
    """Nothing was left to decide about: the units had come, had gone another way or were cancelled."""


class OrderLineSubstituted(EventData):
    """Units of a line were replaced by another item, which is line `line_no` from now on.

    `difference` is what it costs more than before, never above zero.
    """

    order_id: str
    external_id: str
    choice_id: str
    from_line_no: int
    from_sku: str
    line_no: int
    sku: str
    quantity: int
    difference: int
    currency: str
    fulfillment_order_ids: tuple[str, ...]

"""Shapes of answers about supply that the product builds as plain documents, for the API description."""

from __future__ import annotations

from datetime import date

from oms.inventory.supply.model import Kind, Status
from tools.openapi_answers import Answer


class SupplyLineDocument(Answer):
    """A line of supply: its counts, and what of it is still expected (`future`) or under way (`in_transit`)."""

    line_no: int
    sku: str
    segment: dict[str, str] | None
    quantity: int
    expected_on: date
    order_line_no: int | None
    sent: int
    received: int
    closed: int
    lost: int
    future: int
    in_transit: int


class SupplyDocument(Answer):
    """Supply with all its lines; `version` counts its changes."""

    id: str
    kind: Kind
    node_id: str
    from_node: str | None
    supplier: str | None
    purchase_order: str | None
    status: Status
    lines: list[SupplyLineDocument]
    version: int
    available_actions: list[str]


class ComingUnits(Answer):
    """Units that are to arrive at a node on a day of its own calendar."""

    supply_id: str
    line_no: int
    segment: dict[str, str] | None
    kind: Kind
    node_id: str
    expected_on: date
    units: int


class ComingOfItem(Answer):
    """What is to come of an item, soonest first."""

    sku: str
    coming: list[ComingUnits]

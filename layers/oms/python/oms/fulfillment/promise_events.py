"""What is told of promises while there is still time to say so. Instants are RFC 3339 in UTC, days `YYYY-MM-DD`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from oms.platform.events import EventData


class LineAtRisk(BaseModel):
    """Units of a line that have not left, and the day on which they were to come: as promised, and as is likely now."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int
    expected_before: str | None
    expected_on: str | None


class FulfillmentOrderPromiseAtRisk(EventData):
    """Some work is not done shortly before it was promised: it was due then, and can leave or be ready next then.

    `next_at` is null where nobody knows; the day of its lines is then not known either.
    """

    order_id: str
    fulfillment_order_id: str
    node_id: str
    external_id: str
    due_at: str
    next_at: str | None
    lines: tuple[LineAtRisk, ...]

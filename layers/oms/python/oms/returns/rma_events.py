"""Facts about returns by post. What is owed for their units is told by ReturnAccepted."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from oms.platform.events import EventData


class ReturnUnits(BaseModel):
    """Units of a line of the order."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int


class ReceivedUnits(BaseModel):
    """Units of a line that came, that were missing in their parcel, and that were of another item."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    received: int
    missing: int
    wrong: int


class InspectedUnits(BaseModel):
    """Units of a line with their grade, and what becomes of them."""

    model_config = ConfigDict(frozen=True)
    line_no: int
    sku: str
    quantity: int
    grade: str
    disposition: str


class _Rma(EventData):
    version: ClassVar[int] = 1

    order_id: str
    external_id: str
    rma_id: str
    # The node that its units are to go to.
    node_id: str
    channel: str


class ReturnRequested(_Rma):
    """A customer wants to send units back; where rules approve it at once, ReturnApproved follows."""

    reason: str
    lines: tuple[ReturnUnits, ...]
    override_reason: str | None = None


class ReturnApproved(_Rma):
    """Units may be sent back until `expires_at`; `reopened` where the return had ended before."""

    reason: str | None
    lines: tuple[ReturnUnits, ...]
    expires_at: str
    reopened: bool = False


class ReturnDeclined(_Rma):
    """Units may not be sent back."""

    reason: str


class ReturnCancelled(_Rma):
    """Nothing of the return is to be sent any more."""

    reason: str


class ReturnReceived(_Rma):
    """A node has received units of the return; they are its stock, and held back until they are inspected."""

    received_at_node: str
    tracking_number: str | None
    lines: tuple[ReceivedUnits, ...]


class ReturnInspected(_Rma):
    """Units of the return were inspected; those that are restocked are for sale again where they are."""

    inspected_at_node: str
    lines: tuple[InspectedUnits, ...]


class ReturnExpired(_Rma):
    """Units of the return did not come in time and have left it."""

    lines: tuple[ReturnUnits, ...]


class ReturnClosed(_Rma):
    """Nothing of the return is to come or to be inspected."""

"""How the calls about returns by post are read."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from oms.platform.fields import Code, Count, Label, Quantity
from oms.platform.intake import Request
from oms.returns.model import Disposition, Grade

MOST_LINES = 20
_LineNo = Annotated[int, Field(ge=1)]


class DecisionRequest(Request):
    """Whether the units of a return may be sent, and why or why not."""

    decision: Literal["approve", "decline"]
    reason: Label


class ReceivedUnits(Request):
    """Of a line so many units came; so many were missing in their parcel, and so many were of another item."""

    line_no: _LineNo
    received: Count = 0
    missing: Count = 0
    wrong: Count = 0

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not (self.received or self.missing or self.wrong):
            raise ValueError("so many units that were received, missing or wrong")
        return self


class ReceiptRequest(Request):
    """What a node found in a parcel of a return, or what the customer brought there."""

    node_id: Code
    tracking_number: Code | None = None
    lines: Annotated[tuple[ReceivedUnits, ...], Field(min_length=1, max_length=MOST_LINES)]


class InspectedUnits(Request):
    """Units of a line that a node has, what they are like, and what becomes of them."""

    line_no: _LineNo
    quantity: Quantity
    grade: Grade
    disposition: Literal[
        Disposition.RESTOCK, Disposition.REPAIR, Disposition.VENDOR, Disposition.LIQUIDATE, Disposition.DESTROY
    ]


class InspectionRequest(Request):
    """What a node found when it looked at units that it has received."""

    node_id: Code
    lines: Annotated[tuple[InspectedUnits, ...], Field(min_length=1, max_length=MOST_LINES)]


class ReasonRequest(Request):
    """Why a return is cancelled, or opened again."""

    reason: Label

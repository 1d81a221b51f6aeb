"""How calls about supply are read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Protocol, Self, TypeVar

from pydantic import AfterValidator, Field, model_validator

from oms.inventory.supply.model import Kind
from oms.platform.fields import Code, Count, IsoDate, Quantity
from oms.platform.intake import Request, no_more_than, refuse_card_numbers, validate
from oms.registry.segments import Segment, stock_name

MOST_LINES = 500
LineNo = Annotated[int, Field(strict=True, ge=1, le=9_999)]


class _Numbered(Protocol):
    @property
    def line_no(self) -> int: ...


L = TypeVar("L", bound=Sequence[_Numbered])


def _once(lines: L) -> L:
    if len({line.line_no for line in lines}) != len(lines):
        raise ValueError("a line_no stands in the list twice")
    return lines


class _Id(Request):
    id: Code


def supply_name(text: str) -> str:
    """The id of supply from the path; raises InvalidRequest for one that cannot be stored or is a card number."""
    refuse_card_numbers({"supply_id": text})
    return validate(_Id, {"id": text}).id


class PutLine(Request):
    """Units of a SKU, or of a segment of it, that are to arrive on a day of the destination's own calendar."""

    line_no: LineNo
    sku: Code
    segment: Segment | None = None
    quantity: Quantity
    expected_on: IsoDate
    order_line_no: LineNo | None = None

    @property
    def stock_sku(self) -> str:
        """The name of the stock that they are to be."""
        return stock_name(self.sku, self.segment)


class PutSupply(Request):
    """Supply as it is put: all its lines. A line that is left out is given up as far as it has not left or arrived.

    A purchase order or notice may name its `supplier`; a notice takes units over from the lines of `purchase_order`; a
    transfer comes from the node `from_node`, which keeps its units for it.
    """

    kind: Kind
    node_id: Code
    from_node: Code | None = None
    supplier: Code | None = None
    purchase_order: Code | None = None
    lines: Annotated[tuple[PutLine, ...], no_more_than(MOST_LINES), Field(min_length=1)]

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.kind is Kind.TRANSFER) != (self.from_node is not None):
            raise ValueError("a transfer has a from_node, and nothing else has one")
        if self.from_node == self.node_id:
            raise ValueError("a transfer goes to another node")
        if self.kind is Kind.TRANSFER and self.supplier is not None:
            raise ValueError("a transfer has no supplier")
        if self.purchase_order is not None and self.kind is not Kind.SHIPMENT_NOTICE:
            raise ValueError("only a shipment_notice has a purchase_order")
        if any((line.order_line_no is None) != (self.purchase_order is None) for line in self.lines):
            raise ValueError("lines of a notice name the order_line_no of its purchase_order, and no others do")
        _once(self.lines)
        return self


class DispatchedLine(Request):
    line_no: LineNo
    quantity: Quantity


class Dispatch(Request):
    """What left its node; without `lines`, all that is left of the transfer."""

    supply_id: Code | None = None
    lines: (
        Annotated[tuple[DispatchedLine, ...], no_more_than(MOST_LINES), Field(min_length=1), AfterValidator(_once)]
        | None
    ) = None


class ReceivedLine(Request):
    """Units that arrived, those in good order and those damaged; more than were expected may come."""

    line_no: LineNo
    quantity: Count = 0
    damaged: Count = 0

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.quantity + self.damaged:
            raise ValueError("a receipt of no units")
        return self


class Receipt(Request):
    """What arrived; without `lines`, all that was still to come, in good order."""

    supply_id: Code | None = None
    lines: (
        Annotated[tuple[ReceivedLine, ...], no_more_than(MOST_LINES), Field(min_length=1), AfterValidator(_once)] | None
    ) = None


class Closing(Request):
    """Nothing more will come of these lines, or of all, and why."""

    reason: Code
    lines: Annotated[tuple[LineNo, ...], no_more_than(MOST_LINES), Field(min_length=1)] | None = None


class SupplyQuery(Request):
    """Whose supply is wanted."""

    sku: Code

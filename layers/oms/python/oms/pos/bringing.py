"""Which lines of an order the units are of that came back to a till, which may know only what they are. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from oms.orders.model import Line, Order
from oms.platform.problems import FieldError, InvalidRequest
from oms.pos.requests import UnitsBack
from oms.returns.model import Disposition, Grade


@dataclass(frozen=True, slots=True)
class LineBack:
    """Units of one line that came back."""

    line_no: int
    quantity: int
    disposition: Disposition
    condition: str | None = None
    grade: Grade | None = None


def lines_back(order: Order, wanted: Sequence[UnitsBack]) -> tuple[LineBack, ...]:
    """The units by line: those of a SKU are of its lines in their order, as far as they left and have not come back.

    Raises InvalidRequest for a SKU that the order has not, for more units of it than that, and for some units where
    its lines were sold at different prices, so that nobody knows which came back.
    """
    found: list[LineBack] = []
    errors: list[FieldError] = []
    for number, asked in enumerate(wanted):
        pointer = f"/brought_back/lines/{number}"
        if asked.line_no is not None:
            found.append(LineBack(asked.line_no, asked.quantity, asked.disposition, asked.condition))
            continue
        lines = [line for line in order.lines if line.agreed.sku == asked.sku and line.part_of is None]
        left = {line.line_no: _left(order, line, found) for line in lines}
        open_lines = [line for line in lines if left[line.line_no] > 0]
        still = sum(one.quantity for one in wanted[number:] if one.sku == asked.sku)
        errors += _wrong(asked, lines, open_lines, sum(left.values()), still, pointer)
        rest = asked.quantity
        for line in open_lines:
            if units := min(rest, left[line.line_no]):
                found.append(LineBack(line.line_no, units, asked.disposition, asked.condition))
                rest -= units
    if errors:
        raise InvalidRequest(errors=errors)
    return tuple(found)


def _left(order: Order, line: Line, found: Sequence[LineBack]) -> int:
    now = sum(one.quantity for one in found if one.line_no == line.line_no)
    return max(0, order.shipped(line.line_no) - order.returned(line.line_no) - now)


def _wrong(
    asked: UnitsBack, lines: Sequence[Line], open_lines: Sequence[Line], left: int, still: int, pointer: str
) -> Iterator[FieldError]:
    if not lines:
        yield FieldError(f"{pointer}/sku", "unknown_line", f"the order has no line of {asked.sku}")
    elif asked.quantity > left:
        detail = f"{left} units of {asked.sku} were delivered and not returned"
        yield FieldError(f"{pointer}/quantity", "more_than_delivered", detail)
    elif any(not _same_price(line, open_lines[0]) for line in open_lines) and still < left:
        numbers = ", ".join(str(line.line_no) for line in open_lines)
        detail = f"lines {numbers} have {asked.sku} at different prices; say which of them by its line_no"
        yield FieldError(f"{pointer}/sku", "ambiguous_line", detail)


def _same_price(line: Line, other: Line) -> bool:
    """Whether a unit of both cost the same before tax, which is spread over the lines of a sale to the minor unit."""
    one, two = line.agreed, other.agreed
    return (one.total - one.tax) * two.quantity == (two.total - two.tax) * one.quantity

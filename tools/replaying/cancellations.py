"""Finds the sale that a cancellation undoes; the file does not name it.

A line of a cancellation belongs to the newest earlier sale of the same customer, SKU and price that has enough units
left. Sales are held back from their nodes until just after their last cancellation (`Sale.ship_after`), but only for
so long as the bank holds the money: a cancellation later than that meets goods that were delivered.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from tools.replaying.documents import Document, FileLine
from tools.replaying.rules import (
    DISCOUNT,
    SHIPPING_CHARGES,
    Reading,
    Reason,
    Reject,
    SaleCharge,
    SaleLine,
)

# An authorisation lasts seven days; one of them is left for the goods to leave in.
LONGEST_HOLD = timedelta(days=6)
# The node may begin this long after the cancellation's time, so that small delays of the replay do no harm.
AFTER_CANCELLATION = timedelta(minutes=15)

Key = tuple[str, Decimal]


@dataclass(slots=True)
class Sale:
    """An order to be placed, and what its cancellations will leave of it; line numbers begin at 1.

    `total` is in pennies as the order says it, `value` what the file says, exactly.
    """

    document: Document
    lines: tuple[SaleLine, ...]
    charges: tuple[SaleCharge, ...]
    total: int
    value: Decimal
    ship_after: datetime | None = None
    left: list[int] = field(init=False)
    charges_left: list[SaleCharge] = field(init=False)

    def __post_init__(self) -> None:
        self.left = [line.quantity for line in self.lines]
        self.charges_left = list(self.charges)

    @property
    def is_service_only(self) -> bool:
        """Whether it has no goods; such an order is delivered as soon as it is paid."""
        return not any(line.is_stock for line in self.lines)

    @property
    def has_no_goods_left(self) -> bool:
        return not any(left for line, left in zip(self.lines, self.left, strict=True) if line.is_stock)


@dataclass(frozen=True, slots=True)
class Part:
    """What a line of a cancellation takes out of a sale, and its exact value in the file (above zero)."""

    units: tuple[tuple[int, int], ...]  # (line number, quantity)
    amount: int
    value: Decimal


@dataclass(slots=True)
class SaleCancellation:
    """All that one document takes out of one sale: one call of the API."""

    document: Document
    sale: Sale
    parts: list[Part] = field(default_factory=list)

    @property
    def units(self) -> dict[int, int]:
        """Units per line number."""
        units: dict[int, int] = {}
        for part in self.parts:
            for line_no, quantity in part.units:
                units[line_no] = units.get(line_no, 0) + quantity
        return units

    @property
    def amount(self) -> int:
        return sum(part.amount for part in self.parts)

    @property
    def value(self) -> Decimal:
        return sum((part.value for part in self.parts), Decimal(0))


class Sales:
    """The sales so far, by customer; each cancellation takes out of them what it undoes."""

    def __init__(self) -> None:
        self._sales: dict[str, list[Sale]] = defaultdict(list)
        self._lines: dict[str, dict[Key, dict[int, list[int]]]] = defaultdict(lambda: defaultdict(dict))

    def remember(self, document: Document, reading: Reading) -> Sale:
        refused = sum((reject.value for reject in reading.rejects), Decimal(0))
        sale = Sale(document, reading.lines, reading.charges, reading.total, document.value - refused)
        if document.customer:
            sales = self._sales[document.customer]
            sales.append(sale)
            for number, line in enumerate(sale.lines, start=1):
                positions = self._lines[document.customer][line.sku, line.price]
                positions.setdefault(len(sales) - 1, []).append(number)
        return sale

    def cancel(self, document: Document) -> tuple[list[SaleCancellation], list[Reject]]:
        """Match every line of a cancellation; returns the calls to make and the lines that cannot be done."""
        calls: dict[int, SaleCancellation] = {}
        rejects = []
        # Postage goes back only with the last of the goods, so the goods come first.
        for line in sorted(document.lines, key=lambda line: line.code in SHIPPING_CHARGES):
            reason = self._take(document, line, calls)
            if reason is not None:
                rejects.append(Reject(document.number, reason, line.value, line.code))
        for call in calls.values():
            call.sale.ship_after = document.at + AFTER_CANCELLATION
        return list(calls.values()), rejects

    def _take(self, document: Document, line: FileLine, calls: dict[int, SaleCancellation]) -> Reason | None:
        """Take one line out of its sale; returns why not."""
        if line.quantity >= 0:
            return Reason.NOT_NEGATIVE
        if line.code == DISCOUNT:
            return Reason.LATER_DISCOUNT
        if not document.customer:
            return Reason.ANONYMOUS
        if line.code in SHIPPING_CHARGES and self._take_charge(document, line, calls):
            return None
        for index, numbers in self._candidates(document, line):
            sale = self._sales[document.customer][index]
            taken = _units(sale, numbers, -line.quantity)
            if taken is None:
                continue
            before = {number: sale.left[number - 1] for number, _ in taken}
            for number, quantity in taken:
                sale.left[number - 1] -= quantity
            # Taken out in any case: the same units cannot be given back twice.
            if sale.is_service_only or document.at - sale.document.at > LONGEST_HOLD:
                return Reason.NEEDS_RETURN
            amount = sum(
                sale.lines[number - 1].value_left(before[number])
                - sale.lines[number - 1].value_left(sale.left[number - 1])
                for number, _ in taken
            )
            call = calls.setdefault(index, SaleCancellation(document, sale))
            call.parts.append(Part(tuple(taken), amount, -line.value))
            return None
        return Reason.CHARGE_REFUND if line.code in SHIPPING_CHARGES else Reason.UNKNOWN_SALE

    def _candidates(self, document: Document, line: FileLine) -> Iterator[tuple[int, list[int]]]:
        found = self._lines[document.customer].get((line.code, line.price), {})
        yield from sorted(found.items(), reverse=True)

    def _take_charge(self, document: Document, line: FileLine, calls: dict[int, SaleCancellation]) -> bool:
        """Whether the postage is that of a sale which this document cancels to the last of its goods."""
        for call in calls.values():
            for charge in call.sale.charges_left if call.sale.has_no_goods_left else ():
                if (charge.code, charge.price, charge.quantity) == (line.code, line.price, -line.quantity):
                    call.sale.charges_left.remove(charge)
                    call.parts.append(Part((), charge.amount, -line.value))
                    return True
        return False


def _units(sale: Sale, numbers: list[int], wanted: int) -> list[tuple[int, int]] | None:
    """So many units from some lines of a sale; None when they do not have enough left."""
    taken = []
    for number in numbers:
        quantity = min(wanted, sale.left[number - 1])
        if quantity:
            taken.append((number, quantity))
            wanted -= quantity
    return None if wanted else taken

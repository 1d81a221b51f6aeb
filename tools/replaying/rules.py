"""What each line of a document becomes: goods, service, charge, discount, stock change, or a stated refusal.

Codes of services are not stock. They stand in the file beside goods, in both cases ("m" and "M").
Money is in minor units of GBP from here on. A price finer than a penny is rounded once per line: quantity times price,
half up. The API takes whole pennies per unit, so such a price goes up to the next penny and what is then too much
comes off as a discount with the source "rounding".
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum

from tools.replaying.documents import Document, FileLine

CURRENCY = "GBP"
PENNIES = 100
SHIPPING_CHARGES = {"POST": "postage", "DOT": "dotcom_postage", "C2": "carriage"}
DISCOUNT = "D"
SERVICES = frozenset({"M", "S", "BANK CHARGES", "AMAZONFEE", "CRUK", "B", "PADS"})
GIFT_VOUCHER = "GIFT_0001_"


class Reason(StrEnum):
    """Why something of the file does not become what it looks like. The text is for people."""

    BAD_DEBT = "bad debt adjustment: bookkeeping, neither goods nor money of a sale"
    NEGATIVE_PRICE = "negative price outside an adjustment"
    NEGATIVE_SALE = "negative quantity with a price on a document that is no cancellation"
    SERVICE_WITHOUT_VALUE = "service without goods, customer or price"
    DISCOUNT_ABOVE_ZERO = "discount that adds to the price"
    DISCOUNT_TOO_LARGE = "discount larger than the goods it stands beside"
    NOT_NEGATIVE = "quantity above zero on a cancellation"
    ANONYMOUS = "cancellation without a customer: its sale cannot be known"
    UNKNOWN_SALE = "no earlier sale of that customer, SKU and price has enough units left in this replay"
    NEEDS_RETURN = "its sale has been delivered by then: needs a return, not a cancellation"
    CHARGE_REFUND = "postage given back while goods stay: needs an appeasement"
    LATER_DISCOUNT = "discount given after the sale: needs an appeasement"
    SALE_REFUSED = "the system had refused its sale"
    REFUSED_SALE = "the system refused the order"
    REFUSED_CANCELLATION = "the system refused the cancellation"


@dataclass(frozen=True, slots=True)
class Reject:
    """A part of a document that is reported instead of done; `value` is exact and may be negative."""

    document: str
    reason: Reason
    value: Decimal
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SaleLine:
    """One line of an order; `discount` is granted, `rounding` makes a finer price fit into whole pennies."""

    sku: str
    is_stock: bool
    description: str
    quantity: int
    price: Decimal
    unit_price: int
    rounding: int
    discount: int = 0

    @property
    def total(self) -> int:
        return self.unit_price * self.quantity - self.rounding - self.discount

    def value_left(self, quantity: int) -> int:
        """What so many of its units cost: a cumulative share of each amount, rounded half up."""
        taken_off = sum(_share(amount, quantity, self.quantity) for amount in (self.rounding, self.discount))
        return self.unit_price * quantity - taken_off


@dataclass(frozen=True, slots=True)
class SaleCharge:
    """Postage beside goods. `code` and `price` find it again when a cancellation names it."""

    code: str
    quantity: int
    price: Decimal
    amount: int


@dataclass(frozen=True, slots=True)
class StockChange:
    """Units found (positive) or written off (negative), as the file notes them: without a price."""

    document: str
    sku: str
    quantity: int
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What one document, which is no cancellation, comes to."""

    lines: tuple[SaleLine, ...] = ()
    charges: tuple[SaleCharge, ...] = ()
    stock_changes: tuple[StockChange, ...] = ()
    rejects: tuple[Reject, ...] = ()

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines) + sum(charge.amount for charge in self.charges)


def is_cancellation(document: Document) -> bool:
    return document.number.startswith("C")


def is_service(code: str) -> bool:
    """Say whether a code of a line names no goods."""
    return code in SERVICES or code in SHIPPING_CHARGES or code == DISCOUNT or code.startswith(GIFT_VOUCHER)


def read_sale(document: Document) -> Reading:
    """Sort the lines of a document that is no cancellation.

    Bad-debt documents are refused. A line below zero without a price is a write-off. A document of an unknown customer
    in which nothing has a price is stock that was found. Every other line belongs to an order: goods without a price
    beside goods with one were given away.
    """
    if document.number.startswith("A"):
        return Reading(rejects=(Reject(document.number, Reason.BAD_DEBT, document.value),))
    rejects: list[Reject] = []
    changes: list[StockChange] = []
    kept: list[FileLine] = []
    nothing_sold = not document.customer and all(line.price == 0 for line in document.lines)
    for line in document.lines:
        refused = _refusal(line, nothing_sold)
        if refused is not None:
            rejects.append(Reject(document.number, refused, line.value, line.code))
        elif line.code != DISCOUNT and (line.quantity < 0 or nothing_sold):
            changes.append(StockChange(document.number, line.code, line.quantity, _why(line)))
        else:
            kept.append(line)
    lines, charges, too_large = _order_parts(document, kept)
    return Reading(lines, charges, tuple(changes), (*rejects, *too_large))


def _refusal(line: FileLine, nothing_sold: bool) -> Reason | None:
    if line.code == DISCOUNT:
        return None if line.value < 0 else Reason.DISCOUNT_ABOVE_ZERO
    if line.price < 0:
        return Reason.NEGATIVE_PRICE
    if line.quantity == 0 or (line.quantity < 0 and line.price > 0):
        return Reason.NEGATIVE_SALE
    if is_service(line.code) and (nothing_sold or line.quantity < 0):
        return Reason.SERVICE_WITHOUT_VALUE
    return None


def _why(line: FileLine) -> str:
    return line.description or ("found" if line.quantity > 0 else "written off")


def _order_parts(
    document: Document, kept: Sequence[FileLine]
) -> tuple[tuple[SaleLine, ...], tuple[SaleCharge, ...], list[Reject]]:
    """Order lines and charges; postage with no goods beside it is a line itself, because an order has lines."""
    has_goods = any(not is_service(line.code) for line in kept)
    beside_goods = SHIPPING_CHARGES if has_goods else {}
    lines = [_sale_line(line) for line in kept if line.code != DISCOUNT and line.code not in beside_goods]
    charges = tuple(_charge(line) for line in kept if line.code in beside_goods and line.value)
    rejects = []
    for discount in (line for line in kept if line.code == DISCOUNT):
        spread = _spread(lines, to_minor(-discount.value))
        if spread is None:
            rejects.append(Reject(document.number, Reason.DISCOUNT_TOO_LARGE, discount.value, DISCOUNT))
        else:
            lines = spread
    return tuple(lines), charges, rejects


def _sale_line(line: FileLine) -> SaleLine:
    unit_price = int((line.price * PENNIES).to_integral_value(rounding=ROUND_CEILING))
    return SaleLine(
        sku=line.code,
        is_stock=not is_service(line.code),
        description=line.description,
        quantity=line.quantity,
        price=line.price,
        unit_price=unit_price,
        rounding=unit_price * line.quantity - to_minor(line.value),
    )


def _charge(line: FileLine) -> SaleCharge:
    return SaleCharge(line.code, line.quantity, line.price, to_minor(line.value))


def _spread(lines: Sequence[SaleLine], amount: int) -> list[SaleLine] | None:
    """Take a discount off the lines by what they cost, largest remainder first; None where it does not fit."""
    whole = sum(line.total for line in lines)
    if amount > whole or not whole:
        return None
    shares = [amount * line.total // whole for line in lines]
    by_remainder = sorted(range(len(lines)), key=lambda index: -(amount * lines[index].total % whole))
    for index in by_remainder[: amount - sum(shares)]:
        shares[index] += 1
    return [replace(line, discount=line.discount + share) for line, share in zip(lines, shares, strict=True)]


def to_minor(value: Decimal) -> int:
    """An amount of the file in pennies, half up (away from zero)."""
    return int((value * PENNIES).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def from_minor(pennies: int) -> Decimal:
    return Decimal(pennies) / PENNIES


def _share(amount: int, done: int, whole: int) -> int:
    return (2 * amount * done + whole) // (2 * whole)

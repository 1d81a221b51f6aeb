"""Documents as the file would have them, in few words."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tools.replaying.documents import Document, FileLine

BEGIN = datetime(2010, 12, 1, 8, 0, tzinfo=UTC)


def line(code: str, quantity: int, price: str, description: str = "THING") -> FileLine:
    return FileLine(code, description, quantity, Decimal(price))


def document(number: str, *lines: FileLine, minutes: float = 0, customer: str = "17850") -> Document:
    at = BEGIN + timedelta(minutes=minutes)
    return Document(number, customer, "United Kingdom", f"{at:%Y-%m-%d %H:%M:%S}", at, lines)

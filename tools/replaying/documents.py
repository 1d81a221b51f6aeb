"""Reads an order file: CSV, plain or gzip, with the columns of the UCI "Online Retail" set, into documents.

A document is every line with one invoice number, in file order. Its time is that of its first line, which the file
gives as local time of the United Kingdom without a zone. Prices are Decimal; nothing is rounded here.
"""

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from zoneinfo import ZoneInfo

COLUMNS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
FILE_ZONE = ZoneInfo("Europe/London")


class Unreadable(Exception):
    """The file is not an order file; the text says where it stops being one."""


@dataclass(frozen=True, slots=True)
class FileLine:
    """One line as the file has it; `code` is in capitals, because the file writes some codes in both cases."""

    code: str
    description: str
    quantity: int
    price: Decimal

    @property
    def value(self) -> Decimal:
        """Quantity times price, exactly."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Document:
    """One invoice, cancellation or adjustment; `customer` is empty for an anonymous one. `at` is in UTC."""

    number: str
    customer: str
    country: str
    local_time: str
    at: datetime
    lines: tuple[FileLine, ...]

    @property
    def value(self) -> Decimal:
        return sum((line.value for line in self.lines), Decimal(0))


def read_documents(path: Path, limit: int | None = None) -> list[Document]:
    """Return the first `limit` documents of a file (all without a limit), by time; raises Unreadable."""
    numbers: dict[str, list[dict[str, str]]] = {}
    for row in _rows(path):
        known = numbers.get(row["InvoiceNo"])
        # The whole file is read even with a limit: the lines of a document need not stand together.
        if known is not None:
            known.append(row)
        elif limit is None or len(numbers) < limit:
            numbers[row["InvoiceNo"]] = [row]
    return sorted((_document(number, rows) for number, rows in numbers.items()), key=lambda document: document.at)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines)
            missing = set(COLUMNS) - set(rows.fieldnames or ())
            if missing:
                raise Unreadable(f"{path} has no column {sorted(missing)[0]}")
            yield from rows
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as problem:
        raise Unreadable(f"{path} cannot be read: {problem}") from problem


def _document(number: str, rows: list[dict[str, str]]) -> Document:
    try:
        lines = tuple(
            FileLine(
                code=row["StockCode"].strip().upper(),
                description=row["Description"].strip(),
                quantity=int(row["Quantity"]),
                price=_price(row["UnitPrice"]),
            )
            for row in rows
        )
        first = min(rows, key=lambda row: row["InvoiceDate"])
        local = datetime.fromisoformat(first["InvoiceDate"]).replace(tzinfo=FILE_ZONE)
    except (ValueError, InvalidOperation, AttributeError) as problem:
        raise Unreadable(f"document {number} cannot be read: {problem}") from problem
    return Document(
        number=number,
        customer=first["CustomerID"].strip().removesuffix(".0"),
        country=first["Country"].strip(),
        local_time=first["InvoiceDate"],
        at=local.astimezone(UTC),
        lines=lines,
    )


def _price(text: str) -> Decimal:
    price = Decimal(text)
    if not price.is_finite():
        raise ValueError(f"{text!r} is no price")
    return price

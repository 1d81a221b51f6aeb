"""POSLog (ARTS, in XML): what tills have sold and taken back, line by line.

Each till of a store counts its transactions, so the numbers of a business day, a transaction and a line go up for it.
Goods sold by weight are no units, and lines of other types (deposits, services) no stock: they tell nothing. A line
that is void takes another back where its quantity has a minus, and else was taken back itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from oms.inventory.told import Foreign, Name, Told, Units, each
from oms.platform.clock import require_utc
from oms.platform.problems import FieldError

_SIGNS = {"Sale": -1, "Return": 1}
_MOST_LINES, _MOST_TRANSACTIONS = 10**4, 10**7
_Element = ElementTree.Element


class _Line(Foreign):
    """A line that moved goods, with what its transaction says of place and time."""

    store: Name
    till: Name
    transaction: Units
    day: date
    ended: datetime
    number: Units
    item: Name
    quantity: Units


def tell(body: Any, zone: ZoneInfo) -> Iterator[Told | FieldError]:
    """The lines of a POSLog, or of one Transaction, that moved goods; times without a zone are those of `zone`."""
    if not isinstance(body, str) or "<!" in body.replace("<!--", ""):
        yield FieldError("", "not_a_poslog", "A POSLog is a text in XML without a document type.")
        return
    try:
        root = ElementTree.fromstring(body)  # noqa: S314  (see above)
    except (ElementTree.ParseError, ValueError):
        yield FieldError("", "not_a_poslog", "The text is not well-formed XML.")
        return
    if _tag(root) not in ("POSLog", "Transaction"):
        yield FieldError("", "not_a_poslog", "The text is neither a POSLog nor a Transaction.")
        return
    transactions = [root] if _tag(root) == "Transaction" else _children(root, "Transaction")
    for number, transaction in enumerate(transactions):
        if not (_flag(transaction, "CancelFlag") or _flag(transaction, "TrainingModeFlag")):
            yield from each(_Line, _lines(f"/Transaction/{number}", transaction), _teller(zone))


def _lines(pointer: str, transaction: _Element) -> Iterator[tuple[str, Any]]:
    head = {
        "store": _text(transaction, "RetailStoreID"),
        "till": _text(transaction, "WorkstationID"),
        "transaction": _text(transaction, "SequenceNumber"),
        "day": _text(transaction, "BusinessDayDate"),
        "ended": _text(transaction, "EndDateTime"),
    }
    for retail in _children(transaction, "RetailTransaction"):
        if retail.get("TransactionStatus") in ("Suspended", "Canceled", "Cancelled"):
            continue
        for number, line in enumerate(_children(retail, "LineItem")):
            for kind, sign in _SIGNS.items():
                for goods in _children(line, kind):
                    quantity = (_text(goods, "Quantity") or "1").strip()
                    taken_back = _flag(line, "VoidFlag") and not quantity.startswith("-")
                    if goods.get("ItemType", "Stock") == "Stock" and not taken_back and not _flag(line, "weightItem"):
                        yield (
                            f"{pointer}/RetailTransaction/LineItem/{number}/{kind}",
                            {
                                **{name: text for name, text in head.items() if text is not None},
                                "number": _text(line, "SequenceNumber") or str(number + 1),
                                "item": _text(goods, "ItemID"),
                                "quantity": _signed(quantity, sign),
                            },
                        )


def _teller(zone: ZoneInfo) -> Any:
    def told(pointer: str, line: _Line) -> Iterator[Told | FieldError]:
        if not (0 <= line.transaction < _MOST_TRANSACTIONS and 0 <= line.number < _MOST_LINES):
            yield FieldError(pointer, "number_too_large", "The number of a transaction or a line is too large.")
            return
        try:
            at = require_utc(line.ended if line.ended.tzinfo else line.ended.replace(tzinfo=zone))
        except ValueError as error:
            yield FieldError(pointer, "invalid_value", f"The end of a transaction is {error}.")
            return
        sequence = (line.day.toordinal() * _MOST_TRANSACTIONS + line.transaction) * _MOST_LINES + line.number
        if line.quantity:
            yield Told(pointer, line.item, line.store, "delta", line.quantity, at, sequence, line.till)

    return told


def _signed(quantity: str, sign: int) -> str:
    """A quantity in text with its sign turned where goods go out."""
    if sign > 0:
        return quantity
    return quantity.removeprefix("-") if quantity.startswith("-") else f"-{quantity}"


def _tag(element: _Element) -> str:
    return element.tag.rpartition("}")[2]


def _children(element: _Element, name: str) -> list[_Element]:
    return [child for child in element if _tag(child) == name]


def _text(element: _Element, name: str) -> str | None:
    found = _children(element, name)
    return found[0].text if found else None


def _flag(element: _Element, name: str) -> bool:
    """Whether an attribute, of whichever namespace, says true."""
    return any(key.rpartition("}")[2] == name and value in ("true", "1") for key, value in element.attrib.items())

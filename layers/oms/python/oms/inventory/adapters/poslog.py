"""POSLog (ARTS, in XML): what tills have sold and taken back, line by line.

Each till of a store counts its transactions, so the numbers of a business day, a transaction and a line go up for it.
Goods sold by weight are no units, and lines of other types (deposits, services) no stock: they tell nothing. A line
that is void takes another back where its quantity has a minus, and else was taken back itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from oms.inventory.told import Foreign, Name, Told, Units, each
from oms.platform.clock import require_utc
from oms.platform.poslog import Element, children, flag, text, transactions
from oms.platform.problems import FieldError

_SIGNS = {"Sale": -1, "Return": 1}
_MOST_LINES, _MOST_TRANSACTIONS = 10**4, 10**7


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
    found = transactions(body)
    if isinstance(found, FieldError):
        yield found
        return
    for pointer, transaction in found:
        if not (flag(transaction, "CancelFlag") or flag(transaction, "TrainingModeFlag")):
            yield from each(_Line, _lines(pointer, transaction), _teller(zone))


def _lines(pointer: str, transaction: Element) -> Iterator[tuple[str, Any]]:
    head = {
        "store": text(transaction, "RetailStoreID"),
        "till": text(transaction, "WorkstationID"),
        "transaction": text(transaction, "SequenceNumber"),
        "day": text(transaction, "BusinessDayDate"),
        "ended": text(transaction, "EndDateTime"),
    }
    for retail in children(transaction, "RetailTransaction"):
        if retail.get("TransactionStatus") in ("Suspended", "Canceled", "Cancelled"):
            continue
        for number, line in enumerate(children(retail, "LineItem")):
            for kind, sign in _SIGNS.items():
                for goods in children(line, kind):
                    quantity = (text(goods, "Quantity") or "1").strip()
                    taken_back = flag(line, "VoidFlag") and not quantity.startswith("-")
                    if goods.get("ItemType", "Stock") == "Stock" and not taken_back and not flag(line, "weightItem"):
                        yield (
                            f"{pointer}/RetailTransaction/LineItem/{number}/{kind}",
                            {
                                **{name: said for name, said in head.items() if said is not None},
                                "number": text(line, "SequenceNumber") or str(number + 1),
                                "item": text(goods, "ItemID"),
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

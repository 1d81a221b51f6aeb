"""POSLog (ARTS, in XML, as NCR writes it): the transactions of tills, with their lines, taxes, rewards and tenders.

Goods sold by weight, and lines of other types, are no units of stock: each is one of its price. A void line takes back
the line before it of the same item and amount. A line below zero, such as for a bottle, is taken off the others. Tax is
told for the whole sale and spread over the lines that it names; a reward is taken off the line that it refers to.
Cash comes as what was given, and change below zero; beside a card, change is cash back. What came back is told as
`poslog_returns` says. A sale whose parts are not its grand total is refused, and one that takes goods back as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from oms.platform.clock import format_instant, require_utc
from oms.platform.poslog import Element, children, flag, tag, text, transactions
from oms.platform.problems import FieldError
from oms.pos.adapters.poslog_returns import TERMINAL, needed, returned
from oms.pos.told import NoAmount, Told, Untold, minor_units, shares

RECORD = "RecordPosTransaction"
_CONTROLS = {"OperatorSignOn": "sign_on", "OperatorSignOff": "sign_off", "NoSale": "no_sale"}
_STATUSES = {"Suspended": "suspended", "Canceled": "void", "Cancelled": "void"}
_EXCHANGE = (
    "Goods were sold and taken back in one transaction. Tell the return by its receipt, and then the sale with what is "
    "owed for the return as its exchange credit."
)


@dataclass(slots=True)
class _Item:
    """A line that was sold: what it cost, and what is taken off it; minor units."""

    sku: str
    number: str
    description: str | None
    units: int | None
    amount: int
    taxes: frozenset[str]
    off: list[tuple[int, str]] = field(default_factory=list)
    tax: int = 0

    def document(self) -> dict[str, Any]:
        quantity = self.units or 1
        price = -(-self.amount // quantity)
        reduced = [*([(price * quantity - self.amount, "price")] if price * quantity != self.amount else []), *self.off]
        return {
            "type": "stock" if self.units else "non_stock",
            "sku": self.sku,
            **({"description": self.description} if self.description else {}),
            "quantity": quantity,
            "unit_price": price,
            "discounts": [{"amount": amount, "source": source} for amount, source in reduced],
            "tax": self.tax,
            "total": self.amount - sum(amount for amount, _ in self.off) + self.tax,
        }


def tell(body: Any, zone: ZoneInfo) -> Iterator[Told | FieldError]:
    """The transactions of a POSLog, or one Transaction; times without a zone are those of `zone`."""
    found = transactions(body)
    if isinstance(found, FieldError):
        yield found
        return
    for pointer, one in found:
        try:
            yield _transaction(pointer, one, zone)
        except Untold as refused:
            yield FieldError(pointer, refused.code, refused.detail)
        except NoAmount as error:
            yield FieldError(pointer, "invalid_value", f"A transaction needs {error}.")
        except (ValueError, KeyError):
            # What they repeat of the text stays out: it is somebody else's.
            yield FieldError(pointer, "invalid_value", "A number, a date or a currency is not written as one.")


def _transaction(pointer: str, one: Element, zone: ZoneInfo) -> Told:
    workstation, sequence = needed(one, "WorkstationID"), needed(one, "SequenceNumber")
    day, store = needed(one, "BusinessDayDate"), text(one, "RetailStoreID")
    ended = datetime.fromisoformat(needed(one, "EndDateTime"))
    data: dict[str, Any] = {
        "workstation": workstation,
        "business_date": day,
        "sequence": int(sequence),
        "cashier": text(one, "OperatorID") or workstation,
        "occurred_at": format_instant(require_utc(ended if ended.tzinfo else ended.replace(tzinfo=zone))),
        **_content(one, f"{workstation}:{day}:{sequence}"),
    }
    return Told(pointer, store, f"{workstation}:{day}:{sequence}", RECORD, data)


def _content(one: Element, name: str) -> dict[str, Any]:
    if flag(one, "CancelFlag"):
        return {"type": "void"}
    if flag(one, "TrainingModeFlag"):
        return {"type": "training"}
    retail = children(one, "RetailTransaction")
    if retail:
        status = _STATUSES.get(retail[0].get("TransactionStatus", ""))
        return {"type": status} if status else _moved(one, retail[0], needed(one, "CurrencyCode"), name)
    if children(one, "TenderControlTransaction"):
        raise Untold("cash_not_taken", "Cash that moves without a sale is told of drawers.")
    kinds = [_CONTROLS[tag(part)] for control in one for part in control if tag(part) in _CONTROLS]
    return {"type": kinds[0] if kinds else "other"}


def _moved(one: Element, retail: Element, currency: str, name: str) -> dict[str, Any]:
    """A sale or a return."""
    lines = children(retail, "LineItem")
    back = returned(one, retail, currency, name)
    if back is not None:
        if any(_rung(lines, currency)):
            raise Untold("exchange_in_one", _EXCHANGE)
        return back
    items = _items(lines, currency)
    tenders = _tenders(lines, currency, name)
    if not items and not tenders:
        return {"type": "other"}
    documents = [item.document() for item in items]
    totals = {
        "goods": sum(each["unit_price"] * each["quantity"] for each in documents),
        "discount": sum(off["amount"] for each in documents for off in each["discounts"]),
        "tax": sum(each["tax"] for each in documents),
        "total": sum(each["total"] for each in documents),
    }
    said = [total.text for total in children(retail, "Total") if total.get("TotalType") == "TransactionGrandAmount"]
    if said and minor_units(said[0], currency) != totals["total"]:
        raise Untold("sum_mismatch", f"its parts are {totals['total']}, its grand total {said[0]}")
    return {"type": "sale", "currency": currency, "lines": documents, "totals": totals, "tenders": tenders}


def _items(lines: list[Element], currency: str) -> list[_Item]:
    """What was sold in the end, with its share of taxes and rewards."""
    kept, off = _rung(lines, currency)
    for line in lines:
        for reward in children(line, "LoyaltyReward"):
            if text(reward, "RewardCategory") == "Monetary" and flag(reward, "detailedData"):
                amount = -minor_units(text(reward, "ExtendedRewardAmount"), currency)
                number = text(reward, "OperatorSequenceReference")
                of = [item for item in kept if item.number == number]
                if not of or amount < 0:
                    raise Untold("reward_without_line", f"a reward is taken off line {number}")
                of[0].off.append((amount, text(reward, "PromotionID") or "reward"))
        for tax in children(line, "Tax"):
            _spread_tax(kept, tax, currency)
    for amount, source in off:
        if not sum(item.amount for item in kept):
            raise Untold("nothing_to_take_off", "a line below zero needs others to be taken off")
        for item, part in zip(kept, shares(amount, [item.amount for item in kept]), strict=True):
            if part:
                item.off.append((part, source))
    return kept


def _rung(lines: list[Element], currency: str) -> tuple[list[_Item], list[tuple[int, str]]]:
    """What was rung up and not taken back, and what lines below zero take off it."""
    kept: list[_Item] = []
    off: list[tuple[int, str]] = []
    for line in lines:
        for goods in children(line, "Sale"):
            item = _item(line, goods, currency)
            if not flag(line, "VoidFlag"):
                (kept.append(item) if item.amount >= 0 else off.append((-item.amount, item.sku)))
            elif item.amount < 0:
                _take_back(kept, item)
    return kept, off


def _item(line: Element, goods: Element, currency: str) -> _Item:
    quantity = (text(goods, "Quantity") or "1").strip()
    counted = goods.get("ItemType", "Stock") == "Stock" and not flag(line, "weightItem")
    marked = [one.attrib for one in children(goods, "Itemizers")]
    return _Item(
        sku=needed(goods, "ItemID"),
        number=text(goods, "OperatorSequence") or text(line, "SequenceNumber") or "",
        description=(text(goods, "Description") or "").strip() or None,
        units=abs(int(quantity)) if counted else None,
        amount=minor_units(text(goods, "ExtendedAmount"), currency),
        taxes=frozenset(name for one in marked for name, value in one.items() if value == "true"),
    )


def _take_back(kept: list[_Item], void: _Item) -> None:
    for position in range(len(kept) - 1, -1, -1):
        if (kept[position].sku, kept[position].amount) == (void.sku, -void.amount):
            del kept[position]
            return
    raise Untold("void_without_line", f"nothing of {void.sku} was sold before it was taken back")


def _spread_tax(kept: list[_Item], tax: Element, currency: str) -> None:
    amount = minor_units(text(tax, "Amount"), currency)
    names = [value for name, value in tax.attrib.items() if name.rpartition("}")[2] == "TaxID"]
    taxed = [item for item in kept if names and f"Tax{names[0]}" in item.taxes] or kept
    if not amount:
        return
    if amount < 0 or not sum(item.amount for item in taxed):
        raise Untold("tax_without_line", "a tax is of lines that cost something")
    for item, part in zip(taxed, shares(amount, [item.amount for item in taxed]), strict=True):
        item.tax += part


def _tenders(lines: list[Element], currency: str, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    given = change = 0
    for line in lines:
        for tender in children(line, "Tender"):
            amount = minor_units(text(tender, "Amount"), currency)
            kind = tender.get("TenderType")
            if kind == "Cash":
                given, change = given + max(0, amount), change + max(0, -amount)
            elif kind == "CreditDebit" and amount > 0:
                codes = [text(one, "ReferenceNumber") for one in children(tender, "Authorization")]
                reference = next((code for code in codes if code), None) or f"{name}:{text(line, 'SequenceNumber')}"
                found.append({"tender": "card", "amount": amount, "provider": TERMINAL, "reference": reference})
            else:
                raise Untold("unknown_tender", f"a tender {kind} of {amount} has no meaning here")
    if change > given:
        if len(found) != 1 or found[0]["amount"] <= change - given:
            raise Untold("cash_not_taken", "cash leaves the drawer with the sale, and no card has paid it")
        return [{**found[0], "cash_back": change - given}]
    cash = {"tender": "cash", "amount": given - change, "given": given, "change": change}
    return [*found, *([cash] if given > change else [])]

"""POSLog (ARTS, in XML): what a till took back, in the words of a return by its receipt.

The link of a line, or of the transaction, names the sale that the goods are of; without one a return names nothing, and
is refused as any return without a receipt. What is owed is what the sale says: amounts and taxes of the lines are not
read, and what was paid out has to be owed. Systems write amounts of returns with a minus or without.
"""

from __future__ import annotations

from typing import Any

from oms.platform.poslog import Element, children, flag, text
from oms.pos.told import Untold, minor_units

TERMINAL = "terminal"
_TO_STOCK = "ReturnToStock"
_NO_REASON = "returned"


def returned(one: Element, retail: Element, currency: str, name: str) -> dict[str, Any] | None:
    """The return that a transaction is, or None where it takes nothing back; Untold for what cannot be told."""
    lines = children(retail, "LineItem")
    goods = _kept([(line, back) for line in lines for back in children(line, "Return")], currency)
    if not goods:
        return None
    receipts = {tuple(sorted(found.items())): found for found in _receipts(one, retail, [back for _, back in goods])}
    if len(receipts) > 1:
        detail = "Goods of several sales came back in one transaction; tell one return for each."
        raise Untold("several_receipts", detail)
    tenders = _paid_out(lines, currency, name)
    said = [total.text for total in children(retail, "Total") if total.get("TotalType") == "TransactionGrandAmount"]
    paid = sum(tender["amount"] for tender in tenders)
    if said and tenders and abs(minor_units(said[0], currency)) != paid:
        raise Untold("sum_mismatch", f"its tenders pay out {paid}, its grand total is {said[0]}")
    reasons = [text(back, "Reason") or text(back, "ReasonCode") for _, back in goods]
    return {
        "type": "return",
        "currency": currency,
        "brought_back": {
            **({"receipt": receipt} if (receipt := next(iter(receipts.values()), {})) else {}),
            "reason": next((reason.strip() for reason in reasons if reason and reason.strip()), _NO_REASON),
            "lines": [_units(line, back) for line, back in goods],
        },
        "tenders": tenders,
    }


def needed(element: Element, name: str) -> str:
    """What an element has to say under a name; else Untold."""
    said = (text(element, name) or "").strip()
    if not said:
        raise Untold("required", f"A transaction needs a {name}.")
    return said


def _kept(found: list[tuple[Element, Element]], currency: str) -> list[tuple[Element, Element]]:
    """The lines that were not taken back: a void line takes back one before it of the other sign, or itself."""
    kept: list[tuple[Element, Element]] = []
    for line, back in found:
        if not flag(line, "VoidFlag"):
            kept.append((line, back))
            continue
        wanted = (text(back, "ItemID"), -minor_units(text(back, "ExtendedAmount"), currency))
        for position in range(len(kept) - 1, -1, -1):
            before = kept[position][1]
            if (text(before, "ItemID"), minor_units(text(before, "ExtendedAmount"), currency)) == wanted:
                del kept[position]
                break
    return kept


def _receipts(one: Element, retail: Element, goods: list[Element]) -> list[dict[str, Any]]:
    """The sale that each line is of: its own link, else that of the transaction; nothing where there is neither."""
    whole = [link for link in children(retail, "TransactionLink") if link.get("ReasonCode") == "Return"]
    links = [(children(back, "TransactionLink") or whole)[:1] for back in goods]
    return [_receipt(one, link[0]) if link else {} for link in links]


def _receipt(one: Element, link: Element) -> dict[str, Any]:
    store = (text(link, "RetailStoreID") or text(one, "RetailStoreID") or "").strip()
    return {
        **({"node_id": store} if store else {}),
        "workstation": needed(link, "WorkstationID"),
        "business_date": needed(link, "BusinessDayDate"),
        "sequence": int(needed(link, "SequenceNumber")),
    }


def _units(line: Element, back: Element) -> dict[str, Any]:
    """Units of an item, as its sale counted them: goods by weight and lines of other types are one of their price."""
    counted = back.get("ItemType", "Stock") == "Stock" and not flag(line, "weightItem")
    methods = [disposal.get("Method", _TO_STOCK) for disposal in children(back, "Disposal")]
    return {
        "sku": needed(back, "ItemID"),
        "quantity": abs(int((text(back, "Quantity") or "1").strip())) if counted else 1,
        "disposition": "sellable" if all(method == _TO_STOCK for method in methods) else "damaged",
    }


def _paid_out(lines: list[Element], currency: str, name: str) -> list[dict[str, Any]]:
    """What the till paid out: a refund by its type or below zero; what it took in beside is less."""
    out: dict[str, int] = {}
    references: dict[str, str] = {}
    for line in lines:
        for tender in children(line, "Tender"):
            kind, amount = tender.get("TenderType", ""), minor_units(text(tender, "Amount"), currency)
            if kind not in ("Cash", "CreditDebit"):
                raise Untold("unknown_tender", f"a tender {kind} of {amount} has no meaning here")
            out[kind] = out.get(kind, 0) + (abs(amount) if tender.get("TypeCode") == "Refund" else -amount)
            codes = [text(each, "ReferenceNumber") for each in children(tender, "Authorization")]
            reference = next((code for code in codes if code), None) or f"{name}:{text(line, 'SequenceNumber')}"
            references.setdefault(kind, reference)
    if any(amount < 0 for amount in out.values()):
        raise Untold("unknown_tender", "money came in where goods came back")
    cash = [{"tender": "cash", "amount": out["Cash"]}] if out.get("Cash") else []
    if not out.get("CreditDebit"):
        return cash
    reference = references["CreditDebit"]
    card = {"tender": "card", "amount": out["CreditDebit"], "provider": TERMINAL, "reference": reference}
    return [card, *cash]

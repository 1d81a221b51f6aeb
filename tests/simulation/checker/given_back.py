"""INV28 given back: no component of an order gives back more than was charged; cards owe what the ledger says.

Goods, shipping and tax are compared each for itself, with what returns and goodwill gave back of them. What all gift
cards and store credit of a legal entity still hold is what its accounts 2020 and 2030 owe.
"""

from __future__ import annotations

from typing import Any

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.ledger import entries
from tests.simulation.checker.picture import Commit, OrderView, Picture, is_order
from tests.simulation.checker.stored_value import ACCOUNTS, cards

COMPONENTS = ("goods", "shipping", "tax")
# The line under which goodwill on shipping is kept.
SHIPPING = 0
# Rows of an order that charge or give back.
MONEY = ("SHIPMENT#", "RETURN#", "REFUND#")


def check_given_back_of_commit(commit: Commit, picture: Picture, report: Report) -> None:
    """The orders whose shipments, returns or refunds a commit has changed."""
    for pk, changes in commit.orders.items():
        if is_order(pk) and any(change.sk.startswith(MONEY) for change in changes):
            order = picture.order(pk)
            if order is not None:
                _components(order, report)


def check_given_back(picture: Picture, report: Report) -> None:
    """Every order again, and the balances of all cards against the ledger."""
    for order in picture.orders():
        _components(order, report)
    _liabilities(picture, report)


def _components(order: OrderView, report: Report) -> None:
    if not order.returns and not order.refunds:
        return
    charged, given = charged_of(order), given_of(order)
    for name in COMPONENTS:
        if given[name] > charged[name]:
            report.note("INV28", order.pk, f"{given[name]} of {name} were given back, {charged[name]} were charged")
    for one in order.returns.values():
        refund = order.refunds.get(one["refund_id"]) if one.get("refund_id") else None
        if (refund["amount"] if refund else 0) != _owed(one):
            what = f"{_owed(one)} are owed for it, its refund is {refund and refund['amount']}"
            report.note("INV28", f"{order.pk} {one['id']}", what)


def charged_of(order: OrderView) -> dict[str, int]:
    """What was charged for all that has left, goods net of discount."""
    sums = dict.fromkeys(COMPONENTS, 0)
    for shipment in order.shipments.values():
        sums["goods"] += shipment["goods"] - shipment["discount"]
        sums["shipping"] += shipment["shipping"]
        sums["tax"] += shipment["tax"]
    return sums


def given_of(order: OrderView) -> dict[str, int]:
    """What returns and goodwill gave back; what goodwill gave for a unit is not given again with its return."""
    sums = dict.fromkeys(COMPONENTS, 0)
    for one in order.returns.values():
        sums["shipping"] += one.get("shipping", 0)
        sums["tax"] += one.get("shipping_tax", 0)
        for line in one["lines"]:
            sums["goods"] += line["goods"] - line.get("appeased_goods", 0)
            sums["tax"] += line["tax"] - line.get("appeased_tax", 0)
    for refund in order.refunds.values():
        for part in refund.get("lines", ()):
            sums["shipping" if part["line_no"] == SHIPPING else "goods"] += part["goods"]
            sums["tax"] += part["tax"]
    return sums


def _owed(one: dict[str, Any]) -> int:
    """What the customer gets for a return: the money of its units, less what goodwill gave before, less a fee."""
    owed: int = one.get("shipping", 0) + one.get("shipping_tax", 0) - one.get("fee", 0)
    for line in one["lines"]:
        owed += line["goods"] + line["tax"] - line.get("appeased_goods", 0) - line.get("appeased_tax", 0)
    return owed


def _liabilities(picture: Picture, report: Report) -> None:
    """Per tenant, legal entity, account and currency: what cards hold, and what the ledger owes."""
    held: dict[tuple[str, str, str, str], int] = {}
    for tenant, body, account in cards(picture):
        name = (tenant, body["legal_entity"], ACCOUNTS[body["kind"]], body["currency"])
        held[name] = held.get(name, 0) + account["available"] + account["held"]
    owed: dict[tuple[str, str, str, str], int] = {}
    for tenant, entry in entries(picture):
        for line in entry["lines"]:
            if line["account"] in ACCOUNTS.values():
                name = (tenant, entry["entity"], line["account"], line["currency"])
                owed[name] = owed.get(name, 0) + line.get("credit", 0) - line.get("debit", 0)
    for name in held.keys() | owed.keys():
        if held.get(name, 0) != owed.get(name, 0):
            where = f"ledger {' '.join(name)}"
            report.note("INV28", where, f"cards hold {held.get(name, 0)}, the account owes {owed.get(name, 0)}")

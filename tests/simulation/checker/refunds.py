"""INV26: nothing is given back beyond what was taken, and what is owed and not paid stands on account 2050."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.ledger import entries, net
from tests.simulation.checker.picture import Commit, OrderView, Picture, is_order
from tests.simulation.checker.provider import Provider

# Rules that owe or pay: what an appeasement grants counts where a refund was made of it.
RULES = ("return_accepted", "refund_owed", "refund_executed", "refund_failed")
GRANTED = "appeasement_granted"
PAID, PLANNED = "EXECUTED", "PLANNED"
# What of what was taken has been given back, by the state of a tender.
GIVEN_BACK: dict[str, Callable[[int, int], bool]] = {
    "CAPTURED": lambda given, taken: given == 0,
    "PARTIALLY_REFUNDED": lambda given, taken: 0 < given < taken,
    "REFUNDED": lambda given, taken: 0 < given == taken,
}


def executed(refund: dict[str, Any], at: str | None = None) -> int:
    """What of a refund has been paid out, by all or by one provider."""
    parts = [part for part in refund["parts"] if part.get("state", PLANNED) == PAID]
    return sum(part["amount"] for part in parts if at is None or part["provider"] == at)


def exchanged(refund: dict[str, Any]) -> int:
    """What of a refund has paid a sale: the entry of the sale takes it from what is owed."""
    return sum(part["amount"] for part in refund["parts"] if part.get("sale_id"))


def check_refunds_of_commit(commit: Commit, picture: Picture, report: Report) -> None:
    """The tenders of each order whose refunds or tenders a commit has changed."""
    for pk, changes in commit.orders.items():
        if is_order(pk) and any(change.sk.startswith(("REFUND#", "PAYMENT#", "RETURN#")) for change in changes):
            order = picture.order(pk)
            if order is not None:
                _tenders(order, report)
                _units(order, report)


def check_refunds(picture: Picture, provider: Provider, report: Report) -> None:
    """Every order again, against the provider and against the ledger."""
    owed: dict[tuple[str, str], int] = {}
    for tenant, entry in entries(picture):
        if entry["rule"] in (*RULES, GRANTED):
            name = (tenant, str(entry.get("order_id")))
            has_refund = entry["rule"] != GRANTED or _made_of(picture, *name, str(entry["reference"]))
            owed[name] = owed.get(name, 0) - (net(entry).get("2050", 0) if has_refund else 0)
    for order in picture.orders():
        _tenders(order, report)
        _units(order, report)
        _provider(order, provider, report)
        left = sum(refund["amount"] - executed(refund) + exchanged(refund) for refund in order.refunds.values())
        posted = owed.get((order.tenant, order.id), 0)
        if posted != left:
            report.note("INV26", order.pk, f"{left} are owed and not paid, account 2050 has {posted}")


def _made_of(picture: Picture, tenant: str, order_id: str, cause_id: str) -> bool:
    order = picture.order(f"T#{tenant}#ORDER#{order_id}")
    return order is not None and any(refund["cause_id"] == cause_id for refund in order.refunds.values())


def _tenders(order: OrderView, report: Report) -> None:
    """What each tender gave back, and is to give back, is what the refunds say, and no more than it took."""
    done: dict[str, int] = {}
    waiting: dict[str, int] = {}
    for refund in order.refunds.values():
        if refund["amount"] != sum(part["amount"] for part in refund["parts"]):
            report.note("INV26", f"{order.pk} {refund['id']}", "is not the sum of its parts")
        for part in refund["parts"]:
            into = done if part.get("state", PLANNED) == PAID else waiting
            for source in part["sources"]:
                into[source["payment_id"]] = into.get(source["payment_id"], 0) + source["amount"]
    for payment in order.payments.values():
        said = (payment.get("refunded", 0), payment.get("refund_pending", 0))
        found = (done.get(payment["id"], 0), waiting.get(payment["id"], 0))
        if said != found:
            report.note("INV26", f"{order.pk} {payment['id']}", f"gave back and gives back {said}, its refunds {found}")
        if payment.get("state") in GIVEN_BACK and not GIVEN_BACK[payment["state"]](said[0], payment.get("captured", 0)):
            what = f"is {payment['state']}, and gave back {said[0]} of {payment.get('captured', 0)}"
            report.note("INV26", f"{order.pk} {payment['id']}", what)
        if sum(said) > payment.get("captured", 0):
            report.note("INV26", f"{order.pk} {payment['id']}", f"{said} of {payment.get('captured', 0)} that it took")


def _units(order: OrderView, report: Report) -> None:
    """No unit comes back that had not left."""
    left: dict[int, int] = {}
    for shipment in order.shipments.values():
        for line in shipment["lines"]:
            left[line["line_no"]] = left.get(line["line_no"], 0) + line["quantity"]
    for one in order.returns.values():
        for line in one["lines"]:
            left[line["line_no"]] = left.get(line["line_no"], 0) - line["quantity"]
    for line_no, units in left.items():
        if units < 0 and not order.lines[line_no].parts:
            report.note("INV26", f"{order.pk} line {line_no}", f"{-units} units more came back than had left")


def _provider(order: OrderView, provider: Provider, report: Report) -> None:
    """What counts as given back by the provider is what it gave back, payment by payment."""
    ours: dict[str, int] = {}
    for refund in order.refunds.values():
        for part in refund["parts"]:
            if part.get("state", PLANNED) == PAID and part["provider"] == "strict":
                (source,) = part["sources"]
                ours[source["reference"]] = ours.get(source["reference"], 0) + part["amount"]
    for held in provider.of_order(order.tenant, order.id):
        if held.amounts["refunded"] != ours.get(held.id, 0):
            what = f"gave back {held.amounts['refunded']}, its order knows of {ours.get(held.id, 0)}"
            report.note("INV26", f"provider {held.id}", what)

"""INV3 while a run goes on: amounts are whole and stay within each other, here and at the provider."""

from __future__ import annotations

from typing import Any

from tests.simulation.checker.evidence import Change, Evidence, Report
from tests.simulation.checker.picture import Commit, OrderView, Picture, is_count, is_order, parsed
from tests.simulation.checker.provider import Held, Provider

AMOUNTS = ("amount", "authorized", "captured", "pending", "released", "refunded")
PARTS = ("goods", "discount", "shipping", "tax")
STORED_VALUE = "stored_value"


class MoneyRules:
    """The provider's journal and the tenders, compared after each commit."""

    def __init__(self) -> None:
        self.provider = Provider()

    def after_commit(self, commit: Commit, picture: Picture, evidence: Evidence, report: Report) -> None:
        if len(evidence.psp) != self.provider.seen:
            for held in self.provider.read(evidence.psp):
                check_held(held, self.provider, picture, report)
        for pk, changes in commit.orders.items():
            if is_order(pk) and any(change.sk.startswith(("PAYMENT#", "SHIPMENT#")) for change in changes):
                order = picture.order(pk)
                if order is not None:
                    check_tenders(order, self.provider, report)
                for change in changes:
                    _facts_stay(change, report)

    def everything(self, picture: Picture, evidence: Evidence, report: Report) -> None:
        self.provider.read(evidence.psp)
        for held in self.provider.payments.values():
            check_held(held, self.provider, picture, report)
        for order in picture.orders():
            check_tenders(order, self.provider, report)


def check_held(held: Held, provider: Provider, picture: Picture, report: Report) -> None:
    """One payment at the provider: its own amounts, and all that is held or taken for its tender."""
    amounts = held.amounts
    where = f"provider {held.id}"
    if not all(is_count(amount) and amount >= 0 for amount in amounts.values()):
        report.note("INV3", where, f"amounts are {amounts}")
        return
    if held.on_hold < 0:
        report.note("INV3", where, f"more was captured and released than authorised: {amounts}")
    if amounts["refunded"] + amounts["refund_pending"] > amounts["captured"]:
        report.note("INV3", where, f"more was refunded than captured: {amounts}")
    tenant, order_id, payment_id = provider.tender(held)
    order = picture.order(f"T#{tenant}#ORDER#{order_id}")
    tender = order.payments.get(payment_id) if order is not None else None
    if tender is None:
        if held.is_live:
            report.note("INV3", where, f"holds money for {payment_id} of {order_id}, which there is not")
        return
    alive = [other for other in provider.by_tender[provider.tender(held)] if other.is_live]
    whole = sum(other.amounts["authorized"] - other.amounts["released"] for other in alive)
    if whole > tender["amount"] or sum(other.on_hold > 0 for other in alive) > 1:
        named = {other.id: other.amounts for other in alive}
        report.note("INV3", where, f"{payment_id} of {tender['amount']} is held or taken more than once: {named}")


def check_tenders(order: OrderView, provider: Provider, report: Report) -> None:
    """The tenders of an order: within themselves, against its shipments, and against what the provider really did."""
    currency = order.agreed.get("currency")
    planned: dict[str, int] = {}
    taken: dict[str, int] = {}
    for shipment in order.shipments.values():
        _shipment_adds_up(order, shipment, report)
        for capture in shipment.get("captures", ()):
            into = taken if capture.get("capture_id") is not None else planned
            if capture.get("refused") is None:
                into[capture["payment_id"]] = into.get(capture["payment_id"], 0) + capture["amount"]
    # Work that is paid for when it is ready, before it leaves.
    for work in order.works.values():
        for capture in work.get("captures", ()):
            if capture.get("capture_id") is not None:
                taken[capture["payment_id"]] = taken.get(capture["payment_id"], 0) + capture["amount"]
    for payment in order.payments.values():
        where = f"{order.pk} {payment['id']}"
        amounts = {name: payment.get(name, 0) for name in AMOUNTS}
        if not all(is_count(amount) and amount >= 0 for amount in amounts.values()):
            report.note("INV3", where, f"amounts are {amounts}")
            continue
        if payment.get("currency") != currency:
            report.note("INV3", where, f"is in {payment.get('currency')}, its order in {currency}")
        gone = amounts["captured"] + amounts["pending"] + amounts["released"]
        if not gone <= amounts["authorized"] <= amounts["amount"]:
            report.note(
                "INV3", where, f"captured + pending + released <= authorised <= amount does not hold: {amounts}"
            )
        if amounts["refunded"] > amounts["captured"]:
            report.note("INV3", where, f"refunded more than captured: {amounts}")
        if payment.get("by_channel"):
            # It was taken before the order, as at a till, and no provider of ours tells of it.
            if (amounts["captured"], amounts["released"], amounts["pending"]) != (amounts["amount"], 0, 0):
                report.note("INV3", where, f"was paid before the order, and its amounts are {amounts}")
            continue
        ours = taken.get(payment["id"], 0)
        if amounts["captured"] != ours:
            report.note("INV3", where, f"captured is {amounts['captured']}, its shipments took {ours}")
        coming = planned.get(payment["id"], 0)
        # What is still to be taken may have to be authorised anew, but never beyond what the tender is for.
        if ours + coming > amounts["amount"]:
            report.note("INV3", where, f"{ours} taken and {coming} to be taken of {amounts['amount']}")
        _really_happened(where, payment, amounts, provider, report)


def _really_happened(
    where: str, payment: dict[str, Any], amounts: dict[str, int], provider: Provider, report: Report
) -> None:
    """Nothing is noted here that did not happen there first, of the authorisation that is in force."""
    reference = payment.get("psp_reference")
    before = payment.get("captured_before", 0)
    if reference is None:
        if amounts["authorized"] > before:
            report.note("INV3", where, "money is authorised, but under no reference of the provider")
        return
    held = provider.payments.get(reference)
    if held is None and (not provider.seen or payment.get("provider") == STORED_VALUE):
        # The journal is not shown yet; at quiet it is. Accounts of our own are checked by themselves (INV24).
        return
    if held is None:
        report.note("INV3", where, f"the provider knows no payment {reference}")
        return
    if held.currency != payment.get("currency"):
        report.note("INV3", where, f"is in {payment.get('currency')}, at the provider in {held.currency}")
    for name, earlier in (("authorized", before), ("captured", before), ("released", 0)):
        if amounts[name] - earlier > held.amounts[name]:
            report.note("INV3", where, f"{name} is {amounts[name] - earlier}, at the provider {held.amounts[name]}")


def _shipment_adds_up(order: OrderView, shipment: dict[str, Any], report: Report) -> None:
    where = f"{order.pk} {shipment['id']}"
    parts = [shipment.get(name, 0) for name in PARTS]
    if not all(is_count(part) for part in parts):
        report.note("INV3", where, f"amounts are {parts}")
        return
    worth = worth_of(shipment)
    asked = sum(capture["amount"] for capture in shipment.get("captures", ()))
    if asked > worth or any(
        not is_count(capture["amount"]) or capture["amount"] <= 0 for capture in shipment.get("captures", ())
    ):
        report.note("INV3", where, f"is worth {worth}, and {asked} are to be taken for it")


def worth_of(shipment: dict[str, Any]) -> int:
    """What the customer pays for the units of a shipment."""
    goods, discount, shipping, tax = (shipment.get(name, 0) for name in PARTS)
    return int(goods - discount + shipping + tax)


def _facts_stay(change: Change, report: Report) -> None:
    """What a commit may not change about a tender or a shipment that was there before."""
    kind, _, _ = change.sk.partition("#")
    if kind in ("PAYMENT", "SHIPMENT") and change.before is not None and change.after is not None:
        rule = _only_grows if kind == "PAYMENT" else _shipment_stays
        rule(f"{change.pk} {change.sk}", parsed(change.before["body"]), parsed(change.after["body"]), report)


def _only_grows(where: str, before: dict[str, Any], after: dict[str, Any], report: Report) -> None:
    """What has been taken or let go stays so; what was agreed never changes. What was given back may come back."""
    # A new authorisation has let go of nothing yet; what was taken stays taken.
    renewed = after.get("attempt", 1) > before.get("attempt", 1)
    for name in ("captured",) if renewed else ("captured", "released"):
        if after.get(name, 0) < before.get(name, 0):
            report.note("INV3", where, f"{name} went from {before.get(name, 0)} to {after.get(name, 0)}")
    # A customer gives another card only for another authorisation.
    card = () if renewed else ("provider", "token")
    for name in ("id", "order_id", "amount", "currency", *card):
        if after.get(name) != before.get(name):
            report.note("INV3", where, f"{name} changed")


def _shipment_stays(where: str, before: dict[str, Any], after: dict[str, Any], report: Report) -> None:
    """A shipment is a fact: what becomes known later is of its captures, and of its parcels (INV30)."""
    becomes_known: dict[str, Any] = {"captures": None, "parcels": None, "claims": None}
    if {**before, **becomes_known} != {**after, **becomes_known}:
        report.note("INV3", where, "a shipment was changed after it left")
    was, now = before.get("captures", ()), after.get("captures", ())
    if [_asked(capture) for capture in was] != [_asked(capture) for capture in now]:
        report.note("INV3", where, "what is to be taken for a shipment was changed")
    for old, new in zip(was, now, strict=False):
        if old.get("capture_id") is not None and old != new:
            report.note("INV3", where, f"the capture {old['capture_id']} was changed")


def _asked(capture: dict[str, Any]) -> tuple[Any, Any]:
    return capture["payment_id"], capture["amount"]

"""INV3 at quiet: provider, ledger and orders tell one story about the money.

Every effect at the provider has one posting and every posting one effect; what was taken for an order is the worth of
what left it; a closed order holds nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tests.simulation.checker.activations import cards_of
from tests.simulation.checker.banking import BANKING
from tests.simulation.checker.evidence import Report
from tests.simulation.checker.ledger import entries, net
from tests.simulation.checker.liveness import is_known_missing, owed
from tests.simulation.checker.money import PARTS, worth_of
from tests.simulation.checker.picture import OrderView, Picture
from tests.simulation.checker.provider import Held, Provider
from tests.simulation.checker.refunds import executed

TENDER_ACCOUNTS = {"card": "1110", "gift_card": "2020", "store_credit": "2030", "cash": "1010"}
# Effects that move money or the right to it, and the rules that may post each. That a hold has run out may be learnt
# from its message, or when it is let go of.
POSTED_AS = {
    "authorized": ("payment_authorized",),
    "captured": ("payment_captured",),
    "voided": ("payment_released",),
    "expired": ("payment_expired", "payment_released"),
    "refunded": ("refund_executed",),
}
# How far clocks may be apart, in seconds: what is known of an effect cannot be older than the effect.
SKEW = 600
# What is owed and not paid yet is checked against the refunds of its order (INV26).
REFUNDS = ("return_accepted", "refund_owed", "refund_failed")
# Cash in drawers is checked against their sessions (INV10), goodwill against its grants (INV23), what is on its way to
# the bank and what never comes against what was told of it (INV25), cards that are
# issued and that end against their accounts (INV24).
CHECKED_APART = ("drawer_", "appeasement_", "gift_card_", *BANKING, *REFUNDS)
# What a sale at a till says of goods that were carried out, of what is to come, and of cards of ours that paid.
OF_SALE = ("4010", "4092", "2040", "2010", "2020", "2030")
PROVIDERS = ("strict", "stored_value")
# These have no id of their own at the provider.
OF_TENDER = ("payment_released", "payment_expired")


def check_settlement(picture: Picture, provider: Provider, report: Report) -> None:
    """Everything about money that must be true once nothing is on its way any more."""
    posted: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for tenant, entry in entries(picture):
        if entry["rule"].startswith(CHECKED_APART) or _is_paid_elsewhere(entry):
            continue
        posted.setdefault((tenant, entry["rule"], _subject(entry)), []).append(entry)
    for held in provider.payments.values():
        _effects_are_posted(held, posted, report)
    orders = picture.orders()
    for order in orders:
        _goods_are_posted(order, posted, report)
        _sale_is_posted(order, posted, report)
        _supply_is_posted(order, posted, report)
    for (tenant, rule, subject), left in posted.items():
        for entry in left:
            report.note("INV3", f"ledger {tenant} {rule} {subject}", f"posted, but never happened: {net(entry)}")
    for order in orders:
        check_order(order, provider, report)


def _is_paid_elsewhere(entry: dict[str, Any]) -> bool:
    """Whether it is a refund that no provider has anything to do with: a drawer paid it, or the channel."""
    return entry["rule"] == "refund_executed" and entry.get("psp") not in PROVIDERS


def _subject(entry: dict[str, Any]) -> str:
    """What a posting is matched by: the provider's id, or for a release, which has none of its own, the tender."""
    return str(entry["payment_id"] if entry["rule"] in OF_TENDER else entry["reference"])


def _effects_are_posted(held: Held, posted: dict[tuple[str, str, str], list[dict[str, Any]]], report: Report) -> None:
    tenant, order_id, payment_id = Provider.tender(held)
    released = {effect["reference"]: effect["amount"] for effect in held.effects if effect["effect"] == "released"}
    accepted = {effect["reference"] for effect in held.effects if effect["effect"] == "capture_pending"}
    for name in accepted & released.keys():
        # Let go when the capture was accepted: told by itself then, or with the capture by whoever heard of it later.
        apart = posted.get((tenant, "payment_released", payment_id), [])
        told = next((entry for entry in apart if _matches(entry, _lines("payment_released", released[name], 0))), None)
        if told is not None:
            apart.remove(told)
            del released[name]
    for effect in held.effects:
        rules, amount = POSTED_AS.get(effect["effect"], ()), effect["amount"]
        if not rules or not amount:
            continue
        expected = _lines(rules[-1], amount, released.get(effect["reference"], 0))
        name = effect["reference"] or held.id
        lists = [posted.get((tenant, rule, payment_id if rule in OF_TENDER else name), []) for rule in rules]
        found = [entry for each in lists for entry in each]
        match = next((entry for entry in found if _matches(entry, expected)), None)
        where = f"provider {held.id} {effect['effect']} {effect['reference'] or ''}".rstrip()
        if match is None:
            what = f"{amount} of {order_id} is not posted; expected {expected}, found {list(map(net, found))}"
            report.note("INV3", where, what)
            continue
        next(each for each in lists if match in each).remove(match)
        if _instant(match) + SKEW < effect["at"]:
            report.note("INV3", where, f"was posted at {match['occurred_at']}, before it happened")
        if match.get("order_id") != order_id or {line["currency"] for line in match["lines"]} != {held.currency}:
            report.note("INV3", where, f"posted for {match.get('order_id')}, not for {order_id} in {held.currency}")


def _instant(entry: dict[str, Any]) -> float:
    return datetime.fromisoformat(entry["occurred_at"].replace("Z", "+00:00")).timestamp()


def _lines(rule: str, amount: int, released: int) -> dict[str, int]:
    """What a posting moves per account, debits positive; T stands for the account of the tender."""
    if rule == "payment_authorized":
        return {"9010": amount, "9020": -amount}
    if rule == "payment_released":
        return {"9020": amount, "9010": -amount}
    if rule == "refund_executed":
        return {"2050": amount, "T": -amount}
    return {"T": amount, "2010": -amount, "9020": amount + released, "9010": -amount - released}


def _matches(entry: dict[str, Any], expected: dict[str, int]) -> bool:
    account = TENDER_ACCOUNTS.get(entry.get("tender") or "", "1110")
    return net(entry) == {account if name == "T" else name: amount for name, amount in expected.items()}


def _goods_are_posted(
    order: OrderView, posted: dict[tuple[str, str, str], list[dict[str, Any]]], report: Report
) -> None:
    for shipment in order.shipments.values():
        if shipment.get("fulfillment_order_id") is None or order.is_reserved:
            continue
        goods, discount, shipping, tax = (shipment.get(name, 0) for name in PARTS)
        worth, cards = worth_of(shipment), cards_of(order, shipment)
        expected = {"2010": worth, "4092": discount, "4010": cards - goods, "4020": -shipping, "2040": -tax}
        expected |= {"2020": -cards}
        expected = {account: amount for account, amount in expected.items() if amount}
        if not expected:
            continue
        found = posted.get((order.tenant, "goods_transferred", shipment["id"]), [])
        match = next((entry for entry in found if net(entry) == expected), None)
        if match is None:
            what = f"goods left and are not posted: expected {expected}, found {list(map(net, found))}"
            report.note("INV3", f"{order.pk} {shipment['id']}", what)
        else:
            found.remove(match)
            if (match.get("order_id"), match["entity"]) != (order.id, order.agreed.get("legal_entity")):
                report.note("INV3", f"{order.pk} {shipment['id']}", "posted for another order or legal entity")


def _supply_is_posted(
    order: OrderView, posted: dict[tuple[str, str, str], list[dict[str, Any]]], report: Report
) -> None:
    """What a supplier sent is a cost, and owed to it less what it leaves us."""
    for shipment in order.shipments.values():
        bought = shipment.get("bought") or {}
        cost, kept = bought.get("cost", 0), bought.get("commission", 0)
        expected = {name: amount for name, amount in (("5010", cost), ("4050", -kept), ("2210", kept - cost)) if amount}
        found = posted.pop((order.tenant, "goods_supplied", shipment["id"]), [])
        if list(map(net, found)) != ([expected] if expected else []):
            what = f"cost {cost}, commission {kept}, posted as {list(map(net, found))}"
            report.note("INV3", f"{order.pk} {shipment['id']}", what)
    for work in order.works.values():
        _invoices_are_posted(order, work.get("purchase") or {}, posted, report)


def _invoices_are_posted(
    order: OrderView,
    purchase: dict[str, Any],
    posted: dict[tuple[str, str, str], list[dict[str, Any]]],
    report: Report,
) -> None:
    """What a supplier wants beyond what was agreed for its units is owed once, when its invoice holds."""
    agreed = {line["line_no"]: line for line in purchase.get("lines", ())}
    rules = {"MATCHED": "supplier_invoiced", "APPROVED": "supplier_invoice_approved"}
    for number, invoice in enumerate(purchase.get("invoices", ())):
        where = f"{order.pk} {invoice['id']}"
        wanted = sum(one["quantity"] * one["unit_cost"] - one.get("commission", 0) for one in invoice["lines"])
        if wanted != invoice["total"]:
            report.note("INV3", where, f"its lines come to {wanted}, it wants {invoice['total']}")
        found = posted.pop((order.tenant, rules.get(invoice["status"], ""), invoice["id"]), [])
        more = invoice["difference"]
        expected = [{"5010": more, "2210": -more}] if more and invoice["status"] in rules else []
        if list(map(net, found)) != expected:
            report.note("INV3", where, f"{invoice['status']}, {more} beyond what was agreed, posted as {found}")
        before = purchase["invoices"][:number]
        if all(one["status"] != "REJECTED" for one in before):
            due = wanted - sum(_agreed_for(agreed[one["line_no"]], one, before) for one in invoice["lines"])
            if due != more:
                report.note("INV3", where, f"it wants {due} beyond what was agreed, and says {more}")


def _agreed_for(terms: dict[str, Any], line: dict[str, Any], before: list[dict[str, Any]]) -> int:
    """What was agreed for the units of an invoice's line, less commission, after those of earlier invoices."""
    units = sum(one["quantity"] for each in before for one in each["lines"] if one["line_no"] == line["line_no"])
    each, share = terms.get("unit_cost") or 0, terms.get("commission_ppm", 0)

    def payable(count: int) -> int:
        return int(each * count - (each * count * share * 2 + 1_000_000) // 2_000_000)

    return payable(units + line["quantity"]) - payable(units)


def _sale_is_posted(order: OrderView, posted: dict[tuple[str, str, str], list[dict[str, Any]]], report: Report) -> None:
    """A sale at a till is one entry: what was carried out is sold, the rest of what was paid a deposit."""
    if not order.is_sale:
        return
    # What was reserved leaves with its sale.
    sold = (one for one in order.shipments.values() if order.is_reserved or one.get("fulfillment_order_id") is None)
    gone = list(sold)
    goods, discount, _, tax = (sum(one.get(name, 0) for one in gone) for name in PARTS)
    later = 0 if order.is_reserved else order.agreed["totals"]["total"] - sum(worth_of(one) for one in gone)
    wanted = {"4010": -goods, "4092": discount, "2040": -tax, "2010": -later}
    for payment in order.payments.values():
        if payment["provider"] == "stored_value":
            account = TENDER_ACCOUNTS[payment["tender"]]
            wanted[account] = wanted.get(account, 0) + payment["amount"]
    wanted = {account: amount for account, amount in wanted.items() if amount}
    for (tenant, rule, _), entries_of in posted.items():
        for entry in entries_of if (tenant, rule) == (order.tenant, "sale_recorded") else ():
            if entry.get("order_id") == order.id:
                found = {account: amount for account, amount in net(entry).items() if account in OF_SALE}
                if found != wanted:
                    report.note("INV3", order.pk, f"the sale is posted as {found}, it was {wanted}")
                entries_of.remove(entry)
                return
    report.note("INV3", order.pk, f"a sale is not posted; expected {wanted}")


def paid_ahead(order: OrderView) -> int:
    """What was taken for goods that wait at a counter and have not left."""
    waiting = [work for work in order.works.values() if work["status"] == "READY"]
    untouched = [work for work in waiting if not any(part.get("shipped") for part in work["lines"])]
    taken = [one for work in untouched for one in work.get("captures", ()) if one.get("capture_id") is not None]
    return sum(int(one["amount"]) for one in taken)


def check_order(order: OrderView, provider: Provider, report: Report) -> None:
    """What was kept is the worth of what left, unless somebody knows why not; a closed order holds nothing."""
    payments = provider.of_order(order.tenant, order.id)
    # What went back for goods that came back, or out of goodwill, was taken for goods that left.
    refunds = order.refunds.values()
    back = sum(executed(refund) for refund in refunds if refund["cause"] != "cancellation")
    by_providers = sum(executed(refund, at=one) for refund in refunds for one in PROVIDERS)
    in_cash = sum(executed(refund) for refund in refunds) - by_providers
    kept = sum(held.kept for held in payments) + order.at_till - in_cash + back
    worth = sum(worth_of(shipment) for shipment in order.shipments.values())
    missing = sum(capture["amount"] for work_id, capture in owed(order) if is_known_missing(order, work_id, capture))
    if order.is_sale and not order.is_reserved and not (order.status == "COMPLETED" and not order.cancelled):
        # What was paid for later is a deposit until it has left, or is owed to the customer.
        return
    worth += paid_ahead(order)
    if kept > worth:
        report.note("INV3", order.pk, f"{kept} were taken and kept for goods worth {worth}")
    elif kept + missing < worth:
        what = f"goods worth {worth} left, {kept} were taken, a person knows that {missing} are missing"
        report.note("INV3", order.pk, what)
    if order.status == "CANCELLED" and kept:
        report.note("INV3", order.pk, f"the cancelled order keeps {kept}")
    on_hold = sum(held.on_hold for held in payments)
    if order.is_over and on_hold and not missing:
        report.note("INV3", order.pk, f"the order is {order.status}, and {on_hold} are still on hold")

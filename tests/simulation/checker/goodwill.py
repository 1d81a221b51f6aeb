"""INV23: goodwill is never more than a quarter of an order's goods, is counted once and posted once, and stays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.ledger import entries, net
from tests.simulation.checker.picture import Commit, OrderView, Picture, parsed

RULE = "appeasement_granted"
CAP_PERCENT = 25
OF_ORDER, COUNTED = "APPEASEMENTS", "GOODWILL"
COUPON = "coupon"
WAITS_UNTIL_DECIDED = "pending"


def is_goodwill(pk: str) -> bool:
    """Whether a partition of table `orders` holds goodwill on an order, or counts that of a customer or an actor."""
    return _kind(pk) in (OF_ORDER, COUNTED)


def _kind(pk: str) -> str:
    return "".join(pk.split("#", 3)[2:3])


def check_goodwill_of_commit(commit: Commit, report: Report) -> None:
    """Requests and rulings are added and never changed; a counter is never removed."""
    for pk, changes in commit.orders.items():
        kind = _kind(pk)
        for change in changes:
            if kind == OF_ORDER and change.before is not None:
                report.note("INV23", f"{pk} {change.sk}", "was recorded before and was changed")
            if kind == COUNTED and change.after is None:
                report.note("INV23", pk, "a counter was removed")


def check_goodwill(picture: Picture, report: Report) -> None:
    """Every grant against its order, the counters and the ledger."""
    posted = {(tenant, entry["reference"]): entry for tenant, entry in entries(picture) if entry["rule"] == RULE}
    counted = _counted(picture)
    orders = {order.id: order for order in picture.orders()}
    for pk, rows in picture.table("orders").items():
        if _kind(pk) != OF_ORDER:
            continue
        tenant, order_id = pk.split("#")[1], pk.split("#")[3]
        grants = list(_granted(rows))
        if order_id not in orders:
            report.note("INV23", pk, "goodwill on an order that there is not")
            continue
        totals = orders[order_id].agreed["totals"]
        goods = totals["goods"] - totals.get("discount", 0)
        given = sum(part["net"] for grant in grants for part in grant["parts"])
        if given * 100 > CAP_PERCENT * goods:
            report.note("INV23", pk, f"{given} were granted on goods of {goods}")
        for grant in grants:
            if grant["paid_to"] == COUPON:
                _is_owed_nothing(grant, orders[order_id], report)
            else:
                _is_posted(grant, posted.pop((tenant, grant["id"]), None), report)
            kinds = counted.pop((tenant, grant["id"]), [])
            if "customer" not in kinds or kinds.count("actor") != 1:
                report.note("INV23", grant["id"], f"is counted for {kinds}")
    for tenant, name in posted.keys() | counted.keys():
        report.note("INV23", f"{tenant} {name}", "posted or counted, but never granted")


def goodwill_paid(order: OrderView) -> int:
    """What providers gave back of an order's money for goodwill."""
    paid = [one for refund in order.refunds.values() if refund["cause"] == "appeasement" for one in refund["parts"]]
    return sum(part["amount"] for part in paid if part.get("state") == "EXECUTED" and part["tender"] == "card")


def _granted(rows: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for sk, row in rows.items():
        if sk.startswith("REQUEST#"):
            request = parsed(row["body"])
            ruling = rows.get(sk.replace("REQUEST", "RULING"))
            approved = ruling is not None and parsed(ruling["body"])["approved"]
            if approved or not request["evaluation"].get(WAITS_UNTIL_DECIDED):
                yield request


def _is_owed_nothing(grant: dict[str, Any], order: OrderView, report: Report) -> None:
    """A coupon has a code and no tax, and no refund is owed for it; that nothing is posted the others say."""
    owed = any(refund["cause_id"] == grant["id"] for refund in order.refunds.values())
    if owed or not grant.get("coupon_code") or any(part["tax"] for part in grant["parts"]):
        report.note("INV23", grant["id"], "a coupon is a code, has no tax, and nothing is owed for it")


def _counted(picture: Picture) -> dict[tuple[str, str], list[str]]:
    """Of whom each grant is counted, by tenant and id."""
    found: dict[tuple[str, str], list[str]] = {}
    for pk, rows in picture.table("orders").items():
        if _kind(pk) == COUNTED:
            for grant in parsed(rows["COUNTER"]["body"])["grants"]:
                found.setdefault((pk.split("#")[1], grant["appeasement_id"]), []).append(pk.split("#")[3])
    return found


def _is_posted(grant: dict[str, Any], entry: dict[str, Any] | None, report: Report) -> None:
    goods, tax = (sum(part[name] for part in grant["parts"]) for name in ("net", "tax"))
    expected = {"4091": goods, "2040": tax, "2050": -goods - tax}
    expected = {account: amount for account, amount in expected.items() if amount}
    if entry is None or net(entry) != expected or entry.get("order_id") != grant["order_id"]:
        report.note("INV23", grant["id"], f"expected {expected}, posted {net(entry) if entry else None}")

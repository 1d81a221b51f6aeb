"""INV21: what waits for stock is what was ordered, less what was claimed and what was cancelled, and can be found.

Once all rests, nobody has waited longer than they should, and nobody waits for what is there.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.simulation.checker.evidence import Evidence, Report
from tests.simulation.checker.picture import Commit, OrderView, Picture, held_by_node, is_order, parsed

# The schedule comes by every five minutes; what is overdue for longer than two rounds has been forgotten.
FORGOTTEN = timedelta(minutes=11)
# Nodes of the simulated retailer that take on whatever they are given.
WITHOUT_LIMITS = ("dc-newark", "albany")


def check_backlog_of_commit(commit: Commit, picture: Picture, report: Report) -> None:
    """Units and entries of every order that a commit has touched."""
    for pk in commit.orders:
        order = picture.order(pk) if is_order(pk) else None
        if order is not None:
            _units(order, report)
            _entries(order, picture, report)


def check_backlog(picture: Picture, evidence: Evidence, report: Report) -> None:
    """The same for every order, and that nothing waits in vain."""
    now = datetime.fromisoformat(evidence.now.replace("Z", "+00:00")) if evidence.now else None
    ruled = any("#RULES#inventory" in pk for pk in picture.table("registry"))
    for order in picture.orders():
        _units(order, report)
        _entries(order, picture, report)
        for one in order.progress.get("backorders", ()):
            until = datetime.fromisoformat(one["cancel_at"].replace("Z", "+00:00"))
            if now is not None and until + FORGOTTEN < now and (order.sourced or not order.works):
                report.note("INV21", order.pk, f"line {one['line_no']} waits since long after {one['cancel_at']}")
            if not ruled and order.sourced and order.status in ("CONFIRMED", "IN_PROGRESS"):
                _in_vain(order, one["line_no"], picture, report)


def _units(order: OrderView, report: Report) -> None:
    for line in order.lines.values():
        waits = order.waiting.get(line.line_no, 0)
        gone = order.cancelled.get(line.line_no, 0) + order.carried.get(line.line_no, 0)
        if order.sourced:
            most = line.quantity - gone - _held(order, line.line_no)
            if not 0 <= waits <= most:
                report.note("INV21", order.pk, f"line {line.line_no}: {waits} wait, {most} are with nobody")
        else:
            left = max(0, line.quantity - sum(units for _, units in line.claims) - gone) if line.takes_stock else 0
            if waits != left:
                report.note("INV21", order.pk, f"line {line.line_no}: {waits} wait, {left} were never claimed")


def _held(order: OrderView, line_no: int) -> int:
    return sum(
        held_by_node(part) for work in order.works.values() for part in work["lines"] if part["line_no"] == line_no
    )


def _entries(order: OrderView, picture: Picture, report: Report) -> None:
    """The queue of each item has the order's units; so has the list of what is to be cancelled the order itself."""
    rows = picture.items("orders", order.pk)
    listed = {sk for sk, row in rows.items() if sk.startswith("BACKORDER") and row.get("gsi1pk")}
    wanted: dict[str, int] = {}
    for line in order.lines.values():
        if order.waiting.get(line.line_no):
            wanted[line.sku] = wanted.get(line.sku, 0) + order.waiting[line.line_no]
    if ("BACKORDER" in listed) != bool(wanted):
        report.note("INV21", order.pk, f"{wanted} wait, listed are {sorted(listed)}")
    found: dict[str, int] = {}
    for sk in listed - {"BACKORDER"}:
        entry = parsed(rows[sk]["body"])
        found[entry["sku"]] = found.get(entry["sku"], 0) + entry["units"]
    if found != ({} if order.in_review else wanted):
        report.note("INV21", order.pk, f"{wanted} wait, the queues have {found}")


def _in_vain(order: OrderView, line_no: int, picture: Picture, report: Report) -> None:
    line = order.lines[line_no]
    gave_up = {
        work["node_id"]
        for work in order.works.values()
        for part in work["lines"]
        if part["line_no"] == line_no and part.get("given_up")
    }
    for node in WITHOUT_LIMITS:
        row = picture.items("stock", f"T#{order.tenant}#SKU#{line.sku}").get(f"NODE#{node}", {})
        if node not in gave_up and row.get("available", 0) > 0:
            report.note("INV21", order.pk, f"line {line_no} waits, and {node} has {row['available']} of {line.sku}")

"""INV2 for legs: what one node sends to another is counted once, on its way and where it goes on."""

from __future__ import annotations

from collections import Counter

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.picture import OrderView, is_count

COUNTS = ("in_transit", "received", "recalled")
OVER = ("COMPLETED", "REJECTED", "INCOMPLETE", "CANCELLED", "REPLACED")


def check_legs(order: OrderView, report: Report) -> None:
    """Only legs have units on their way, none of them once they are over, and what they brought is work there."""
    brought: Counter[tuple[str, int, int]] = Counter()
    there: Counter[tuple[str, int, int]] = Counter()
    for work in order.works.values():
        where, to = f"{order.pk} {work['id']}", work.get("destination_node")
        for part in work["lines"]:
            counts = {name: part.get(name, 0) for name in COUNTS}
            if not all(is_count(units) and units >= 0 for units in counts.values()):
                report.note("INV2", where, f"line {part['line_no']}: {counts}")
            if to is None and any(counts.values()):
                report.note("INV2", where, f"line {part['line_no']} goes to the customer, and has {counts}")
            if work["status"] in OVER and counts["in_transit"] + counts["recalled"]:
                report.note("INV2", where, f"is {work['status']}, and line {part['line_no']} has {counts}")
            if to is not None and part.get("shipped", 0):
                report.note("INV2", where, f"goes to {to}, and {part['shipped']} of line {part['line_no']} left")
            if to is None:
                there[work["node_id"], work["group_no"], part["line_no"]] += part["quantity"]
            else:
                brought[to, work["group_no"], part["line_no"]] += counts["received"]
        if work["status"] == "IN_TRANSIT" and not any(p.get("in_transit") or p.get("recalled") for p in work["lines"]):
            report.note("INV2", where, "is IN_TRANSIT, and nothing is on its way")
    for name, units in brought.items():
        if units > there[name]:
            report.note(
                "INV2", f"{order.pk} line {name[2]}", f"{units} came to {name[0]}, {there[name]} are work there"
            )

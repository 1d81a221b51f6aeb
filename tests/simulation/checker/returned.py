"""INV36 returns by post: they go along their graph, their units add up, and what is owed is owed for their units.

Of each line: what came is waiting or inspected, no more units came and left than were asked for, and as many units are
owed as its returns gave money for.
"""

from __future__ import annotations

from typing import Any

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.graphs import RETURN, is_edge
from tests.simulation.checker.picture import Commit, OrderView, Picture, is_order, parsed


def check_returns_of_commit(commit: Commit, picture: Picture, report: Report) -> None:
    """The returns by post that a commit has changed."""
    for pk, changes in commit.orders.items():
        own = [change for change in changes if change.sk.startswith("RMA#") and change.after is not None]
        for change in own:
            before = parsed(change.before["body"])["state"] if change.before else None
            after = parsed(change.after["body"])["state"] if change.after else None
            if not is_edge(RETURN, before, after):
                report.note("INV36", f"{pk} {change.sk}", f"was {before} and is {after}")
        order = picture.order(pk) if own and is_order(pk) else None
        if order is not None:
            _units(order, report)


def check_returns(picture: Picture, report: Report) -> None:
    """Every return by post again."""
    for order in picture.orders():
        _units(order, report)


def _units(order: OrderView, report: Report) -> None:
    for rma in order.rmas.values():
        paid: dict[int, int] = {}
        for one in order.returns.values():
            for line in one["lines"] if one.get("rma_id") == rma["id"] else ():
                paid[line["line_no"]] = paid.get(line["line_no"], 0) + line["quantity"]
        for line in rma["lines"]:
            where = f"{order.pk} {rma['id']} line {line['line_no']}"
            _line(line, paid.get(line["line_no"], 0), where, report)


def _line(line: dict[str, Any], paid: int, where: str, report: Report) -> None:
    received, owed = line.get("received", 0), line.get("owed", 0)
    there = sum(line.get("waiting", {}).values()) + sum(one["quantity"] for one in line.get("graded", ()))
    gone = sum(line.get(name, 0) for name in ("missing", "wrong", "expired"))
    if received != there:
        report.note("INV36", where, f"{received} units came, {there} wait or were inspected")
    if received + gone > line["quantity"]:
        report.note("INV36", where, f"{received} units came and {gone} left it, of {line['quantity']}")
    if owed != paid:
        report.note("INV36", where, f"{owed} units are owed, its returns are of {paid}")

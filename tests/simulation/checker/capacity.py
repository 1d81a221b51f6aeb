"""INV16: what nodes have taken on is what their work says, and no more than they allowed unless nobody else could."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.picture import Commit, OrderView, Picture, held_by_node, is_order

Name = tuple[str, str, str]  # partition of the node's counters, period and amount
COUNTERS = "#CAPACITY#"


def check_capacity_of_commit(commit: Commit, picture: Picture, report: Report) -> None:
    """A counter that was raised stays within what its limit allowed when the work was allocated."""
    raised: set[tuple[str, str]] = set()
    for change in commit.stock:
        if COUNTERS not in change.pk or change.after is None:
            continue
        before = change.before or {}
        for name, amount in change.after.items():
            if name in ("pk", "sk", "expires_at"):
                continue
            if type(amount) is not int or amount < 0:
                report.note("INV16", f"{change.pk} {change.sk}", f"{name} is {amount}")
            elif amount > before.get(name, 0):
                raised.add((change.pk, change.sk))
    if not raised:
        return
    for pk, changes in commit.orders.items():
        order = picture.order(pk) if is_order(pk) else None
        # Other work of the same order has raised nothing.
        changed = {change.sk.removeprefix("WORK#") for change in changes}
        for node, use, _ in uses_of(order, changed) if order is not None else ():
            if (node, use["period"]) in raised and use.get("most") is not None:
                amount = picture.items("stock", node)[use["period"]].get(_name(use), 0)
                if amount > use["most"]:
                    report.note("INV16", f"{node} {use['period']}", f"{_name(use)} is {amount} of {use['most']}")


def check_capacity(picture: Picture, report: Report) -> None:
    """Every counter is the sum over all work that counts in it."""
    wanted: Counter[Name] = Counter()
    for pk in picture.table("orders"):
        order = picture.order(pk) if is_order(pk) else None
        for node, use, amount in uses_of(order) if order is not None else ():
            wanted[node, use["period"], _name(use)] += amount
    found: Counter[Name] = Counter()
    for pk, rows in picture.table("stock").items():
        if COUNTERS in pk:
            for sk, item in rows.items():
                for name, amount in item.items():
                    if name not in ("pk", "sk", "expires_at"):
                        found[pk, sk, name] += amount
    for name in wanted.keys() | found.keys():
        if wanted[name] != found[name]:
            report.note("INV16", " ".join(name), f"{found[name]} is counted, work takes {wanted[name]}")


def uses_of(order: OrderView, only: Collection[str] | None = None) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Each limit that work of an order counts against: its node's partition, the limit, and how much it takes.

    Only of some work, where its ids are named.
    """
    for work in order.works.values():
        if only is not None and work["id"] not in only:
            continue
        held = {part["line_no"]: held_by_node(part) for part in work["lines"]}
        for use in work.get("capacity", ()):
            if use["of"] == "orders":
                amount = 1 if any(held.values()) else 0
            elif use["of"] == "units":
                amount = sum(units * sum(each for _, each in order.lines[no].made_of) for no, units in held.items())
            elif use.get("currency") == order.agreed["currency"]:
                amount = sum(order.lines[no].total * units // order.lines[no].quantity for no, units in held.items())
            else:
                amount = 0
            yield f"T#{order.tenant}{COUNTERS}{work['node_id']}", use, amount


def _name(use: dict[str, Any]) -> str:
    return use["of"] if use.get("currency") is None else f"{use['of']}_{use['currency']}"

"""INV34 changes: the original of an order and its change orders add up to what stands, and none is rewritten."""

from __future__ import annotations

from typing import Any

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.picture import Commit, OrderView, Picture, parsed


def check_changes_of_commit(commit: Commit, report: Report) -> None:
    """A change order is created and never changed or removed."""
    for change in commit.all:
        if "#CHANGES#" in change.pk and (change.before is not None or change.after is None):
            report.note("INV34", f"{change.pk} {change.sk}", "is written once, and was changed")


def check_changes(picture: Picture, report: Report) -> None:
    """Units of each line, and the goods of the whole order, counted from the original on and as they stand."""
    for order in picture.orders():
        rows = picture.items("orders", f"T#{order.tenant}#CHANGES#{order.id}")
        made = [parsed(row["body"]) for _, row in sorted(rows.items())]
        if [one["number"] for one in made] != list(range(1, order.progress.get("changes", 0) + 1)):
            report.note("INV34", order.pk, f"its change orders are {[one['number'] for one in made]}")
        back = _back(order)
        moved: dict[int, int] = {}
        for part in (part for one in made for part in one["lines"]):
            moved[part["line_no"]] = moved.get(part["line_no"], 0) + part["quantity"]
        goods = 0
        for line in order.lines.values():
            if line.part_of is not None:
                continue
            stands = line.quantity - order.cancelled.get(line.line_no, 0) - back.get(line.line_no, 0)
            goods += line.unit_price * stands
            said = moved.get(line.line_no, 0) + (0 if line.line_no in order.added else line.quantity)
            if said != stands:
                where = f"{order.pk} line {line.line_no}"
                report.note("INV34", where, f"{stands} units stand, its changes say {said}")
        first = order.agreed.get("totals", {}).get("goods", 0)
        now = first + sum(one["amounts"].get("goods", 0) for one in made)
        if now != goods:
            report.note("INV34", order.pk, f"goods for {goods} stand, the original and its changes say {now}")


def _back(order: OrderView) -> dict[int, int]:
    units: dict[int, int] = {}
    parts: list[dict[str, Any]] = [part for made in order.returns.values() for part in made["lines"]]
    for part in parts:
        units[part["line_no"]] = units.get(part["line_no"], 0) + part["quantity"]
    return units

"""INV18: once all rests, what is summed up of an item is what its rows have."""

from __future__ import annotations

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.picture import Picture


def check_levels(picture: Picture, report: Report) -> None:
    """The network's level of each item that has stock, against the rows of all its nodes; no node closes in a run."""
    for pk, rows in picture.table("stock").items():
        stock = [row for sk, row in rows.items() if sk.startswith("NODE#") and "#HOLD#" not in sk]
        if not stock:
            continue
        units = sum(max(0, row["available"]) for row in stock)
        found = rows.get("LEVEL#network")
        # A row that never had units that can be had was never summed up.
        summed = None if found is None else found["units"]
        if (summed or 0) != units:
            report.note("INV18", pk, f"{summed} are summed up, the rows have {units}")

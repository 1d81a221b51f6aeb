"""INV18: once all rests, what is summed up of an item is what its rows have.

A node that has closed counts until the stock of the item changes again.
"""

from __future__ import annotations

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.picture import Picture, parsed
from tests.simulation.checker.shards import in_shards


def check_levels(picture: Picture, report: Report) -> None:
    """The network's level of each item that has stock, against the rows of all its nodes."""
    closed = _closed(picture)
    for pk, rows in picture.table("stock").items():
        nodes = [sk.removeprefix("NODE#") for sk in rows if sk.startswith("NODE#") and sk.count("#") == 1]
        if not nodes:
            continue
        tenant = pk.split("#")[1]
        stock = {node: max(0, rows[f"NODE#{node}"]["available"] + in_shards(rows, node)) for node in nodes}
        units = sum(stock.values())
        gone = sum(have for node, have in stock.items() if (tenant, node) in closed)
        found = rows.get("LEVEL#network")
        # A row that never had units that can be had was never summed up.
        summed = None if found is None else found["units"]
        if (summed or 0) not in (units, units - gone):
            report.note("INV18", pk, f"{summed} are summed up, the rows have {units}")


def _closed(picture: Picture) -> set[tuple[str, str]]:
    """The nodes that are closed by the newest of their versions, by tenant."""
    newest: dict[tuple[str, str], tuple[int, str]] = {}
    for pk, rows in picture.table("registry").items():
        for sk, row in rows.items():
            if sk.startswith("NODE#"):
                name = (pk.split("#")[1], sk.split("#")[1])
                newest[name] = max(
                    newest.get(name, (0, "")), (row.get("version", 0), parsed(row["body"]).get("status", ""))
                )
    return {name for name, (_, status) in newest.items() if status == "closed"}

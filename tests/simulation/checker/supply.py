"""INV17: what is expected and under way in the stock ledger is what the lines of supply say is still to come."""

from __future__ import annotations

from collections import Counter

from tests.simulation.checker.evidence import Item, Report
from tests.simulation.checker.picture import Picture, parsed

LINE = "SUPPLY#"
Place = tuple[str, str]  # partition of the SKU, node


def kept_at_source(pk: str, item: Item) -> dict[Place, int]:
    """Units that the node of a transfer keeps for it until they leave."""
    if "from_node" not in item:
        return {}
    line = parsed(item["body"])
    units = line["quantity"] - line.get("sent", 0) - line.get("closed", 0)
    return {(pk, item["from_node"]): units} if units > 0 else {}


def waited(item: Item) -> tuple[int, int]:
    """What of a line is expected, and what is under way."""
    line = parsed(item["body"])
    quantity, sent, received, closed, lost = (
        line.get(name, 0) for name in ("quantity", "sent", "received", "closed", "lost")
    )
    if item["kind"] == "purchase_order":
        return max(0, quantity - sent - received - closed), 0
    if item["kind"] == "shipment_notice":
        return 0, max(0, quantity - received - lost)
    return max(0, quantity - sent - closed), max(0, sent - received - lost)


def check_supply(picture: Picture, report: Report) -> None:
    """Every line against the movements that supply caused; what of it is still to come is written on it."""
    wanted: Counter[tuple[str, str, str]] = Counter()
    ids: set[tuple[str, str]] = set()
    for pk, rows in picture.table("stock").items():
        if "SUPPLY" in rows:
            ids.add((pk.split("#")[1], pk.split("#", 3)[3]))
        for sk, item in rows.items():
            if sk.startswith(LINE):
                future, in_transit = waited(item)
                if item["to_come"] != future + in_transit:
                    report.note("INV17", f"{pk} {sk}", f"{item['to_come']} are to come, not {future + in_transit}")
                wanted[pk, item["node_id"], "future"] += future
                wanted[pk, item["node_id"], "in_transit"] += in_transit
    moved: Counter[tuple[str, str, str]] = Counter()
    for pk, rows in picture.table("stock").items():
        parts = pk.split("#")
        if len(parts) != 5 or parts[2] != "MOVES":
            continue
        for item in rows.values():
            for entry in parsed(item["body"]):
                if (parts[1], entry["cause"]) in ids:
                    for bucket in ("future", "in_transit"):
                        moved[f"T#{parts[1]}#SKU#{parts[3]}", parts[4], bucket] += entry["changes"].get(bucket, 0)
    for name in wanted.keys() | moved.keys():
        if wanted[name] != moved[name]:
            report.note("INV17", " ".join(name), f"{moved[name]} by the ledger, {wanted[name]} by the lines")

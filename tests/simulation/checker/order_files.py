"""INV38: a dropped file of orders is answered row by row, once; what it placed or imported is there, once and as told.

An order of the past has nothing besides itself: no work, no money, no stock and no line of the ledger.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter, defaultdict
from typing import Any

from tests.simulation.checker.evidence import Evidence, Report
from tests.simulation.checker.picture import Picture, parsed

OUTCOMES = ("placed", "imported", "refused")
# What an order of the past consists of.
OWN = {"ORDER", "AGREED", "LINES"}


def check_order_files(picture: Picture, evidence: Evidence, report: Report) -> None:
    """At quiet: every version of every dropped file has its results, its manifest, its event and its orders."""
    told = _told(picture)
    for key, versions in evidence.intake.items():
        if not key.startswith("orders/"):
            continue
        _, tenant, name = key.split("/")
        for number, content in enumerate(versions, 1):
            folder = f"results/{tenant}/orders/{name}/v{number}"
            manifest = evidence.intake.get(f"{folder}/manifest.json")
            if manifest is None:
                report.note("INV5", f"{key} v{number}", "a file was dropped and is not loaded")
                continue
            found = json.loads(manifest[0])
            _check_results(f"{key} v{number}", content.decode(), tenant, found, evidence, picture, report)
            if told[tenant, key, f"v{number}"] != [[found[one] for one in ("rows", *OUTCOMES)]]:
                report.note("INV38", f"{key} v{number}", "OrderFileLoaded does not say once what the manifest says")
    _check_history(picture, report)


def _check_results(
    where: str,
    text: str,
    tenant: str,
    manifest: dict[str, Any],
    evidence: Evidence,
    picture: Picture,
    report: Report,
) -> None:
    """Each row has one result, the sums are those of the results, and what was made is the order of the row."""
    results: list[dict[str, str]] = []
    for part in manifest["parts"]:
        content = evidence.intake.get(part["key"], [b""])[0]
        if hashlib.sha256(content).hexdigest() != part["sha256"]:
            report.note("INV38", part["key"], "holds other bytes than its manifest says")
        results += csv.DictReader(content.decode().splitlines())
    rows = dict(enumerate(text.split("\n"), 1))
    if where.partition(" ")[0].endswith(".jsonl"):
        expected = [number for number, row in rows.items() if row.strip()]
        if sorted(int(result["row"]) for result in results) != expected:
            report.note("INV38", where, f"rows {expected} have results {[result['row'] for result in results]}")
    outcomes = Counter(result["outcome"] for result in results)
    for name in OUTCOMES:
        if outcomes[name] != manifest[name]:
            report.note("INV38", where, f"{outcomes[name]} rows are {name}, the manifest says {manifest[name]}")
    for result in results:
        if result["outcome"] == "refused":
            continue
        wanted = json.loads(rows[int(result["row"])])
        order = picture.table("orders").get(f"T#{tenant}#ORDER#{result['order_id']}", {}).get("ORDER")
        if order is None or (order["channel"], order["external_id"]) != (wanted["channel"], wanted["external_id"]):
            report.note("INV38", f"{where} row {result['row']}", "is no order that was made of this row")


def _check_history(picture: Picture, report: Report) -> None:
    """Orders of the past have no parts, no entry of the ledger, and one event that says that they came here."""
    journals = {
        str(row.get("gsi1pk", "")).rpartition("#")[2]
        for rows in picture.table("ledger").values()
        for row in rows.values()
    }
    for pk, rows in picture.table("orders").items():
        if "AGREED" not in rows or not parsed(rows["AGREED"]["body"]).get("history"):
            continue
        order_id = pk.rpartition("#")[2]
        if {sk.partition("#")[0] for sk in rows} - OWN:
            report.note("INV38", order_id, "is of the past and has parts of its own")
        if rows["ORDER"]["version"] != 1:
            report.note("INV38", order_id, "is of the past and was changed")
        events = [row["type"] for row in picture.table("events").get(pk, {}).values()]
        if events != ["OrderImported"]:
            report.note("INV38", order_id, f"is of the past and has the events {events}")
        if order_id in journals:
            report.note("INV38", order_id, "is of the past and is in the ledger")


def _told(picture: Picture) -> dict[tuple[str, str, str], list[list[int]]]:
    """The counts that events tell of each file: by tenant, key and version."""
    found: dict[tuple[str, str, str], list[list[int]]] = defaultdict(list)
    for rows in picture.table("events").values():
        for row in rows.values():
            if row["type"] == "OrderFileLoaded":
                event = parsed(row["detail"])
                data = event["data"]
                counts = [data[name] for name in ("rows", *OUTCOMES)]
                found[event["meta"]["tenant"], data["file"], data["object_version"]].append(counts)
    return found

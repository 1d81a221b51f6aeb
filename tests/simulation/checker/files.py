"""INV19: a dropped file of stock is answered row by row, once, and what it says was recorded is in the ledger."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter, defaultdict
from typing import Any

from tests.simulation.checker.evidence import Evidence, Report
from tests.simulation.checker.picture import Picture, parsed

HEADER = "node_id,sku,quantity,as_of,source,sequence,reason"


def check_files(picture: Picture, evidence: Evidence, report: Report) -> None:
    """At quiet: every version of every dropped file has its results, its manifest and its event."""
    told = _told(picture)
    counted = _counted(picture)
    for key, versions in evidence.intake.items():
        _, tenant, name = f"{key}//".split("/")[:3]
        if key.startswith("orders/"):
            continue
        if not key.startswith("stock/"):
            if len(versions) > 1:
                report.note("INV19", key, "a result was written over another")
            continue
        for number, content in enumerate(versions, 1):
            folder = f"results/{tenant}/{name.removesuffix('.csv')}/v{number}"
            manifest = evidence.intake.get(f"{folder}/manifest.json")
            if manifest is None:
                report.note("INV5", f"{key} v{number}", "a file was dropped and is not loaded")
                continue
            found = json.loads(manifest[0])
            _check_results(f"{key} v{number}", content.decode(), found, evidence, counted[tenant], report)
            if told[tenant, key, f"v{number}"] != [[found[one] for one in ("rows", "recorded", "ignored", "refused")]]:
                report.note("INV19", f"{key} v{number}", "StockFileLoaded does not say once what the manifest says")


def _check_results(
    where: str, text: str, manifest: dict[str, Any], evidence: Evidence, counted: Counter[Any], report: Report
) -> None:
    """Each row has one result, the sums are those of the results, and what is recorded is one movement."""
    results: list[dict[str, str]] = []
    for part in manifest["parts"]:
        content = evidence.intake.get(part["key"], [b""])[0]
        if hashlib.sha256(content).hexdigest() != part["sha256"]:
            report.note("INV19", part["key"], "holds other bytes than its manifest says")
        results += csv.DictReader(content.decode().splitlines())
    rows = dict(enumerate(text.split("\n"), 1))
    is_file = rows[1] == HEADER
    expected = [number for number, row in rows.items() if row.strip() and number > 1] if is_file else [1]
    if sorted(int(result["row"]) for result in results) != expected:
        report.note("INV19", where, f"rows {expected} have results {[result['row'] for result in results]}")
    outcomes = Counter(result["outcome"] for result in results)
    for name in ("recorded", "ignored", "refused"):
        if outcomes[name] != manifest[name]:
            report.note("INV19", where, f"{outcomes[name]} rows are {name}, the manifest says {manifest[name]}")
    for result in results:
        if result["outcome"] == "recorded":
            node, sku, quantity, _, source, sequence, _ = rows[int(result["row"])].split(",")
            if counted[sku, node, source, int(sequence), int(quantity)] != 1:
                report.note("INV19", f"{where} row {result['row']}", "is recorded and is not one count of the ledger")


def _told(picture: Picture) -> dict[tuple[str, str, str], list[list[int]]]:
    """The counts that events tell of each file: by tenant, key and version."""
    found: dict[tuple[str, str, str], list[list[int]]] = defaultdict(list)
    for rows in picture.table("events").values():
        for row in rows.values():
            if row["type"] == "StockFileLoaded":
                event = parsed(row["detail"])
                data = event["data"]
                counts = [data[name] for name in ("rows", "recorded", "ignored", "refused")]
                found[event["meta"]["tenant"], data["file"], data["object_version"]].append(counts)
    return found


def _counted(picture: Picture) -> dict[str, Counter[Any]]:
    """How often each count stands in the stock ledger of each tenant."""
    found: dict[str, Counter[Any]] = defaultdict(Counter)
    for pk, rows in picture.table("stock").items():
        _, tenant, kind, *place = pk.split("#")
        for row in rows.values() if kind == "MOVES" else ():
            for entry in json.loads(row["body"]):
                if entry["kind"] == "counted":
                    found[tenant][*place, entry["source"], entry["sequence"], entry["quantity"]] += 1
    return found

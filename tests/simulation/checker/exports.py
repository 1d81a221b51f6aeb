"""INV9: the files that finance gets hold the ledger, every line once, and their manifests say so truly.

Read is the CSV form, which needs nothing but the standard library. That the Parquet form holds the same is a test of
the product's own.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from tests.simulation.checker.evidence import Evidence, Report
from tests.simulation.checker.ledger import MEMORANDUM, entry_of
from tests.simulation.checker.picture import Picture

MANIFESTS = "/manifests/"
Row = tuple[Any, ...]
Day = tuple[str, str, str]  # tenant, entity, business date


def check_exports(picture: Picture, evidence: Evidence, report: Report) -> None:
    """Every manifest against its files, the chain of manifests, and all rows of a date against the ledger."""
    manifests = {
        key: json.loads(content)
        for key, content in sorted(evidence.objects.items())
        if MANIFESTS in key and key.endswith(".json")
    }
    exported: dict[Day, Counter[Row]] = {}
    closed: set[Day] = set()
    taken: Counter[str] = Counter()
    for key, manifest in manifests.items():
        day = (manifest["tenant"], manifest["entity"], manifest["business_date"])
        rows = list(_rows_of(key, manifest, evidence, report))
        _totals(key, manifest, rows, report)
        exported.setdefault(day, Counter()).update(rows)
        taken.update(file["key"] for file in manifest["files"])
        if manifest["kind"] == "close":
            closed.add(day)
    for key, times in taken.items():
        if times > 1:
            report.note("INV9", key, f"is listed in {times} manifests")
    _chain(manifests, evidence, report)
    if manifests:
        _against_ledger(picture, exported, closed, report)
    _noted(picture, manifests, evidence, report)


def _rows_of(key: str, manifest: dict[str, Any], evidence: Evidence, report: Report) -> Iterator[Row]:
    """The lines in the files of a batch; on the way, each file against what the manifest says of it."""
    for file in manifest["files"]:
        content = evidence.objects.get(file["key"])
        if content is None:
            report.note("INV9", file["key"], f"is listed in {key} and is not there")
            continue
        if hashlib.sha256(content).hexdigest() != file["sha256"] or len(content) != file["bytes"]:
            report.note("INV9", file["key"], "its bytes are not those of the manifest")
            continue
        prefix = f"tenant={quote(manifest['tenant'], safe='')}/"
        if f"finance/v1/{prefix}" not in file["key"]:
            report.note("INV9", file["key"], f"does not lie under {prefix}")
        if file["format"] != "csv":
            continue
        read = list(csv.DictReader(io.StringIO(gzip.decompress(content).decode("utf-8"))))
        if len(read) != file["rows"]:
            report.note("INV9", file["key"], f"holds {len(read)} rows, its manifest says {file['rows']}")
        if file["dataset"] in ("journal_lines", "memo_lines"):
            yield from (_row(line) for line in read)


def _row(line: dict[str, str]) -> Row:
    """What of a line must be as in the ledger, and its number, which must be the only one of its kind."""
    return (
        line["entry_id"],
        int(line["line_no"]),
        line["account"],
        int(line["debit_minor"]),
        int(line["credit_minor"]),
        line["currency"],
        line["business_date"],
        line["original_business_date"],
        line["order_id"],
    )


def _totals(key: str, manifest: dict[str, Any], rows: list[Row], report: Report) -> None:
    """The control totals are the sums of the rows, and balance."""
    totals = manifest["control_totals"]
    for names, memorandum in ((("currencies", "lines"), False), (("memo_currencies", "memo_lines"), True)):
        own = [row for row in rows if (row[2] in MEMORANDUM) is memorandum]
        sums: dict[str, list[int]] = {}
        for row in own:
            into = sums.setdefault(row[5], [0, 0])
            into[0] += row[3]
            into[1] += row[4]
        stated = {each["currency"]: [each["debit_minor"], each["credit_minor"]] for each in totals[names[0]]}
        if stated != sums:
            report.note("INV9", key, f"{names[0]} are {stated}, the rows sum to {sums}")
        if any(debit != credit for debit, credit in sums.values()):
            report.note("INV9", key, f"{names[0]} do not balance: {sums}")
        if totals[names[1]] != len(own):
            report.note("INV9", key, f"{names[1]} is {totals[names[1]]}, there are {len(own)}")
    if totals["entries"] != len({row[0] for row in rows}):
        report.note("INV9", key, f"entries is {totals['entries']}, there are {len({row[0] for row in rows})}")
    moved: dict[tuple[str, str], int] = {}
    for row in rows:
        moved[row[2], row[5]] = moved.get((row[2], row[5]), 0) + row[3] - row[4]
    for account in totals["accounts"]:
        own_sum = moved.pop((account["account"], account["currency"]), 0)
        if account["closing_minor"] - account["opening_minor"] != own_sum:
            report.note("INV9", key, f"account {account['account']} moves by {own_sum}, not as the manifest says")
    if moved:
        report.note("INV9", key, f"accounts without a total: {sorted(moved)}")


def _chain(manifests: dict[str, dict[str, Any]], evidence: Evidence, report: Report) -> None:
    """The batches of an entity are 1, 2, 3, … and each names the one before it by its hash and goes on from it."""
    by_entity: dict[tuple[str, str], list[tuple[str, dict[str, Any]]]] = {}
    for key, manifest in manifests.items():
        by_entity.setdefault((manifest["tenant"], manifest["entity"]), []).append((key, manifest))
    for batches in by_entity.values():
        batches.sort(key=lambda each: each[1]["number"])
        closed: set[str] = set()
        before: tuple[str, dict[str, Any]] | None = None
        for number, (key, manifest) in enumerate(batches, start=1):
            expected = None
            if before is not None:
                digest = hashlib.sha256(evidence.objects[before[0]]).hexdigest()
                expected = {"key": before[0], "sha256": digest}
                _goes_on(key, before[1], manifest, report)
            if manifest["number"] != number or manifest["previous"] != expected:
                report.note("INV9", key, f"is number {manifest['number']} after {manifest['previous']}, not {expected}")
            if manifest["business_date"] in closed:
                report.note("INV9", key, "a batch of a date after the one that closed it")
            if manifest["kind"] == "close":
                closed.add(manifest["business_date"])
            before = (key, manifest)


def _goes_on(key: str, before: dict[str, Any], manifest: dict[str, Any], report: Report) -> None:
    accounts = {(each["account"], each["currency"]): each for each in manifest["control_totals"]["accounts"]}
    for old in before["control_totals"]["accounts"]:
        new = accounts.get((old["account"], old["currency"]))
        if new is None or new["opening_minor"] != old["closing_minor"]:
            report.note("INV9", key, f"account {old['account']} does not open where the batch before it closed")


def _against_ledger(picture: Picture, exported: dict[Day, Counter[Row]], closed: set[Day], report: Report) -> None:
    """Each row of the files is a row of the ledger, once; of a closed date they are all of them."""
    posted: dict[Day, Counter[Row]] = {}
    for pk, items in picture.table("ledger").items():
        if pk.split("#", 3)[2] == "ENTRY":
            entry = entry_of(items["MARK"])
            day = (pk.split("#", 2)[1], entry["entity"], entry["business_date"])
            posted.setdefault(day, Counter()).update(_lines(entry))
    for day, rows in exported.items():
        surplus = rows - posted.get(day, Counter())
        if surplus:
            report.note("INV9", f"{day}", f"rows in files that are not in the ledger, or twice: {sorted(surplus)[:3]}")
        missing = posted.get(day, Counter()) - rows
        if day in closed and missing:
            report.note("INV9", f"{day}", f"rows of the ledger that are in no file: {sorted(missing)[:3]}")


def _lines(entry: dict[str, Any]) -> Iterator[Row]:
    for number, line in enumerate(entry["lines"], start=1):
        yield (
            entry["entry_id"],
            number,
            line["account"],
            line.get("debit", 0),
            line.get("credit", 0),
            line["currency"],
            entry["business_date"],
            entry.get("late_from") or entry["business_date"],
            entry.get("order_id") or "",
        )


def _noted(picture: Picture, manifests: dict[str, Any], evidence: Evidence, report: Report) -> None:
    """A batch that is noted as written has its manifest in the bucket, with the very bytes that were noted."""
    for pk, items in picture.table("ledger").items():
        if pk.split("#", 3)[2] != "EXPORTS":
            continue
        for sk, item in items.items():
            if sk.startswith("BATCH#") and item.get("manifest_sha256") is not None:
                digests = {hashlib.sha256(evidence.objects[key]).hexdigest() for key in manifests}
                if item["manifest_sha256"] not in digests:
                    report.note("INV9", f"{pk} {sk}", "is noted as written, and no manifest has these bytes")

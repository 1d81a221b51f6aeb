"""INV27: invoices and credit memos are numbered without a gap, and each cause has at most one."""

from __future__ import annotations

from tests.simulation.checker.evidence import Report
from tests.simulation.checker.ledger import kind_of
from tests.simulation.checker.picture import Commit, Picture, parsed


def check_documents_of_commit(commit: Commit, report: Report) -> None:
    """A document never changes, and a counter goes up by one, with its document in the same commit."""
    for change in commit.ledger:
        where = f"{change.pk} {change.sk}"
        if kind_of(change.pk) in ("DOCUMENTS", "DOCUMENT") and change.before is not None:
            report.note("INV27", where, "was numbered before and was changed")
        if kind_of(change.pk) == "DOCUMENTNUMBERS":
            before, after = (change.before or {}).get("last", 0), (change.after or {}).get("last", 0)
            if after != before + 1:
                report.note("INV27", where, f"went from {before} to {after}")


def check_documents(picture: Picture, report: Report) -> None:
    """Each series is 1, 2, 3, … up to its counter, and no cause has two documents."""
    given: dict[tuple[str, str], list[int]] = {}
    counted: dict[tuple[str, str], int] = {}
    causes: set[tuple[str, str, str]] = set()
    for pk, rows in picture.table("ledger").items():
        if kind_of(pk) == "DOCUMENTNUMBERS":
            counted |= {(pk.replace("DOCUMENTNUMBERS", "DOCUMENTS"), kind): row["last"] for kind, row in rows.items()}
        if kind_of(pk) != "DOCUMENTS":
            continue
        for sk, row in rows.items():
            body = parsed(row["body"])
            given.setdefault((pk, sk.split("#")[0]), []).append(body["number"])
            cause = (pk.split("#", 2)[1], body["cause"], body["cause_id"])
            if cause in causes:
                report.note("INV27", f"{pk} {sk}", f"{cause} has another document")
            causes.add(cause)
    for series in sorted(given.keys() | counted.keys()):
        numbers, last = sorted(given.get(series, [])), counted.get(series, 0)
        if numbers != list(range(1, last + 1)):
            report.note("INV27", " ".join(series), f"has the numbers {numbers}, its counter says {last}")

"""Print every capability row with the tests that show it through a public door, and how many rows are whole.

Reads docs/capabilities.md (the rows) and .local/capabilities.json (what the test runs on this machine reported).
"""

import json
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROWS = ROOT / "docs" / "capabilities.md"
REPORT = ROOT / ".local" / "capabilities.json"
PRIORITIES = ("must", "should", "beyond")
# A test in one of these rooms goes through what a channel, a store, finance or a person would use.
PUBLIC_DOORS = ("tests/journeys/", "tests/functions/", "tests/workflows/", "tests/console/")


@dataclass(frozen=True)
class Row:
    """One capability: its id, what it is about, and must, should or beyond."""

    id: str
    what: str
    priority: str


@dataclass(frozen=True)
class Proof:
    """One test and what it said about one row when it last ran."""

    test: str
    whole: bool
    outcome: str


def read_rows(text: str) -> list[Row]:
    """Return the rows of the tables in docs/capabilities.md, in their order. Raises ValueError on a repeated id."""
    found = re.findall(r"^\| ([A-S]\d+) \| (.+?) \| (must|should|beyond) \|$", text, re.MULTILINE)
    repeated = [row_id for row_id, n in Counter(row_id for row_id, _, _ in found).items() if n > 1]
    if repeated:
        raise ValueError(f"capability ids used twice: {', '.join(repeated)}")
    return [Row(*cells) for cells in found]


def is_public(test: str) -> bool:
    """Say whether a test, named by its node id, goes through a public door."""
    return test.startswith(PUBLIC_DOORS)


def proofs_by_row(report: dict[str, dict]) -> dict[str, list[Proof]]:
    """Return for each row id the public-door tests that name it.

    report: test node id -> {"proves": {row id: whole}, "outcome": "passed" | "failed" | "skipped"}.
    """
    proofs: dict[str, list[Proof]] = {}
    for test, entry in sorted(report.items()):
        if is_public(test):
            for row_id, whole in entry["proves"].items():
                proofs.setdefault(row_id, []).append(Proof(test, whole, entry["outcome"]))
    return proofs


def standing(proofs: list[Proof]) -> str:
    """Return `whole`, `part`, `failing` or `open` for one row.

    A row is whole when at least one test claims its whole sentence and all that claim it passed.
    """
    if any(proof.outcome == "failed" for proof in proofs):
        return "failing"
    claims = [proof for proof in proofs if proof.whole]
    if claims and all(proof.outcome == "passed" for proof in claims):
        return "whole"
    return "part" if any(proof.outcome == "passed" for proof in proofs) else "open"


def table(rows: list[Row], proofs: dict[str, list[Proof]]) -> list[str]:
    """Return the printed table, one line for each row and one for each of its tests."""
    width = max(len(row.what) for row in rows)
    lines = [f"{'id':<4} {'what':<{width}} {'priority':<8} shown"]
    for row in rows:
        of_row = proofs.get(row.id, [])
        lines.append(f"{row.id:<4} {row.what:<{width}} {row.priority:<8} {standing(of_row)}")
        lines += [f"       {proof.outcome:<7} {'whole' if proof.whole else 'part':<5} {proof.test}" for proof in of_row]
    return lines


def totals(rows: list[Row], proofs: dict[str, list[Proof]]) -> str:
    """Return `must n/112 should n/47 beyond n/8`: rows shown whole, of all rows of that priority."""
    every = Counter(row.priority for row in rows)
    shown = Counter(row.priority for row in rows if standing(proofs.get(row.id, [])) == "whole")
    return " ".join(f"{priority} {shown[priority]}/{every[priority]}" for priority in PRIORITIES)


def main() -> int:
    rows = read_rows(ROWS.read_text(encoding="utf-8"))
    report = json.loads(REPORT.read_text(encoding="utf-8")) if REPORT.exists() else {}
    if not report:
        print("No test has reported on this machine yet: run `make test` first.\n")
    proofs = proofs_by_row(report)
    print("\n".join(table(rows, proofs)))
    print()
    print(totals(rows, proofs))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Journal files: the lines of a batch and its other rows as Parquet and as gzipped CSV, and totals over the lines.

DuckDB does the work on one thread, over a database file in a folder of its own, so that memory stays bounded and the
same lines always give the same bytes. Amounts are 64-bit integers of minor units. The CSV is UTF-8 with LF, quoted as
in RFC 4180; a text cell that begins with = + - or @ gets a leading apostrophe, since spreadsheets would run it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from oms.finance.chart import CHART
from oms.finance.model import PostedEntry
from oms.platform.clock import format_instant
from oms.platform.money import exponent

_INSTANT = "%Y-%m-%dT%H:%M:%S.%gZ"
_MEMORY_LIMIT = "256MB"

LINE_COLUMNS: dict[str, str] = {
    "entry_id": "VARCHAR",
    "line_no": "BIGINT",
    "posted_seq": "BIGINT",
    "entity": "VARCHAR",
    "account": "VARCHAR",
    "debit_minor": "BIGINT",
    "credit_minor": "BIGINT",
    "currency": "VARCHAR",
    "exponent": "BIGINT",
    "business_date": "DATE",
    "original_business_date": "DATE",
    "occurred_at": "TIMESTAMP",
    "posted_at": "TIMESTAMP",
    "store": "VARCHAR",
    "channel": "VARCHAR",
    "order_id": "VARCHAR",
    "payment_id": "VARCHAR",
    "drawer_session": "VARCHAR",
    "psp": "VARCHAR",
    "tender": "VARCHAR",
    "jurisdiction": "VARCHAR",
    "rule": "VARCHAR",
    "rule_version": "BIGINT",
    "source_event": "VARCHAR",
    "reversal_of": "VARCHAR",
}
BALANCE_COLUMNS: dict[str, str] = {
    "basis": "VARCHAR",
    "entity": "VARCHAR",
    "business_date": "DATE",
    "account": "VARCHAR",
    "account_name": "VARCHAR",
    "currency": "VARCHAR",
    "exponent": "BIGINT",
    "opening_minor": "BIGINT",
    "debit_minor": "BIGINT",
    "credit_minor": "BIGINT",
    "closing_minor": "BIGINT",
}
_STAGED_COLUMNS = {**LINE_COLUMNS, "memorandum": "BOOLEAN"}


@dataclass(frozen=True, slots=True)
class Movement:
    """What one account received in a batch, by the date on which it happened."""

    account: str
    currency: str
    original_business_date: str
    debit: int
    credit: int


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A finished file on this machine."""

    dataset: str
    format: str
    suffix: str
    path: Path
    rows: int


class JournalFiles:
    """The files of one batch, made in an empty folder."""

    def __init__(self, folder: Path, entries: Iterable[tuple[int, PostedEntry]]) -> None:
        """Take in the entries with their sequence numbers, one after another."""
        self._folder = folder
        self._stage(folder / "staged.csv", entries)
        self._db = duckdb.connect(
            str(folder / "batch.duckdb"),
            config={
                "threads": 1,
                "memory_limit": _MEMORY_LIMIT,
                "temp_directory": str(folder),
                "home_directory": str(folder),
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
            },
        )
        self._load("lines", folder / "staged.csv", _STAGED_COLUMNS)

    def close(self) -> None:
        self._db.close()

    def entry_count(self) -> int:
        return self._number("SELECT count(DISTINCT entry_id) FROM lines")

    def line_count(self, *, memorandum: bool) -> int:
        return self._number("SELECT count(*) FROM lines WHERE memorandum = ?", [memorandum])

    def movements(self) -> list[Movement]:
        """The sums per account, currency and original business date."""
        rows = self._db.execute(
            "SELECT account, currency, original_business_date::VARCHAR, sum(debit_minor)::BIGINT,"
            " sum(credit_minor)::BIGINT FROM lines GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        return [Movement(*row) for row in rows]

    def unbalanced_entries(self) -> int:
        """How many entries do not balance per currency, in the general ledger and in the memorandum pair each."""
        return self._number(
            "SELECT count(*) FROM (SELECT entry_id FROM lines GROUP BY entry_id, currency, memorandum"
            " HAVING sum(debit_minor) <> sum(credit_minor))"
        )

    def write_lines(self) -> list[LocalFile]:
        """Write the general ledger's lines and the memorandum's, each as Parquet and CSV where it has any."""
        self._db.execute("CREATE VIEW journal_lines AS SELECT * EXCLUDE (memorandum) FROM lines WHERE NOT memorandum")
        self._db.execute("CREATE VIEW memo_lines AS SELECT * EXCLUDE (memorandum) FROM lines WHERE memorandum")
        return self._write("journal_lines", LINE_COLUMNS) + self._write("memo_lines", LINE_COLUMNS)

    def write_rows(self, dataset: str, columns: dict[str, str], rows: Iterable[Sequence[object]]) -> list[LocalFile]:
        """Write given rows, their cells in the order of the columns; of no rows there are no files."""
        source = self._folder / f"{dataset}.staged.csv"
        if not _write_csv(source, list(columns), rows):
            source.unlink()
            return []
        self._load(dataset, source, columns)
        return self._write(dataset, columns, table=True)

    def _stage(self, path: Path, entries: Iterable[tuple[int, PostedEntry]]) -> None:
        _write_csv(path, list(_STAGED_COLUMNS), (row for seq, entry in entries for row in _rows(seq, entry)))

    def _load(self, table: str, source: Path, columns: dict[str, str]) -> None:
        self._db.read_csv(
            str(source),
            header=True,
            columns=columns,
            auto_detect=False,
            delimiter=",",
            quotechar='"',
            escapechar='"',
            na_values="",
            timestamp_format=_INSTANT,
            parallel=False,
        ).to_table(table)
        source.unlink()

    def _write(self, dataset: str, columns: dict[str, str], *, table: bool = False) -> list[LocalFile]:
        relation = self._db.table(dataset) if table else self._db.view(dataset)
        rows = int(relation.shape[0])
        if not rows:
            return []
        parquet, csv_gz = self._folder / f"{dataset}.parquet", self._folder / f"{dataset}.csv.gz"
        relation.to_parquet(str(parquet), compression="zstd")
        relation.project(", ".join(_as_text(name, kind) for name, kind in columns.items())).to_csv(
            str(csv_gz), header=True, compression="gzip"
        )
        return [
            LocalFile(dataset, "parquet", "parquet", parquet, rows),
            LocalFile(dataset, "csv", "csv.gz", csv_gz, rows),
        ]

    def _number(self, query: str, parameters: Sequence[object] = ()) -> int:
        row: Any = self._db.execute(query, parameters).fetchone()
        return int(row[0])


def _as_text(column: str, kind: str) -> str:
    """How a column stands in the CSV. Names are quoted, since some are words of SQL."""
    name = f'"{column}"'
    if kind == "TIMESTAMP":
        return f"strftime({name}, '{_INSTANT}') AS {name}"
    if kind == "VARCHAR":
        return f"CASE WHEN {name}[1] IN ('=', '+', '-', '@') THEN '''' || {name} ELSE {name} END AS {name}"
    return name


def _rows(posted_seq: int, entry: PostedEntry) -> Iterable[Sequence[object]]:
    """The lines of an entry as rows of _STAGED_COLUMNS."""
    for line_no, line in enumerate(entry.lines, start=1):
        yield (
            entry.entry_id,
            line_no,
            posted_seq,
            entry.entity,
            line.account,
            line.debit,
            line.credit,
            line.currency,
            exponent(line.currency),
            entry.business_date.isoformat(),
            entry.original_business_date.isoformat(),
            format_instant(entry.occurred_at),
            format_instant(entry.posted_at),
            entry.store,
            entry.channel,
            entry.order_id,
            entry.payment_id,
            entry.drawer_session,
            entry.psp,
            entry.tender,
            line.jurisdiction,
            entry.rule,
            entry.rule_version,
            entry.source_event,
            entry.reversal_of,
            "true" if CHART[line.account].is_memorandum else "false",
        )


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> bool:
    """Write rows below their header; whether there were any."""
    found = False
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            found = True
            writer.writerow(row)
    return found

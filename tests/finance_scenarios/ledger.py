"""The ledger of a scenario: facts go in through `post_ledger`, and come out of it, or of its exported files."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest

from functions.finance_export import handler as finance_export
from functions.post_ledger import handler as post_ledger
from oms.finance import store
from oms.finance.adapters.export_bucket import ExportBucket
from oms.finance.commands import Books
from oms.finance.model import PostedEntry
from oms.finance.posting import RULES
from oms.platform.clock import FixedClock, format_instant
from oms.platform.commands import Runtime
from oms.registry import reads as registry
from tests.finance_scenarios.lines import Sums
from tests.finance_scenarios.tables import MemoryS3, Tables


@dataclass(frozen=True, slots=True)
class Told:
    """An event with money, as the bus delivers it, and when."""

    message: dict[str, Any]
    at: datetime

    @property
    def id(self) -> str:
        return str(self.message["detail"]["meta"]["id"])

    @property
    def type(self) -> str:
        return str(self.message["detail-type"])

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.message["detail"]["data"]
        return data


def told(row: dict[str, Any], at: datetime) -> Told:
    """A stored event as the bus delivers it."""
    detail = json.loads(str(row["detail"]))
    return Told({"source": "spine", "detail-type": str(row["type"]), "detail": detail}, at)


def has_rule(fact: Told) -> bool:
    """Whether the ledger posts events of this type."""
    return fact.type in RULES


@dataclass
class Ledger:
    """Books over the tables of a tenant. `entries` holds what was posted, by the id of the event that told it."""

    tables: Tables
    clock: FixedClock
    tenant: str
    patch: pytest.MonkeyPatch
    runtime: Runtime = field(init=False)
    books: Books = field(init=False)
    bucket: MemoryS3 = field(default_factory=MemoryS3)
    wishes: int = 0
    _seen: int = 0

    def __post_init__(self) -> None:
        self.runtime = Runtime(clock=self.clock, database=self.tables, pause=lambda _: None)
        self.books = Books(self.runtime)
        self._seen = len(self.tables.commits)

    def beside(self) -> Ledger:
        """Another ledger that is still empty, of the same stores."""
        tables = Tables()
        tables.rows = {slot: row for slot, row in self.tables.rows.items() if slot[0] == "registry"}
        registry.forget()
        return Ledger(tables, FixedClock(self.clock.now()), self.tenant, self.patch)

    def post(self, *facts: Told) -> list[str]:
        """Give some facts to the ledger in one batch; answers why any of them failed."""
        self.patch.setattr(post_ledger, "books", self.books)
        records = [{"messageId": f"m{no}", "body": json.dumps(fact.message)} for no, fact in enumerate(facts)]
        answer = post_ledger.handler({"Records": records}, None)
        failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        return [f"{fact.type} was not posted" for no, fact in enumerate(facts) if f"m{no}" in failed]

    def news(self) -> list[PostedEntry]:
        """What was posted since the last call, in its order."""
        made = self.tables.commits[self._seen :]
        self._seen = len(self.tables.commits)
        return [
            PostedEntry.model_validate_json(str(write.set["body"]))
            for writes in made
            for write in writes
            if write.table == store.TABLE and write.key.sk == store.MARK
        ]

    def quarantined(self) -> int:
        """How many facts the ledger keeps for a person, since another was posted under their identity."""
        return sum(1 for table, key in self.tables.rows if table == store.TABLE and key.pk.endswith("QUARANTINE"))

    def export(self, kind: str = "interim", only: tuple[str, date] | None = None) -> list[str]:
        """Write a batch of every day that has news, or of one; answers what failed."""
        self.patch.setattr(finance_export, "runtime", self.runtime)
        self.patch.setattr(finance_export, "bucket", ExportBucket(self.bucket))
        days = [only] if only else [(day.entity, day.date) for day, _ in store.days_of(self.tables, self.tenant)]
        failed = []
        for entity, on in days:
            self.wishes += 1
            name = f"exp_{self.wishes}"
            data = {"export_id": name, "entity": entity, "business_date": on.isoformat(), "kind": kind}
            meta = {
                "id": f"evt-{name}",
                "type": "FinanceExportRequested",
                "version": 1,
                "occurred_at": format_instant(self.clock.now()),
                "correlation_id": name,
                "causation_id": name,
                "tenant": self.tenant,
            }
            body = {"source": "spine", "detail-type": meta["type"], "detail": {"meta": meta, "data": data}}
            answer = finance_export.handler({"Records": [{"messageId": "m", "body": json.dumps(body)}]}, None)
            if answer["batchItemFailures"]:
                failed.append(f"the export of {entity} {on} failed")
        return failed

    def exported(self, format: str) -> dict[str, Sums]:
        """The lines that the manifests list, read from files of a format, by the event that they come from."""
        sums: dict[str, Counter[tuple[str, str, str, str]]] = defaultdict(Counter)
        for row in self._rows(format):
            key = (row["entity"], row["currency"], row["account"])
            sums[row["source_event"]][(*key, "Dr")] += int(row["debit_minor"])
            sums[row["source_event"]][(*key, "Cr")] += int(row["credit_minor"])
        return {event: {key: amount for key, amount in one.items() if amount} for event, one in sums.items()}

    def batches(self) -> int:
        return sum("/manifests/" in key for key in self.bucket.objects)

    def _rows(self, format: str) -> Iterator[dict[str, str]]:
        read = _csv_rows if format == "csv" else _parquet_rows
        for key, content in self.bucket.objects.items():
            if "/manifests/" in key:
                for file in json.loads(content)["files"]:
                    if file["dataset"] in ("journal_lines", "memo_lines") and file["format"] == format:
                        yield from read(self.bucket.objects[file["key"]])


def at_noon(on: date) -> datetime:
    """Noon of a day in New York, which is the same business day in most zones."""
    return datetime(on.year, on.month, on.day, 17, tzinfo=UTC)


def _csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(gzip.decompress(content).decode("utf-8"), newline="")))


_COLUMNS = ("source_event", "entity", "currency", "account", "debit_minor", "credit_minor")


def _parquet_rows(content: bytes) -> list[dict[str, str]]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "part.parquet"
        path.write_bytes(content)
        found: Sequence[Sequence[Any]] = (
            duckdb.connect().read_parquet(str(path)).project(", ".join(_COLUMNS)).fetchall()
        )
    return [dict(zip(_COLUMNS, map(str, row), strict=True)) for row in found]

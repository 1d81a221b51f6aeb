"""Asking for exports in tests, and reading back what stands in the bucket, as a reader of finance would."""

import csv
import gzip
import hashlib
import io
import json
from datetime import date
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import boto3
import duckdb

from infra.functions import FUNCTIONS
from oms.finance.commands import Books
from oms.platform.events import EventMeta
from tests.unit.finance import world


def wish(
    export_id: str, kind: str = "interim", *, on: date = world.TODAY, entity: str = world.ENTITY
) -> dict[str, Any]:
    """FinanceExportRequested as the bus delivers it."""
    data = {"export_id": export_id, "entity": entity, "business_date": on.isoformat(), "kind": kind}
    return world.event("FinanceExportRequested", data, id=f"evt-{export_id}")


def run(function: ModuleType, books: Books, *wishes: dict[str, Any]) -> list[str]:
    """Give a batch to finance_export; returns the ids of the messages that it gives back."""
    function.runtime = books.runtime
    answer = function.handler(world.queue(*wishes), None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def stored() -> dict[str, bytes]:
    """Every object of the bucket by its key."""
    s3 = boto3.client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=world.bucket_name())
    return {one["Key"]: _content(s3, one["Key"]) for page in pages for one in page.get("Contents", [])}


def manifests(tenant: str = world.TENANT) -> list[dict[str, Any]]:
    """All manifests of a tenant, in the order of their chain."""
    s3 = boto3.client("s3")
    prefix = f"finance/v1/tenant={tenant}/manifests/"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=world.bucket_name(), Prefix=prefix)
    found = [json.loads(_content(s3, one["Key"])) for page in pages for one in page.get("Contents", [])]
    return sorted(found, key=lambda manifest: (manifest["entity"], manifest["number"]))


def rows(manifest: dict[str, Any], dataset: str, format: str = "csv") -> list[dict[str, str]]:
    """The rows of one dataset of a batch as text, after checking size, hash and count against the manifest."""
    s3 = boto3.client("s3")
    read: list[dict[str, str]] = []
    for file in manifest["files"]:
        if (file["dataset"], file["format"]) == (dataset, format):
            content = _content(s3, file["key"])
            assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
            found = _csv_rows(content) if format == "csv" else _parquet_rows(content)
            assert len(found) == file["rows"]
            read += found
    return read


def all_rows(dataset: str, format: str = "csv") -> list[dict[str, str]]:
    """The rows of a dataset over all manifests."""
    return [row for manifest in manifests() for row in rows(manifest, dataset, format)]


def lines_in_ledger(books: Books, *days: date) -> list[tuple[str, int]]:
    """Every line of some days as (entry id, line number)."""
    entries = [entry for on in days for entry in world.entries_on(books, on)]
    return sorted((entry.entry_id, number) for entry in entries for number in range(1, len(entry.lines) + 1))


def lines_exported() -> list[tuple[str, int]]:
    """Every line that a manifest lists, of both ledgers, as (entry id, line number)."""
    found = all_rows("journal_lines") + all_rows("memo_lines")
    return sorted((row["entry_id"], int(row["line_no"])) for row in found)


def events(type_: str) -> list[dict[str, Any]]:
    """The stored events of a type, each with its envelope's data."""
    details = [json.loads(row["detail"]["S"]) for row in world.rows_of("events")]
    for detail in details:
        EventMeta.model_validate(detail["meta"])
    return [detail["data"] for detail in details if detail["meta"]["type"] == type_]


# What the rule of the bus sends to post_ledger.
POSTED = frozenset(FUNCTIONS["post_ledger"].detail_types)


def envelopes() -> list[dict[str, Any]]:
    """Every stored event as the bus delivers it, in the order in which they happened."""
    rows = world.rows_of("events")
    found = [
        {"source": "spine", "detail-type": row["type"]["S"], "detail": json.loads(row["detail"]["S"])} for row in rows
    ]
    return sorted(found, key=lambda one: one["detail"]["meta"]["id"])


def assert_chain(found: list[dict[str, Any]]) -> None:
    """Each manifest names the one before by hash, and begins with the balances at which that one ended."""
    objects = stored()
    assert found[0]["previous"] is None
    for before, after in pairwise(found):
        content = objects[after["previous"]["key"]]
        assert json.loads(content) == before
        assert hashlib.sha256(content).hexdigest() == after["previous"]["sha256"]
        closing = {
            (one["account"], one["currency"]): one["closing_minor"] for one in before["control_totals"]["accounts"]
        }
        opening = {
            (one["account"], one["currency"]): one["opening_minor"] for one in after["control_totals"]["accounts"]
        }
        assert opening.keys() >= closing.keys()
        assert all(amount == closing.get(account, 0) for account, amount in opening.items())


def _content(s3: Any, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket=world.bucket_name(), Key=key)["Body"].read()
    return body


def _csv_rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(gzip.decompress(content).decode("utf-8"), newline="")))


def _parquet_rows(content: bytes) -> list[dict[str, str]]:
    with TemporaryDirectory() as folder, duckdb.connect() as db:
        path = Path(folder) / "part.parquet"
        path.write_bytes(content)
        found = db.read_parquet(str(path))
        return [dict(zip(found.columns, map(_text, row), strict=True)) for row in found.fetchall()]


def _text(value: Any) -> str:
    """A Parquet value as the CSV writes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if hasattr(value, "hour"):
        return f"{value.isoformat(timespec='milliseconds')}Z"
    return str(value)

"""Tables, bucket and provider of one empty tenant: in memory, with the refusals of the real ones."""

from __future__ import annotations

import io
from typing import Any

from botocore.exceptions import ClientError

from oms.platform.dynamodb import to_attributes
from oms.platform.settings import TABLES
from tests.order_tables import OrderTables

ENVIRONMENT = {
    **{f"TABLE_{table.upper()}": table for table in TABLES},
    "EXPORT_BUCKET": "exports",
    "POWERTOOLS_SERVICE_NAME": "scenarios",
    "POWERTOOLS_TRACE_DISABLED": "1",
    "AWS_DEFAULT_REGION": "us-east-1",
}


class Tables(OrderTables):
    """The tables in memory; `client` answers the one query that the ledger asks of DynamoDB itself."""

    @property
    def client(self) -> _Client:
        return _Client(self)

    def events_since(self, commit: int) -> list[dict[str, Any]]:
        """The events of every commit from one on, in the order in which they were stored."""
        return [dict(write.set) for made in self.commits[commit:] for write in made if write.table == "events"]


class _Client:
    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def query(self, **asked: Any) -> dict[str, Any]:
        if asked["KeyConditionExpression"] != "pk = :p AND sk > :a":
            raise NotImplementedError(asked["KeyConditionExpression"])
        values = asked["ExpressionAttributeValues"]
        after = values[":a"]["S"]
        found = [row for row in self.tables.query(asked["TableName"], values[":p"]["S"]) if str(row["sk"]) > after]
        if not asked.get("ScanIndexForward", True):
            found.reverse()
        return {"Items": [to_attributes(row) for row in found[: asked.get("Limit")]]}


class MemoryS3:
    """A bucket that keeps what was put first, as `IfNoneMatch` asks for."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, *, Key: str, Body: Any, **_: Any) -> None:
        if Key in self.objects:
            raise _refused("PreconditionFailed", 412)
        self.objects[Key] = Body.read()

    def get_object(self, *, Key: str, **_: Any) -> dict[str, Any]:
        if Key not in self.objects:
            raise _refused("NoSuchKey", 404)
        return {"Body": io.BytesIO(self.objects[Key])}


def _refused(code: str, status: int) -> ClientError:
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "S3")

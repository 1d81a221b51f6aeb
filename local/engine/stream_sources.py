"""Where stream records come from: one reader per shard of a DynamoDB or Kinesis stream.

A reader hands out records after a position and rings when new ones arrive. DynamoDB streams have one shard
here; Kinesis streams have as many as were created.
"""

from __future__ import annotations

import base64
import bisect
import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Protocol

from ministack.core.arn import parse_arn
from ministack.services import dynamodb, kinesis, lambda_svc

Record = dict[str, Any]
DYNAMODB_SHARD = "shardId-00000000000000000000-00000000"


class Bell:
    """Wakes whoever waits for new records; a ring between two waits is not lost."""

    def __init__(self) -> None:
        self._rung = threading.Condition()
        self.count = 0

    def ring(self) -> None:
        with self._rung:
            self.count += 1
            self._rung.notify_all()

    def wait(self, seen: int, timeout: float) -> None:
        """Return when the count differs from `seen`, or after `timeout` seconds."""
        with self._rung:
            if self.count == seen:
                self._rung.wait(timeout)


_bells: defaultdict[str, Bell] = defaultdict(Bell)


def bell(source: str) -> Bell:
    """The bell of a table (`dynamodb/<table>`) or of all Kinesis streams (`kinesis`)."""
    return _bells[source]


def ring(source: str) -> None:
    known = _bells.get(source)
    if known is not None:
        known.ring()


@dataclass
class Batch:
    """Some records of one shard, and the position just after the last of them."""

    records: list[Record]
    end: Any


class Shard(Protocol):
    """One ordered sequence of records."""

    shard_id: str
    stream_arn: str
    batch_info: str
    bell: Bell

    def start(self, mapping: dict[str, Any]) -> Any: ...

    def read(self, position: Any, limit: int) -> Batch: ...

    def remember(self, mapping_id: str, position: Any) -> None: ...

    def sequence(self, record: Record) -> str: ...

    def arrived(self, record: Record) -> float: ...


class TableShard:
    """The stream of a DynamoDB table; a position is a count of records since the stream began."""

    batch_info = "DDBStreamBatchInfo"
    shard_id = DYNAMODB_SHARD

    def __init__(self, stream_arn: str, table: str) -> None:
        spec = parse_arn(stream_arn)
        self.stream_arn = stream_arn
        self._table = table
        self._scope = {"account_id": spec.account_id, "region": spec.region}
        self.bell = bell(f"dynamodb/{table}")

    def start(self, mapping: dict[str, Any]) -> int:
        # MiniStack notes the position when the mapping is created. It is absent after a restart, because
        # stream records are not kept: whatever is there then is new.
        with lambda_svc._dynamodb_stream_positions_lock:
            noted = lambda_svc._dynamodb_stream_positions.get(mapping["UUID"])
        if noted is None:
            noted = dynamodb.stream_start_position(self._table, **self._scope)
        return int(noted)

    def read(self, position: int, limit: int) -> Batch:
        first = max(position, dynamodb.stream_start_position(self._table, **self._scope))
        records = dynamodb.stream_records_since(self._table, first, limit, **self._scope)
        return Batch(records, first + len(records))

    def remember(self, mapping_id: str, position: int) -> None:
        with lambda_svc._dynamodb_stream_positions_lock:
            lambda_svc._dynamodb_stream_positions[mapping_id] = position

    def sequence(self, record: Record) -> str:
        return str(record["dynamodb"]["SequenceNumber"])

    def arrived(self, record: Record) -> float:
        return float(record["dynamodb"]["ApproximateCreationDateTime"])


class KinesisShard:
    """One shard of a Kinesis stream; a position is the sequence number of the last record read, or None."""

    batch_info = "KinesisBatchInfo"

    def __init__(self, stream_arn: str, shard_id: str, shard: dict[str, Any], role: str) -> None:
        self.stream_arn = stream_arn
        self.shard_id = shard_id
        self._shard = shard
        self._role = role
        self._region = parse_arn(stream_arn).region
        self.bell = bell("kinesis")

    def start(self, mapping: dict[str, Any]) -> str | None:
        records = self._shard["records"]
        noted = (lambda_svc._kinesis_positions.get(mapping["UUID"]) or {}).get(self.shard_id)
        if noted is not None:
            return str(records[noted - 1]["SequenceNumber"]) if 0 < noted <= len(records) else None
        if mapping.get("StartingPosition", "LATEST") == "LATEST" and records:
            return str(records[-1]["SequenceNumber"])
        return None

    def read(self, position: str | None, limit: int) -> Batch:
        records = self._shard["records"]
        first = self._index_after(records, position)
        raw = records[first : first + limit]
        end = str(raw[-1]["SequenceNumber"]) if raw else position
        return Batch([self._as_event(record) for record in raw], end)

    def remember(self, mapping_id: str, position: str | None) -> None:
        noted = lambda_svc._kinesis_positions.setdefault(mapping_id, {})
        noted[self.shard_id] = self._index_after(self._shard["records"], position)

    def sequence(self, record: Record) -> str:
        return str(record["kinesis"]["sequenceNumber"])

    def arrived(self, record: Record) -> float:
        return float(record["kinesis"]["approximateArrivalTimestamp"])

    def _index_after(self, records: list[Record], position: str | None) -> int:
        if position is None:
            return 0
        return bisect.bisect_right(records, int(position), key=lambda record: int(record["SequenceNumber"]))

    def _as_event(self, record: Record) -> Record:
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record["PartitionKey"],
                "sequenceNumber": record["SequenceNumber"],
                "data": _as_base64(record["Data"]),
                "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"],
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{self.shard_id}:{record['SequenceNumber']}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": self._role,
            "awsRegion": self._region,
            "eventSourceARN": self.stream_arn,
        }


def shards_of(mapping: dict[str, Any], role: str) -> list[Shard]:
    """The shards a mapping reads now; empty for a queue, or while the stream does not exist."""
    arn = mapping.get("EventSourceArn", "")
    spec = parse_arn(arn)
    if spec.service == "dynamodb":
        found = lambda_svc._dynamodb_stream_table_from_arn_spec(spec)
        if found is None:
            return []
        table = dynamodb._tables.get_scoped(spec.account_id, spec.region, found[0])
        return [TableShard(arn, found[0])] if table and table.get("LatestStreamArn") == arn else []
    if spec.service == "kinesis":
        name = lambda_svc._kinesis_stream_name_from_arn_spec(spec)
        stream = kinesis._streams.get_scoped(spec.account_id, spec.region, name)
        if not stream or stream["StreamStatus"] != "ACTIVE":
            return []
        return [KinesisShard(arn, shard_id, shard, role) for shard_id, shard in stream["shards"].items()]
    return []


def _as_base64(data: Any) -> str:
    if isinstance(data, bytes):
        return base64.b64encode(data).decode("ascii")
    try:
        base64.b64decode(data, validate=True)
    except ValueError:
        return base64.b64encode(str(data).encode()).decode("ascii")
    return str(data)

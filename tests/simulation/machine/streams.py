"""Streams of DynamoDB and Kinesis, and how Lambda reads them: in order per shard, over and over, at last in halves."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.simulation.machine.lambdas import Outcome
from tests.simulation.machine.queues import failed_items
from tests.simulation.machine.topology import Feed

# From the write to the call of the function, in milliseconds, and how long Lambda waits between tries.
HOP = 100
FIRST_WAIT = 1_000
LONGEST_WAIT = 60_000
# Lambda reads each shard of a table's stream by itself; items of different partitions may overtake each other.
TABLE_SHARDS = 2


@dataclass(slots=True)
class Record:
    """A record as the function gets it, with its number and the instant of its making."""

    number: str
    made_at: int
    event: dict[str, Any]


@dataclass(slots=True)
class Part:
    """Consecutive records that are tried together, and how often they were."""

    records: list[Record]
    tries: int = 0


@dataclass(slots=True)
class Lane:
    """One sequence of batches: a shard, or the part of a shard that one of its parallel readers follows."""

    waiting: list[Record] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    busy: bool = False


class Stream:
    """A stream and the function that follows it."""

    def __init__(self, simulation: Any, name: str, feed: Feed, service: str) -> None:
        self._simulation = simulation
        self.name = name
        self.feed = feed
        self.service = service
        table = simulation.topology.tables.get(name, {})
        self.view = table.get("StreamSpecification", {}).get("StreamViewType", "")
        self._made = 0
        lanes = feed.parallel * (TABLE_SHARDS if service == "dynamodb" else 1)
        self._lanes = [Lane() for _ in range(lanes)]

    def add(self, key: str, content: dict[str, Any]) -> str:
        """A record of the given partition; its sequence number."""
        simulation = self._simulation
        self._made += 1
        number = f"{self._made:021d}"
        now = simulation.scheduler.now
        if self.service == "dynamodb":
            event = self._table_record(number, now, content)
        else:
            event = self._kinesis_record(number, now, key, content)
        lane = self._lanes[zlib.crc32(key.encode()) % len(self._lanes)]
        lane.waiting.append(Record(number, now, event))
        simulation.scheduler.after(simulation.faults.delay("stream_late", HOP), partial(self._go_on, lane))
        return number

    def add_change(self, before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
        """An item of the table has changed."""
        item = after or before
        assert item is not None
        kind = "REMOVE" if after is None else "INSERT" if before is None else "MODIFY"
        images = {"Keys": {"pk": item["pk"], "sk": item["sk"]}, "StreamViewType": self.view}
        if after is not None and self.view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
            images["NewImage"] = after
        if before is not None and self.view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
            images["OldImage"] = before
        self.add(item["pk"]["S"], {"eventName": kind, "dynamodb": images})

    def unread(self) -> list[Record]:
        """What was not handled yet."""
        return [
            record
            for lane in self._lanes
            for record in (*(one for part in lane.parts for one in part.records), *lane.waiting)
        ]

    def _go_on(self, lane: Lane) -> None:
        """Call the function with what is next, unless it is at work on this lane."""
        simulation = self._simulation
        if lane.busy or not (lane.parts or lane.waiting):
            return
        if not lane.parts:
            most = simulation.faults.how_many(min(self.feed.batch, len(lane.waiting)))
            lane.parts.append(Part(lane.waiting[:most]))
            del lane.waiting[:most]
        part = lane.parts[0]
        if self._is_given_up(part):
            self._set_aside(lane, part)
            return
        lane.busy = True
        event = {"Records": [record.event for record in part.records]}
        simulation.lambdas.invoke(self.feed.function, event, partial(self._answered, lane, part))

    def _answered(self, lane: Lane, part: Part, outcome: Outcome) -> None:
        simulation = self._simulation
        lane.busy = False
        failed = failed_items(outcome.value) if outcome.error is None else None
        if failed is not None and not failed:
            lane.parts.pop(0)
            simulation.scheduler.after(1, partial(self._go_on, lane))
            return
        simulation.faults.came_by("redelivered", self.name)
        done, half = 0, len(part.records) // 2
        if failed is not None and self.feed.partial:
            done = next((i for i, record in enumerate(part.records) if record.number in failed), 0)
        if done:
            # All before the first failed record is done; the rest is a batch of its own.
            lane.parts[0] = Part(part.records[done:])
        elif self.feed.bisect and half:
            # Halving is no attempt: what can be halved no more is tried as often as the mapping says.
            lane.parts[:1] = [Part(part.records[:half]), Part(part.records[half:])]
        else:
            part.tries += 1
        wait = min(FIRST_WAIT * 2 ** min(part.tries - 1, 8), LONGEST_WAIT) if part.tries else 1
        simulation.scheduler.after(wait, partial(self._go_on, lane))

    def _is_given_up(self, part: Part) -> bool:
        now, feed = self._simulation.scheduler.now, self.feed
        too_often = 0 <= feed.retries < part.tries
        return too_often or (feed.oldest >= 0 and now - part.records[0].made_at > feed.oldest * 1000)

    def _set_aside(self, lane: Lane, part: Part) -> None:
        """Tell the failure destination where the records are, and go on behind them."""
        simulation = self._simulation
        lane.parts.pop(0)
        numbers = [record.number for record in part.records]
        info = {"startSequenceNumber": numbers[0], "endSequenceNumber": numbers[-1], "batchSize": len(numbers)}
        place = "DDBStreamBatchInfo" if self.service == "dynamodb" else "KinesisBatchInfo"
        if self.feed.on_failure is not None:
            simulation.queues[self.feed.on_failure].send(json.dumps({place: {"stream": self.name, **info}}))
        simulation.faults.came_by("set_aside", self.name)
        simulation.note(self.name, "set aside", numbers[0])
        simulation.scheduler.after(1, partial(self._go_on, lane))

    def _table_record(self, number: str, now: int, content: dict[str, Any]) -> dict[str, Any]:
        return {
            "eventID": f"{self.name}-{number}",
            "eventName": content["eventName"],
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": now // 1000,
                "SequenceNumber": number,
                "SizeBytes": 0,
                **content["dynamodb"],
            },
            "eventSourceARN": f"arn:aws:dynamodb:us-east-1:123456789012:table/{self.name}/stream/1",
        }

    def _kinesis_record(self, number: str, now: int, key: str, content: dict[str, Any]) -> dict[str, Any]:
        shard = "shardId-000000000000"
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": key,
                "sequenceNumber": number,
                "data": content["data"],
                "approximateArrivalTimestamp": now / 1000,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard}:{number}",
            "eventName": "aws:kinesis:record",
            "awsRegion": "us-east-1",
            "eventSourceARN": f"arn:aws:kinesis:us-east-1:123456789012:stream/{self.name}",
        }

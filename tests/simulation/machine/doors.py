"""The ways into the account besides its HTTP API: stock feeds, the store bus and the schedules."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from tests.simulation.machine.buses import SERVICES


class Doors:
    """What the simulation offers of them; it has the streams, the buses and the clock."""

    topology: Any
    streams: dict[str, Any]
    buses: Any
    store_bus: str
    intake: Any

    def now(self) -> str:
        """The present, as text."""
        raise NotImplementedError

    def feed(self, sku: str, node: str, kind: str, quantity: int, sequence: int, source: str | None = None) -> None:
        """A stock message onto the inventory stream."""
        message = {
            "tenant": "acme",
            "source": source or f"wms.{node}",
            "sequence": sequence,
            "kind": kind,
            "node_id": node,
            "sku": sku,
            "quantity": quantity,
            "as_of": self.now(),
        }
        self.put_record(f"acme#{node}#{sku}", json.dumps(message).encode())

    def put_record(self, key: str, data: bytes) -> None:
        (stream,) = (stream for stream in self.streams.values() if stream.service == "kinesis")
        stream.add(key, {"data": base64.b64encode(data).decode()})

    def say(self, source: str, kind: str, message_id: str, data: Mapping[str, Any], tenant: str = "acme") -> None:
        """What a node puts on the store bus."""
        detail = {"meta": {"id": message_id, "occurred_at": self.now(), "tenant": tenant}, "data": dict(data)}
        entry = {"Source": source, "DetailType": kind, "Detail": json.dumps(detail)}
        self.buses.put({**entry, "EventBusName": self.store_bus})

    def drop(self, key: str, text: str) -> None:
        """A file arrives in the intake bucket, and the bucket says so."""
        content = text.encode()
        told = {"key": key, "size": len(content), "version-id": self.intake.drop(key, content)}
        (bucket,) = (name for name, known in self.topology.buckets.items() if known == "IntakeBucket")
        detail = json.dumps({"version": "0", "bucket": {"name": bucket}, "object": told, "reason": "PutObject"})
        entry = {"Source": "aws.s3", "DetailType": "Object Created", "Detail": detail}
        self.buses.put({**entry, "EventBusName": SERVICES})

    def ring(self, prefix: str) -> None:
        """Let the schedules whose names begin so come now."""
        for rule in self.topology.schedules:
            if rule.name.startswith(prefix):
                self.buses.ring(rule)

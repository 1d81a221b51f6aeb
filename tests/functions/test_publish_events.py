"""From the stored facts onto the buses: everything, in order, to whom it concerns; what fails comes again."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from oms.platform import publisher
from oms.platform.dynamodb import to_attributes
from tests.order_world import World, line, world
from tests.template import Deployed

__all__ = ["world"]


def records(world: World) -> list[dict[str, Any]]:
    """The stream of the events table as Lambda gets it."""
    rows = [row for commit in world.database.commits for row in commit if row.table == "events"]
    return [
        {
            "eventName": "INSERT",
            "dynamodb": {
                "SequenceNumber": str(100 + number),
                "NewImage": to_attributes({**row.set, "pk": row.key.pk, "sk": row.key.sk}),
            },
        }
        for number, row in enumerate(rows)
    ]


def shipped(world: World) -> str:
    order_id = world.placed(line("A", 5))
    (work,) = world.released(order_id)
    world.act(work, "ship", {1: 2})
    world.cancel(order_id)
    world.capture(work)
    return order_id


@pytest.fixture
def heard(deployed: Deployed) -> Any:
    """What arrives on each bus: a rule for everything, into a queue."""
    events, sqs = boto3.client("events"), boto3.client("sqs")
    queues = {}
    for bus in ("DomainBus", "StoreBus"):
        queues[bus] = sqs.create_queue(QueueName=f"All{bus}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=queues[bus], AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name=f"All{bus}", EventBusName=deployed.name(bus), EventPattern='{"source": ["spine"]}')
        events.put_targets(Rule=f"All{bus}", EventBusName=deployed.name(bus), Targets=[{"Id": "1", "Arn": arn}])

    def listen(bus: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while batch := sqs.receive_message(QueueUrl=queues[bus], MaxNumberOfMessages=10).get("Messages", []):
            found += [json.loads(message["Body"]) for message in batch]
            for message in batch:
                sqs.delete_message(QueueUrl=queues[bus], ReceiptHandle=message["ReceiptHandle"])
        return sorted(found, key=lambda event: (event["detail"]["meta"]["entity"], event["detail"]["meta"]["sequence"]))

    return listen


def test_every_fact_is_told_and_nodes_hear_what_is_for_them(function: Any, world: World, heard: Any):
    order_id = shipped(world)
    handler = function("publish_events").handler
    assert handler({"Records": records(world)}, None) == {"batchItemFailures": []}
    domain = heard("DomainBus")
    assert [event["detail-type"] for event in domain] == world.events(order_id)
    assert [event["detail"]["meta"]["sequence"] for event in domain] == list(range(1, len(domain) + 1))
    assert {event["source"] for event in domain} == {"spine"}
    first = domain[0]["detail"]
    assert first["meta"] | {"id": "", "correlation_id": "", "causation_id": ""} == {
        "id": "",
        "type": "OrderPlaced",
        "version": 1,
        "occurred_at": "2026-11-23T12:00:00.000Z",
        "sequence": 1,
        "correlation_id": "",
        "causation_id": "",
        "channel": "web",
        "tenant": "acme",
        "entity": f"ORDER#{order_id}",
        "legal_entity": "100",
        "command": "place_order",
        "actor": "shop",
        "role": "client",
        "reason": None,
    }
    assert first["data"]["lines"] == [{"line_no": 1, "sku": "A", "quantity": 5, "method": "ship", "total": 5000}]
    store = heard("StoreBus")
    # Units that have not left are the node's to let go of: it is asked.
    assert [event["detail-type"] for event in store] == [
        "FulfillmentOrderReleased",
        "FulfillmentOrderCancellationRequested",
    ]
    assert store[0]["detail"]["data"]["node_id"] == "DC1"
    # The same row again is the same event again: its id tells a consumer so.
    again = {event["detail"]["meta"]["id"] for event in domain}
    handler({"Records": records(world)}, None)
    assert {event["detail"]["meta"]["id"] for event in heard("DomainBus")} == again


def test_changes_and_removals_of_rows_are_no_facts(function: Any, world: World, heard: Any):
    shipped(world)
    changed = [{**record, "eventName": kind} for record in records(world) for kind in ("MODIFY", "REMOVE")]
    assert function("publish_events").handler({"Records": changed}, None) == {"batchItemFailures": []}
    assert heard("DomainBus") == []


@pytest.mark.parametrize("failing", [0, 3, 6])
def test_the_stream_comes_back_to_the_first_that_failed(
    function: Any, world: World, monkeypatch: pytest.MonkeyPatch, failing: int
):
    """Nothing after it counts as told, so that order and completeness are the stream's."""
    order_id = shipped(world)
    assert len(world.events(order_id)) == 7
    sent: list[str] = []

    class Bus:
        def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:
            assert len(Entries) <= 10
            results = []
            for entry in Entries:
                number = json.loads(entry["Detail"])["meta"]["sequence"] - 1
                sent.append(entry["DetailType"])
                results.append({"ErrorCode": "ThrottlingException"} if number == failing else {"EventId": "1"})
            return {"Entries": results}

    module = function("publish_events")
    monkeypatch.setattr(publisher, "_client", lambda: Bus())
    answer = module.handler({"Records": records(world)}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": str(100 + failing)}]}
    assert sent

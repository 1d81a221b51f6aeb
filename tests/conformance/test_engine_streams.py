"""DynamoDB and Kinesis streams reach functions as on AWS: in order, with limits, and never held up by another."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conformance.cloud import Cloud


@dataclass
class Source:
    """A stream to read from, and how to write values into it."""

    arn: str
    batch_info: str
    put: Callable[..., None]


def table_source(cloud: Cloud) -> Source:
    table, arn = cloud.table(stream=True)
    return Source(arn, "DDBStreamBatchInfo", lambda *values: cloud.put_values(table, *values))


def kinesis_source(cloud: Cloud) -> Source:
    name, arn = cloud.stream()

    def put(*values: str) -> None:
        records = [{"Data": value.encode(), "PartitionKey": "one"} for value in values]
        assert cloud.client("kinesis").put_records(StreamName=name, Records=records)["FailedRecordCount"] == 0

    return Source(arn, "KinesisBatchInfo", put)


SOURCES = pytest.mark.parametrize("make_source", [table_source, kinesis_source], ids=["dynamodb", "kinesis"])
MakeSource = Callable[[Cloud], Source]


def consumer(cloud: Cloud, **variables: str) -> tuple[str, str]:
    """A function that applies records, and the queue where it notes what it applied."""
    notes, (table, _stream) = cloud.queue(), cloud.table()
    return cloud.function("apply_records", NOTES=notes, NOTES_TABLE=table, **variables), notes


def applied(notes: list[Any]) -> list[str]:
    return [value for note in notes for value in note.get("applied", [])]


def until_applied(cloud: Cloud, queue: str, count: int) -> list[str]:
    return applied(cloud.collect(queue, lambda seen: len(applied(seen)) >= count))


@SOURCES
@pytest.mark.parametrize("on_poison", ["raise", "report"])
def test_a_poison_record_is_isolated_and_the_others_are_applied_in_order(
    cloud: Cloud, make_source: MakeSource, on_poison: str
) -> None:
    source, dead = make_source(cloud), cloud.queue()
    function, notes = consumer(cloud, ON_POISON=on_poison)
    source.put("a", "b", "poison", "c", "d")
    # The five records are one batch: the mapping starts when all of them are there.
    cloud.map_source(
        function,
        source.arn,
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
        MaximumRetryAttempts=1,
        BisectBatchOnFunctionError=True,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": cloud.queue_arn(dead)}},
    )
    assert until_applied(cloud, notes, 4) == ["a", "b", "c", "d"]
    note = cloud.collect(dead, lambda seen: len(seen) == 1)[0]
    info = note[source.batch_info]
    assert note["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert note["requestContext"]["functionArn"] == function
    assert note["requestContext"]["approximateInvokeCount"] >= 2
    assert (info["batchSize"], info["streamArn"]) == (1, source.arn)
    assert info["startSequenceNumber"] == info["endSequenceNumber"] != ""


@SOURCES
def test_without_splitting_the_rest_of_the_batch_is_given_up_with_the_poison(
    cloud: Cloud, make_source: MakeSource
) -> None:
    source, dead = make_source(cloud), cloud.queue()
    function, notes = consumer(cloud, ON_POISON="report")
    source.put("a", "poison", "b")
    cloud.map_source(
        function,
        source.arn,
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
        MaximumRetryAttempts=0,
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": cloud.queue_arn(dead)}},
    )
    note = cloud.collect(dead, lambda seen: len(seen) == 1)[0]
    assert note[source.batch_info]["batchSize"] == 2
    source.put("later")
    assert until_applied(cloud, notes, 2) == ["a", "later"]


@SOURCES
def test_a_partial_failure_is_retried_from_the_failed_record(cloud: Cloud, make_source: MakeSource) -> None:
    source = make_source(cloud)
    function, notes = consumer(cloud, ON_POISON="report")
    source.put("a", "b", "once-only", "c")
    cloud.map_source(
        function,
        source.arn,
        StartingPosition="TRIM_HORIZON",
        BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )
    seen = cloud.collect(notes, lambda notes: len(applied(notes)) >= 4)
    assert [note["applied"] for note in seen] == [["a", "b"], ["once-only", "c"]]


@SOURCES
def test_a_slow_handler_holds_up_neither_another_stream_nor_a_queue(cloud: Cloud, make_source: MakeSource) -> None:
    slow, (fast_table, fast_arn), queue = make_source(cloud), cloud.table(stream=True), cloud.queue()
    slow_function, slow_notes = consumer(cloud, SLOW="4")
    fast_function, fast_notes = consumer(cloud)
    queue_notes = cloud.queue()
    cloud.map_source(slow_function, slow.arn, StartingPosition="TRIM_HORIZON", BatchSize=1)
    cloud.map_source(fast_function, fast_arn, StartingPosition="TRIM_HORIZON", BatchSize=1)
    cloud.map_source(cloud.function("read_queue", NOTES=queue_notes), cloud.queue_arn(queue))
    # Cold starts are not what is measured here.
    slow.put("warm")
    cloud.put_values(fast_table, "warm")
    cloud.client("sqs").send_message(QueueUrl=queue, MessageBody='{"value": "warm"}')
    for notes in (slow_notes, fast_notes, queue_notes):
        until_applied(cloud, notes, 1)

    slow.put("slow")
    time.sleep(0.2)
    cloud.put_values(fast_table, "quick", "quicker")
    cloud.client("sqs").send_message(QueueUrl=queue, MessageBody='{"value": "queued"}')
    assert until_applied(cloud, fast_notes, 2) == ["quick", "quicker"]
    assert until_applied(cloud, queue_notes, 1) == ["queued"]
    # The slow one is still at it: neither of the others waited for it.
    assert cloud.take(slow_notes) == []
    assert until_applied(cloud, slow_notes, 1) == ["slow"]


@SOURCES
def test_latest_skips_what_was_there_and_a_filter_keeps_what_matches(cloud: Cloud, make_source: MakeSource) -> None:
    source = make_source(cloud)
    function, notes = consumer(cloud)
    if source.batch_info == "DDBStreamBatchInfo":
        pattern = '{"dynamodb": {"NewImage": {"value": {"S": [{"prefix": "new"}]}}}}'
    else:
        pattern = '{"partitionKey": ["one"]}'
    source.put("new-but-before")
    cloud.map_source(
        function,
        source.arn,
        StartingPosition="LATEST",
        BatchSize=10,
        FilterCriteria={"Filters": [{"Pattern": pattern}]},
    )
    source.put("new-1", "new-2")
    assert until_applied(cloud, notes, 2) == ["new-1", "new-2"]


def test_a_batching_window_gathers_records_into_one_call(cloud: Cloud) -> None:
    table, arn = cloud.table(stream=True)
    function, notes = consumer(cloud)
    cloud.map_source(function, arn, StartingPosition="TRIM_HORIZON", BatchSize=3, MaximumBatchingWindowInSeconds=10)
    cloud.put_values(table, "a", "b", "c", "d")
    seen = cloud.collect(notes, lambda notes: len(applied(notes)) >= 3)
    assert [note["applied"] for note in seen] == [["a", "b", "c"]]


def test_records_too_old_go_to_the_failure_queue_unseen(cloud: Cloud) -> None:
    source, dead = kinesis_source(cloud), cloud.queue()
    function, notes = consumer(cloud)
    source.put("old")
    time.sleep(1.1)
    # AWS allows 60 s or more; a second makes the test quick and follows the same path.
    cloud.map_source(
        function,
        source.arn,
        StartingPosition="TRIM_HORIZON",
        MaximumRecordAgeInSeconds=1,
        DestinationConfig={"OnFailure": {"Destination": cloud.queue_arn(dead)}},
    )
    note = cloud.collect(dead, lambda seen: len(seen) == 1)[0]
    assert note["requestContext"]["condition"] == "RecordAgeExceeded"
    source.put("new")
    assert until_applied(cloud, notes, 1) == ["new"]


def test_an_idle_stream_wakes_within_milliseconds(cloud: Cloud) -> None:
    table, arn = cloud.table(stream=True)
    function, notes = consumer(cloud)
    cloud.map_source(function, arn, StartingPosition="LATEST", BatchSize=10)
    cloud.put_values(table, "warm")
    until_applied(cloud, notes, 1)
    waits = []
    for number in range(5):
        time.sleep(0.1)
        began = time.monotonic()
        cloud.put_values(table, f"value-{number}")
        until_applied(cloud, notes, 1)
        waits.append(time.monotonic() - began)
    # MiniStack's own poller looked once a second; the best of five shows that nothing waits for a clock.
    assert min(waits) < 0.15

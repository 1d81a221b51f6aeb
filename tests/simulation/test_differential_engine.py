"""The simulation's queues and streams against the running local engine: scripts of messages and failures."""

from __future__ import annotations

import json
import time
from collections import Counter
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from tests.simulation.engine_side import Engine, engine, log, start_engine
from tests.simulation.machine_side import Bench

__all__ = ["engine", "start_engine"]

QUEUES = 80
# Seconds for which a message that was taken is hidden; the simulation waits as long on its own clock.
HIDDEN = "3"
STREAMS = 120
KEYS = 40


def consumers(engine: Engine) -> list[str]:
    """Some functions that are warm already: a message must not come back because its reader is still starting."""
    functions = [engine.function("take_records") for _ in range(4)]
    for function in functions:
        engine.cloud.invoke(function, {"Records": [{"messageId": "warm", "body": "warm/0/each/0"}]})
    return functions


def queue_case(number: int) -> tuple[str, dict[str, Any], list[str]]:
    """A case's name, its settings, and its messages: `case/value/mode/failures`."""
    chance = Random(f"queue:{number}")
    mode = chance.choice(("each", "each", "raise", "nobody"))
    settings = {"batch": chance.choice((1, 10)), "most_receives": chance.randint(1, 3)}
    failures = [chance.choice((0, 0, 1, 2, 9)) for _ in range(chance.randint(1, 8))]
    return f"q{number}", settings, [f"q{number}/{place}/{mode}/{count}" for place, count in enumerate(failures)]


def deliveries(batches: list[list[str]]) -> Counter[str]:
    return Counter(value for batch in batches for value in batch)


def test_queues_deliver_and_set_aside_the_same(engine: Engine, tmp_path: Path) -> None:
    """How often each message comes and what becomes of it; in which order is nobody's promise."""
    sqs, functions = engine.cloud.client("sqs"), consumers(engine)
    cases, dead = [queue_case(number) for number in range(QUEUES)], {}
    for number, (name, settings, messages) in enumerate(cases):
        dead[name] = engine.cloud.queue()
        redrive = {
            "deadLetterTargetArn": engine.cloud.queue_arn(dead[name]),
            "maxReceiveCount": settings["most_receives"],
        }
        queue = engine.cloud.queue(VisibilityTimeout=HIDDEN, RedrivePolicy=json.dumps(redrive))
        for message in messages:
            sqs.send_message(QueueUrl=queue, MessageBody=message)
        engine.cloud.map_source(
            functions[number % len(functions)],
            engine.cloud.queue_arn(queue),
            BatchSize=settings["batch"],
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
    for name, settings, messages in cases:
        bench = Bench(tmp_path)
        queue = bench.queue(partial=True, **settings)
        for message in messages:
            queue.send(message)
        bench.settle()
        assert queue.messages == []
        ours = deliveries(log(tmp_path, name))
        engine.wait_for(partial(_came, engine, name, sum(ours.values())))
        assert deliveries(log(engine.folder, name)) == ours, (name, settings, messages)
        assert sorted(set_aside(engine, dead[name], len(bench.dead()))) == sorted(bench.dead()), name
    # What is done stays done: nothing comes back once it would be seen again.
    time.sleep(float(HIDDEN) + 0.5)
    for name, *_ in cases:
        assert deliveries(log(engine.folder, name)) == deliveries(log(tmp_path, name)), name


def _came(engine: Engine, name: str, count: int) -> bool:
    return sum(deliveries(log(engine.folder, name)).values()) >= count


def set_aside(engine: Engine, queue: str, count: int) -> list[Any]:
    """What the engine has put into a queue of dead letters, once it is at least so much."""
    return engine.cloud.collect(queue, lambda seen: len(seen) >= count) if count else engine.cloud.take(queue)


def stream_case(number: int) -> tuple[str, str, dict[str, Any], list[str]]:
    """A case's name, the kind of stream, the settings of its reader, and its records."""
    chance = Random(f"stream:{number}")
    mode = chance.choice(("report", "report", "raise", "nobody"))
    settings = {"batch": chance.choice((2, 10)), "retries": chance.randint(0, 2), "bisect": chance.random() < 0.5}
    failures = [chance.choice((0, 0, 0, 1, 2, 9)) for _ in range(chance.randint(1, 7))]
    records = [f"s{number}/{place}/{mode}/{count}" for place, count in enumerate(failures)]
    return f"s{number}", chance.choice(("dynamodb", "kinesis")), settings, records


def key_of(record: str) -> str:
    """The partition that a record belongs to: `s…` has one, `k…` has three."""
    return "one" if record.startswith("s") else f"key-{int(record.split('/')[1]) % 3}"


def _feed_engine(engine: Engine, function: str, found: tuple[str, str, dict[str, Any], list[str]], dead: str) -> None:
    """The records in a stream of their own, and then the function that reads it: one batch finds all of them."""
    _, service, settings, records = found
    cloud = engine.cloud
    if service == "kinesis":
        name, arn = cloud.stream()
        sent = [{"Data": record.encode(), "PartitionKey": key_of(record)} for record in records]
        cloud.client("kinesis").put_records(StreamName=name, Records=sent)
    else:
        name, arn = cloud.table(stream=True)
        for place, record in enumerate(records):
            item = {"pk": {"S": key_of(record)}, "sk": {"S": f"{place}"}, "value": {"S": record}}
            cloud.client("dynamodb").put_item(TableName=name, Item=item)
    cloud.map_source(
        function,
        arn,
        StartingPosition="TRIM_HORIZON",
        BatchSize=settings["batch"],
        MaximumRetryAttempts=settings["retries"],
        BisectBatchOnFunctionError=settings["bisect"],
        FunctionResponseTypes=["ReportBatchItemFailures"],
        DestinationConfig={"OnFailure": {"Destination": cloud.queue_arn(dead)}},
    )


def _sizes(notes: list[Any]) -> list[int]:
    """How many records each note of given up ones names."""
    found = [json.loads(note) if isinstance(note, str) else note for note in notes]
    return [(note.get("DDBStreamBatchInfo") or note["KinesisBatchInfo"])["batchSize"] for note in found]


def test_streams_deliver_and_give_up_the_same(engine: Engine, tmp_path: Path) -> None:
    """Every batch, in order, and how many records each note in the failure destination stands for."""
    functions = consumers(engine)
    cases, dead = [stream_case(number) for number in range(STREAMS)], {}
    for number, found in enumerate(cases):
        dead[found[0]] = engine.cloud.queue()
        _feed_engine(engine, functions[number % len(functions)], found, dead[found[0]])
    for name, service, settings, records in cases:
        bench = Bench(tmp_path)
        stream = bench.stream(service, partial=True, **settings)
        for record in records:
            bench.add(stream, key_of(record), record)
        bench.settle()
        assert stream.unread() == []
        ours = log(tmp_path, name)
        engine.wait_for(partial(_came, engine, name, sum(deliveries(ours).values())))
        assert log(engine.folder, name) == ours, (name, service, settings, records)
        assert _sizes(set_aside(engine, dead[name], len(bench.dead()))) == _sizes(bench.dead()), name


def ordered_case(number: int) -> tuple[str, str, dict[str, Any], list[str]]:
    """Records of three keys that all succeed in the end."""
    chance = Random(f"keys:{number}")
    settings = {"batch": chance.choice((1, 3, 10)), "retries": -1, "bisect": chance.random() < 0.5}
    mode = chance.choice(("report", "raise"))
    count = chance.randint(4, 12)
    # Few, for the engine waits longer and longer for a batch that fails.
    failing = {chance.randrange(count): chance.randint(1, 2) for _ in range(2)}
    records = [f"k{number}/{place}/{mode}/{failing.get(place, 0)}" for place in range(count)]
    return f"k{number}", ("dynamodb", "kinesis")[number % 2], settings, records


def applied(batches: list[list[str]]) -> list[str]:
    """The records in the order in which each was first done with, as `judge` does it: up to the first that fails."""
    tried: Counter[str] = Counter()
    done: list[str] = []
    for batch in batches:
        passed = []
        for value in batch:
            tried[value] += 1
            if tried[value] <= int(value.rsplit("/", 1)[1]):
                break
            passed.append(value)
        done += [value for value in passed if value not in done and ("raise" not in value or passed == batch)]
    return done


def test_the_records_of_a_key_are_applied_in_their_order(engine: Engine, tmp_path: Path) -> None:
    """On both sides, whatever fails in between, and however many readers there are."""
    functions = consumers(engine)
    cases = [ordered_case(number) for number in range(KEYS)]
    for number, found in enumerate(cases):
        _feed_engine(engine, functions[number % len(functions)], found, engine.cloud.queue())
    for name, service, settings, records in cases:
        bench = Bench(tmp_path)
        stream = bench.stream(service, partial=True, parallel=2 if service == "kinesis" else 1, **settings)
        for record in records:
            bench.add(stream, key_of(record), record)
        bench.settle()
        engine.wait_for(partial(_all_applied, engine, name, len(records)))
        for batches in (log(tmp_path, name), log(engine.folder, name)):
            done = applied(batches)
            for key in {key_of(record) for record in records}:
                expected = [record for record in records if key_of(record) == key]
                assert [record for record in done if key_of(record) == key] == expected, (name, settings)


def _all_applied(engine: Engine, name: str, count: int) -> bool:
    return len(applied(log(engine.folder, name))) == count

"""usd_per_million_orders: what AWS would bill for one two-line order, metered from the calls that are really made."""

from __future__ import annotations

import csv
import gzip
import json
import re
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from bench.figures import RESULTS, Figure, at_most
from bench.load import Call, send
from bench.metering import Image, Index, get_units, hears, index_units, item_bytes, query_units, write_units
from bench.order_cost import SYSTEM_LOG_BYTES, bill, dollars_per_million
from bench.orders import CLIENT, Captures, document
from bench.recorder import Recorded, Recorder, recorded
from bench.system import Bench
from infra.functions import QUEUE_CONSUMERS
from infra.grants import TABLES
from local.order import FINANCE
from local.progress import Failed
from local.seed.seed import read
from local.state import Running

METER = RESULTS / "order_meter.json"
TIMED_ORDERS = 10
# Every event of an order is published and posted well within this, on an idle system.
SETTLE_SECONDS = 4.0
EXPORT_SECONDS = 60.0
_REPORT = re.compile(r"REPORT RequestId: (\S+)\s+Duration: ([\d.]+) ms")


def measure(bench: Bench) -> list[Figure]:
    """One order at a time on an idle system, so that no call is shared with another order."""
    running = bench.running
    with bench.progress.step(f"time of each function over {TIMED_ORDERS} single orders"):
        before = _reports(running)
        for _ in range(TIMED_ORDERS):
            _one_order(running)
        timed = _new(before, _reports(running))
    with bench.progress.step("calls of one order"), recorded(running) as recorder:
        _one_order(running)
        _one_order(running)  # the first two fill what warm functions remember
        before, first = _reports(running), len(recorder.calls)
        order_id = _one_order(running)
        invoked = _new(before, _reports(running))
        calls = recorder.calls[first:]
        with bench.progress.step("calls of the export of the business date"):
            export = meter_export(running, recorder, order_id)
    meter = _meter(running, calls, invoked, timed) | {"transitions": _transitions(running, order_id), "export": export}
    RESULTS.mkdir(parents=True, exist_ok=True)
    METER.write_text(json.dumps(meter, indent=1, sort_keys=True) + "\n")
    parts = [Figure(f"usd_per_million: {line.part}", round(line.dollars, 2), "USD") for line in bill(meter)]
    total = at_most("usd_per_million_orders", dollars_per_million(meter), "USD", 200, "aim 120; lean floor 11")
    return [total, *parts]


BY_CLOCK = frozenset(spec.name for spec in QUEUE_CONSUMERS if not spec.detail_types) - {"node_messages"}


def _one_order(running: Running) -> str:
    """Place an order and wait until everything that follows from it has happened; its id."""
    captures = Captures(running)
    name = f"M{time.time_ns() // 1_000_000:x}"
    skus = tuple(row["sku"] for row in read("items.csv")[:2])
    report = send(running, CLIENT, [Call("/v1/orders", name, document(name, skus))], 1)
    captures.wait_for(1)
    time.sleep(SETTLE_SECONDS)
    return str(report.created[0]["id"])


def meter_export(running: Running, recorder: Recorder, order_id: str) -> dict[str, Any]:
    """What the export of the business date of an order uses, and how many orders share it."""
    entry = running.call(FINANCE, "GET", f"/v1/finance/journal?order_id={order_id}").json()["entries"][0]
    day = {"entity": entry["entity"], "business_date": entry["business_date"]}
    path = f"/v1/finance/exports?{urlencode(day)}"
    known = len(running.call(FINANCE, "GET", path).json()["exports"])
    before, first = _reports(running), len(recorder.calls)
    asked = running.call(
        FINANCE, "POST", "/v1/finance/exports", {**day, "kind": "interim"}, key=f"bench-{time.time_ns()}"
    )
    if not asked.ok:
        raise Failed(f"the export was refused: {asked.status} {asked.body!r}")
    deadline = time.monotonic() + EXPORT_SECONDS
    while len(found := running.aws("s3").list_objects_v2(**_manifests(running, day)).get("Contents", [])) <= known:
        if time.monotonic() > deadline:
            raise Failed(f"the export of {day['business_date']} was not there within {EXPORT_SECONDS:.0f} s")
        time.sleep(0.2)
    time.sleep(SETTLE_SECONDS)
    invoked, calls = _new(before, _reports(running)), recorder.calls[first:]
    manifest = _object(running, max(row["Key"] for row in found))
    kinds = [call.operation.partition(".")[2] for call in calls if call.operation.startswith("S3.")]
    return _meter(running, calls, invoked, invoked) | {
        "transitions": 0,
        "objects": {kind: kinds.count(kind) for kind in sorted(set(kinds))},
        "orders": _orders_of(running, json.loads(manifest)),
    }


def _manifests(running: Running, day: Mapping[str, str]) -> dict[str, str]:
    """Where the manifests of an entity's business date lie; read past the API, so that looking costs nothing."""
    folder = f"manifests/entity={day['entity']}/business_date={day['business_date']}/"
    return {"Bucket": running.outputs["ExportBucketName"], "Prefix": f"finance/v1/tenant=acme/{folder}"}


def _object(running: Running, key: str) -> bytes:
    bucket = running.outputs["ExportBucketName"]
    content: bytes = running.aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return content


def _orders_of(running: Running, manifest: Mapping[str, Any]) -> int:
    """How many orders have a line in the journal of a batch."""
    (journal,) = [row for row in manifest["files"] if (row["dataset"], row["format"]) == ("journal_lines", "csv")]
    rows = csv.DictReader(gzip.decompress(_object(running, journal["key"])).decode().splitlines())
    return len({row["order_id"] for row in rows})


def _meter(
    running: Running, calls: Sequence[Recorded], invoked: dict[str, list[float]], timed: dict[str, list[float]]
) -> dict[str, Any]:
    # What the clock starts while an order is watched has nothing to do with it.
    calls = [call for call in calls if call.function not in BY_CLOCK]
    invoked = {name: durations for name, durations in invoked.items() if name not in BY_CLOCK}
    tables = {running.outputs[f"{table.capitalize()}TableName"]: table for table in TABLES}
    published = [
        entry for call in calls if call.operation == "AWSEvents.PutEvents" for entry in call.request["Entries"]
    ]
    domain = [entry for entry in published if entry["EventBusName"] == running.outputs["DomainBusName"]]
    verbs = sum(call.function == "node_messages" and bool(call.changes) and call.ok for call in calls)
    messages = _messages(domain) | ({"node_messages": verbs} if verbs else {})
    return {
        "calls": _counted(calls),
        "tables": _units(running, calls, tables),
        "writes": [row for call in calls for row in _writes(running, call, tables)],
        "functions": {
            name: {
                "invocations": len(durations),
                "milliseconds": min(timed[name]),
                "memory": _configuration(running, name)["MemorySize"],
                "log_bytes": _system_log_bytes(_configuration(running, name)) * len(durations),
            }
            for name, durations in sorted(invoked.items())
        },
        "messages": messages,
        "events": {"domain": len(domain), "store": len(published) - len(domain) + verbs},
        "archived_bytes": sum(len(entry["Detail"].encode()) for entry in domain),
        "api_requests": 1,
        "express_runs": sum(call.operation.endswith(".StartSyncExecution") for call in calls),
        "stored_bytes": _stored(calls),
    }


def _messages(domain: Iterable[dict[str, Any]]) -> dict[str, int]:
    """How many messages the rules put on each queue for these events."""
    told = [(entry["DetailType"], json.loads(entry["Detail"])["data"]) for entry in domain]
    heard = {
        spec.name: sum(hears(wanted, kind, data) for wanted in spec.detail_types for kind, data in told)
        for spec in QUEUE_CONSUMERS
    }
    return {name: count for name, count in heard.items() if count}


def _units(running: Running, calls: Sequence[Recorded], tables: dict[str, str]) -> dict[str, dict[str, float]]:
    """Consumed units per table."""
    units: dict[str, dict[str, float]] = defaultdict(lambda: {"write_units": 0, "index_units": 0, "read_units": 0})
    indexes = {real: _indexes(running, real) for real in tables}
    for call in calls:
        for change in call.changes:
            used = units[tables[change.table]]
            # A transaction that was refused is billed as well.
            used["write_units"] += write_units(change.before, change.after, transactional=True)
            for index in indexes[change.table]:
                used["index_units"] += index_units(index, change.before, change.after)
        for real, amount in _read(call):
            units[tables[real]]["read_units"] += amount
    return {name: dict(used) for name, used in sorted(units.items())}


def _writes(running: Running, call: Recorded, tables: dict[str, str]) -> Iterable[dict[str, Any]]:
    """Each item that a call wrote, for people who look for the largest."""
    for change in call.changes:
        image = change.after or change.before or {}
        yield {
            "function": call.function,
            "table": tables[change.table],
            "item": image["sk"]["S"].split("#", 1)[0] if image else "",
            "bytes": max(item_bytes(each) if each else 0 for each in (change.before, change.after)),
            "units": write_units(change.before, change.after, transactional=True),
            "index_units": sum(
                index_units(index, change.before, change.after) for index in _indexes(running, change.table)
            ),
        }


def _read(call: Recorded) -> Iterable[tuple[str, float]]:
    """Table and units of each table that a call read."""
    request, answer = call.request, call.answer
    if call.operation == "DynamoDB.Query":
        yield request["TableName"], query_units(answer["Items"], consistent=request.get("ConsistentRead", False))
    elif call.operation == "DynamoDB.GetItem":
        items: list[Image] = [answer["Item"]] if "Item" in answer else []
        yield request["TableName"], get_units(items, 1, consistent=request.get("ConsistentRead", False))
    elif call.operation == "DynamoDB.BatchGetItem":
        for real, wanted in request["RequestItems"].items():
            found = answer["Responses"].get(real, [])
            yield real, get_units(found, len(wanted["Keys"]), consistent=wanted.get("ConsistentRead", False))


def _indexes(running: Running, table: str) -> list[Index]:
    """The indexes of a deployed table."""
    description = running.aws("dynamodb").describe_table(TableName=table)["Table"]
    found = []
    for index in description.get("GlobalSecondaryIndexes", ()):
        projection = index["Projection"]
        whole = projection["ProjectionType"] == "ALL"
        carried = None if whole else frozenset(projection.get("NonKeyAttributes", ()))
        found.append(Index(tuple(key["AttributeName"] for key in index["KeySchema"]), carried))
    return found


def _stored(calls: Sequence[Recorded]) -> int:
    """Bytes by which the tables grew."""
    size = 0
    for call in calls:
        for change in call.changes if call.ok else ():
            size += (item_bytes(change.after) if change.after else 0) - (
                item_bytes(change.before) if change.before else 0
            )
    return size


def _counted(calls: Sequence[Recorded]) -> dict[str, dict[str, int]]:
    """How often each function made each call."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for call in calls:
        counts[call.function][call.operation] += 1
    return {name: dict(sorted(operations.items())) for name, operations in sorted(counts.items())}


def _reports(running: Running) -> dict[str, dict[str, float]]:
    """Milliseconds of every invocation that the functions' logs still know, by function and request."""
    logs = running.aws("logs")
    found = {}
    for name in {key.removesuffix("FunctionName") for key in running.outputs if key.endswith("FunctionName")}:
        function = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        group = _configuration(running, function)["LoggingConfig"]["LogGroup"]
        found[function] = {
            report[1]: float(report[2])
            for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]
            for event in logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], limit=10_000)[
                "events"
            ]
            if (report := _REPORT.search(event["message"]))
        }
    return found


def _new(before: dict[str, dict[str, float]], after: dict[str, dict[str, float]]) -> dict[str, list[float]]:
    """The durations that came since, of functions that ran."""
    found = {
        name: [milliseconds for request, milliseconds in reports.items() if request not in before[name]]
        for name, reports in after.items()
    }
    return {name: durations for name, durations in found.items() if durations}


def _system_log_bytes(configuration: Mapping[str, Any]) -> int:
    """What Lambda itself writes into the log for each call; the product writes nothing when all goes well."""
    quiet = configuration.get("LoggingConfig", {}).get("SystemLogLevel") == "WARN"
    return 0 if quiet else SYSTEM_LOG_BYTES


def _configuration(running: Running, function: str) -> dict[str, Any]:
    output = "".join(word.capitalize() for word in function.split("_")) + "FunctionName"
    configuration: dict[str, Any] = running.aws("lambda").get_function_configuration(
        FunctionName=running.outputs[output]
    )
    return configuration


def _transitions(running: Running, order_id: str) -> int:
    """States that the fulfilment workflows of an order entered."""
    workflows = running.aws("stepfunctions")
    machine = running.outputs["FulfillmentWorkflowArn"]
    name = order_id.split("_", 1)[1]
    entered = 0
    for page in workflows.get_paginator("list_executions").paginate(stateMachineArn=machine):
        for execution in page["executions"]:
            if name in execution["name"]:
                history = workflows.get_execution_history(
                    executionArn=execution["executionArn"], includeExecutionData=False, maxResults=1000
                )
                entered += sum(event["type"].endswith("StateEntered") for event in history["events"])
    return entered

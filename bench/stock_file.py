"""stock_file: rows a second of a dropped file on this machine, and the arithmetic for a million rows on AWS.

    python -m bench.stock_file          on a system of its own, which is ended after

Processor time and calls are measured: a file is taken in by the product's own code in this process, against the local
engine. How long AWS takes for each call is assumed, and said so; nothing here was run in an account.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench import prices
from bench.figures import Figure, at_most, table
from bench.order_cost import WHOLE_PROCESSOR_MB
from bench.system import Bench
from infra.functions import FUNCTIONS
from local.progress import Progress, interruptible
from local.state import ROOT, Running

MILLION = 1_000_000
MOST_MINUTES = 15
LONGEST_WAIT_SECONDS = 300.0
# Assumed for AWS, in milliseconds: how long a caller in the region waits; longest for a transaction of 90 actions.
WAITS = {"GetItem": 4, "BatchGetItem": 10, "Query": 4, "TransactWriteItems": 60, "GetObject": 30, "PutObject": 40}
HEADER = "node_id,sku,quantity,as_of,source,sequence,reason"
KEY = "stock/acme/bench.csv"


@dataclass
class Used:
    """What taking in a file used: rows, processor and wall time in milliseconds, calls by operation, write units."""

    rows: int
    processor: float = 0.0
    wall: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)
    write_units: int = 0
    read_units: int = 0


def measure(bench: Bench) -> list[Figure]:
    """A row for each stock row of the seed, over and over; then the same in this process, with every call counted."""
    running = bench.running
    rows = _rows(running)
    with bench.progress.step(f"a file of {len(rows):,} rows through the bucket"):
        seconds = _through_the_bucket(running, _file(rows, 1))
    with bench.progress.step("the same in this process"), _environment(running), _queue_paused(running):
        used = _in_process(running, _file(rows, 2), len(rows))
    return [
        Figure("stock_file_rows_per_s", round(len(rows) / seconds), "rows/s", "", None, "local engine, end to end"),
        Figure("stock_file_rows_per_s_one_part", round(used.rows / used.wall * 1000), "rows/s", "", None, "in process"),
        *arithmetic(used),
    ]


def arithmetic(used: Used) -> list[Figure]:
    """What the measured calls and processor time of a row come to for a million rows on AWS."""
    spec = FUNCTIONS["stock_files"]
    processor = used.processor / used.rows * WHOLE_PROCESSOR_MB / spec.memory
    waiting = sum(count * WAITS.get(name, 0) for name, count in used.calls.items()) / used.rows
    at_once = spec.concurrency or 1
    per_second = at_once * 1000 / (processor + waiting)
    writes, reads = used.write_units / used.rows, used.read_units / used.rows
    gigabyte_seconds = (processor + waiting) * spec.memory / 1024
    dollars = writes * prices.WRITE_UNIT + reads * prices.READ_UNIT + gigabyte_seconds / 1000 * prices.LAMBDA_GB_SECOND
    return [
        Figure("stock_file_cpu_ms_per_row", round(used.processor / used.rows, 3), "ms", "", None, "measured here"),
        Figure(
            "stock_file_aws_ms_per_row",
            round(processor + waiting, 2),
            "ms",
            "",
            None,
            f"at {spec.memory} MB; waits assumed",
        ),
        Figure("stock_file_aws_rows_per_s", round(per_second), "rows/s", "", None, f"{at_once} parts at once"),
        at_most("stock_file_aws_minutes_per_million", MILLION / per_second / 60, "min", MOST_MINUTES, "arithmetic"),
        Figure("stock_file_write_units_per_row", round(writes, 2), "units", "", None, "transactions count twice"),
        Figure(
            "stock_file_aws_write_units_per_s",
            round(writes * per_second),
            "units/s",
            "",
            None,
            "a new table gives 4,000",
        ),
        Figure("stock_file_usd_per_million_rows", round(dollars, 2), "USD", "", None, "tables and Lambda"),
    ]


def _rows(running: Running) -> list[tuple[str, str, int]]:
    """Every stock row of the seed: node, SKU and what is on hand."""
    stock = running.aws("dynamodb")
    found = []
    for page in stock.get_paginator("scan").paginate(TableName=running.outputs["StockTableName"]):
        for item in page["Items"]:
            pk, sk = item["pk"]["S"], item["sk"]["S"]
            if "#SKU#" in pk and sk.startswith("NODE#") and "#HOLD#" not in sk:
                found.append((sk.removeprefix("NODE#"), pk.split("#SKU#")[1], int(item["on_hand"]["N"])))
    return sorted(found)


def _file(rows: list[tuple[str, str, int]], more: int) -> bytes:
    """A file that says of each row some units more than there were, with a sequence that is later than any before."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    lines = [f'{node},"{sku}",{units + more},{now},bench,{time.time_ns()},benchmark' for node, sku, units in rows]
    return "\n".join([HEADER, *lines, ""]).encode()


def _through_the_bucket(running: Running, content: bytes) -> float:
    """Drop a file; how many seconds passed until its manifest stood there."""
    objects, bucket = running.aws("s3"), running.outputs["IntakeBucketName"]
    began = time.monotonic()
    version = objects.put_object(Bucket=bucket, Key=KEY, Body=content)["VersionId"]
    manifest = f"results/acme/bench/{version}/manifest.json"
    while not objects.list_objects_v2(Bucket=bucket, Prefix=manifest).get("Contents"):
        if time.monotonic() - began > LONGEST_WAIT_SECONDS:
            raise RuntimeError(f"{KEY} was not taken in within {LONGEST_WAIT_SECONDS:g} seconds")
        time.sleep(0.05)
    seconds = time.monotonic() - began
    counts = json.loads(objects.get_object(Bucket=bucket, Key=manifest)["Body"].read())
    if counts["recorded"] != counts["rows"]:
        raise RuntimeError(f"not all rows were recorded: {counts}")
    return seconds


def _in_process(running: Running, content: bytes, rows: int) -> Used:
    """Take in a file by the product's own code here, and meter it."""
    sys.path.insert(0, str(ROOT / "layers" / "oms" / "python"))
    from oms.inventory.files import StockFiles
    from oms.platform import dynamodb, objects
    from oms.platform.commands import Runtime
    from oms.platform.dropped_files import cut_file, take_file_message
    from oms.platform.intake_bucket import IntakeBucket

    bucket, runtime, used = IntakeBucket(), Runtime(), Used(rows)
    version = bucket.client.put_object(Bucket=bucket.name, Key=KEY, Body=content)["VersionId"]
    for client in (dynamodb._client(), objects._client()):
        client.meta.events.register("provide-client-params", lambda params, model, **_: _note(used, model.name, params))
    messages: list[str] = []
    wall, processor = time.monotonic(), time.process_time()
    cut_file(StockFiles(), runtime, bucket, messages.append, KEY, version)
    for message in messages:
        take_file_message(StockFiles(), runtime, bucket, messages.append, message)
    used.processor, used.wall = (time.process_time() - processor) * 1000, (time.monotonic() - wall) * 1000
    return used


def _note(used: Used, operation: str, params: Mapping[str, Any]) -> None:
    used.calls[operation] += 1
    if operation == "TransactWriteItems":
        used.write_units += sum(2 * -(-_bytes(action) // 1024) for action in params["TransactItems"])
    elif operation == "BatchGetItem":
        used.read_units += sum(len(wanted["Keys"]) for wanted in params["RequestItems"].values())
    elif operation in ("GetItem", "Query"):
        used.read_units += 1


def _bytes(action: Mapping[str, Any]) -> int:
    """The size of what a put stores; a changed stock row or mark is always less than a kilobyte."""
    item = action.get("Put", {}).get("Item", {})
    return max(1, sum(len(name) + len(str(next(iter(value.values())))) for name, value in item.items()))


def _variables(running: Running) -> dict[str, str]:
    """The environment of the function as it is deployed."""
    functions = running.aws("lambda").get_paginator("list_functions").paginate()
    found: dict[str, str] = next(
        row["Environment"]["Variables"]
        for page in functions
        for row in page["Functions"]
        if row.get("Environment", {}).get("Variables", {}).get("POWERTOOLS_SERVICE_NAME") == "stock_files"
    )
    return found


@contextmanager
def _environment(running: Running) -> Iterator[None]:
    """This process as the function would find itself."""
    from local.state import aws_environment

    before = dict(os.environ)
    os.environ.update({**_variables(running), **aws_environment(running.endpoint)})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _queue_paused(running: Running) -> Iterator[None]:
    """Keep the deployed function from what is dropped meanwhile, and forget it afterwards."""
    functions, queue = running.aws("lambda"), running.outputs["StockFilesQueueUrl"]
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    own = next(row["UUID"] for row in mappings if "StockFiles" in row["FunctionArn"])
    functions.update_event_source_mapping(UUID=own, Enabled=False)
    try:
        yield
    finally:
        running.aws("sqs").purge_queue(QueueUrl=queue)
        functions.update_event_source_mapping(UUID=own, Enabled=True)


def main() -> int:
    interruptible()
    bench = Bench(ROOT / ".local" / "bench", 4666, 0, Progress())
    try:
        print(f"\n{table(measure(bench))}")
    finally:
        bench.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

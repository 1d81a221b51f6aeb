"""From what one order was metered to use, to dollars for a million such orders. Pure arithmetic.

The meter is a document of plain values, as bench/results/order_meter.json keeps it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench import prices

# Lambda gives one whole processor at this size, and less in proportion below it.
WHOLE_PROCESSOR_MB = 1769
# Each call of the wait-only function is as long as the tasks of the workflow that it waits for.
WAITS_FOR = {"start_order_workflow": ("source_order", "authorize_payment")}
# The shortest Express run is billed for 64 MB.
EXPRESS_GB = 64 / 1024
# START, END and REPORT, and what CloudWatch adds to each line.
SYSTEM_LOG_BYTES = 500
# One line of the API's access log with all its fields filled.
ACCESS_LOG_BYTES = 400
# X-Ray's rule from the start: one trace a second, and of the others one in twenty.
TRACED = 0.05
# Tasks of the two workflows stand in the trace of what started the first of them.
TASKS = ("source_order", "authorize_payment", "release_fulfillment", "capture_payment")
GB = 1e9
MILLION = 1e6


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill of an order; `price` is for a million units, `dollars` for a million orders."""

    part: str
    quantity: float
    unit: str
    price: float

    @property
    def dollars(self) -> float:
        return self.quantity * self.price


def bill(meter: Mapping[str, Any]) -> list[Line]:
    """What a million metered orders cost, by part; a part that was not used has no line.

    The export of a business date is shared by the orders that were in the one that was metered.
    """
    export = meter["export"]
    share = Line("Finance export, its share", 1 / export["orders"], "exports", sum(x.dollars for x in used(export)))
    return [*used(meter), share]


def used(meter: Mapping[str, Any]) -> list[Line]:
    """What a million times the metered work costs, by part."""
    tables = meter["tables"].values()
    functions = meter["functions"]
    invocations = sum(function["invocations"] for function in functions.values())
    traces = sum(function["invocations"] for name, function in functions.items() if name not in TASKS)
    messages = sum(meter["messages"].values())
    deliveries = sum(functions[name]["invocations"] for name in meter["messages"])
    waited_for = WAITS_FOR["start_order_workflow"] if meter["express_runs"] else ()
    express_seconds = sum(billed_seconds(functions, name) for name in waited_for)
    objects = meter.get("objects", {})
    logged = ACCESS_LOG_BYTES * meter["api_requests"] + sum(function["log_bytes"] for function in functions.values())
    lines = [
        Line("DynamoDB, items written", sum(t["write_units"] for t in tables), "write units", prices.WRITE_UNIT),
        Line("DynamoDB, indexes written", sum(t["index_units"] for t in tables), "write units", prices.WRITE_UNIT),
        Line("DynamoDB, read", sum(t["read_units"] for t in tables), "read units", prices.READ_UNIT),
        Line("Step Functions, Standard", meter["transitions"], "transitions", prices.TRANSITION),
        Line("Step Functions, Express runs", meter["express_runs"], "runs", prices.EXPRESS_REQUEST),
        Line("Step Functions, Express time", express_seconds * EXPRESS_GB, "GB-seconds", prices.EXPRESS_GB_SECOND),
        Line("Lambda, invocations", invocations, "invocations", prices.LAMBDA_REQUEST),
        Line("Lambda, time", gigabyte_seconds(functions), "GB-seconds", prices.LAMBDA_GB_SECOND),
        Line("EventBridge, domain bus", meter["events"]["domain"], "events", prices.EVENT),
        Line("EventBridge, store bus", meter["events"]["store"], "events", prices.EVENT),
        Line("EventBridge, archive", meter["archived_bytes"] / GB, "GB", prices.ARCHIVED_GB * MILLION),
        Line("SQS", messages + 2 * deliveries, "requests", prices.SQS_REQUEST),
        Line("S3, put and listed", objects.get("PUT", 0) + objects.get("LIST", 0), "requests", prices.OBJECT_PUT),
        Line("S3, read", objects.get("GET", 0), "requests", prices.OBJECT_GET),
        Line("HTTP API", meter["api_requests"], "requests", prices.HTTP_API_REQUEST),
        Line("CloudWatch Logs", logged / GB, "GB", prices.LOG_GB * MILLION),
        Line("X-Ray", traces * TRACED, "traces", prices.TRACE),
    ]
    return [line for line in lines if line.quantity]


def dollars_per_million(meter: Mapping[str, Any]) -> float:
    """The whole bill of a million orders."""
    return sum(line.dollars for line in bill(meter))


def billed_seconds(functions: Mapping[str, Any], name: str) -> float:
    """Seconds that Lambda bills for a function's part in one order.

    The measured time is stretched as if all of it had been computing with the share of a processor that the
    function's memory buys; that is an upper bound, since part of it was waiting.
    """
    if name in WAITS_FOR:
        return sum(billed_seconds(functions, task) for task in WAITS_FOR[name])
    function = functions[name]
    stretch = max(1.0, WHOLE_PROCESSOR_MB / function["memory"])
    return float(function["invocations"] * function["milliseconds"] / 1000 * stretch)


def gigabyte_seconds(functions: Mapping[str, Any]) -> float:
    """Lambda's time times memory over all functions."""
    return sum(billed_seconds(functions, name) * function["memory"] / 1024 for name, function in functions.items())


def kept_gigabytes(meter: Mapping[str, Any]) -> float:
    """What a million orders leave in the tables."""
    return float(meter["stored_bytes"] * MILLION / GB)

"""How one batch of stream records is delivered to a function, with every second chance Lambda gives it.

A failed batch is tried again from its first failed record, split when the mapping asks for that, and given
up when its attempts or its age run out; then a note goes to the on-failure destination and the shard moves
on. Nothing behind a record is delivered before that record is settled.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ministack.services import lambda_svc

from local.engine import stream_failures
from local.engine.stream_sources import Record, Shard

logger = logging.getLogger("spine.streams")

FIRST_RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 10.0


@dataclass
class Portion:
    """Neighbouring records that are delivered together, and how often that failed."""

    records: list[Record]
    failures: int = 0
    invocations: int = 0
    error: str | None = field(default=None)


class Delivery:
    """Delivers batches of one shard under one mapping's settings."""

    def __init__(self, mapping: dict[str, Any], shard: Shard, stopped: Callable[[], bool]) -> None:
        self._mapping = mapping
        self._shard = shard
        self._stopped = stopped
        self._pause = threading.Event()

    def deliver(self, records: list[Record]) -> bool:
        """Settle every record, in order; False if the mapping ended before that."""
        waiting = [Portion(lambda_svc._apply_filter_criteria(records, self._mapping))]
        while waiting:
            portion = waiting.pop(0)
            if not portion.records:
                continue
            if self._stopped():
                return False
            expired = self._expired(portion)
            if expired:
                self._give_up(Portion(portion.records[:expired]), "RecordAgeExceeded")
                waiting.insert(0, Portion(portion.records[expired:], portion.failures, portion.invocations))
                continue
            waiting[:0] = self._attempt(portion)
        return True

    def _attempt(self, portion: Portion) -> list[Portion]:
        """Invoke once; the portions still to be delivered, first one first."""
        function, _config = lambda_svc._get_func_record_for_qualifier(
            self._mapping["FunctionName"], self._mapping.get("Qualifier")
        )
        if function is None:
            self._pause.wait(1.0)
            return [portion]
        result = lambda_svc._execute_function(function, {"Records": portion.records})
        if result.get("throttle"):
            # Throttled calls never reached the function, so they do not count as attempts.
            self._pause.wait(1.0)
            return [portion]
        portion.invocations += 1
        failed_at = self._first_failure(portion, result)
        if failed_at is None:
            self._mapping["LastProcessingResult"] = f"OK - {len(portion.records)} records"
            return []
        self._mapping["LastProcessingResult"] = "FAILED"
        return self._after_failure(portion, failed_at)

    def _first_failure(self, portion: Portion, result: dict[str, Any]) -> int | None:
        """The index of the first record to deliver again, or None when all are done."""
        if result.get("error"):
            body = result.get("body") or {}
            portion.error = result.get("function_error") or "Unhandled"
            logger.warning(
                "%s failed on %d stream record(s): %s: %s",
                self._mapping["FunctionName"],
                len(portion.records),
                body.get("errorType"),
                body.get("errorMessage"),
            )
            return 0
        portion.error = None
        if "ReportBatchItemFailures" not in (self._mapping.get("FunctionResponseTypes") or []):
            return None
        return _lowest_reported(result.get("body"), [self._shard.sequence(r) for r in portion.records])

    def _after_failure(self, portion: Portion, failed_at: int) -> list[Portion]:
        if failed_at > 0:
            # The records before are settled; the rest starts again as a batch of its own.
            return [Portion(portion.records[failed_at:], 0, portion.invocations)]
        if self._mapping.get("BisectBatchOnFunctionError") and len(portion.records) > 1:
            # Splitting is not an attempt: AWS counts attempts of the batch that can no longer be split.
            middle = len(portion.records) // 2
            return [
                Portion(portion.records[:middle], 0, portion.invocations),
                Portion(portion.records[middle:], 0, portion.invocations),
            ]
        limit = int(self._mapping.get("MaximumRetryAttempts", -1))
        if 0 <= limit <= portion.failures:
            self._give_up(portion, "RetryAttemptsExhausted")
            return []
        self._pause.wait(min(FIRST_RETRY_SECONDS * 2**portion.failures, LONGEST_RETRY_SECONDS))
        portion.failures += 1
        return [portion]

    def _expired(self, portion: Portion) -> int:
        """How many records at the front are older than the mapping allows."""
        limit = int(self._mapping.get("MaximumRecordAgeInSeconds") or -1)
        if limit < 0:
            return 0
        oldest = time.time() - limit
        old = 0
        while old < len(portion.records) and self._shard.arrived(portion.records[old]) < oldest:
            old += 1
        return old

    def _give_up(self, portion: Portion, condition: str) -> None:
        count = portion.invocations
        stream_failures.report(self._mapping, self._shard, portion.records, condition, count, portion.error)


def _lowest_reported(body: Any, sequences: list[str]) -> int | None:
    """The index of the first record reported as failed; 0 for a report nobody can read, as on AWS."""
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return 0
    if body is None:
        return None
    if not isinstance(body, dict):
        return 0
    failures = body.get("batchItemFailures")
    if not failures:
        return None
    lowest = len(sequences)
    for failure in failures:
        identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
        if identifier not in sequences:
            return 0
        lowest = min(lowest, sequences.index(identifier))
    return lowest

"""Our own stream pollers: one thread for each shard of each event source mapping.

MiniStack delivers all streams from one thread, so one slow handler holds up every other stream and every
queue; and it ignores retry limits, partial failures and on-failure destinations. Here each shard of each
mapping has a thread of its own that sleeps until a record is written.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

from ministack.core.responses import _request_account_id, _request_region
from ministack.services import dynamodb, kinesis, lambda_svc, sqs

from local.engine.anchors import require, require_source
from local.engine.stream_delivery import Delivery
from local.engine.stream_sources import Batch, Shard, ring, shards_of

logger = logging.getLogger("spine.streams")

DEFAULT_BATCH = 100
IDLE_SECONDS = 1.0
# AWS looks at a shard or queue a few times a second and takes what has gathered. A few milliseconds do the
# same here: what one transaction or one call wrote travels together instead of one by one.
GATHER_SECONDS = 0.005


def install() -> None:
    """Replace MiniStack's stream pollers and hook the places where records are written."""
    require(lambda_svc, "_poll_kinesis", "_poll_dynamodb_streams", "_poll_sqs", "_poll_loop", "_ensure_poller")
    require(lambda_svc, "_esms", "_iter_all_esms", "_esm_wake", "_init_stream_position", "_kinesis_positions")
    require(lambda_svc, "_dynamodb_stream_positions", "_dynamodb_stream_positions_lock", "_restore_state")
    require(lambda_svc, "_get_func_record_for_qualifier", "_apply_filter_criteria", "_execute_function")
    require(dynamodb, "stream_start_position", "stream_records_since", "_emit_stream_event", "_tables")
    require(kinesis, "_put_record", "_put_records", "put_record_internal", "_streams", "_expire_records")
    require_source(lambda_svc._create_esm, "_init_stream_position(", "_ensure_poller()")
    require_source(lambda_svc._ensure_poller, "target=_poll_loop")
    require_source(lambda_svc._restore_state, '"dynamodb_stream_positions"')
    require_source(dynamodb._emit_stream_event, "_stream_records[table_name].append(record)", "esm_wake.set()")
    require_source(kinesis._put_record, '["records"].append(', "esm_wake.set()")

    _forget_positions_on_restore()
    _ring_on_write()
    _start_threads_with_mappings()
    _skip_empty_queues()
    lambda_svc._poll_loop = _poll_queues


def _forget_positions_on_restore() -> None:
    """A restart loses stream records, so a kept position would skip that many new ones (patch e)."""
    restore = lambda_svc._restore_state

    def restored(data: dict[str, Any] | None) -> Any:
        if data:
            data = {**data, "dynamodb_stream_positions": {}}
        return restore(data)

    lambda_svc._restore_state = restored


class _NoBell:
    """Stands where stream writes used to wake the queue poller, which has nothing to do for them."""

    def set(self) -> None:
        """Ignore the ring."""


def _ring_on_write() -> None:
    emit = dynamodb._emit_stream_event

    def emit_and_ring(table_name: str, *args: Any, **kwargs: Any) -> Any:
        outcome = emit(table_name, *args, **kwargs)
        ring(f"dynamodb/{table_name}")
        return outcome

    class KinesisBell(_NoBell):
        def set(self) -> None:
            ring("kinesis")

    dynamodb._emit_stream_event = emit_and_ring
    dynamodb.esm_wake = _NoBell()
    kinesis.esm_wake = KinesisBell()


def _start_threads_with_mappings() -> None:
    ensure = lambda_svc._ensure_poller

    def ensure_all() -> None:
        ensure()
        start_missing_threads()

    lambda_svc._ensure_poller = ensure_all


def _poll_queues() -> None:
    """The loop that feeds functions from SQS; it runs batches on threads of their own and never waits for one."""
    wake = lambda_svc._esm_wake
    while True:
        wake.clear()
        try:
            busy = lambda_svc._poll_sqs()
        except Exception:
            logger.exception("the queue poller failed once")
            busy = False
        if busy:
            continue
        if wake.wait(0.25):
            time.sleep(GATHER_SECONDS)
        else:
            # Streams and shards created after their mapping are picked up here, at leisure.
            start_missing_threads()


def _skip_empty_queues() -> None:
    """Each message made the poller prepare a receive from every queue; look first which ones hold anything."""
    require_source(lambda_svc._poll_sqs, "in _iter_all_esms():")

    def mappings_with_messages() -> Iterator[tuple[str, str, dict[str, Any]]]:
        for account, region, mapping in _all_mappings():
            queue = sqs._queue_by_arn(mapping.get("EventSourceArn", ""))
            if queue is not None and queue["messages"]:
                yield account, region, mapping

    lambda_svc._iter_all_esms = mappings_with_messages


_all_mappings = lambda_svc._iter_all_esms
_readers: dict[tuple[str, str], threading.Thread] = {}
_readers_lock = threading.Lock()


def start_missing_threads() -> None:
    """Start a thread for every shard of a stream mapping that has none."""
    for account, region, mapping in _all_mappings():
        if ":sqs:" in mapping.get("EventSourceArn", ""):
            continue
        function = lambda_svc._functions.get_scoped(account, region, mapping["FunctionName"]) or {}
        role = (function.get("config") or {}).get("Role", "")
        for shard in shards_of(mapping, role):
            key = (mapping["UUID"], shard.shard_id)
            with _readers_lock:
                if key in _readers:
                    continue
                reader = contextvars.copy_context().run(Reader, account, region, mapping, shard)
                _readers[key] = threading.Thread(
                    target=reader.run, name=f"stream-{mapping['FunctionName']}-{shard.shard_id[-12:]}", daemon=True
                )
                _readers[key].start()


class Reader:
    """Reads one shard for one mapping until the mapping is deleted."""

    def __init__(self, account: str, region: str, mapping: dict[str, Any], shard: Shard) -> None:
        self._account = account
        self._region = region
        self._mapping = mapping
        self._shard = shard
        self._enter_scope()
        # Taken now, not in the thread: LATEST means the moment the mapping was made.
        self._position = shard.start(mapping)
        self._delivery = Delivery(mapping, shard, self._stopped)

    def run(self) -> None:
        self._enter_scope()
        while self._exists():
            seen = self._shard.bell.count
            try:
                busy = self._mapping.get("Enabled", True) and self._step()
            except Exception:
                logger.exception("the reader of %s failed once", self._shard.stream_arn)
                busy = False
                time.sleep(IDLE_SECONDS)
            if not busy:
                self._shard.bell.wait(seen, IDLE_SECONDS)
        with _readers_lock:
            _readers.pop((self._mapping["UUID"], self._shard.shard_id), None)

    def _enter_scope(self) -> None:
        """MiniStack finds resources by the account and region of the running context."""
        _request_account_id.set(self._account)
        _request_region.set(self._region)

    def _step(self) -> bool:
        """Deliver the next batch; False when there is none."""
        batch = self._gather()
        if not batch.records:
            return False
        if self._delivery.deliver(batch.records):
            self._position = batch.end
            self._shard.remember(self._mapping["UUID"], batch.end)
        return True

    def _gather(self) -> Batch:
        """The next records; waits for more while the batching window is open and the batch is not full."""
        size = int(self._mapping.get("BatchSize") or DEFAULT_BATCH)
        batch = self._shard.read(self._position, size)
        if not batch.records:
            return batch
        window = float(self._mapping.get("MaximumBatchingWindowInSeconds") or 0)
        deadline = time.monotonic() + max(window, GATHER_SECONDS)
        while len(batch.records) < size and not self._stopped():
            left = deadline - time.monotonic()
            if left <= 0:
                break
            # Not the bell: while records pour in, every ring would wake this thread for nothing.
            time.sleep(min(left, 0.05))
            batch = self._shard.read(self._position, size)
        return batch

    def _stopped(self) -> bool:
        return not self._exists() or not self._mapping.get("Enabled", True)

    def _exists(self) -> bool:
        key = (self._account, self._region, self._mapping["UUID"])
        return lambda_svc._esms._data.get(key) is self._mapping

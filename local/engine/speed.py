"""Needless work of the engine, measured with a sampling profiler and taken out. No behaviour changes."""

from __future__ import annotations

import copy
import gc
import sys
import time
from collections import deque
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from local.engine.anchors import AnchorMissing, require, require_source

EVENTS_KEPT = 20_000


def install_before_services() -> None:
    """Patches of names that the engine's services copy when they are imported."""
    if any(name.startswith("ministack.services") for name in sys.modules):
        raise AnchorMissing("MiniStack's services were imported before they could be patched.")
    _parse_each_arn_once()


def install() -> None:
    _verify_each_token_once()
    _read_each_expression_once()
    _copy_items_plainly()
    _leave_the_date_to_the_server()
    _keep_function_logs_small()
    _expire_kinesis_records_from_the_front()
    _bound_the_event_history()
    _collect_garbage_less_often()


def _parse_each_arn_once() -> None:
    """An ARN is parsed several times on every call; the result is an immutable value."""
    from ministack.core import arn

    require_source(arn, "@dataclass(frozen=True)\nclass Arn", "def parse_arn(value: str) -> Arn:")
    parse = lru_cache(maxsize=4096)(arn.parse_arn)

    def parse_arn(value: Any) -> Any:
        # Values that cannot be looked up (a list in a broken request) get the original error.
        return parse(value) if isinstance(value, str) else parse.__wrapped__(value)

    arn.parse_arn = parse_arn


def _verify_each_token_once() -> None:
    """A client sends the same token thousands of times; its RSA signature does not change.

    Expiry, issuer, audience and scopes are still checked on every request.
    """
    from ministack.services import apigateway

    require_source(apigateway._validate_jwt_authorizer, "_verify_rs256_signature(token, jwk)", '"exp" in claims')
    verify = apigateway._verify_rs256_signature

    @lru_cache(maxsize=1024)
    def verified(token: str, modulus: str, exponent: str) -> bool:
        return bool(verify(token, {"n": modulus, "e": exponent}))

    apigateway._verify_rs256_signature = lambda token, jwk: verified(token, jwk.get("n", ""), jwk.get("e", ""))


class _Tokens(list[tuple[str, str]]):
    """The tokens of an expression, with the result of checks that depend on nothing else."""

    reserved: str | None
    checked = False


def _read_each_expression_once() -> None:
    """A program has a few dozen expressions and runs them for ever; they were read anew up to five times a call."""
    from ministack.services import dynamodb

    require(dynamodb, "_tokenize", "_condition_syntax_error", "_check_reserved_keyword_usage")
    require_source(dynamodb._evaluate_condition, "_tokenize(expr)", "_condition_syntax_error(expr, slot)")
    require_source(dynamodb._ExprEval.advance, "self.pos += 1")
    tokenize, check_reserved = dynamodb._tokenize, dynamodb._check_reserved_keyword_usage

    @lru_cache(maxsize=2048)
    def tokens_of(expression: str) -> _Tokens:
        return _Tokens(tokenize(expression))

    def reserved_word_in(tokens: list[tuple[str, str]]) -> str | None:
        if not isinstance(tokens, _Tokens):
            return check_reserved(tokens)  # type: ignore[no-any-return]
        if not tokens.checked:
            tokens.reserved, tokens.checked = check_reserved(tokens), True
        return tokens.reserved

    dynamodb._tokenize = tokens_of
    dynamodb._check_reserved_keyword_usage = reserved_word_in
    dynamodb._condition_syntax_error = lru_cache(maxsize=2048)(dynamodb._condition_syntax_error)


def _copy_items_plainly() -> None:
    """Items and workflow data are plain JSON; the general deep copy is ten times slower on them."""
    from ministack.services import dynamodb, stepfunctions

    for module in (dynamodb, stepfunctions):
        require_source(module, "import copy\n", "copy.deepcopy(")
        module.copy = _PlainCopy()


class _PlainCopy:
    """The `copy` module with a quick way for JSON data."""

    def deepcopy(self, value: Any) -> Any:
        kind = type(value)
        if kind is dict:
            return {key: self.deepcopy(part) for key, part in value.items()}
        if kind is list:
            return [self.deepcopy(part) for part in value]
        if kind in (str, int, float, bool, bytes, type(None)):
            return value
        return copy.deepcopy(value)

    def __getattr__(self, name: str) -> Any:
        return getattr(copy, name)


def _leave_the_date_to_the_server() -> None:
    """Formatting the Date header anew for every answer; our server makes it once a second."""
    from ministack import app

    require_source(app._with_date_header, 'name.lower() == b"date"')
    require_source(app.app, "send = _with_date_header(send)")
    app._with_date_header = lambda send: send


def _keep_function_logs_small() -> None:
    """One log stream for a function instead of one for each call, and no more than the latest lines.

    Each call left a log stream for ever: 300 orders a minute fill gigabytes in an hour.
    """
    from ministack.services import cloudwatch_logs, lambda_svc

    require_source(lambda_svc._emit_lambda_logs, '"LoggingConfig"', "START RequestId", "REPORT RequestId")
    require(cloudwatch_logs, "_log_groups", "_make_group_arn", "_fanout_to_subscription_filters", "_log_events_lock")
    groups, lock = cloudwatch_logs._log_groups, cloudwatch_logs._log_events_lock

    def emit(
        func: dict[str, Any], request_id: str, log_text: str, error: bool, duration_ms: int, *, log_source: Any = None
    ) -> None:
        config = func.get("config") or func
        function, version = config.get("FunctionName", "unknown"), config.get("Version", "$LATEST")
        name = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{function}"
        now = int(time.time() * 1000)
        group = groups.get(name)
        if group is None:
            group = groups[name] = _new_group(cloudwatch_logs._make_group_arn(name), now)
        day = datetime.now(UTC).strftime("%Y/%m/%d")
        stream_name = f"{day}/[{version}]{function}"
        stream = group["streams"].get(stream_name) or group["streams"].setdefault(stream_name, _new_stream(now))
        lines = [
            f"START RequestId: {request_id} Version: {version}",
            *log_text.splitlines(),
            f"END RequestId: {request_id}",
            f"REPORT RequestId: {request_id}\tDuration: {duration_ms} ms\tBilled Duration: {duration_ms} ms"
            f"\tMemory Size: {config.get('MemorySize', 128)} MB",
        ]
        events = [{"timestamp": now, "message": line, "ingestionTime": now} for line in lines]
        with lock:
            stream["events"].extend(events)
            del stream["events"][:-EVENTS_KEPT]
            stream["firstEventTimestamp"] = stream["events"][0]["timestamp"]
            stream["lastEventTimestamp"] = stream["lastIngestionTime"] = now
        if group.get("subscriptionFilters"):
            cloudwatch_logs._fanout_to_subscription_filters(
                name, stream_name, [{"timestamp": now, "message": line} for line in lines]
            )

    lambda_svc._emit_lambda_logs = emit


def _new_group(arn: str, now: int) -> dict[str, Any]:
    return {
        "arn": arn,
        "creationTime": now,
        "retentionInDays": None,
        "tags": {},
        "subscriptionFilters": {},
        "streams": {},
    }


def _new_stream(now: int) -> dict[str, Any]:
    return {
        "events": [],
        "uploadSequenceToken": "1",
        "creationTime": now,
        "firstEventTimestamp": None,
        "lastEventTimestamp": None,
        "lastIngestionTime": None,
    }


def _expire_kinesis_records_from_the_front() -> None:
    """Every put copied the list of all records of the stream to find expired ones; the oldest is always first."""
    from ministack.services import kinesis

    require_source(kinesis._expire_records, 'r["ApproximateArrivalTimestamp"] >= cutoff', '"RetentionPeriodHours"')

    def expire(stream: dict[str, Any]) -> None:
        cutoff = time.time() - stream["RetentionPeriodHours"] * 3600
        for shard in stream["shards"].values():
            records, expired = shard["records"], 0
            while expired < len(records) and records[expired]["ApproximateArrivalTimestamp"] < cutoff:
                expired += 1
            if expired:
                del records[:expired]

    kinesis._expire_records = expire


def _bound_the_event_history() -> None:
    """EventBridge kept every event ever put, which nothing reads; keep the latest."""
    from ministack.services import eventbridge

    require_source(eventbridge._put_events, "_events_log_list().append(event_record)")
    require(eventbridge, "_events_log_list", "_events_log")
    latest: deque[Any] = deque(maxlen=EVENTS_KEPT)
    eventbridge._events_log_list = lambda: latest


def _collect_garbage_less_often() -> None:
    """The engine's data is plain and long-lived; walking all of it every few hundred calls finds nothing."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)

"""Step Functions: what the engine gets wrong, or makes slow without need."""

from __future__ import annotations

import contextvars
from typing import Any

from ministack import app
from ministack.services import eventbridge, stepfunctions

from local.engine.anchors import require, require_source


def install() -> None:
    _start_without_a_pause()
    _fail_callback_tasks_whose_function_fails()
    _read_timeouts_from_the_input()
    _announce_executions_only_to_listeners()
    _write_items_on_the_event_loop()


def _start_without_a_pause() -> None:
    """Every execution slept 150 ms before its first state; nothing depends on that."""
    require_source(stepfunctions._run_execution, "time.sleep(0.15)")

    class Time:
        """The `time` module as this one function sees it, without that one pause."""

        def __getattr__(self, name: str) -> Any:
            return getattr(_time, name)

        @staticmethod
        def sleep(seconds: float) -> None:
            if seconds != 0.15:
                _time.sleep(seconds)

    _time = stepfunctions.time
    stepfunctions.time = Time()


def _fail_callback_tasks_whose_function_fails() -> None:
    """On AWS a waitForTaskToken task fails at once when its function raises; the engine waited for the token."""
    require(stepfunctions, "_task_tokens")
    require_source(stepfunctions._invoke_with_callback, "_call_lambda(func_ref, lambda_payload)", "evt.wait(timeout")
    wait_for_callback = stepfunctions._invoke_with_callback
    call = stepfunctions._call_lambda
    waiting_for: contextvars.ContextVar[str | None] = contextvars.ContextVar("task_token", default=None)

    def with_token(resource: str, input_data: Any, token: str, state_def: dict[str, Any]) -> Any:
        mark = waiting_for.set(token)
        try:
            return wait_for_callback(resource, input_data, token, state_def)
        finally:
            waiting_for.reset(mark)

    def call_and_report(func_ref: str, event: Any) -> Any:
        try:
            return call(func_ref, event)
        except stepfunctions._ExecutionError as failure:
            task = stepfunctions._task_tokens.get(waiting_for.get())
            if task is not None and not task["event"].is_set():
                task["error"] = {"Error": failure.error, "Cause": failure.cause}
                task["event"].set()
            raise

    stepfunctions._invoke_with_callback = with_token
    stepfunctions._call_lambda = call_and_report


def _read_timeouts_from_the_input() -> None:
    """TimeoutSecondsPath was accepted and ignored: such a task waited for ever."""
    require(stepfunctions, "_execute_task", "_resolve_path")
    execute = stepfunctions._execute_task

    def with_timeout(state_def: dict[str, Any], raw_input: Any, execution: dict[str, Any], ctx: dict[str, Any]) -> Any:
        path = state_def.get("TimeoutSecondsPath")
        if path is not None:
            state_def = {**state_def, "TimeoutSeconds": stepfunctions._resolve_path(path, raw_input)}
        return execute(state_def, raw_input, execution, ctx)

    stepfunctions._execute_task = with_timeout


def _announce_executions_only_to_listeners() -> None:
    """Each start and end of an execution was put on the default bus; skip that when no rule listens there."""
    require_source(stepfunctions._emit_execution_status_event, "eventbridge._put_events(", '"Source": "aws.states"')
    require(eventbridge, "_rules", "_archives")
    emit = stepfunctions._emit_execution_status_event

    def emit_if_heard(execution: dict[str, Any]) -> None:
        rules = eventbridge._rules.values()
        heard = any(rule.get("EventPattern") and rule.get("EventBusName", "default") == "default" for rule in rules)
        if heard or eventbridge._archives:
            emit(execution)

    stepfunctions._emit_execution_status_event = emit_if_heard


def _write_items_on_the_event_loop() -> None:
    """A DynamoDB task ran on the thread of its execution, in the middle of other callers' transactions."""
    require_source(stepfunctions._invoke_dynamodb, '"putItem": dynamodb._put_item')
    require(app, "_MAIN_LOOP", "call_service_handler_sync")
    write = stepfunctions._invoke_dynamodb

    def write_on_loop(op_name: str, input_data: Any) -> Any:
        async def act(*_request: Any) -> Any:
            return write(op_name, input_data)

        return app.call_service_handler_sync(act, "", "", {}, b"", {})

    stepfunctions._invoke_dynamodb = write_on_loop

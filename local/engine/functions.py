"""How a function is run: in a warm worker, behind its gate, with the real name of what it raised.

Patches a to d: MiniStack reports every exception as `Runtime.HandlerError`, throws the worker away, starts
as many workers as there are callers, and waits up to 50 ms for a log line that never comes.
"""

from __future__ import annotations

import os
from contextvars import ContextVar
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import apigateway, lambda_svc

from local.engine.anchors import require, require_source
from local.engine.code_store import CodeStore
from local.engine.concurrency import Courtesy, Gates
from local.engine.worker import PythonWorker

DEFAULT_CAP = 4
PATIENCE_SECONDS = 10.0


def install(store: CodeStore) -> None:
    """Run Python functions in our workers; anything else stays with MiniStack."""
    require(lambda_runtime, "Worker", "_worker_class_for", "acquire_worker", "release_worker", "execution_credentials")
    require(lambda_runtime, "_account_region_from_function_config", "_RESERVED_RUNTIME_ENV_VARS")
    require(lambda_svc, "_execute_function_warm", "_resolve_layer_zip", "_ensure_reaper_thread", "_invoke_depth")
    require_source(lambda_runtime.acquire_worker, "_worker_class_for(config)(func_name, config, code_zip)")
    require_source(lambda_runtime.kill_workers, "worker._proc", "worker._discard_tmpdir()")
    require_source(lambda_svc._execute_function_dispatch, "_execute_function_warm(func, event, request_id)")
    PythonWorker.store = store

    choose = lambda_runtime._worker_class_for

    def choose_worker(config: dict[str, Any]) -> type:
        chosen: type = PythonWorker if _is_python(config) else choose(config)
        return chosen

    lambda_runtime._worker_class_for = choose_worker
    lambda_svc._execute_function_warm = _executor(lambda_svc._execute_function_warm, _gates_from_environment())
    _hide_failures_from_http_clients()


def _gates_from_environment() -> Gates:
    cap = int(os.environ.get("LOCAL_LAMBDA_CONCURRENCY", DEFAULT_CAP))
    patience = float(os.environ.get("LOCAL_LAMBDA_PATIENCE_SECONDS", PATIENCE_SECONDS))
    return Gates(cap, patience)


def _executor(original: Any, gates: Gates) -> Any:
    courtesy = Courtesy()

    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        config = func.get("config") or func
        code = func.get("code_zip")
        if not code or not _is_python(config):
            return original(func, event, request_id)  # type: ignore[no-any-return]
        name = config.get("FunctionName", "unknown")
        lambda_svc._ensure_reaper_thread()
        with courtesy.for_event(event), gates.of(_unqualified(config.get("FunctionArn", name))):
            worker, _how = lambda_runtime.acquire_worker(name, config, code, qualifier=config.get("Version", "$LATEST"))
            try:
                answer = worker.invoke(
                    event,
                    request_id,
                    trace_id=lambda_svc._xray_trace_id_for_invocation(config),
                    invoked_function_arn=config.get("FunctionArn", ""),
                    depth=lambda_svc._invoke_depth.get(),
                )
            finally:
                lambda_runtime.release_worker(worker)
        return _as_engine_result(answer, request_id)

    return execute


def _as_engine_result(answer: dict[str, Any], request_id: str) -> dict[str, Any]:
    """A worker's answer in the shape MiniStack's callers expect."""
    error = answer.get("error")
    if error is None:
        return {"body": answer.get("result"), "log": answer["log"]}
    trace = "".join(error["stackTrace"]).rstrip("\n") or f"{error['errorType']}: {error['errorMessage']}"
    log = "\n".join(part for part in (answer["log"], trace) if part)
    return {"body": {**error, "requestId": request_id}, "error": True, "function_error": "Unhandled", "log": log}


def _is_python(config: dict[str, Any]) -> bool:
    return str(config.get("Runtime", "python3")).startswith("python")


def _unqualified(arn: str) -> str:
    """All versions and aliases of a function share its gate."""
    return ":".join(arn.split(":")[:7])


def _hide_failures_from_http_clients() -> None:
    """An HTTP API answers 500 and nothing else when its function fails; the engine sent 502 and the exception."""
    require_source(apigateway._invoke_lambda_proxy, "lambda_execute_result_to_api_proxy_response(result)")
    in_http_api: ContextVar[bool] = ContextVar("in_http_api", default=False)
    invoke = apigateway._invoke_lambda_proxy
    shape = lambda_svc.lambda_execute_result_to_api_proxy_response

    async def invoke_for_http_api(*args: Any, **kwargs: Any) -> Any:
        mark = in_http_api.set(True)
        try:
            return await invoke(*args, **kwargs)
        finally:
            in_http_api.reset(mark)

    def shaped(result: dict[str, Any]) -> Any:
        if in_http_api.get() and result.get("error") and not result.get("throttle"):
            return {"statusCode": 500, "body": '{"message":"Internal Server Error"}'}, None
        return shape(result)

    apigateway._invoke_lambda_proxy = invoke_for_http_api
    lambda_svc.lambda_execute_result_to_api_proxy_response = shaped

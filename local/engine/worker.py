"""One worker process: a Lambda execution environment that stays warm between calls.

It replaces MiniStack's worker for Python functions, for four reasons. The exception class of a handler is
kept, so Step Functions can match it in Retry and Catch. A handler that raises does not cost its process.
Log lines are complete when the answer arrives, without the fixed wait MiniStack needs. And a call costs no
extra thread: requests, answers and log lines travel over pipes that the calling thread watches itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from local.engine.code_store import CodeStore
from local.engine.nursery import PROGRAM, Nurseries

logger = logging.getLogger("spine.worker")

INIT_SECONDS = 60.0
PIPE_BYTES = 1 << 20
# A handler sees its own configuration and these few names, not the whole environment of the launcher:
# a profile or an endpoint in a developer's shell must not reach it.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "SPINE_CLOCK_FILE", "WEBHOOKS_TO_LOOPBACK")
F_SETPIPE_SZ = 1031


class PythonWorker(lambda_runtime.Worker):
    """A process that runs one function; leased to one call at a time by MiniStack's pool."""

    store: CodeStore
    nurseries = Nurseries()
    stopping = False

    def __init__(self, func_name: str, config: dict[str, Any], code_zip: bytes) -> None:
        super().__init__(func_name, config, code_zip)
        self._pipes: _Pipes

    def invoke(
        self,
        event: Any,
        request_id: str,
        *,
        trace_id: str | None = None,
        depth: int | None = None,
        durable: dict[str, str] | None = None,
        invoked_function_arn: str | None = None,
    ) -> dict[str, Any]:
        """Run one call. Returns {"result": ...} or {"error": {errorType, errorMessage, stackTrace}}, and "log"."""
        call = {
            "event": event,
            "request_id": request_id,
            "arn": invoked_function_arn or self.config.get("FunctionArn", ""),
            "env": {
                "_X_AMZN_TRACE_ID": trace_id,
                "_MINISTACK_INVOKE_DEPTH": None if depth is None else str(depth),
            },
        }
        message = json.dumps(call).encode() + b"\n"
        timeout = float(self.config.get("Timeout") or 3)
        with self._lock:
            if self._proc is not None:
                try:
                    self._pipes.send(message)
                except OSError:
                    # It ended between two calls; Lambda would use another environment.
                    self._stop()
                else:
                    return self._answer_within(timeout)
            failure = self._start(background=not (isinstance(event, dict) and "requestContext" in event))
            if failure is not None:
                return failure
            return self._exchange(message, timeout)

    def _spawn(self) -> None:
        """Start ahead of the first call (MiniStack does this for published SnapStart versions)."""
        failure = self._start()
        if failure is not None:
            raise RuntimeError(failure["error"]["errorMessage"])

    def _discard_tmpdir(self) -> None:
        """Nothing to do: the code folder is shared and goes when the launcher goes."""

    def _start(self, *, background: bool = True) -> dict[str, Any] | None:
        """Start the process and import the handler; the failure as an answer, or None.

        In the background is what nobody waits for at the other end of an HTTP call.
        """
        if PythonWorker.stopping:
            return _failed("Runtime.ExitError", "The engine is stopping", "")
        code, layers = self._folders()
        request_end, requests = os.pipe()
        replies, reply_end = os.pipe()
        log_read, log_write = os.pipe()
        _widen(log_write)
        own = self._own_variables()
        environment = self._environment(code, own)
        ends = (request_end, reply_end, log_write)
        try:
            self._proc = self.nurseries.fork(code, layers, ends, environment, own) or subprocess.Popen(
                # -P: this folder must not be on the handler's import path.
                [sys.executable, "-P", PROGRAM, str(request_end), str(reply_end)],
                cwd=code,
                stdin=subprocess.DEVNULL,
                stdout=log_write,
                stderr=log_write,
                pass_fds=(request_end, reply_end),
                env=environment,
                process_group=0,
            )
        finally:
            for end in ends:
                os.close(end)
        self._pipes = _Pipes(requests, replies, log_read)
        answer = self._exchange(
            json.dumps(self._about(code, layers) | {"background": background}).encode() + b"\n", INIT_SECONDS
        )
        if "error" in answer:
            self._stop()
            return answer
        self._pipes.backlog = answer["log"]
        logger.debug("started a worker for %s", self.func_name)
        return None

    def _folders(self) -> tuple[str, list[str]]:
        """The folder of the function's code, and the import folders of its layers."""
        layers: list[str] = []
        for attachment in self.config.get("Layers") or []:
            archive = lambda_svc._resolve_layer_zip(attachment)
            if archive:
                layers += _import_folders(self.store.folder(archive))
        return self.store.folder(self.code_zip), layers

    def _about(self, code: str, layers: list[str]) -> dict[str, Any]:
        name = self.config.get("FunctionName", "")
        return {
            "handler": self.config.get("Handler", "index.handler"),
            # Later entries win: the function's own code comes before its layers, as on Lambda.
            "path": [*layers, code],
            "function_name": name,
            "version": self.config.get("Version", "$LATEST"),
            "memory": self.config.get("MemorySize", 128),
            "timeout": float(self.config.get("Timeout") or 3),
            "log_group": (self.config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}",
            "log_stream": f"local-{os.getpid()}-{id(self):x}",
        }

    def _own_variables(self) -> dict[str, str]:
        own = self.config.get("Environment", {}).get("Variables", {}) or {}
        return {k: str(v) for k, v in own.items() if k not in lambda_runtime._RESERVED_RUNTIME_ENV_VARS}

    def _environment(self, code: str, own: dict[str, str]) -> dict[str, str]:
        _account, region = lambda_runtime._account_region_from_function_config(self.config)
        name = self.config.get("FunctionName", "")
        return {
            **{name: os.environ[name] for name in INHERITED if name in os.environ},
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
            "TZ": ":UTC",
            **own,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            **lambda_runtime.execution_credentials(self.config),
            "LAMBDA_TASK_ROOT": code,
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.config.get("MemorySize", 128)),
            "AWS_LAMBDA_FUNCTION_VERSION": self.config.get("Version", "$LATEST"),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        }

    def _exchange(self, message: bytes, timeout: float) -> dict[str, Any]:
        try:
            self._pipes.send(message)
        except OSError:
            return self._ended()
        return self._answer_within(timeout)

    def _answer_within(self, timeout: float) -> dict[str, Any]:
        pipes = self._pipes
        try:
            line = pipes.receive(timeout)
        except TimeoutError:
            self._stop()
            return _failed("Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds", pipes.log())
        except (EOFError, OSError):
            return self._ended()
        answer: dict[str, Any] = json.loads(line)
        answer["log"] = pipes.log()
        return answer

    def _ended(self) -> dict[str, Any]:
        process = self._proc
        self._stop()
        status = "unknown" if process is None else process.returncode
        self._pipes.drain()
        return _failed("Runtime.ExitError", f"Runtime exited with exit status {status}", self._pipes.log())

    def _stop(self) -> None:
        process, self._proc = self._proc, None
        if process is not None:
            process.kill()
            process.wait()


class _Pipes:
    """The three pipes to one worker; the thread that makes a call watches them itself."""

    def __init__(self, requests: int, replies: int, log: int) -> None:
        self.backlog = ""
        self._log_ended = False
        self._requests = os.fdopen(requests, "wb", buffering=0)
        self._replies = os.fdopen(replies, "rb", buffering=0)
        self._log = os.fdopen(log, "rb", buffering=0)
        self._captured: list[bytes] = []
        os.set_blocking(replies, False)
        os.set_blocking(log, False)
        self._watch = select.poll()
        self._watch.register(replies, select.POLLIN)
        self._watch.register(log, select.POLLIN)

    def send(self, message: bytes) -> None:
        """Write one line; raises OSError if the worker is gone."""
        view = memoryview(message)
        while view:
            view = view[self._requests.write(view) :]

    def receive(self, timeout: float) -> bytes:
        """The next line from the worker. Raises TimeoutError, or EOFError if it ended."""
        deadline = time.monotonic() + timeout
        answer: list[bytes] = []
        while True:
            left = deadline - time.monotonic()
            ready = self._watch.poll(int(left * 1000) + 1) if left > 0 else []
            if not ready:
                raise TimeoutError
            # The log first: a worker flushes it before it answers, so what belongs to this call is here by now.
            if any(descriptor == self._log.fileno() for descriptor, _event in ready):
                self.drain()
            if all(descriptor != self._replies.fileno() for descriptor, _event in ready):
                continue
            chunk = self._replies.read(PIPE_BYTES)
            if chunk == b"":
                raise EOFError
            if chunk:
                answer.append(chunk)
                if chunk.endswith(b"\n"):
                    return b"".join(answer)

    def log(self) -> str:
        """Everything that was printed and read since this was last asked."""
        text = self.backlog + b"".join(self._captured).decode("utf-8", "replace")
        self._captured.clear()
        self.backlog = ""
        return text.rstrip("\n")

    def drain(self) -> None:
        """Read what has been printed so far."""
        while True:
            chunk = self._log.read(PIPE_BYTES)
            if chunk:
                self._captured.append(chunk)
                if len(chunk) == PIPE_BYTES:
                    continue
            elif chunk == b"" and not self._log_ended:
                self._log_ended = True
                self._watch.unregister(self._log.fileno())
            return


def _import_folders(layer: str) -> list[str]:
    """The folders of a layer that Lambda puts on the import path."""
    python = Path(layer) / "python"
    sites = sorted(str(site) for site in python.glob("lib/python3*/site-packages"))
    return [layer, *sites, str(python)]


def _failed(kind: str, message: str, log: str) -> dict[str, Any]:
    return {"error": {"errorType": kind, "errorMessage": message, "stackTrace": []}, "log": log}


def _widen(descriptor: int) -> None:
    """A log burst must not block a handler while nobody reads; Linux lets a pipe hold a megabyte."""
    with contextlib.suppress(OSError):
        fcntl.fcntl(descriptor, F_SETPIPE_SZ, PIPE_BYTES)

"""A function in a process of its own, over tables and a bucket in memory: its time, its memory and its calls.

The product's real handler runs there as Lambda would load it, with all of botocore; its endpoint is a small server in
this process, which answers from the engine's tables. So neither their memory nor their work is the function's.

    account = Account()
    with account.function("finance_export", at="2026-11-26T09:00:00.000Z") as export:
        answer, used = export(event)
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import unquote

from local.state import ROOT

REGION = "us-east-1"


@dataclass
class Used:
    """What calls of a function used: milliseconds of wall and processor, calls by operation, and memory.

    `peak_mb` is the most that the process ever held, its interpreter and libraries included.
    """

    wall: float = 0.0
    processor: float = 0.0
    peak_mb: float = 0.0
    calls: Counter[str] = field(default_factory=Counter)

    def add(self, more: Used) -> None:
        """Count more calls of the same function."""
        self.wall += more.wall
        self.processor += more.processor
        self.peak_mb = max(self.peak_mb, more.peak_mb)
        self.calls.update(more.calls)


Call = Callable[[Mapping[str, Any]], tuple[Any, Used]]


class Account:
    """Tables and the export bucket of the synthesised template, in memory; one at a time in a process."""

    def __init__(self) -> None:
        from tests.simulation.machine.objects import Objects
        from tests.simulation.machine.tables import Tables
        from tests.simulation.machine.topology import topology

        self.topology = topology()
        self.tables = Tables(self.topology)
        self.objects = Objects()
        self.calls: Counter[str] = Counter()
        # Each connection of a function has a thread of its own.
        self._one_at_a_time = threading.Lock()

    @contextmanager
    def function(self, name: str, *, at: str) -> Iterator[Call]:
        """A function of the template, started anew, whose clock stands at an instant."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _door(self))
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ours, theirs = Pipe()
        variables = {**self.topology.functions[name].environment, "BENCH_NOW": at}
        process = _start(name, theirs, f"http://127.0.0.1:{server.server_address[1]}", variables)
        theirs.close()
        try:
            yield lambda event: self._call(ours, event)
            ours.send(None)
        finally:
            ours.close()
            process.wait(60)
            server.shutdown()
            server.server_close()

    def _call(self, ours: Connection, event: Mapping[str, Any]) -> tuple[Any, Used]:
        before = Counter(self.calls)
        ours.send(event)
        answer, *spent = ours.recv()
        return answer, Used(*spent, calls=self.calls - before)

    def answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """One operation of DynamoDB or S3; raises ClientError as these do."""
        with self._one_at_a_time:
            return self._answer(operation, request)

    def _answer(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        self.calls[operation] += 1
        if operation in ("PutObject", "GetObject"):
            return {"PutObject": self.objects.put_object, "GetObject": self.objects.get_object}[operation](request)
        answer = self.tables.call(operation, request)
        self.tables.take_changes()
        return answer


def _door(account: Account) -> type[BaseHTTPRequestHandler]:
    """The protocols of DynamoDB and S3, as far as the product speaks them."""
    from botocore.exceptions import ClientError

    class Door(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            operation = self.headers["X-Amz-Target"].rpartition(".")[2]
            try:
                self._say(200, json.dumps(account.answer(operation, json.loads(self._body()))).encode())
            except ClientError as error:
                told = {"__type": f"bench#{error.response['Error']['Code']}", "message": "refused"}
                told |= {name: part for name, part in error.response.items() if name == "CancellationReasons"}
                self._say(400, json.dumps(told).encode())

        def do_PUT(self) -> None:
            self._object("PutObject", {"Body": self._body(), "IfNoneMatch": self.headers["If-None-Match"]})

        def do_GET(self) -> None:
            self._object("GetObject", {})

        def log_message(self, *_: object) -> None:
            pass

        def _object(self, operation: str, request: dict[str, Any]) -> None:
            key = unquote(self.path.partition("?")[0].split("/", 2)[2])
            try:
                answer = account.answer(operation, {"Key": key, **request})
                self._say(200, answer["Body"].read() if "Body" in answer else b"")
            except ClientError as error:
                code = error.response["Error"]["Code"]
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                self._say(status, f"<Error><Code>{code}</Code></Error>".encode())

        def _body(self) -> bytes:
            if "aws-chunked" in self.headers.get("Content-Encoding", ""):
                raise NotImplementedError("a body in chunks")
            return self.rfile.read(int(self.headers["Content-Length"]))

        def _say(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Door


def _start(name: str, theirs: Connection, endpoint: str, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    environment = {
        **variables,
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'oms' / 'python'}",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint,
    }
    handle = theirs.fileno()
    command = [sys.executable, "-m", "bench.apart", name, str(handle)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, pass_fds=[handle])


def _serve(name: str, parent: Connection) -> None:
    """The other side: load a handler and take events until there are no more."""
    import importlib.util

    from oms.platform import clock

    now = clock.parse_instant(os.environ["BENCH_NOW"])
    clock.SystemClock.now = lambda _: now  # type: ignore[method-assign]
    spec = importlib.util.spec_from_file_location("handler", ROOT / "functions" / name / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    handler = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(handler)
    while (event := parent.recv()) is not None:
        wall, processor = time.perf_counter(), time.process_time()
        answer = handler.handler(event, None)
        spent = (time.perf_counter() - wall) * 1000, (time.process_time() - processor) * 1000
        parent.send((answer, *spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


if __name__ == "__main__":
    _serve(sys.argv[1], Connection(int(sys.argv[2])))

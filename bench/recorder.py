"""Records every call that the functions make to AWS: a loopback proxy between them and the local engine.

Each function is told by its own environment to use the proxy and to name itself in the SDK's User-Agent.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from bench.metering import Image
from local.state import Running

_APP = re.compile(r"app/([a-z_]+)")
_WRITES = {"Put": "Item", "Update": "Key", "Delete": "Key", "ConditionCheck": "Key"}


@dataclass(frozen=True, slots=True)
class Change:
    """One item that a transaction wrote, before and after."""

    table: str
    before: Image | None
    after: Image | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """One call: by which function, which operation such as `DynamoDB.Query` or `S3.PUT`, what was said.

    Of a call to S3 only the size of what was said is kept.
    """

    function: str
    operation: str
    request: Mapping[str, Any]
    answer: Mapping[str, Any]
    ok: bool
    changes: tuple[Change, ...] = ()


@dataclass
class Recorder:
    """The calls so far, in the order of their answers."""

    running: Running
    calls: list[Recorded] = field(default_factory=list)
    _writing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._dynamodb = self.running.aws("dynamodb")

    def take(
        self, verb: str, path: str, head: Mapping[str, str], body: bytes, pass_on: Any
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Pass one call on and write it down."""
        if "x-amz-target" not in head:
            return self._take_object(verb, path, head, body, pass_on)
        service, _, action = head["x-amz-target"].partition(".")
        operation = f"{service.split('_')[0]}.{action}"
        request = json.loads(body or b"{}")
        if action != "TransactWriteItems":
            answer = pass_on()
            self._note(head, operation, request, answer, ())
            return answer
        # One transaction at a time, so that what is read around it is what it found and left.
        with self._writing:
            keys = [_key(entry) for entry in request["TransactItems"]]
            before = [self._image(*key) for key in keys]
            answer = pass_on()
            after = [self._image(*key) for key in keys]
        changes = tuple(Change(table, b, a) for (table, _), b, a in zip(keys, before, after, strict=True))
        self._note(head, operation, request, answer, changes)
        return answer

    def _take_object(
        self, verb: str, path: str, head: Mapping[str, str], body: bytes, pass_on: Any
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """A call to S3, the one service here that is spoken to by verb and path."""
        answer: tuple[int, list[tuple[str, str]], bytes] = pass_on()
        operation = "S3.LIST" if verb == "GET" and "list-type=2" in path else f"S3.{verb}"
        sizes = {"bytes": len(body)}, {"bytes": len(answer[2])}
        self.calls.append(Recorded(_function(head), operation, *sizes, answer[0] < 300))
        return answer

    def _note(self, head: Any, operation: str, request: Any, answer: Any, changes: tuple[Change, ...]) -> None:
        status, _, content = answer
        said = json.loads(content or b"{}")
        self.calls.append(Recorded(_function(head), operation, request, said, status < 300, changes))

    def _image(self, table: str, key: Mapping[str, Any]) -> Image | None:
        image: Image | None = self._dynamodb.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")
        return image


def _function(head: Mapping[str, str]) -> str:
    named = _APP.search(head.get("user-agent", ""))
    return named[1] if named else "unknown"


def _key(entry: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Table and key of one action of a transaction."""
    ((verb, action),) = entry.items()
    source = action[_WRITES[verb]]
    return action["TableName"], {"pk": source["pk"], "sk": source["sk"]}


@contextmanager
def recorded(running: Running) -> Iterator[Recorder]:
    """Record the calls of all functions of a system while the block runs."""
    recorder = Recorder(running)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(recorder, running.endpoint))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    functions = running.aws("lambda")
    known = {}
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            variables = function.get("Environment", {}).get("Variables", {})
            if "POWERTOOLS_SERVICE_NAME" in variables:
                known[function["FunctionName"]] = variables
    try:
        for name, variables in known.items():
            detour = {
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
                "AWS_SDK_UA_APP_ID": variables["POWERTOOLS_SERVICE_NAME"],
            }
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables | detour})
        yield recorder
    finally:
        for name, variables in known.items():
            functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
        server.shutdown()
        server.server_close()


def _handler(recorder: Recorder, endpoint: str) -> type[BaseHTTPRequestHandler]:
    target = urlsplit(endpoint)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body of an answer in one piece

        def handle_expect_100(self) -> bool:
            # The body of an object waits for this line, which must not wait for the body.
            went_on = super().handle_expect_100()
            self.wfile.flush()
            return went_on

        def do_GET(self) -> None:
            self._pass("GET")

        def do_PUT(self) -> None:
            self._pass("PUT")

        def do_POST(self) -> None:
            self._pass("POST")

        def _pass(self, verb: str) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))

            def pass_on() -> tuple[int, list[tuple[str, str]], bytes]:
                connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
                try:
                    sent = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
                    connection.request(verb, self.path, body, sent)
                    response = connection.getresponse()
                    return response.status, response.getheaders(), response.read()
                finally:
                    connection.close()

            head = {name.lower(): value for name, value in self.headers.items()}
            status, headers, content = recorder.take(verb, self.path, head, body, pass_on)
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                    self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()

        def log_message(self, *_: Any) -> None:
            return

    return Handler

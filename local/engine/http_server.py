"""A small HTTP/1.1 server for the engine's application.

Measured: of the engine's processor time for one AWS call, more than half went into its general-purpose HTTP
server. On two shared cores that time is taken from the functions. This one does what SDKs, browsers and curl
need on a loopback address: keep-alive, bodies with a length or in chunks, `Expect: 100-continue`, streamed
answers. It has no TLS, no HTTP/2 and no WebSocket; nothing the product deploys uses those.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from local.engine.http_request import Broken, Incoming

logger = logging.getLogger("spine.http")

Scope = dict[str, Any]
App = Callable[[Scope, Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]]
STATUS_LINES = {s.value: f"HTTP/1.1 {s.value} {s.phrase}\r\n".encode("ascii") for s in HTTPStatus}
NO_BODY = (204, 304)
BACKLOG = 512


class Connection(asyncio.Protocol):
    """One client connection; answers its requests one after the other."""

    def __init__(self, app: App, open_connections: set[Connection]) -> None:
        self._app = app
        self._open = open_connections
        self._incoming = Incoming()
        self._transport: asyncio.Transport
        self._task: asyncio.Task[None] | None = None
        self._gone = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()

    @property
    def busy(self) -> bool:
        return self._task is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._client = transport.get_extra_info("peername")[:2]
        self._server = transport.get_extra_info("sockname")[:2]
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone.set()
        self._writable.set()
        self._open.discard(self)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        self._incoming.feed(data)
        if self._task is None:
            self._next_request()

    def close(self) -> None:
        self._transport.close()

    def _next_request(self) -> None:
        try:
            request = self._incoming.next_request()
        except Broken as problem:
            self._transport.write(STATUS_LINES[problem.status] + b"content-length: 0\r\nconnection: close\r\n\r\n")
            self._transport.close()
            return
        if self._incoming.take_expectation():
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if request is None:
            return
        path, _, query = request.target.partition(b"?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.1"},
            "http_version": request.version,
            "method": request.method,
            "scheme": "http",
            "path": unquote(path.decode("ascii")),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": request.headers,
            "client": self._client,
            "server": self._server,
            "extensions": {},
        }
        answer = Answer(self, request.method == "HEAD", request.version, request.keep_alive, request.body)
        self._task = asyncio.get_running_loop().create_task(self._run(scope, answer))

    async def _run(self, scope: Scope, answer: Answer) -> None:
        try:
            await self._app(scope, answer.receive, answer.send)
        except Exception:
            logger.exception("%s %s failed", scope["method"], scope["path"])
            answer.fail()
        self._task = None
        if not answer.complete or not answer.keep_alive:
            self._transport.close()
        elif not self._transport.is_closing():
            self._next_request()

    async def write(self, data: bytes) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(data)
        if not self._writable.is_set():
            await self._writable.wait()

    def write_now(self, data: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(data)

    async def until_gone(self) -> None:
        await self._gone.wait()


class Answer:
    """The application's view of one request: it receives the body and sends the response."""

    def __init__(self, connection: Connection, head: bool, version: str, keep_alive: bool, body: bytes) -> None:
        self.keep_alive = keep_alive
        self.complete = False
        self._connection = connection
        self._head = head
        self._version = version
        self._body: bytes | None = body
        self._start: dict[str, Any] | None = None
        self._started = False
        self._chunked = False

    async def receive(self) -> dict[str, Any]:
        body, self._body = self._body, None
        if body is not None:
            return {"type": "http.request", "body": body, "more_body": False}
        await self._connection.until_gone()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self._start = message
            return
        if self.complete:
            return
        body = message.get("body", b"")
        more = message.get("more_body", False)
        data = b""
        if not self._started:
            self._started = True
            data = self._head_lines(len(body) if not more else None)
        self.complete = not more
        if not self._head:
            data += self._framed(body, more)
        if data:
            await self._connection.write(data)

    def fail(self) -> None:
        """The application broke: say so if nothing was said yet."""
        self.keep_alive = False
        if not self._started:
            self.complete = True
            self._connection.write_now(STATUS_LINES[500] + b"content-length: 0\r\nconnection: close\r\n\r\n")

    def _head_lines(self, length: int | None) -> bytes:
        start = self._start or {}
        status = start.get("status", 500)
        lines = [STATUS_LINES.get(status) or f"HTTP/1.1 {status} \r\n".encode()]
        named = set()
        for name, value in start.get("headers", ()):
            named.add(name.lower())
            lines.append(b"%b: %b\r\n" % (name, value.replace(b"\r", b" ").replace(b"\n", b" ")))
        if b"date" not in named:
            lines.append(_date_line())
        if b"content-length" not in named and b"transfer-encoding" not in named and status not in NO_BODY:
            if length is not None:
                lines.append(b"content-length: %d\r\n" % length)
            elif self._version == "1.1":
                self._chunked = True
                lines.append(b"transfer-encoding: chunked\r\n")
            else:
                self.keep_alive = False
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        lines.append(b"\r\n")
        return b"".join(lines)

    def _framed(self, body: bytes, more: bool) -> bytes:
        if not self._chunked:
            return body
        chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
        return chunk if more else chunk + b"0\r\n\r\n"


_date = (0, b"")


def _date_line() -> bytes:
    """The Date header, made once a second."""
    global _date
    now = int(time.time())
    if _date[0] != now:
        _date = (now, b"date: %b\r\n" % formatdate(now, usegmt=True).encode("ascii"))
    return _date[1]


class Lifespan:
    """Tells the application when the server starts and stops."""

    def __init__(self, app: App) -> None:
        self._inbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._outbox: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._task = asyncio.create_task(self._run(app))

    async def _run(self, app: App) -> None:
        await app({"type": "lifespan", "asgi": {"version": "3.0"}}, self._inbox.get, self._outbox.put)

    async def say(self, event: str) -> None:
        await self._inbox.put({"type": f"lifespan.{event}"})
        answer = asyncio.create_task(self._outbox.get())
        await asyncio.wait({answer, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            self._task.result()
            raise RuntimeError(f"the engine ended during {event}")


async def serve(app: App, host: str, port: int, stop: asyncio.Event, grace: float) -> None:
    """Serve until `stop` is set; then give running requests `grace` seconds."""
    lifespan = Lifespan(app)
    await lifespan.say("startup")
    connections: set[Connection] = set()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(app, connections), host, port, backlog=BACKLOG)
    logger.info("listening on http://%s:%d", host, port)
    await stop.wait()
    server.close()
    deadline = loop.time() + grace
    while any(connection.busy for connection in connections) and loop.time() < deadline:
        await asyncio.sleep(0.02)
    for connection in list(connections):
        connection.close()
    await lifespan.say("shutdown")

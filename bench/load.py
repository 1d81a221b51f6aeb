"""The load: many callers of the public API in one thread, each with a connection that stays open."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from local.state import Running

LONGEST_ANSWER_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Call:
    """One POST that a caller makes."""

    path: str
    key: str
    body: dict[str, Any]


@dataclass(slots=True)
class Report:
    """What became of all calls; `answers` maps an idempotency key to status and document."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)

    @property
    def statuses(self) -> Counter[int]:
        return Counter(status for status, _ in self.answers.values())

    @property
    def created(self) -> list[Any]:
        """The documents of what was made."""
        return [document for status, document in self.answers.values() if status == 201]


class _Connection:
    """HTTP/1.1 with kept-alive connections, as little of it as the engine's answers need."""

    def __init__(self, running: Running, client: str) -> None:
        self._url = urlsplit(running.api_url)
        self._head = (
            f"host: {self._url.netloc}\r\nauthorization: Bearer {running.token(client)}\r\n"
            "content-type: application/json\r\n"
        )
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self) -> None:
        self._streams = await asyncio.open_connection(self._url.hostname, self._url.port)

    async def post(self, call: Call) -> tuple[int, Any]:
        """Send a call and return status and document of its answer."""
        if self._streams is None:
            await self.open()
        assert self._streams is not None
        reader, writer = self._streams
        body = json.dumps(call.body).encode()
        head = (
            f"POST {self._url.path}{call.path} HTTP/1.1\r\n{self._head}"
            f"idempotency-key: {call.key}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        content = await reader.readexactly(int(answer.split("content-length:")[1].split("\r\n")[0]))
        if "connection: close" in answer:
            self.close()
        return int(answer.split(" ", 2)[1]), json.loads(content)

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _nothing() -> None:
    return


def send(
    running: Running,
    client: str,
    calls: Iterable[Call],
    callers: int,
    before_each: Callable[[], Awaitable[None]] = _nothing,
    *,
    all_at_once: bool = False,
) -> Report:
    """Make all calls from so many callers and report; each caller makes its next call when the last was answered.

    `before_each` may hold a caller back. With `all_at_once` every caller connects before the first call goes out.
    Raises TimeoutError when an answer does not come within a minute.
    """
    report = Report()

    async def caller(waiting: Iterator[Call], connection: _Connection) -> None:
        for call in waiting:
            await before_each()
            began = time.perf_counter()
            answer = await asyncio.wait_for(connection.post(call), LONGEST_ANSWER_SECONDS)
            report.latencies.append(time.perf_counter() - began)
            report.answers[call.key] = answer
        connection.close()

    async def everybody() -> None:
        connections = [_Connection(running, client) for _ in range(callers)]
        if all_at_once:
            await asyncio.gather(*(connection.open() for connection in connections))
        waiting = iter(calls)
        began = time.perf_counter()
        await asyncio.gather(*(caller(waiting, connection) for connection in connections))
        report.seconds = time.perf_counter() - began

    asyncio.run(everybody())
    return report
